"""The signed statement: COSE_Sign1 (RFC 9052) over CWT claims (RFC 8392), untagged and deterministic.

``decode`` answers whether bytes are a statement at all; what a kind's claims must hold is for the module of
that kind (certificate, changes, pass_list, lookup_index, keyring, snapshot), after the signature is checked.
"""

import contextlib
import enum
import functools
import hashlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from verify.core import cbor, ed25519
from verify.core.errors import Unreadable

ED25519: Final = -19
"""COSE algorithm Ed25519 (RFC 9864)."""
MAX_TIME: Final = 253402300799
"""9999-12-31T23:59:59Z, the last second that every calendar library can show."""
EXP: Final = 4
IAT: Final = 6
CTI: Final = 7
"""The registered CWT claims that statements use."""

_HEADER_ALG: Final = 1
_HEADER_KID: Final = 4
_FIRST_PRIVATE_CLAIM: Final = -65537


class Kind(enum.IntEnum):
    """The kinds of statement, numbered as in the log's entries (statements.cddl, ``claims``)."""

    CERTIFICATE = 1
    CHANGE = 2
    PASS_LIST = 3
    LOOKUP_INDEX = 4
    KEYRING = 5
    SNAPSHOT = 6
    ERASURE = 7
    DOCUMENT = 8

    def __init__(self, number: int) -> None:
        self.claim: Final = -65536 - number
        """The private CWT claim that holds this kind's content."""


_ARRAY_OF_4: Final = b"\x84"
_NO_HEADER: Final = cbor.encode({})
_SIG_STRUCTURE: Final = _ARRAY_OF_4 + cbor.encode("Signature1")
_NO_AAD: Final = cbor.encode(b"")

_BEGIN: Final = _ARRAY_OF_4 + cbor.encode(cbor.encode({_HEADER_ALG: ED25519, _HEADER_KID: bytes(4)}))[:-4]
"""How every statement that this version knows begins, up to the key ID."""
_PAYLOAD: Final = len(_BEGIN) + 4 + len(_NO_HEADER)
"""Where its payload begins."""
_SIGNATURE: Final = cbor.encode(bytes(64))[:-64]
"""What stands before its signature."""

_KINDS: Final = {kind.claim: kind for kind in Kind}

_KEYRING, _PASS_LIST = Kind.KEYRING.claim, Kind.PASS_LIST.claim
_NOT_INTEGER_KEYS: Final[dict[cbor.Path, cbor.type_of_key]] = {
    (_PASS_LIST, 9, 1): str,
    (_KEYRING, 4, None, 2): str,
    (_KEYRING, 5, None, 2): str,
    (_KEYRING, 5, None, 3): str,
    (Kind.SNAPSHOT.claim, 3): bytes,
}
"""The ``names`` maps and the snapshot's map: all that have other than integer keys."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as received; nothing in ``claims`` is to be believed before the signature is checked."""

    data: bytes
    digest: bytes
    """SHA-256 of the statement's bytes, 32 bytes."""
    kind: Kind
    kid: bytes
    claims: dict[int, Any]
    signed: bytes
    """The Sig_structure over the received bytes (RFC 9052 section 4.4)."""
    signature: bytes

    @property
    def content(self) -> dict[int, Any]:
        """The map under the kind's private claim."""
        content: dict[int, Any] = self.claims[self.kind.claim]
        return content

    @property
    def short(self) -> bytes:
        """The first 16 bytes of the digest, by which rows and changes name a certificate."""
        return self.digest[:16]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that waits for its signature."""

    protected: bytes
    payload: bytes

    @property
    def signed(self) -> bytes:
        """The bytes to sign."""
        return _sig_structure(self.protected, self.payload)

    def seal(self, signature: bytes) -> bytes:
        """The statement's bytes with ``signature`` (64 bytes)."""
        if len(signature) != 64:
            raise ValueError("a signature that is not 64 bytes")
        protected, payload = cbor.encode(self.protected), cbor.encode(self.payload)
        return b"".join((_ARRAY_OF_4, protected, _NO_HEADER, payload, _SIGNATURE, signature))


def _sig_structure(protected: bytes, payload: bytes) -> bytes:
    """["Signature1", protected, no external_aad, payload], put together without a pass over it as a whole."""
    return b"".join((_SIG_STRUCTURE, cbor.encode(protected), _NO_AAD, cbor.encode(payload)))


@functools.lru_cache(maxsize=64)
def _protected(kid: bytes) -> bytes:
    return cbor.encode({_HEADER_ALG: ED25519, _HEADER_KID: kid})


