"""Who signed a statement, and is it believed: the one place that decides, for every kind.

2-formats, Who may sign what, in this order: it is readable; a key that its kid names signed the received bytes; that
key may sign statements of its kind and programme; it is well formed. All that is for ever (``genuine``), as a key's
use and programmes never change. Then its place in the log (``check_place``): the key was active in the newest keyring
published before, and the index lies below what the keyring in force believes of the key, should it be compromised.

What believed statements make of one another is for verify.core.standing and verify.core.register.
"""

import threading
from typing import Final, Generic, TypeVar, final

from verify.core import kinds, statement
from verify.core.chain import Chain
from verify.core.errors import Malformed, NotBelieved, Unreadable
from verify.core.keyring import Key, Keyring
from verify.core.making_room import make_room
from verify.core.statement import Envelope, Statement

T = TypeVar("T")

REMEMBERED: Final = 100_000
"""Small statements whose signers are remembered by their digests, some 20 MB."""
_SMALL: Final = 1 << 10
"""Bytes of a statement that is remembered."""
_SEAL: Final = object()
"""Who has it makes what is believed; it never leaves this module."""


@final
class Genuine(Generic[T]):
    """What a key of the centre signed, well formed, whenever that was. Only ``genuine`` makes one."""

    __slots__ = ("content", "digest", "key")

    def __init__(self, content: T, digest: bytes, key: Key, *, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("what is genuine comes from its statement alone")
        self.content: Final = content
        self.digest: Final = digest
        """SHA-256 of the statement, 32 bytes."""
        self.key: Final = key
        """The entry of the key that signed it, in the keyring that it was found with."""

    @property
    def short(self) -> bytes:
        """The 16 bytes by which lists and changes name it."""
        return self.digest[:16]

    def at(self, index: int, chain: Chain) -> "Believed[T]":
        """What it says, believed at this log index. Raises NotBelieved."""
        key = current(self.key, chain)
        check_place(key, chain, index)
        return Believed(self.content, self.digest, key, index, seal=_SEAL)


@final
class Believed(Generic[T]):
    """What a key of the centre signed and is believed to say at its place in the log. Only this module makes one."""

    __slots__ = ("content", "digest", "index", "key")

    def __init__(self, content: T, digest: bytes, key: Key, index: int, *, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("what is believed comes from its statement alone")
        self.content: Final = content
        self.digest: Final = digest
        """SHA-256 of the statement, 32 bytes."""
        self.key: Final = key
        """The entry of the key that signed it, in the keyring in force."""
        self.index: Final = index
        """Its log index."""

    @property
    def short(self) -> bytes:
        """The 16 bytes by which lists and changes name it."""
        return self.digest[:16]


def signer(source: Statement | Envelope, keyring: Keyring) -> Key:
    """The key that signed ``source``; its kid is a hint, and every key that has it is tried.

    Raises NotBelieved: unknown_key, signature_bad.
    """
    if not keyring.with_kid(source.kid):
        raise NotBelieved("unknown_key", "the keyring does not hold its key")
    small = len(source.data) <= _SMALL
    key = _MEMORY.signer(source, keyring) if small else _signer(source, keyring)
    if key is None:
        raise NotBelieved("signature_bad", "its signature does not fit: it was altered, or not signed by the centre")
    return key


def check_use(source: Statement, key: Key) -> None:
    """That ``key`` may sign statements of this kind and of the programme that it says it is of.

    Raises NotBelieved: key_wrong_use, key_wrong_programme.
    """
    kind = kinds.of(source)
    if key.use != kind.use(source):
        raise NotBelieved("key_wrong_use", "its key may not sign statements of this kind")
    if kind.every_programme and key.programmes:
        raise NotBelieved("key_wrong_programme", "its key may not sign for every programme")
    programme = kind.programme(source) if kind.programme else None
    if isinstance(programme, str):
        check_programme(key, programme)


def check_programme(key: Key, programme: str) -> None:
    """That ``key`` may sign for ``programme``. Raises NotBelieved: key_wrong_programme."""
    if not key.may_sign_for(programme):
        raise NotBelieved("key_wrong_programme", f"its key may not sign for programme {programme}")


def check_place(key: Key, chain: Chain, index: int | None) -> None:
    """That what ``key``, an entry of the keyring in force, signed is believed at this log index.

    Without an index (offline, or not published yet) the key must be active now. Raises NotBelieved:
    key_compromised, key_not_active, and key_retired where nothing can be told without an index.
    """
    if index is None:
        if key.state == "compromised":
            raise NotBelieved("key_compromised", "its key was compromised")
        if key.state == "retired":
            raise NotBelieved("key_retired", "its key is retired")
        return
    if key.state == "compromised" and index >= (key.believed_below or 0):
        raise NotBelieved("key_compromised", "its key was compromised before it was published")
    check_active(key, chain, index)


def check_active(key: Key, chain: Chain, index: int) -> None:
    """That ``key`` was active in the newest keyring published before ``index``. Raises NotBelieved: key_not_active."""
    before = chain.before(index)
    then = before.key(key.public) if before else None
    if then is None or then.state != "active":
        raise NotBelieved("key_not_active", "its key was not active when it was published")


def current(key: Key, chain: Chain) -> Key:
    """The entry of ``key`` in the keyring in force. Raises NotBelieved where it has none."""
    now = chain.newest.key(key.public)
    if now is None:
        raise NotBelieved("unknown_key", "the keyring does not hold its key")
    return now


def genuine(kind: type[T], source: bytes | Statement, keyring: Keyring) -> Genuine[T]:
    """What a statement says, signed by a key that may say it; of bytes, the signature is checked before they are read.

    ``kind`` is the type of its content, such as Change. The programmes of a change are those of the certificates it
    names: see verify.core.register. Raises NotBelieved, with the code of Unreadable or Malformed where that is why.
    """
    try:
        outer = statement.envelope(source) if isinstance(source, bytes) else source
        key = signer(outer, keyring)
        found = statement.opened(outer) if isinstance(outer, Envelope) else outer
        check_use(found, key)
        content = kinds.of(found).read(found)
    except (Unreadable, Malformed) as error:
        raise NotBelieved(error.code, error.detail) from None
    if not isinstance(content, kind):
        raise NotBelieved("wrong_kind", "a statement of another kind")
    return Genuine(content, found.digest, key, seal=_SEAL)


def believed(kind: type[T], source: bytes | Statement, index: int, chain: Chain) -> Believed[T]:
    """What the statement at this log index says. Raises NotBelieved."""
    return genuine(kind, source, chain.newest).at(index, chain)


def _signer(source: Statement | Envelope, keyring: Keyring) -> Key | None:
    for key in keyring.with_kid(source.kid):
        if statement.signed_by(source, key.public):
            return key
    return None


class Signers:
    """Who signed which small statements, by the statements' digests: nothing of what they say is kept.

    What was found in one keyring holds for that very version alone. At most ``most`` are remembered, and the first
    remembered make room. May be used from several threads.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[bytes, tuple[Keyring, Key | None]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._found)

    def signer(self, source: Statement | Envelope, keyring: Keyring) -> Key | None:
        """The key of the keyring that signed the statement, None for none."""
        digest = source.digest
        found = self._found.get(digest)
        if found is not None and found[0] is keyring:
            return found[1]
        key = _signer(source, keyring)
        with self._lock:
            if digest not in self._found:
                make_room(self._found, self._most)
            self._found[digest] = keyring, key
        return key


_MEMORY: Final = Signers(REMEMBERED)
