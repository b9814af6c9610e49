"""One version of the keyring: the centre's public keys, issuers, programmes and hosts (2-formats, Keyring).

Which versions follow one another, and which of them is to be believed, is for verify.core.chain.
"""

import functools
import hashlib
from collections.abc import Iterable
from typing import Final, Literal, Protocol, cast, get_args

import msgspec

from verify.core import cbor, curve, fields
from verify.core.errors import KeyringRefused
from verify.core.fields import Names
from verify.core.statement import IAT, Draft, Kind, Statement, draft

Use = Literal["root", "certificate", "status", "credential", "log"]
State = Literal["active", "retired", "compromised"]
Numbering = Literal["default", "own"]

_WHAT: Final = "keyring"
STATES: Final[tuple[State, ...]] = get_args(State)
"""In the only order that a key's state may take."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One public key and what it may do. Times are seconds since 1970."""

    kid: bytes
    public: bytes
    use: Use
    programmes: tuple[str, ...]
    """The programmes it may sign for, empty for all."""
    not_before: int
    not_after: int | None = None
    state: State = "active"
    believed_below: int | None = None
    """Of a compromised key: the log size below which its statements are believed."""

    def may_sign_for(self, programme: str) -> bool:
        """Whether ``programme`` is one of this key's."""
        return not self.programmes or programme in self.programmes

    def cbor(self) -> dict[int, object]:
        """The entry as a keyring holds it."""
        return {
            1: self.kid,
            2: self.public,
            3: self.use,
            4: list(self.programmes),
            5: self.not_before,
            6: self.not_after,
            7: self.state,
            8: self.believed_below,
        }


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """A body in whose name certificates are issued."""

    id: str
    name: Names


class Programme(msgspec.Struct, frozen=True, kw_only=True):
    """What certificates of one programme say, for ever."""

    code: str
    name: Names
    level: Names
    occupation: str | None
    full_mark: int
    pass_mark: int
    validity_months: int | None
    numbering: Numbering
    issuers: tuple[str, ...]

    def cbor(self) -> dict[int, object]:
        """The entry as a keyring holds it."""
        return {
            1: self.code,
            2: self.name.cbor(),
            3: self.level.cbor(),
            4: self.occupation,
            5: [self.full_mark, self.pass_mark],
            6: self.validity_months,
            7: self.numbering,
            8: list(self.issuers),
        }


