"""The peer: FastAPI, SQLAlchemy's asynchronous ORM and pydantic, over the same views of the same database.

It decodes with cbor2, checks signatures with the same library, and answers the facts that ours does: a certificate with
its holder, programme, exam and status. Keys and pass lists are read once and kept, connections are pooled. What it does
not do: judge who is believed where in the log, tell nine steps, guard anything. A test holds its facts to ours.
"""

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

DATABASE: Final = "BENCH_DATABASE_URL"
_FIRST: Final = -65536
_MOST_DIGITS: Final = 2000


class Base(DeclarativeBase):
    """Views of the registry."""


class CertificateRow(Base):
    """A certificate's statement under its number."""

    __tablename__ = "certificates"
    __table_args__ = {"schema": "registry"}  # noqa: RUF012 -- as SQLAlchemy has it
    index: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    exam: Mapped[str]
    bytes: Mapped[bytes]


class ChangeRow(Base):
    """A change of a certificate's status."""

    __tablename__ = "changes"
    __table_args__ = {"schema": "registry"}  # noqa: RUF012 -- as SQLAlchemy has it
    index: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    action: Mapped[str]
    effective_at: Mapped[int]
    bytes: Mapped[bytes]


class ListRow(Base):
    """The head of a pass list."""

    __tablename__ = "list_heads"
    __table_args__ = {"schema": "registry"}  # noqa: RUF012 -- as SQLAlchemy has it
    index: Mapped[int] = mapped_column(primary_key=True)
    exam: Mapped[str]
    stage: Mapped[str]
    revision: Mapped[int]
    title_zh: Mapped[str]
    title_en: Mapped[str | None]
    held_on: Mapped[str]


class ShownRow(Base):
    """A row of a pass list, as everybody may see it."""

    __tablename__ = "shown_rows"
    __table_args__ = {"schema": "registry"}  # noqa: RUF012 -- as SQLAlchemy has it
    list: Mapped[int] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[int]
    name: Mapped[str]
    id: Mapped[str]


class Names(BaseModel):
    """A text in Chinese and perhaps English."""

    zh: str
    en: str | None = None


class Programme(BaseModel):
    """A programme."""

    code: str
    name: Names
    level: Names
    occupation: str | None


class Exam(BaseModel):
    """An exam."""

    code: str
    title: Names
    held_on: str


class Certificate(BaseModel):
    """What is answered of a certificate."""

    number: str
    holder: str
    id_hint: str | None
    programme: Programme
    exam: Exam
    issuers: list[Names]
    issued_at: datetime
    expires_at: datetime | None
    status: str


class Answer(BaseModel):
    """A verdict."""

    outcome: str
    checked_at: datetime
    certificate: Certificate | None


class PassListRow(BaseModel):
    """A row of a list."""

    serial: int
    name: str
    id: str


class PassListPage(BaseModel):
    """Rows of a list."""

    exam: str
    stage: str
    revision: int
    items: list[PassListRow]


class Centre:
    """What is read once: keys by their kids, programmes, issuers, and whom each list names."""

    def __init__(self, keyring: bytes) -> None:
        content = cbor2.loads(cbor2.loads(keyring)[2])[_FIRST - 5]
        self.keys = {
            entry[1]: Ed25519PublicKey.from_public_bytes(entry[2]) for entry in content[3] if entry[7] == "active"
        }
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
            key.verify(signature, cbor2.dumps(["Signature1", protected, b"", payload]))
        except (ValueError, KeyError, TypeError, EOFError, cbor2.CBORDecodeError, InvalidSignature):
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


class Keyring(Base):
    """A keyring's statement."""

    __tablename__ = "keyrings"
    __table_args__ = {"schema": "registry"}  # noqa: RUF012 -- as SQLAlchemy has it
    index: Mapped[int] = mapped_column(primary_key=True)
    bytes: Mapped[bytes]


class ListStatement(Base):
    """A list's statement."""

    __tablename__ = "list_statements"
    __table_args__ = {"schema": "registry"}  # noqa: RUF012 -- as SQLAlchemy has it
    index: Mapped[int] = mapped_column(primary_key=True)
    bytes: Mapped[bytes]


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


async def _answer(db: AsyncSession, stored: CertificateRow, claims: dict[int, Any], *, in_full: bool) -> Answer:
    now = datetime.now(UTC)
    content = claims[_FIRST - 1]
    listed = await _newest_list(db, stored.exam, "final")
    if listed is None or hashlib.sha256(stored.bytes).digest()[:16] not in await _named(db, listed.index):
        return Answer(outcome="unregistered", checked_at=now, certificate=None)
    changes = await db.scalars(
        select(ChangeRow)
        .where(ChangeRow.number == stored.number, ChangeRow.effective_at <= now.timestamp())
        .order_by(ChangeRow.index)
    )
    status = "valid"
    for change in changes:
        state.centre.payload(change.bytes)
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
            id_hint=content[2] if in_full else None,
            programme=programme,
            exam=Exam(code=stored.exam, title=Names(zh=listed.title_zh, en=listed.title_en), held_on=listed.held_on),
            issuers=issuers,
            issued_at=datetime.fromtimestamp(claims[6], UTC),
            expires_at=expires_at,
            status=status,
        ),
    )


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
