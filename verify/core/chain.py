"""The chain of keyring versions: what follows the pinned root, and which key is believed where in the log.

A verifier pins the thumbprint of the first root and follows the chain from there (2-formats, Keyring).
"""

import contextlib
from collections.abc import Iterable
from typing import Self

import msgspec

from verify.core import statement
from verify.core.errors import KeyringRefused, Malformed, Unreadable
from verify.core.keyring import STATES, Keyring, read, thumbprint
from verify.core.statement import Statement


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A believed keyring, the statement it came in and, where it is published, its log index."""

    keyring: Keyring
    statement: Statement
    index: int | None = None


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """Every version of the keyring from the pinned root on; immutable, never empty."""

    versions: tuple[Version, ...]

    @classmethod
    def follow(cls, statements: Iterable[tuple[bytes, int | None]], root: bytes) -> Self:
        """The chain of ``statements`` (bytes and log index), the first signed by the root of thumbprint ``root``.

        Raises KeyringRefused.
        """
        chain: Self | None = None
        for data, index in statements:
            chain = chain.extend(data, index) if chain else cls(versions=(_first(data, index, root),))
        if chain is None:
            raise KeyringRefused("no_keyring", "there is no keyring")
        return chain

    @classmethod
    def among(cls, candidates: Iterable[tuple[bytes, int]], root: bytes) -> Self | None:
        """The chain that stands among statements filed by anybody, in the order of their log indexes; None for none.

        What does not carry the chain on neither hides nor occupies anything: it is passed over.
        """
        chain: Self | None = None
        for data, index in candidates:
            if chain is not None:
                chain = chain.carried_on(data, index)
                continue
            with contextlib.suppress(KeyringRefused):
                chain = cls(versions=(_first(data, index, root),))
        return chain

    def carried_on(self, data: bytes, index: int) -> Self:
        """The chain with one version more, or itself where ``data`` is not its next one."""
        try:
            return self.extend(data, index)
        except KeyringRefused:
            return self

    @property
    def newest(self) -> Keyring:
        """The keyring in force."""
        return self.versions[-1].keyring

    def before(self, index: int) -> Keyring | None:
        """The newest keyring published before the statement of this log index."""
        return next(
            (v.keyring for v in reversed(self.versions) if v.index is not None and v.index < index),
            None,
        )

    def extend(self, data: bytes, index: int | None = None) -> Self:
        """The chain with one version more; unchanged when ``data`` is its newest. Raises KeyringRefused."""
        last = self.versions[-1]
        source, keyring = _read(data)
        if data == last.statement.data:
            return self
        if keyring.version != last.keyring.version + 1:
            raise KeyringRefused("wrong_version", "a keyring that is not the next version")
        if keyring.previous != last.statement.digest:
            raise KeyringRefused("wrong_predecessor", "a keyring that does not carry on from the version before")
        roots = [k for k in last.keyring.with_kid(source.kid) if k.use == "root" and k.state == "active"]
        if not any(statement.signed_by(source, root.public) for root in roots):
            raise KeyringRefused("not_signed_by_root", "a keyring that no active root of the version before signed")
        _check_kept(last.keyring, keyring)
        version = Version(keyring=keyring, statement=source, index=index)
        return type(self)(versions=(*self.versions, version))


def _read(data: bytes) -> tuple[Statement, Keyring]:
    try:
        source = statement.decode(data)
        return source, read(source)
    except (Unreadable, Malformed) as error:
        raise KeyringRefused(error.code, error.detail) from None


def _first(data: bytes, index: int | None, root: bytes) -> Version:
    source, keyring = _read(data)
    if keyring.version != 1 or keyring.previous is not None:
        raise KeyringRefused("wrong_version", "a chain that does not begin with version 1")
    pinned = next((key for key in keyring.keys if thumbprint(key.public) == root and key.use == "root"), None)
    if pinned is None or not statement.signed_by(source, pinned.public):
        raise KeyringRefused("wrong_root", "a keyring of another root than the pinned one")
    return Version(keyring=keyring, statement=source, index=index)


def _check_kept(old: Keyring, new: Keyring) -> None:
    """Entries are only added, and of a key only fields 6 to 8 change (2-formats, Keyring)."""
    if not {*old.issuers} <= {*new.issuers} or not {*old.programmes} <= {*new.programmes}:
        raise KeyringRefused("altered", "a keyring that changes or drops an issuer or a programme")
    if not {*old.hosts} <= {*new.hosts}:
        raise KeyringRefused("altered", "a keyring that drops a host")
    for was in old.keys:
        now = new.key(was.public)
        if now is None or was != msgspec.structs.replace(
            now, not_after=was.not_after, state=was.state, believed_below=was.believed_below
        ):
            raise KeyringRefused("altered", "a keyring that changes or drops a key")
        if STATES.index(now.state) < STATES.index(was.state):
            raise KeyringRefused("altered", "a keyring that takes a key's state back")
        if was.believed_below is not None and now.believed_below != was.believed_below:
            raise KeyringRefused("altered", "a keyring that changes a compromised key's log size")
