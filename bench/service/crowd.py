"""A registry of as many invented certificates as a benchmark wants, filed by COPY: publishing has figures of its own.

Certificates go into the tables that publishing's triggers would fill, with the triggers off; pass lists and lookup
indexes go through them.
"""

import asyncio
import atexit
import functools
import hashlib
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from keys.custody import KeySigner
from migrations import embedded
from migrations.embedded import Database
from signing.release.log_state import Line
from tests import releases
from tests.invented import CERTIFICATE, ISSUED_AT, LOG, SECRET
from verify.core import identity
from verify.core.certificate import Certificate
from verify.core.chain import Chain
from verify.core.log import checkpoint
from verify.core.log.checkpoint import Checkpoint
from verify.core.pass_list import Row
from verify.core.statement import Kind

EXAMS: Final = 10
LONGEST: Final = 100_000
"""Rows of the longest list of a large registry."""
EVERY_EXAM: Final = "select count(distinct exam) from registry.pass_list"
_CHUNK: Final = 5000
_STEP: Final = 5
"""Exams of a kept registry that are filed in one transaction."""
_TRIGGERS: Final = ("take_statement", "file_certificate")
_FILED: Final = ("index", "kind", "digest", "kid", "bytes", "published_at")
_CHECKPOINT: Final = "insert into registry.checkpoint (size, note, kid, receipt) values ($1, $2, $3, $4)"
_NEXT: Final = "select coalesce(max(index) + 1, 0) from registry.statement"
_INSERT: Final = "insert into registry.statement (index, bytes) values ($1, $2)"
_TIME: Final = "select transaction_timestamp()"


class Exam(msgspec.Struct, frozen=True):
    """One exam, and how many passed."""

    term: str
    people: int

    def number(self, serial: int) -> str:
        """The number of one of them."""
        return releases.number(serial, term=self.term)

    def name(self, serial: int) -> str:
        """Whose it is."""
        return f"候选人{serial}"

    def id_number(self, serial: int) -> str:
        """The number of their document, which is of the kind “other”."""
        return f"{self.term}-ID{serial:08d}"

    def lookup_key(self, serial: int) -> bytes:
        """Under which they are filed."""
        return identity.lookup_key(SECRET, self.name(serial), "other", self.id_number(serial))

    def statement(self, serial: int) -> bytes:
        """The certificate of one of them; the same bytes every time."""
        return _signed(self.term, serial)


