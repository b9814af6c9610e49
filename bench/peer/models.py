"""What the peer reads and answers: the registry's views by SQLAlchemy, and its answers by pydantic."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


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


class Row(BaseModel):
    """A row of a batch."""

    number: str
    name: str | None = None


class Person(BaseModel):
    """Somebody, by name and ID number."""

    name: str
    id_type: str = "resident"
    id_number: str


class Found(BaseModel):
    """A person's certificates."""

    certificates: list[Certificate]


class Verdicts(BaseModel):
    """Of a batch, or of a picture's codes, in order."""

    verdicts: list[Answer]
