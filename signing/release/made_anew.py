"""The part of a resign release that says again, by good keys, what compromised ones had said.

What it is was recorded by the digests of the old statements, which lie in the centre's own releases: so that making the
release twice gives the same bytes.
"""

import hashlib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TypeAlias

import msgspec

from signing.ledger.book import Ledger
from signing.ledger.values import Job
from signing.messages import _
from verify.core import cbor, signed
from verify.core.changes import Change
from verify.core.errors import Unreadable
from verify.core.keyring import Keyring
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList
from verify.core.statement import Draft
from verify.shared.command import Refusal

Said: TypeAlias = PassList | LookupIndex | Change


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of the release: what it says, and by which key; None for a statement that goes in as it is."""

    content: Said
    data: bytes
    """The old statement."""
    kid: bytes | None

    def draft(self, kid: bytes) -> Draft:
        """The same, to be signed by ``kid``."""
        return self.content.draft(kid)


def digests(folder: Path, jobs: Iterable[Job]) -> set[bytes]:
    """SHA-256 of every list, index, change and certificate that the releases of ``jobs`` hold. Raises Refusal."""
    return {hashlib.sha256(data).digest() for _job, data in _statements(folder, jobs)}


def sealed(folder: Path, jobs: Iterable[Job], keyring: Keyring, recorded: Iterable[list[str]]) -> list[Sealed]:
    """What was ``recorded``: old digest and new kid in hex, an empty kid where it goes in as it is. Raises Refusal."""
    wanted = {bytes.fromhex(digest): bytes.fromhex(kid) or None for digest, kid in recorded}
    there = {}
    for _job, data in _statements(folder, jobs):
        digest = hashlib.sha256(data).digest()
        if digest in wanted:
            there[digest] = data
    if missing := wanted.keys() - there.keys():
        text = _("Statements to be signed anew that are in no release here: {}. Bring the releases back first.")
        raise Refusal(text.format(len(missing)))
    found = []
    for digest, kid in wanted.items():
        content = signed.genuine(object, there[digest], keyring).content
        if not isinstance(content, Said):
            raise Refusal(_("Only lists, indexes and changes are signed anew."))
        found.append(Sealed(content=content, data=there[digest], kid=kid))
    return found


def certificates(ledger: Ledger, found: Iterable[Sealed]) -> dict[str, bytes]:
    """The certificates that lists and replacements among ``found`` name, by number. Raises Refusal."""
    shorts = {hashlib.sha256(g.statement).digest()[:16]: g for g in ledger.all_given() if g.statement is not None}
    named: dict[str, bytes] = {}
    for one in found:
        content = one.content
        wanted: Collection[bytes | None] = ()
        if isinstance(content, PassList):
            wanted = [row.certificate for row in content.rows]
        elif isinstance(content, Change) and content.replacement is not None:
            wanted = [content.replacement.short]
        for short in wanted:
            if short is None:
                continue
            given = shorts.get(short)
            if given is None or given.statement is None:
                raise Refusal(_("A list names a certificate that the ledger does not know."))
            named[given.number] = given.statement
    return named


def _statements(folder: Path, jobs: Iterable[Job]) -> Iterable[tuple[Job, bytes]]:
    """Every statement of the releases that were made and not withdrawn. Raises Refusal where one is not here."""
    for job in jobs:
        if job.digest is None or job.withdrawn_at is not None:
            continue
        path = folder / job.release
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).digest() != job.digest:
            raise _absent(job)
        try:
            for item in cbor.split(data):
                yield job, item
        except Unreadable:
            raise _absent(job) from None


def _absent(job: Job) -> Refusal:
    return Refusal(_("{} is not here as it was released: bring it back first.").format(job.release))
