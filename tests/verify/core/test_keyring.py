"""The keyring's chain: what a verifier believes of it, and every way in which it must not be believed."""

import hashlib
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from tests.invented import CEM, CERTIFICATE, ENTRIES, ISSUED_AT, ISSUERS, LOG, ROOT, STATUS, TestKey, chain, keyring
from verify.core import signed, statement
from verify.core.chain import Chain
from verify.core.curve import is_sound
from verify.core.errors import KeyringRefused, NotBelieved
from verify.core.fields import Names
from verify.core.keyring import Key, Keyring, kid_of, thumbprint

SMALL_ORDER = {
    "neutral": "0100000000000000000000000000000000000000000000000000000000000000",
    "order 2": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "order 4": "0000000000000000000000000000000000000000000000000000000000000000",
    "order 4, other": "0000000000000000000000000000000000000000000000000000000000000080",
    "order 8": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "order 8, other": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "order 8, third": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "order 8, fourth": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
}
NOT_CANONICAL = {
    "neutral with sign": "0100000000000000000000000000000000000000000000000000000000000080",
    "order 2 with sign": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "y is p": "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "y is p + 1": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "y is p + 3": "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "not on the curve": "0200000000000000000000000000000000000000000000000000000000000000",
}


def entry(public: bytes, **other: Any) -> Key:
    """A certificate key's entry for these 32 bytes."""
    fields: dict[str, Any] = {"kid": kid_of(public), "public": public, "use": "certificate", "programmes": ()}
    return Key(**fields | {"not_before": ISSUED_AT} | other)


def next_version(of: Chain, **changes: Any) -> Keyring:
    """The version that follows ``of``, with ``changes``."""
    last = of.versions[-1]
    fields = {"version": last.keyring.version + 1, "previous": last.statement.digest} | changes
    return msgspec.structs.replace(last.keyring, **fields)


def sign(ring: Keyring, root: TestKey = ROOT) -> bytes:
    """The statement of a keyring."""
    return root.sign(ring.draft(root.kid))


@pytest.mark.parametrize("name", [*SMALL_ORDER, *NOT_CANONICAL])
def test_a_weak_public_key_refuses_the_whole_keyring(name: str) -> None:
    """Keys for which anybody can make signatures, and second spellings of points, are in no believed keyring."""
    public = bytes.fromhex((SMALL_ORDER | NOT_CANONICAL)[name])
    assert not is_sound(public)
    with pytest.raises(KeyringRefused, match="unsound_key"):
        chain(keyring([*ENTRIES, entry(public)]))


def test_the_library_would_take_a_signature_that_nobody_made() -> None:
    """Why small order is refused: with the neutral point as key, one signature fits every message."""
    neutral = bytes.fromhex(SMALL_ORDER["neutral"])
    Ed25519PublicKey.from_public_bytes(neutral).verify(neutral + bytes(32), b"any message at all")


@given(st.binary(min_size=32, max_size=32))
def test_every_real_key_is_sound(seed: bytes) -> None:
    """No key that was made as keys are is refused."""
    assert is_sound(TestKey(seed.hex()).public)


def test_the_chain_is_followed_to_its_newest_version() -> None:
    """Version 2, signed by a root of version 1, with a programme and a host more."""
    first = chain()
    extra = msgspec.structs.replace(CEM, code="NEW")
    data = sign(next_version(first, programmes=(CEM, extra), hosts=("NEW.EXAMPLE.ORG", "VERIFY.EXAMPLE.ORG")))
    newest = first.extend(data, 5).newest
    assert newest.programme("NEW") == extra
    assert first.extend(data, 5).extend(data, 5).newest.version == 2


def test_a_new_root_signs_the_version_after_its_own() -> None:
    """A root takes over once the version before names it, not in the version that brings it."""
    other = TestKey("second root")
    first = chain()
    keys = (*first.newest.keys, other.entry("root"))
    with pytest.raises(KeyringRefused, match="not_signed_by_root"):
        first.extend(sign(next_version(first, keys=keys), other))
    second = first.extend(sign(next_version(first, keys=keys)))
    assert second.extend(sign(next_version(second), other)).newest.version == 3


