"""The peer: FastAPI, SQLAlchemy's asynchronous ORM and pydantic, over the same views of the same database.

It decodes with cbor2, checks signatures with the same library, and answers the facts that ours does: a certificate with
its holder, programme, exam and status. Keys and pass lists are read once and kept, connections are pooled. What it does
not do: judge who is believed where in the log, tell nine steps, guard anything. A test holds its facts to ours.
"""

import hashlib
import io
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import cbor2
import zxingcpp
from fastapi import Depends, FastAPI, HTTPException, UploadFile
from fastapi.concurrency import run_in_threadpool
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from PIL import Image
from sqlalchemy import ARRAY, LargeBinary, String, column, func, literal, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from bench.peer.models import (
    Answer,
    Certificate,
    CertificateRow,
    ChangeRow,
    Exam,
    Found,
    Keyring,
    ListRow,
    ListStatement,
    Names,
    PassListPage,
    PassListRow,
    Person,
    Programme,
    Row,
    ShownRow,
    Verdicts,
)
from verify.core import identity

DATABASE: Final = "BENCH_DATABASE_URL"
LOOKUP: Final = "BENCH_LOOKUP_SECRET"
_FIRST: Final = -65536
_MOST_DIGITS: Final = 2000


class Centre:
    """What is read once: keys by their kids, programmes, issuers, and whom each list names."""

    def __init__(self, keyring: bytes) -> None:
        content = cbor2.loads(cbor2.loads(keyring)[2])[_FIRST - 5]
        self.keys = {entry[1]: VerifyKey(entry[2]) for entry in content[3] if entry[7] == "active"}
        issuers = {entry[1]: Names(**entry[2]) for entry in content[4]}
        self.programmes = {
            entry[1]: (
                Programme(code=entry[1], name=Names(**entry[2]), level=Names(**entry[3]), occupation=entry[4]),
                [issuers[one] for one in entry[8]],
            )
            for entry in content[5]
        }
        self.named: dict[int, frozenset[bytes]] = {}

    def payload(self, statement: bytes) -> dict[int, Any]:
        """The claims of a statement whose signature is good. Raises HTTPException."""
        try:
            protected, _, payload, signature = cbor2.loads(statement)
            key = self.keys[cbor2.loads(protected)[4]]
            key.verify(cbor2.dumps(["Signature1", protected, b"", payload]), signature)
        except (ValueError, KeyError, TypeError, EOFError, cbor2.CBORDecodeError, BadSignatureError):
            raise HTTPException(400, "not genuine") from None
        claims: dict[int, Any] = cbor2.loads(payload)
        return claims


class State:
    """What every request uses."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    centre: Centre


state: Final = State()


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Opens the pool and reads the keyring."""
    url = os.environ[DATABASE].replace("postgresql://", "postgresql+asyncpg://")
    state.engine = create_async_engine(url, pool_size=10, max_overflow=10)
    state.sessions = async_sessionmaker(state.engine, expire_on_commit=False)
    async with state.sessions() as session:
        keyring = await session.scalar(select(Keyring.bytes).order_by(Keyring.index.desc()).limit(1))
        assert keyring is not None
        state.centre = Centre(keyring)
    yield
    await state.engine.dispose()


async def session() -> AsyncIterator[AsyncSession]:
    """A session for one request."""
    async with state.sessions() as one:
        yield one


Session = Annotated[AsyncSession, Depends(session)]
app = FastAPI(lifespan=lifespan, openapi_url=None)


async def _newest_list(db: AsyncSession, exam: str, stage: str | None = None) -> ListRow | None:
    asked = select(ListRow).where(ListRow.exam == exam).order_by(ListRow.revision.desc(), ListRow.index).limit(1)
    return await db.scalar(asked.where(ListRow.stage == stage) if stage else asked)


async def _named(db: AsyncSession, index: int) -> frozenset[bytes]:
    """Whom a list names, by the first 16 bytes of the hashes of their certificates."""
    if index not in state.centre.named:
        statement = await db.scalar(select(ListStatement.bytes).where(ListStatement.index == index))
        assert statement is not None
        rows = state.centre.payload(statement)[_FIRST - 3][8]
        state.centre.named[index] = frozenset(row[3] for row in rows)
    return state.centre.named[index]


async def _changes(db: AsyncSession, numbers: Sequence[str]) -> dict[str, list[ChangeRow]]:
    """Of certificates, in their order."""
    now = datetime.now(UTC).timestamp()
    asked = select(ChangeRow).where(ChangeRow.number.in_(numbers), ChangeRow.effective_at <= now)
    found: dict[str, list[ChangeRow]] = {}
    for change in await db.scalars(asked.order_by(ChangeRow.index)):
        state.centre.payload(change.bytes)
        found.setdefault(change.number, []).append(change)
    return found


async def _answer(db: AsyncSession, stored: CertificateRow, claims: dict[int, Any], *, in_full: bool) -> Answer:
    listed = await _newest_list(db, stored.exam, "final")
    named = await _named(db, listed.index) if listed is not None else frozenset()
    changes = await _changes(db, [stored.number])
    return _judged(stored, claims, listed, named, changes.get(stored.number, []), in_full=in_full, hint=in_full)