def draft(kind: Kind, kid: bytes, registered: dict[int, object], content: dict[int, object]) -> Draft:
    """A statement of ``kind`` to be signed by the key ``kid``, with the registered claims 4, 6 and 7."""
    return Draft(
        protected=_protected(kid),
        payload=cbor.encode(registered | {kind.claim: content}),
    )


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A statement's outer layer: who is said to have signed which bytes."""

    data: bytes
    digest: bytes
    """SHA-256 of the statement's bytes, 32 bytes."""
    kid: bytes
    payload: bytes
    signed: bytes
    """The Sig_structure over the received bytes (RFC 9052 section 4.4)."""
    signature: bytes


def envelope(data: bytes) -> Envelope:
    """Reads the outer layer alone, which takes a hash however long the payload. Raises Unreadable."""
    digest = hashlib.sha256(data).digest()
    if data.startswith(_BEGIN) and data[_PAYLOAD - 1 : _PAYLOAD] == _NO_HEADER and data[-66:-64] == _SIGNATURE:
        within = data[_PAYLOAD:-66]
        with contextlib.suppress(Unreadable):  # what is wrong is for the whole look below to say
            payload = cbor.decode(within)
            if isinstance(payload, bytes):
                protected = data[1 : _PAYLOAD - 1]
                signed = b"".join((_SIG_STRUCTURE, protected, _NO_AAD, within))
                kid = data[len(_BEGIN) : _PAYLOAD - 1]
                return Envelope(data=data, digest=digest, kid=kid, payload=payload, signed=signed, signature=data[-64:])
    match cbor.decode(data):
        case [bytes() as protected, dict() as unprotected, bytes() as payload, bytes() as signature] if (
            not unprotected and len(signature) == 64
        ):
            kid = _header(cbor.decode(protected))
            signed = _sig_structure(protected, payload)
            return Envelope(data=data, digest=digest, kid=kid, payload=payload, signed=signed, signature=signature)
        case _:
            raise Unreadable("not_a_statement", "not a COSE_Sign1 with a signature of 64 bytes")


def decode(data: bytes) -> Statement:
    """Reads one statement strictly. Raises Unreadable, with code newer_format where a later version may read it."""
    return opened(envelope(data))


def opened(outer: Envelope) -> Statement:
    """The whole statement whose outer layer was read. Raises Unreadable."""
    claims = cbor.decode(outer.payload, _NOT_INTEGER_KEYS)
    return Statement(
        data=outer.data,
        digest=outer.digest,
        kind=_kind(claims),
        kid=outer.kid,
        claims=claims,
        signed=outer.signed,
        signature=outer.signature,
    )


def _header(header: object) -> bytes:
    match header:
        case {1: int() as algorithm} if not isinstance(algorithm, bool) and algorithm != ED25519:
            raise Unreadable("newer_format", "a signature algorithm that this version does not know")
        case {1: -19, 4: bytes() as kid, **others} if not others and len(kid) == 4:
            return kid
    raise Unreadable("not_a_statement", "a header other than algorithm and a key ID of 4 bytes")


def _kind(claims: object) -> Kind:
    if not isinstance(claims, dict):
        raise Unreadable("not_a_statement", "claims that are not a map")
    private = []
    for key, value in claims.items():
        if key in (EXP, IAT):
            if type(value) is not int:
                raise Unreadable("not_a_statement", "a time that is not an integer")
            if value > MAX_TIME:
                raise Unreadable("not_a_statement", "a time beyond the year 9999")
        elif key <= _FIRST_PRIVATE_CLAIM:
            private.append(key)
        elif key != CTI:
            raise Unreadable("not_a_statement", "a claim that no statement has")
    if not _KINDS.keys() >= {*private}:
        raise Unreadable("newer_format", "a kind of statement that this version does not know")
    if len(private) != 1:
        raise Unreadable("not_a_statement", "not exactly one kind of content")
    if not isinstance(claims[private[0]], dict):
        raise Unreadable("not_a_statement", "a content that is not a map")
    return _KINDS[private[0]]


def sequence(data: bytes) -> Iterator[Statement]:
    """Every statement of a CBOR sequence (RFC 8742), in order. Raises Unreadable at the first that is none."""
    for item in cbor.split(data):
        yield decode(item)


def signed_by(statement: Statement | Envelope, public: bytes) -> bool:
    """Whether ``public`` (32 bytes) signed the received bytes (RFC 8032 section 5.1.7, S < L)."""
    return ed25519.verifies(public, statement.signature, statement.signed)
