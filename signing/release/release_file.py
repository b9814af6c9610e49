"""A release, carried from the signing room to the registry: the file, a CBOR sequence of statements, and what it holds.

A final release holds certificates in row order, then final lists, then lookup indexes. Keyrings are not in it.
"""

import functools
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NoReturn, Self

import msgspec

from signing.messages import _
from verify.core import cbor, statement
from verify.core.changes import Change
from verify.core.errors import Unreadable
from verify.core.keyring import Key
from verify.core.pass_list import PassList
from verify.core.signed import Genuine
from verify.core.snapshot import Snapshot
from verify.core.statement import Kind, Statement
from verify.shared import whole_files
from verify.shared.command import Refusal

MAX_BYTES: Final = 512 * 2**20
"""More than a million certificates with their lists."""


class ReleaseRefused(Refusal):
    """A release that must not be published, and nothing of it is.

    ``code`` is for programs; the message names the statement by its place in the file, counted from 1, and
    where it can the certificate number or the exam, never a person.
    """

    def __init__(self, code: str, reason: str, place: int | None = None) -> None:
        where = _("statement {place} of the release: ").format(place=place) if place is not None else ""
        super().__init__(f"{where}{reason} ({code})")
        self.code = code
        self.place = place
        self._parts = (code, reason, place)

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, int | None]]:
        return type(self), self._parts  # so that it comes whole from a worker process

    def of(self, file: str) -> Self:
        """The same, of this file among others."""
        named = type(self)(*self._parts)
        named.args = (f"{file}: {self}",)
        return named


def refuse(code: str, words: str, place: int | None = None) -> NoReturn:
    """Raises ReleaseRefused."""
    raise ReleaseRefused(code, words, place)


RELEASED: tuple[Kind, ...] = (Kind.CERTIFICATE, Kind.PASS_LIST, Kind.LOOKUP_INDEX, Kind.CHANGE, Kind.SNAPSHOT)
"""The kinds of statement that a release may hold."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One statement of a release, genuine."""

    place: int
    """Counted from 1."""
    kind: Kind
    data: bytes
    digest: bytes
    """SHA-256 of its bytes."""
    key: Key
    """The key that signed it."""
    issued_at: int
    content: object = None
    """What it says; of a certificate nothing more is kept than what Certified has."""


class Certified(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A certificate of the release: of hundreds of thousands no more is kept than the rules ask for."""

    entry: Entry
    number: str
    exam: str

    @property
    def short(self) -> bytes:
        """The 16 bytes by which lists and changes name it."""
        return self.entry.digest[:16]


class Listed(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A pass list of the release."""

    entry: Entry
    found: Genuine[PassList]

    @property
    def list(self) -> PassList:
        """What it says."""
        return self.found.content

    @functools.cached_property
    def shorts(self) -> frozenset[bytes]:
        """Whom it names; empty for a notice."""
        return frozenset(row.certificate for row in self.list.rows if row.certificate is not None)


class Indexed(msgspec.Struct, frozen=True, kw_only=True):
    """A lookup index of the release: lookup keys by number. Its repr shows none."""

    entry: Entry
    exam: str
    revision: int
    keys: dict[str, bytes]

    def __repr__(self) -> str:
        return f"Indexed(exam={self.exam!r}, revision={self.revision})"


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the release."""

    entry: Entry
    change: Change


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A release whose statements are genuine and fit together."""

    entries: tuple[Entry, ...]
    certificates: dict[str, Certified]
    """By number."""
    lists: tuple[Listed, ...]
    indexes: tuple[Indexed, ...]
    """In order: of an exam several only where a compromised key had signed those before."""
    changes: tuple[Changed, ...]
    snapshot: Snapshot | None = None
    """Of a release that is nothing else."""

    def index(self, exam: str) -> Indexed | None:
        """The newest revision that it has of an exam's lookup index."""
        of_exam = [index for index in self.indexes if index.exam == exam]
        return max(of_exam, key=lambda index: index.revision, default=None)

    @property
    def exams(self) -> list[str]:
        """The exams that it touches, as its statements say."""
        certified = {one.exam for one in self.certificates.values()}
        return sorted({x.list.exam for x in self.lists} | {x.exam for x in self.indexes} | certified)


def write(path: Path, statements: Iterable[bytes], *, recorded: bool = False) -> Path | None:
    """Makes the file at ``path``, whole and on disk when this returns, or not at all. Raises Refusal.

    A release is never replaced by other bytes. Where ``recorded`` says that these bytes are the ones known as
    released, a file that was altered is kept beside it under the name that this gives; otherwise it is refused.
    """
    data, aside = b"".join(statements), None
    path.parent.mkdir(parents=True, exist_ok=True)
    for draft in path.parent.glob(f".{path.name}.*"):  # of a command that was killed
        draft.unlink(missing_ok=True)
    if path.exists():
        if path.read_bytes() == data:
            whole_files.to_disk(path)
            whole_files.to_disk(path.parent)
            return None
        if not recorded:
            text = _("{} is there already and is another release: nothing is written over it. Move it away.")
            raise Refusal(text.format(path))
        aside = path.rename(_free(path))
    with whole_files.whole(path, durable=True) as made:
        made.write_bytes(data)
    return aside


def _free(path: Path) -> Path:
    """A name beside ``path`` that nothing has yet, for a release that was altered."""
    names = (path.with_name(f"{path.name}.altered-{count}") for count in itertools.count(1))
    return next(name for name in names if not name.exists())


def load(path: Path) -> bytes:
    """The bytes of the release at ``path``. Raises ReleaseRefused, OSError."""
    if path.stat().st_size > MAX_BYTES:
        raise ReleaseRefused("too_large", _("more than {size} MiB").format(size=MAX_BYTES >> 20))
    return path.read_bytes()


def cut(data: bytes) -> tuple[list[bytes], ReleaseRefused | None]:
    """The statements of a release's bytes, unread; and, where they are damaged or none, the refusal behind them."""
    found: list[bytes] = []
    try:
        found.extend(cbor.split(data))
    except Unreadable as error:
        return found, damaged(error, len(found) + 1)
    return found, None if found else ReleaseRefused("empty", _("the release holds no statement"))


def damaged(error: Unreadable, place: int) -> ReleaseRefused:
    """The refusal of bytes that are no statement."""
    return ReleaseRefused(error.code, _("these bytes are no statement: the file is damaged, or not a release"), place)


def among(path: Path, data: bytes) -> list[Statement]:
    """The statements of a file that is one among others, which a refusal names. Raises ReleaseRefused."""
    try:
        return list(parse(data))
    except ReleaseRefused as error:
        raise error.of(path.name) from None


def parse(data: bytes) -> Iterator[Statement]:
    """The statements of a release's bytes, decoded one by one. Raises ReleaseRefused."""
    items, refusal = cut(data)
    for place, item in enumerate(items, start=1):
        try:
            yield statement.decode(item)
        except Unreadable as error:
            raise damaged(error, place) from None
    if refusal is not None:
        raise refusal
