"""What each kind of statement is: who may sign it, for which programme, and who reads it. A new kind is one entry.

Its private claim and its number in the log follow from its place in statements.cddl (Kind).
"""

from collections.abc import Callable
from typing import Final

import msgspec

from verify.core import certificate, changes, document, erasure, exam_code, keyring, lookup_index, pass_list, snapshot
from verify.core.keyring import Use
from verify.core.statement import Kind, Statement


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of statement."""

    kind: Kind
    use: Callable[[Statement], Use]
    """The use of the keys that may sign it (2-formats, Who may sign what)."""
    read: Callable[[Statement], object]
    """Its content. Raises Malformed for any breach of statements.cddl."""
    programme: Callable[[Statement], object] | None = None
    """What it says its programme is, before anything in it is known to be in order; None for a kind of no programme."""
    every_programme: bool = False
    """Whether only a key of all programmes may sign it."""
    names_certificates: bool = False
    """Whether it is of the programmes of the certificates that it names, which only the register can tell."""
    projection: str
    """The table of the registry that its fields are filed in."""

    @property
    def claim(self) -> int:
        """The private CWT claim that holds its content."""
        return self.kind.claim


def _always(use: Use) -> Callable[[Statement], Use]:
    return lambda _source: use


def _of_document(source: Statement) -> Use:
    path = source.content.get(1)
    return "status" if isinstance(path, str) and path.startswith(document.STATUS_FOLDER) else "credential"


def _field(key: int) -> Callable[[Statement], object]:
    return lambda source: source.content.get(key)


def _of_exam(source: Statement) -> object:
    exam = source.content.get(1)
    return exam_code.programme_of(exam) if isinstance(exam, str) else None


KINDS: Final[dict[Kind, Entry]] = {
    entry.kind: entry
    for entry in (
        Entry(
            kind=Kind.CERTIFICATE,
            use=_always("certificate"),
            read=certificate.read,
            programme=_field(3),
            projection="certificate",
        ),
        Entry(
            kind=Kind.CHANGE,
            use=_always("status"),
            read=changes.read,
            names_certificates=True,
            projection="change",
        ),
        Entry(
            kind=Kind.PASS_LIST,
            use=_always("certificate"),
            read=pass_list.read,
            programme=_field(2),
            projection="pass_list",
        ),
        Entry(
            kind=Kind.LOOKUP_INDEX,
            use=_always("certificate"),
            read=lookup_index.read,
            programme=_of_exam,
            projection="lookup_index",
        ),
        Entry(kind=Kind.KEYRING, use=_always("root"), read=keyring.read, projection="keyring"),
        Entry(
            kind=Kind.SNAPSHOT, use=_always("status"), read=snapshot.read, every_programme=True, projection="snapshot"
        ),
        Entry(
            kind=Kind.ERASURE,
            use=_always("status"),
            read=erasure.read,
            names_certificates=True,
            projection="erasure",
        ),
        Entry(kind=Kind.DOCUMENT, use=_of_document, read=document.read, projection="document"),
    )
}


def of(source: Statement) -> Entry:
    """The entry of a statement's kind."""
    return KINDS[source.kind]