def _judged(
    stored: CertificateRow,
    claims: dict[int, Any],
    listed: ListRow | None,
    named: frozenset[bytes],
    changes: Sequence[ChangeRow],
    *,
    in_full: bool,
    hint: bool,
) -> Answer:
    now = datetime.now(UTC)
    content = claims[_FIRST - 1]
    if listed is None or hashlib.sha256(stored.bytes).digest()[:16] not in named:
        return Answer(outcome="unregistered", checked_at=now, certificate=None)
    status = "valid"
    for change in changes:
        status = "valid" if change.action == "reinstated" else change.action
    expires_at = datetime.fromtimestamp(claims[4], UTC) if 4 in claims else None
    if status == "valid" and expires_at is not None and expires_at <= now:
        status = "expired"
    programme, issuers = state.centre.programmes[content[3]]
    return Answer(
        outcome=status,
        checked_at=now,
        certificate=Certificate(
            number=stored.number,
            holder=content[1] if in_full else content[1][:1] + "＊＊",
            id_hint=content[2] if hint else None,
            programme=programme,
            exam=Exam(code=stored.exam, title=Names(zh=listed.title_zh, en=listed.title_en), held_on=listed.held_on),
            issuers=issuers,
            issued_at=datetime.fromtimestamp(claims[6], UTC),
            expires_at=expires_at,
            status=status,
        ),
    )


async def _all_of(db: AsyncSession, numbers: Sequence[str]) -> dict[str, CertificateRow]:
    asked = select(CertificateRow).where(CertificateRow.number.in_(numbers)).order_by(CertificateRow.index.desc())
    return {one.number: one for one in await db.scalars(asked)}


async def _stored(db: AsyncSession, number: str) -> CertificateRow:
    asked = select(CertificateRow).where(CertificateRow.number == number).order_by(CertificateRow.index).limit(1)
    found = await db.scalar(asked)
    if found is None:
        raise HTTPException(404, "no such certificate")
    return found


@app.get("/api/v1/certificates/{number}")
async def certificate(number: str, db: Session) -> Answer:
    """By number, as a stranger may see it."""
    stored = await _stored(db, number)
    return await _answer(db, stored, state.centre.payload(stored.bytes), in_full=False)


@app.get("/Q/{digits}")
async def qr(digits: str, db: Session) -> Answer:
    """By the digits of a QR code."""
    return await _scanned(db, digits)


async def _scanned(db: AsyncSession, digits: str) -> Answer:
    if not digits.isdecimal() or len(digits) > _MOST_DIGITS:
        raise HTTPException(400, "not a QR code of ours")
    value = int(digits)
    scanned = value.to_bytes((value.bit_length() + 7) // 8)
    claims = state.centre.payload(scanned)
    stored = await _stored(db, claims[7].decode())
    if stored.bytes != scanned:
        return Answer(outcome="unregistered", checked_at=datetime.now(UTC), certificate=None)
    return await _answer(db, stored, claims, in_full=True)


@app.get("/api/v1/exams/{code}/pass-list")
async def pass_list(code: str, db: Session) -> PassListPage:
    """The first hundred rows of a list."""
    listed = await _newest_list(db, code)
    if listed is None:
        raise HTTPException(404, "no such exam")
    rows = await db.scalars(select(ShownRow).where(ShownRow.list == listed.index).order_by(ShownRow.ordinal).limit(100))
    items = [PassListRow(serial=row.serial, name=row.name, id=row.id) for row in rows]
    return PassListPage(exam=code, stage=listed.stage, revision=listed.revision, items=items)


@app.post("/api/v1/verify/batch")
async def batch(rows: list[Row], db: Session) -> Verdicts:
    """Many at once, by number and perhaps name: one question for the certificates, one for their changes."""
    numbers = [row.number for row in rows]
    stored, changes = await _all_of(db, numbers), await _changes(db, numbers)
    lists: dict[str, tuple[ListRow | None, frozenset[bytes]]] = {}
    verdicts = []
    for row in rows:
        one = stored.get(row.number)
        if one is None:
            verdicts.append(Answer(outcome="not_found", checked_at=datetime.now(UTC), certificate=None))
            continue
        claims = state.centre.payload(one.bytes)
        if row.name is not None and identity.name_key(row.name) != identity.name_key(claims[_FIRST - 1][1]):
            verdicts.append(Answer(outcome="mismatch", checked_at=datetime.now(UTC), certificate=None))
            continue
        if one.exam not in lists:
            listed = await _newest_list(db, one.exam, "final")
            lists[one.exam] = listed, await _named(db, listed.index) if listed is not None else frozenset()
        mine = changes.get(row.number, [])
        verdicts.append(_judged(one, claims, *lists[one.exam], mine, in_full=row.name is not None, hint=False))
    return Verdicts(verdicts=verdicts)


@app.post("/api/v1/verify/document")
async def document(file: UploadFile, db: Session) -> Verdicts:
    """Every QR code of a picture, read in a thread."""
    data = await file.read()
    texts = await run_in_threadpool(_codes, data)
    return Verdicts(verdicts=[await _scanned(db, text.rpartition("/")[2]) for text in texts])


_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def _codes(data: bytes) -> list[str]:
    picture = Image.open(io.BytesIO(data)).convert("L")
    return [code.text for code in zxingcpp.read_barcodes(picture, formats=_QR)]


@app.post("/api/v1/lookup")
async def lookup(person: Person, db: Session) -> Found:
    """Whatever a person holds. It asks for no proof of work."""
    key = identity.lookup_key(bytes.fromhex(os.environ[LOOKUP]), person.name, person.id_type, person.id_number)
    keys = literal([key], ARRAY(LargeBinary))
    filed = await db.scalars(
        select(column("number", String)).select_from(func.registry.lookup(keys).table_valued("number"))
    )
    found = []
    for number in filed.all():
        stored = await _stored(db, number)
        answer = await _answer(db, stored, state.centre.payload(stored.bytes), in_full=True)
        if answer.certificate is not None:
            found.append(answer.certificate)
    return Found(certificates=found)
