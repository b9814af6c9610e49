"""Checkpoints (C2SP tlog-checkpoint): the log's name, size and root, as a note that the log key signed (signed-note).

The log's origin is the name of its key, for ever: the first host that QR codes named, and ``/log``.
"""

import base64
import binascii
import hashlib
from typing import Final

import msgspec

from verify.core import ed25519
from verify.core.chain import Chain
from verify.core.errors import LogRefused
from verify.core.keyring import Key

MOST_BYTES: Final = 1 << 20
MOST_SIZE: Final = 1 << 62
"""Entries of a log that can be."""
_ED25519: Final = b"\x01"
"""The signature type of signed-note."""
_DASH: Final = "— "


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A tree of the log: how many entries it has, and its root (32 bytes). Signed by whom, ``genuine`` tells."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed of it."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint that a log key of the keyring signed, whenever that was. Comes from ``genuine`` alone."""

    checkpoint: Checkpoint
    note: str
    """As it is published, cosignatures and all."""
    key: Key
    """The entry of the key that signed it, in the keyring in force."""

    @property
    def size(self) -> int:
        """How many entries the tree has."""
        return self.checkpoint.size

    @property
    def root(self) -> bytes:
        """The tree's root."""
        return self.checkpoint.root


def origin_of(chain: Chain) -> str:
    """The log's name: of the oldest host in the first keyring, which never changes."""
    return f"{chain.versions[0].keyring.hosts[-1].lower()}/log"


def key_id(name: str, public: bytes) -> bytes:
    """The ID that a note's signature begins with, 4 bytes (signed-note, Ed25519)."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def verifier_key(name: str, public: bytes) -> str:
    """The log's key as other tools take it: ``name+hash+key`` (signed-note's vkey)."""
    return f"{name}+{key_id(name, public).hex()}+{base64.b64encode(_ED25519 + public).decode()}"


def note(checkpoint: Checkpoint, public: bytes, signature: bytes) -> str:
    """The note with the signature of this key (64 bytes) over the checkpoint's text."""
    said = base64.b64encode(key_id(checkpoint.origin, public) + signature).decode()
    return f"{checkpoint.text}\n{_DASH}{checkpoint.origin} {said}\n"


def read(text: str) -> Checkpoint:
    """What a note says, signed by anybody. Raises LogRefused."""
    body, _signatures = _opened(text)
    origin, size, root, *_extensions = [*body.split("\n"), "", "", ""]
    if not origin or "+" in origin or any(map(str.isspace, origin)):
        raise LogRefused("not_a_checkpoint", "a note whose first line names no log")
    if not (size.isascii() and size.isdecimal()) or str(int(size[:20])) != size or int(size) > MOST_SIZE:
        raise LogRefused("not_a_checkpoint", "a note whose second line is no size")
    return Checkpoint(origin=origin, size=int(size), root=base64_of(root, 32))


def genuine(text: str, chain: Chain) -> Signed:
    """The checkpoint in a note that a log key of this centre signed over this log's name, whenever that was.

    A signature of such a key that does not fit refuses the note. Raises LogRefused.
    """
    checkpoint = read(text)
    if checkpoint.origin != origin_of(chain):
        raise LogRefused("other_log", "a checkpoint of another log")
    body, signatures = _opened(text)
    for key in chain.newest.keys:
        said = signatures.get((checkpoint.origin, key_id(checkpoint.origin, key.public)))
        if key.use != "log" or said is None:
            continue
        if not ed25519.verifies(key.public, said, body.encode()):
            raise LogRefused("signature_bad", "a checkpoint whose signature does not fit")
        return Signed(checkpoint=checkpoint, note=text, key=key)
    raise LogRefused("stranger", "a checkpoint that no log key of this centre signed")


def believed(text: str, chain: Chain) -> Signed:
    """The same, of a key that is believed at this size (``check_place``). Raises LogRefused."""
    signed = genuine(text, chain)
    check_place(signed.key, chain, signed.size)
    return signed


def check_place(key: Key, chain: Chain, size: int) -> None:
    """That what this log key, an entry of the keyring in force, signed of a tree of ``size`` is believed.

    As with statements, it must have been active in the newest keyring before (where the chain tells log indexes), and
    a compromised one is believed up to the size that its entry gives. Raises LogRefused.
    """
    if key.use != "log":
        raise LogRefused("stranger", "a checkpoint that no log key of this centre signed")
    if key.state == "compromised" and size > (key.believed_below or 0):
        raise LogRefused("key_compromised", "a checkpoint of a log key that was compromised before")
    if any(version.index is not None for version in chain.versions):
        before = chain.before(size)
        then = before.key(key.public) if before else None
        if then is None or then.state != "active":
            raise LogRefused("key_not_active", "a checkpoint of a log key that was not active then")
    elif key.state == "retired":
        raise LogRefused("key_retired", "a checkpoint of a retired log key, whose time nothing here tells")


def _opened(text: str) -> tuple[str, dict[tuple[str, bytes], bytes]]:
    """A note's text and its signatures, the first of each name and key ID. Raises LogRefused."""
    if len(text) > MOST_BYTES or any(character < " " and character != "\n" for character in text):
        raise LogRefused("not_a_note", "a note that is too long, or holds control characters")
    body, gap, lines = text.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise LogRefused("not_a_note", "a note without signatures")
    found: dict[tuple[str, bytes], bytes] = {}
    for line in lines[:-1].split("\n"):
        name, space, said = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not space or not name:
            raise LogRefused("not_a_note", "a note with a line that is no signature")
        data = base64_of(said)
        if len(data) < 5:
            raise LogRefused("not_a_note", "a note with a line that is no signature")
        found.setdefault((name, data[:4]), data[4:])
    return body + "\n", found


def base64_of(text: str, length: int | None = None) -> bytes:
    """The bytes that ``text`` writes in the one way that there is. Raises LogRefused."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if base64.b64encode(data).decode() != text or (length is not None and len(data) != length):
        raise LogRefused("not_a_note", "a note with a line that is no proper base64")
    return data