@pytest.mark.parametrize("state", ["retired", "compromised"])
def test_a_root_that_is_not_active_signs_no_more(state: Any) -> None:
    """Retired and compromised roots cannot carry the chain on."""
    other = TestKey("second root")
    first = chain(keyring([*ENTRIES, other.entry("root")]))
    retired = tuple(msgspec.structs.replace(k, state=state) if k.kid == other.kid else k for k in first.newest.keys)
    second = first.extend(sign(next_version(first, keys=retired)))
    with pytest.raises(KeyringRefused, match="not_signed_by_root"):
        second.extend(sign(next_version(second), other))


def test_another_root_than_the_pinned_one_is_refused() -> None:
    """A whole, well-made chain of somebody else's is not this centre's."""
    other = TestKey("somebody else")
    data = sign(keyring([other.entry("root"), *ENTRIES[1:]]), other)
    with pytest.raises(KeyringRefused, match="wrong_root"):
        Chain.follow([(data, 0)], thumbprint(ROOT.public))
    both = sign(keyring([other.entry("root"), *ENTRIES]), other)
    with pytest.raises(KeyringRefused, match="wrong_root"):
        Chain.follow([(both, 0)], thumbprint(ROOT.public))


def test_a_pinned_key_of_another_use_starts_no_chain() -> None:
    """Only a root's thumbprint can be pinned."""
    data = CERTIFICATE.sign(keyring().draft(CERTIFICATE.kid))
    with pytest.raises(KeyringRefused, match="wrong_root"):
        Chain.follow([(data, 0)], thumbprint(CERTIFICATE.public))


def test_a_chain_goes_neither_back_nor_aside() -> None:
    """A lower version, a skipped one, another of the same number, and a first that is not the first are refused."""
    first = chain()
    second = first.extend(sign(next_version(first)))
    with pytest.raises(KeyringRefused, match="wrong_version"):
        second.extend(first.versions[0].statement.data)
    with pytest.raises(KeyringRefused, match="wrong_version"):
        second.extend(sign(next_version(first, expires_at=1_900_000_000)))
    with pytest.raises(KeyringRefused, match="wrong_version"):
        first.extend(sign(next_version(first, version=3)))
    with pytest.raises(KeyringRefused, match="wrong_predecessor"):
        second.extend(sign(next_version(first, version=3)))
    with pytest.raises(KeyringRefused, match="wrong_version"):
        Chain.follow([(second.versions[1].statement.data, 0)], thumbprint(ROOT.public))
    with pytest.raises(KeyringRefused, match="no_keyring"):
        Chain.follow([], thumbprint(ROOT.public))


def _swap(keys: tuple[Key, ...], kid: bytes, **changes: Any) -> tuple[Key, ...]:
    return tuple(msgspec.structs.replace(key, **changes) if key.kid == kid else key for key in keys)


@pytest.mark.parametrize(
    "changes",
    [
        {"programmes": (msgspec.structs.replace(CEM, pass_mark=60),)},
        {"programmes": (msgspec.structs.replace(CEM, name=Names(zh="别的")),)},
        {"programmes": (msgspec.structs.replace(CEM, code="OTHER"),)},
        {"issuers": (msgspec.structs.replace(ISSUERS[0], name=Names(zh="别处")), ISSUERS[1])},
        {"hosts": ("NEW.EXAMPLE.ORG",)},
        {"keys": ENTRIES[:-1]},
        {"keys": _swap(ENTRIES, CERTIFICATE.kid, use="status")},
        {"keys": _swap(ENTRIES, CERTIFICATE.kid, programmes=("CEM",))},
        {"keys": _swap(ENTRIES, CERTIFICATE.kid, not_before=ISSUED_AT + 1)},
    ],
    ids=["mark", "name", "programme", "issuer", "host", "key gone", "use", "key's programmes", "not before"],
)
def test_what_a_version_says_the_next_may_not_unsay(changes: dict[str, Any]) -> None:
    """Issuers, programmes, hosts and a key's own facts stay, so that old certificates never change their words."""
    first = chain()
    with pytest.raises(KeyringRefused, match="altered"):
        first.extend(sign(next_version(first, **changes)))


