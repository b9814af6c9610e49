"""The keyring: the centre's public keys, issuers, programmes and hosts, and the chain of its versions.

A verifier pins the thumbprint of the first root and follows the chain from there (2-formats, Keyring).
"""

import hashlib
from collections.abc import Iterable
from typing import Final, Literal, Self, cast, get_args

import msgspec

from verify.core import cbor, fields, statement
from verify.core.errors import KeyringRefused, Malformed, Unreadable
from verify.core.fields import Names
from verify.core.statement import IAT, Draft, Kind, Statement, draft

Use = Literal["root", "certificate", "status", "credential", "log"]
State = Literal["active", "retired", "compromised"]
Numbering = Literal["default", "own"]

_WHAT: Final = "keyring"
_STATES: Final[tuple[State, ...]] = get_args(State)
_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P


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


class Keyring(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the keyring."""

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
        return tuple(key for key in self.keys if key.kid == kid)

    def key(self, public: bytes) -> Key | None:
        """The entry of a public key."""
        return next((key for key in self.keys if key.public == public), None)

    def programme(self, code: str) -> Programme | None:
        """The entry of a programme."""
        return next((programme for programme in self.programmes if programme.code == code), None)

    def issuers_of(self, programme: Programme) -> tuple[Names, ...]:
        """The names of a programme's issuers, in its order."""
        names = {issuer.id: issuer.name for issuer in self.issuers}
        return tuple(names[issuer] for issuer in programme.issuers)

    @property
    def default_numbered(self) -> tuple[str, ...]:
        """The programmes with the default numbering."""
        return tuple(programme.code for programme in self.programmes if programme.numbering == "default")


_USES: Final[dict[Kind, Use]] = {
    Kind.CERTIFICATE: "certificate",
    Kind.PASS_LIST: "certificate",
    Kind.LOOKUP_INDEX: "certificate",
    Kind.CHANGE: "status",
    Kind.ERASURE: "status",
    Kind.SNAPSHOT: "status",
    Kind.KEYRING: "root",
}


def wanted_use(source: Statement) -> Use:
    """The use of the keys that may sign statements of this kind (2-formats, Who may sign what)."""
    if source.kind is Kind.DOCUMENT:
        path = source.content.get(1)
        return "status" if isinstance(path, str) and path.startswith("status/") else "credential"
    return _USES[source.kind]


def thumbprint(public: bytes) -> bytes:
    """The RFC 9679 SHA-256 thumbprint (32 bytes) of an Ed25519 public key (32 bytes)."""
    return hashlib.sha256(cbor.encode({1: 1, -1: 6, -2: public})).digest()


def kid_of(public: bytes) -> bytes:
    """A key's ID: the first 4 bytes of its thumbprint."""
    return thumbprint(public)[:4]


def is_sound(public: bytes) -> bool:
    """Whether 32 bytes are the canonical encoding of a curve point that is not of small order (RFC 8032 section 5.1.3).

    Ed25519 libraries load points of small order and then accept signatures that nobody made.
    """
    y = int.from_bytes(public, "little") & (1 << 255) - 1
    if len(public) != 32 or y >= _P:
        return False
    # x² = (y² - 1) / (d y² + 1); with x = 0 the sign bit must be 0, and every such point is of small order.
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if x_squared == 0 or pow(x_squared, (_P - 1) // 2, _P) != 1:
        return False
    # The order divides 8 when three doublings give the neutral element; only y is needed, by
    # y(2P) = (y² + x²) / (2 + x² - y²) and x(2P)² = (y(2P)² - 1) / (d y(2P)² + 1).
    for _ in range(3):
        y = (y * y + x_squared) * pow(2 + x_squared - y * y, -1, _P) % _P
        x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    return y != 1


def _key(value: object, what: str) -> Key:
    entry = fields.Map(value, f"{what} entry", range(1, 9))
    key = Key(
        kid=entry.get(1, "kid", fields.octets(4)),
        public=entry.get(2, "public key", fields.octets(32)),
        use=cast(Use, entry.get(3, "use", fields.one_of(*get_args(Use)))),
        programmes=entry.get(4, "programmes", fields.array(fields.code)),
        not_before=entry.get(5, "not before", fields.time),
        not_after=entry.get(6, "not after", fields.or_null(fields.time)),
        state=cast(State, entry.get(7, "state", fields.one_of(*_STATES))),
        believed_below=entry.get(8, "believed below", fields.or_null(fields.uint)),
    )
    if not is_sound(key.public):
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

    def believes(self, key: Key, index: int) -> bool:
        """Whether what ``key`` (an entry of the newest keyring) signed is believed at this log index.

        The key must have been active in the newest keyring published before, and if it is compromised now, the
        index must lie below the log size that its entry gives (2-formats, Who may sign what).
        """
        if key.state == "compromised" and index >= (key.believed_below or 0):
            return False
        keyring = self.before(index)
        then = keyring.key(key.public) if keyring else None
        return then is not None and then.state == "active"

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
        if _STATES.index(now.state) < _STATES.index(was.state):
            raise KeyringRefused("altered", "a keyring that takes a key's state back")
        if was.believed_below is not None and now.believed_below != was.believed_below:
            raise KeyringRefused("altered", "a keyring that changes a compromised key's log size")