class Keyring(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One version of the keyring; what every verdict looks up in it is put in order once."""

    version: int
    expires_at: int
    keys: tuple[Key, ...]
    issuers: tuple[Issuer, ...]
    programmes: tuple[Programme, ...]
    previous: bytes | None
    """SHA-256 of the version before, None for version 1."""
    hosts: tuple[str, ...]
    issued_at: int

    def draft(self, kid: bytes) -> Draft:
        """The statement to be signed by the root key ``kid``."""
        content: dict[int, object] = {
            1: self.version,
            2: self.expires_at,
            3: [key.cbor() for key in self.keys],
            4: [{1: issuer.id, 2: issuer.name.cbor()} for issuer in self.issuers],
            5: [programme.cbor() for programme in self.programmes],
            6: self.previous,
            7: list(self.hosts),
        }
        return draft(Kind.KEYRING, kid, {IAT: self.issued_at}, content)

    def with_kid(self, kid: bytes) -> tuple[Key, ...]:
        """Every key that has this kid, which is only a hint."""
        return self._by_kid.get(kid, ())

    def key(self, public: bytes) -> Key | None:
        """The entry of a public key."""
        return self._by_public.get(public)

    def programme(self, code: str) -> Programme | None:
        """The entry of a programme."""
        return self._by_code.get(code)

    def issuers_of(self, programme: Programme) -> tuple[Names, ...]:
        """The names of a programme's issuers, in its order."""
        return tuple([self._names[issuer] for issuer in programme.issuers])

    @functools.cached_property
    def default_numbered(self) -> tuple[str, ...]:
        """The programmes with the default numbering."""
        return default_numbered(self.programmes)

    @functools.cached_property
    def _by_kid(self) -> dict[bytes, tuple[Key, ...]]:
        found: dict[bytes, tuple[Key, ...]] = {}
        for key in self.keys:
            found[key.kid] = (*found.get(key.kid, ()), key)
        return found

    @functools.cached_property
    def _by_public(self) -> dict[bytes, Key]:
        return {key.public: key for key in reversed(self.keys)}

    @functools.cached_property
    def _by_code(self) -> dict[str, Programme]:
        return {programme.code: programme for programme in reversed(self.programmes)}

    @functools.cached_property
    def _names(self) -> dict[str, Names]:
        return {issuer.id: issuer.name for issuer in self.issuers}


class Numbered(Protocol):
    """A programme, in a keyring or in a centre's settings."""

    @property
    def code(self) -> str:
        """Its code."""

    @property
    def numbering(self) -> Numbering:
        """Whose numbers its certificates have."""


def default_numbered(programmes: Iterable[Numbered]) -> tuple[str, ...]:
    """The codes of those with the default numbering."""
    return tuple(programme.code for programme in programmes if programme.numbering == "default")


def thumbprint(public: bytes) -> bytes:
    """The RFC 9679 SHA-256 thumbprint (32 bytes) of an Ed25519 public key (32 bytes)."""
    return hashlib.sha256(cbor.encode({1: 1, -1: 6, -2: public})).digest()


def kid_of(public: bytes) -> bytes:
    """A key's ID: the first 4 bytes of its thumbprint."""
    return thumbprint(public)[:4]


def _key(value: object, what: str) -> Key:
    entry = fields.Map(value, f"{what} entry", range(1, 9))
    key = Key(
        kid=entry.get(1, "kid", fields.octets(4)),
        public=entry.get(2, "public key", fields.octets(32)),
        use=cast(Use, entry.get(3, "use", fields.one_of(*get_args(Use)))),
        programmes=entry.get(4, "programmes", fields.array(fields.code)),
        not_before=entry.get(5, "not before", fields.time),
        not_after=entry.get(6, "not after", fields.or_null(fields.time)),
        state=cast(State, entry.get(7, "state", fields.one_of(*STATES))),
        believed_below=entry.get(8, "believed below", fields.or_null(fields.uint)),
    )
    if not curve.is_sound(key.public):
        raise KeyringRefused("unsound_key", "a public key of small order or in a non-canonical encoding")
    if key.kid != kid_of(key.public):
        raise KeyringRefused("wrong_kid", "a key ID that is not its key's own")
    if key.believed_below is not None and key.state != "compromised":
        fields.refuse(f"{what}: a log size for a key that is not compromised")
    return key


def _issuer(value: object, what: str) -> Issuer:
    entry = fields.Map(value, f"{what} entry", (1, 2))
    return Issuer(id=entry.get(1, "id", fields.text), name=entry.get(2, "name", fields.names))


def _programme(value: object, what: str) -> Programme:
    entry = fields.Map(value, f"{what} entry", range(1, 9))
    full_mark, pass_mark = entry.get(5, "marks", fields.fixed(fields.uint, fields.uint))
    return Programme(
        code=entry.get(1, "code", fields.code),
        name=entry.get(2, "name", fields.names),
        level=entry.get(3, "level", fields.names),
        occupation=entry.get(4, "occupation", fields.or_null(fields.text)),
        full_mark=full_mark,
        pass_mark=pass_mark,
        validity_months=entry.get(6, "validity", fields.or_null(fields.uint)),
        numbering=cast(Numbering, entry.get(7, "numbering", fields.one_of(*get_args(Numbering)))),
        issuers=entry.get(8, "issuers", fields.array(fields.text, 1)),
    )


def read(source: Statement) -> Keyring:
    """The keyring that a statement holds, not yet to be believed: see Chain.

    Raises Malformed for any breach of statements.cddl, KeyringRefused for an unsound key.
    """
    if source.kind is not Kind.KEYRING:
        fields.refuse(f"{_WHAT}: a statement of another kind")
    content = fields.content(source, _WHAT, range(1, 8))
    keyring = Keyring(
        version=content.get(1, "version", fields.uint),
        expires_at=content.get(2, "expiry", fields.time),
        keys=content.get(3, "keys", fields.array(_key, 1)),
        issuers=content.get(4, "issuers", fields.array(_issuer, 1)),
        programmes=content.get(5, "programmes", fields.array(_programme, 1)),
        previous=content.get(6, "the keyring before", fields.or_null(fields.digest)),
        hosts=content.get(7, "hosts", fields.array(fields.text, 1)),
        issued_at=fields.issued_at(source, _WHAT),
    )
    for what, ids in (
        ("key", [key.public for key in keyring.keys]),
        ("issuer", [issuer.id for issuer in keyring.issuers]),
        ("programme", [programme.code for programme in keyring.programmes]),
    ):
        if len(set(ids)) < len(ids):
            fields.refuse(f"{_WHAT}: a {what} twice")
    issuers = {issuer.id for issuer in keyring.issuers}
    if any(not issuers.issuperset(programme.issuers) for programme in keyring.programmes):
        fields.refuse(f"{_WHAT}: a programme of an issuer that is not there")
    return keyring