def test_a_keys_state_only_goes_on_and_its_log_size_is_said_once() -> None:
    """Retired or compromised keys do not come back, and the size below which one is believed stays."""
    first = chain()
    second = first.extend(sign(next_version(first, keys=_swap(first.newest.keys, STATUS.kid, state="retired"))))
    with pytest.raises(KeyringRefused, match="altered"):
        second.extend(sign(next_version(second, keys=_swap(second.newest.keys, STATUS.kid, state="active"))))
    lost = _swap(second.newest.keys, STATUS.kid, state="compromised", believed_below=7)
    third = second.extend(sign(next_version(second, keys=lost)))
    for below in (8, None):
        with pytest.raises(KeyringRefused, match="altered"):
            third.extend(sign(next_version(third, keys=_swap(lost, STATUS.kid, believed_below=below))))


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ([*ENTRIES, msgspec.structs.replace(ENTRIES[1], kid=bytes(4))], "wrong_kid"),
        ([*ENTRIES, ENTRIES[1]], "malformed"),
        ([*ENTRIES[:3], LOG.entry("log", believed_below=3)], "malformed"),
    ],
    ids=["kid of another key", "key twice", "log size of an active key"],
)
def test_an_unsound_list_of_keys_is_refused(keys: list[Key], code: str) -> None:
    """A key ID is its key's own, no key stands twice, and only a compromised key has a log size."""
    with pytest.raises(KeyringRefused, match=code):
        chain(keyring(keys))


def test_programmes_and_issuers_of_a_keyring_fit_together() -> None:
    """A programme of an issuer that is not there, and an issuer or programme twice, are refused."""
    for changes in (
        {"issuers": ISSUERS[:1]},
        {"issuers": (*ISSUERS, ISSUERS[0])},
        {"programmes": (CEM, CEM)},
    ):
        with pytest.raises(KeyringRefused, match="malformed"):
            chain(keyring(**changes))


def test_a_keyring_with_one_byte_changed_is_refused() -> None:
    """Whatever byte it is, and also where it is part of the signature."""
    data = sign(keyring())
    for position in range(0, len(data), 11):
        altered = bytearray(data)
        altered[position] ^= 4
        with pytest.raises(KeyringRefused):
            Chain.follow([(bytes(altered), 0)], thumbprint(ROOT.public))


def test_belief_in_a_key_depends_on_the_keyring_published_before() -> None:
    """Active in the newest keyring before the statement, and below the log size if compromised now."""

    def believes(chain: Chain, key: Key, index: int) -> bool:
        try:
            signed.check_place(key, chain, index)
        except NotBelieved:
            return False
        return True

    first = chain()
    key = first.newest.keys[2]
    assert not believes(first, key, 0)
    assert believes(first, key, 1)
    second = first.extend(sign(next_version(first, keys=_swap(first.newest.keys, STATUS.kid, state="retired"))), 10)
    retired = second.newest.keys[2]
    assert believes(second, retired, 9)
    assert not believes(second, retired, 11)
    lost = _swap(second.newest.keys, STATUS.kid, state="compromised", believed_below=6)
    third = second.extend(sign(next_version(second, keys=lost)), 20)
    compromised = third.newest.keys[2]
    assert believes(third, compromised, 5)
    assert not believes(third, compromised, 6)
    assert not believes(third, compromised, 25)


def test_a_thumbprint_is_rfc_9679s() -> None:
    """SHA-256 of the deterministic COSE_Key with kty, crv and x only."""
    public = ROOT.public
    assert thumbprint(public) == hashlib.sha256(b"\xa3\x01\x01\x20\x06\x21\x58\x20" + public).digest()
    assert kid_of(public) == thumbprint(public)[:4]


def test_a_keyring_reads_back_as_it_was_written() -> None:
    """What the chain believes is what was drafted."""
    ring = keyring()
    assert chain(ring).newest == ring
    assert statement.decode(sign(ring)).kind is statement.Kind.KEYRING
