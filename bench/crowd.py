"""A registry of as many invented certificates as a benchmark wants, filed by COPY: publishing has figures of its own.

Certificates go into the tables that publishing's triggers would fill, with the triggers off; pass lists and lookup
indexes go through them.
"""

import asyncio
import functools
import hashlib
import multiprocessing
from collections.abc import Iterator
from typing import Final

import asyncpg
import msgspec

from keys.custody import KeySigner
from migrations.embedded import Database
from tests import releases
from tests.invented import CERTIFICATE, ISSUED_AT, LOG
from verify.core.certificate import Certificate
from verify.core.chain import Chain
from verify.core.log import checkpoint
from verify.core.log.checkpoint import Checkpoint
from verify.core.pass_list import Row
from verify.core.statement import Kind

EXAMS: Final = 10
_CHUNK: Final = 5000
_TRIGGERS: Final = ("take_statement", "file_certificate")
_FILED: Final = ("index", "kind", "digest", "kid", "bytes", "published_at")
_CHECKPOINT: Final = "insert into registry.checkpoint (size, note, kid, receipt) values ($1, $2, $3, $4)"
_TIME: Final = "select transaction_timestamp()"


class Exam(msgspec.Struct, frozen=True):
    """One exam, and how many passed."""

    term: str
    people: int

    def number(self, serial: int) -> str:
        """The number of one of them."""
        return releases.number(serial, term=self.term)

    def statement(self, serial: int) -> bytes:
        """The certificate of one of them; the same bytes every time."""
        return _signed(self.term, serial)


def exams(people: int, count: int = EXAMS) -> list[Exam]:
    """As many exams, one a month, of equal size."""
    return [Exam(f"{2022 + month // 12}-{month % 12 + 1:02}", people // count) for month in range(count)]


def _signed(term: str, serial: int) -> bytes:
    one = Certificate(
        number=releases.number(serial, term=term),
        holder=f"候选人{serial}",
        id_hint=f"{serial:04d}"[-4:],
        programme="CEM",
        term=term,
        issued_at=ISSUED_AT,
    )
    return CERTIFICATE.sign(one.draft(CERTIFICATE.kid))


def _chunk(term: str, begin: int, end: int) -> list[bytes]:
    return [_signed(term, serial) for serial in range(begin, end)]


def _pieces(exam: Exam) -> Iterator[tuple[str, int, int]]:
    for begin in range(1, exam.people + 1, _CHUNK):
        yield exam.term, begin, min(begin + _CHUNK, exam.people + 1)


async def _file(database: Database, crowd: list[Exam], index_people: bool) -> None:
    connection = await asyncpg.connect(database.owner_url)
    context = multiprocessing.get_context("forkserver")
    with context.Pool() as pool:
        try:
            async with connection.transaction():
                await connection.execute("set local lock_timeout = 0")
                await connection.copy_records_to_table(
                    "statement", schema_name="registry", columns=["index", "bytes"], records=[(0, releases.keyrings())]
                )
                now = await connection.fetchval(_TIME)
                index = 1
                for exam in crowd:
                    index = await _file_exam(connection, pool, exam, index, now=now, index_people=index_people)
                await _sign(connection)  # in the transaction that filed it, as publishing does and fsck wants
        finally:
            await connection.close()
    connection = await asyncpg.connect(database.owner_url, command_timeout=None)
    await connection.execute("vacuum analyze")
    await connection.close()


async def _sign(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Signs the tree of all that is filed."""
    size = await connection.fetchval("select max(index) + 1 from registry.statement")
    root = await connection.fetchval("select registry.log_root($1)", size)
    signer = KeySigner(LOG.private)
    origin = checkpoint.origin_of(Chain.follow([(releases.keyrings(), 0)], releases.ROOT_THUMBPRINT))
    note, receipt = signer.sign_checkpoint(Checkpoint(origin=origin, size=size, root=root))
    await connection.execute(_CHECKPOINT, size, note, signer.kid, receipt)


async def _file_exam(
    connection: "asyncpg.Connection[asyncpg.Record]",
    pool: "multiprocessing.pool.Pool",
    exam: Exam,
    index: int,
    *,
    now: object,
    index_people: bool,
) -> int:
    code = f"CEM-{exam.term}"
    rows = []
    for trigger in _TRIGGERS:
        await connection.execute(f"alter table registry.statement disable trigger {trigger}")
    pieces = pool.starmap_async(_chunk, list(_pieces(exam)), 1)
    serial = 0
    for chunk in await asyncio.to_thread(pieces.get):
        statements, certificates = [], []
        for data in chunk:
            serial += 1
            digest = hashlib.sha256(data).digest()
            statements.append((index, int(Kind.CERTIFICATE), digest, CERTIFICATE.kid, data, now))
            certificates.append((index, exam.number(serial), code, digest[:16]))
            rows.append(Row(serial=serial, name=f"候选人{serial}", id=f"＊{serial:04d}"[-5:], certificate=digest[:16]))
            index += 1
        copy = functools.partial(connection.copy_records_to_table, schema_name="registry")
        await copy("statement", columns=_FILED, records=statements)
        await copy("certificate", columns=("index", "number", "exam", "short"), records=certificates)
    for trigger in _TRIGGERS:
        await connection.execute(f"alter table registry.statement enable trigger {trigger}")
    month = f"{exam.term}-23"
    lists = [releases.pass_list(rows, exam=code, held_on=month, planned_on=None)]
    if index_people:
        filed = [(exam.number(one), releases.lookup_key(one)) for one in range(1, exam.people + 1)]
        lists.append(releases.index(filed, exam=code))
    for data in lists:
        await connection.execute("insert into registry.statement (index, bytes) values ($1, $2)", index, data)
        index += 1
    return index


def fill(database: Database, people: int, *, count: int = EXAMS, indexed: bool = False) -> list[Exam]:
    """Files ``people`` certificates of ``count`` exams with their lists; ``indexed`` with lookup indexes too."""
    crowd = exams(people, count)
    asyncio.run(_file(database, crowd, indexed))
    return crowd