def exams(people: int, count: int = EXAMS, first: int = 0) -> list[Exam]:
    """As many exams, one a month from the ``first`` on; the longest list has LONGEST rows where there are enough."""
    longest = max(people // count, min(LONGEST, people // 2)) if count > 1 else people
    each, more = divmod(people - longest, count - 1) if count > 1 else (0, 0)
    sizes = [longest, *(each + (at < more) for at in range(count - 1))]
    return [Exam(f"{2022 + month // 12}-{month % 12 + 1:02}", size) for month, size in enumerate(sizes, first)]


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


def _chunk(piece: tuple[str, int, int]) -> list[tuple[bytes, bytes]]:
    """Certificates with their digests."""
    term, begin, end = piece
    made = [_signed(term, serial) for serial in range(begin, end)]
    return [(data, hashlib.sha256(data).digest()) for data in made]


def _pieces(exam: Exam) -> Iterator[tuple[str, int, int]]:
    for begin in range(1, exam.people + 1, _CHUNK):
        yield exam.term, begin, min(begin + _CHUNK, exam.people + 1)


async def _file(
    database: Database,
    crowd: Sequence[Exam],
    index_people: bool,
    state: Path | None = None,
    *,
    logged: bool = True,
) -> None:
    connection = await asyncpg.connect(database.owner_url)
    context = multiprocessing.get_context("forkserver")
    with context.Pool() as pool:
        try:
            async with connection.transaction():
                await connection.execute("set local lock_timeout = 0")
                if not logged:
                    await connection.execute("alter table registry.statement disable trigger log_new")
                index = await connection.fetchval(_NEXT)
                if index == 0:
                    await connection.execute(_INSERT, 0, releases.keyrings())
                    index = 1
                now = await connection.fetchval(_TIME)
                for exam in crowd:
                    index = await _file_exam(connection, pool, exam, index, now=now, index_people=index_people)
                line = (
                    await _sign(connection) if logged else None
                )  # in the transaction that filed it, as publishing does and fsck wants
        finally:
            await connection.close()
    connection = await asyncpg.connect(database.owner_url, command_timeout=None)
    await connection.execute("vacuum analyze")
    await connection.close()
    if state is not None and line is not None:
        book = releases.logbook(state)
        await asyncio.to_thread(book.state.append, msgspec.structs.replace(line, place=book.state.place))


async def _sign(connection: "asyncpg.Connection[asyncpg.Record]") -> Line:
    """Signs the tree of all that is filed; the line that the log's file would have of it."""
    size = await connection.fetchval("select max(index) + 1 from registry.statement")
    root = await connection.fetchval("select registry.log_root($1)", size)
    signer = KeySigner(LOG.private)
    origin = checkpoint.origin_of(Chain.follow([(releases.keyrings(), 0)], releases.ROOT_THUMBPRINT))
    note, receipt = signer.sign_checkpoint(Checkpoint(origin=origin, size=size, root=root))
    await connection.execute(_CHECKPOINT, size, note, signer.kid, receipt)
    return Line(
        time=releases.NOW,
        size=size,
        root=root.hex(),
        note=note,
        kid=signer.kid.hex(),
        receipt=receipt.hex(),
        release=None,
        release_sha256=None,
        place="",
        statements=(),
    )


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
    copy = functools.partial(connection.copy_records_to_table, schema_name="registry")
    chunks = pool.imap(_chunk, _pieces(exam))  # the next are signed while one is copied
    serial = 0
    while chunk := await asyncio.to_thread(next, chunks, None):
        statements, certificates = [], []
        for data, digest in chunk:
            serial += 1
            statements.append((index, int(Kind.CERTIFICATE), digest, CERTIFICATE.kid, data, now))
            certificates.append((index, exam.number(serial), code, digest[:16]))
            rows.append(Row(serial=serial, name=exam.name(serial), id=f"＊{serial:04d}"[-5:], certificate=digest[:16]))
            index += 1
        await copy("statement", columns=_FILED, records=statements)
        await copy("certificate", columns=("index", "number", "exam", "short"), records=certificates)
    for trigger in _TRIGGERS:
        await connection.execute(f"alter table registry.statement enable trigger {trigger}")
    month = f"{exam.term}-23"
    lists = [releases.pass_list(rows, exam=code, held_on=month, planned_on=None)]
    if index_people:
        filed = [(exam.number(one), exam.lookup_key(one)) for one in range(1, exam.people + 1)]
        lists.append(releases.index(filed, exam=code))
    for data in lists:
        await connection.execute(_INSERT, index, data)
        index += 1
    return index


def release(exam: Exam) -> Iterator[bytes]:
    """The statements of one exam's final release, for publishing."""
    rows, filed = [], []
    for serial in range(1, exam.people + 1):
        data = exam.statement(serial)
        rows.append(
            Row(serial=serial, name=exam.name(serial), id=f"＊{serial:04d}"[-5:], certificate=releases.short(data))
        )
        filed.append((exam.number(serial), exam.lookup_key(serial)))
        yield data
    code = f"CEM-{exam.term}"
    yield releases.pass_list(rows, exam=code, held_on=f"{exam.term}-23", planned_on=None)
    yield releases.index(filed, exam=code)


def fill(
    database: Database, people: int, *, count: int = EXAMS, indexed: bool = False, logged: bool = True
) -> list[Exam]:
    """Files ``people`` certificates of ``count`` exams with their lists; ``indexed`` with lookup indexes too.

    One that is not ``logged`` has neither tree nor checkpoint.
    """
    crowd = exams(people, count)
    asyncio.run(_file(database, crowd, indexed, logged=logged))
    return crowd


class Made(msgspec.Struct):
    """A registry that the run has made."""

    folder: Path
    database: Database
    exams: list[Exam]

    @property
    def people(self) -> int:
        """How many certificates it has."""
        return sum(exam.people for exam in self.exams)

    @property
    def state(self) -> Path:
        """The log's own file."""
        return self.folder / "log-state"


_made: list[Made] = []


def registry(people: int, *, anew: bool = False) -> Made:
    """A registry of ``people`` certificates, with lists, lookup indexes and a signed log, which goes with the run.

    One that the run has made is taken, and what it lacks is filed, since making it takes longer than any work; not so
    for one that is to be ``anew``, or that has more.
    """
    one = next((one for one in _made if not anew and one.people <= people), None)
    if one is None:
        folder = Path(tempfile.mkdtemp(prefix="yinjian-bench-"))
        atexit.register(_remove, folder)
        one = Made(folder, embedded.start(folder / "var", durable=False), [])
        if not anew:
            _made.append(one)
    lacking = people - one.people
    if lacking:
        begun = time.perf_counter()
        count = max(1, lacking // LONGEST) if one.exams else min(people, max(EXAMS, people // LONGEST))
        more = exams(lacking, count, len(one.exams))
        print(f"  filing {lacking:,} certificates in {count} exams", flush=True)
        asyncio.run(_file(one.database, more, True, one.state))
        one.exams += more
        print(f"  filed in {time.perf_counter() - begun:.0f} s", flush=True)
    return one


def kept(folder: Path, people: int) -> Made:
    """A registry of ``people`` certificates in ``folder``, which stays there: what it lacks is filed first.

    Five exams at a time, so that what was broken off goes on where it was.
    """
    database = embedded.start(folder / "var", durable=False)
    atexit.register(embedded.stop, folder / "var")
    one = Made(folder, database, exams(people, max(EXAMS, people // LONGEST)))
    while (filed := min(asyncio.run(asked(database.owner_url, EVERY_EXAM)), len(one.exams))) < len(one.exams):
        begun = time.perf_counter()
        asyncio.run(_file(database, one.exams[filed : filed + _STEP], True, one.state))
        print(f"  {filed + _STEP} of {len(one.exams)} exams filed in {time.perf_counter() - begun:.0f} s", flush=True)
    return one


async def asked(url: str, query: str, *arguments: object) -> int:
    """One number that the database answers."""
    connection = await asyncpg.connect(url)
    try:
        found: int = await connection.fetchval(query, *arguments)
        return found
    finally:
        await connection.close()


def _remove(folder: Path) -> None:
    embedded.stop(folder / "var")
    shutil.rmtree(folder, ignore_errors=True)
