"""Ed25519 at its edges, as a verifier decides them: 151 signatures of wycheproof and 914 of CCTV (see README.md).

A key must be sound to be in a keyring at all, and then the cofactorless equation of RFC 8032 section 5.1.7 decides,
with S below L and R compared byte for byte.
"""

import functools
from typing import Any, Final

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.interop.judged import read, tell
from verify.core import curve, ed25519, statement
from verify.core.statement import Envelope

ACCEPTED: Final = {"low_order_R", "low_order_component_R", "low_order_component_A"}
"""What CCTV's signatures may have: points with a small component, where the equation holds without the cofactor."""


def accepts(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a statement with this signature counts as signed by a key of the keyring."""
    if not curve.is_sound(public) or len(signature) != 64:
        return False
    return statement.signed_by(
        Envelope(data=b"", digest=b"", kid=b"", payload=b"", signed=message, signature=signature), public
    )


@functools.cache
def by_openssl(public: bytes, message: bytes, signature: bytes) -> bool:
    """What cryptography alone decides."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@functools.cache
def signatures() -> list[tuple[bytes, bytes, bytes]]:
    """Key, message and signature of all 1,065."""
    groups = [(group["public"], one) for group in read("ed25519_wycheproof")["groups"] for one in group["tests"]]
    found = [(bytes.fromhex(key), bytes.fromhex(one["msg"]), bytes.fromhex(one["sig"])) for key, one in groups]
    cctv: list[dict[str, Any]] = read("ed25519_cctv")["vectors"]
    return found + [(bytes.fromhex(one["key"]), one["msg"].encode(), bytes.fromhex(one["sig"])) for one in cctv]


def test_every_signature_of_wycheproof_is_judged_as_it_says() -> None:
    """151 of 151: truncated, malleable, with S of L and more, over other messages."""
    groups = read("ed25519_wycheproof")["groups"]
    wrong = [
        test["tcId"]
        for group in groups
        for test in group["tests"]
        if accepts(bytes.fromhex(group["public"]), bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]))
        is not (test["result"] == "valid")
    ]
    count = sum(len(group["tests"]) for group in groups)
    tell("C2SP/wycheproof, Ed25519", count, len(wrong))
    assert wrong == []
    assert count == 151


def test_every_edge_of_cctv_is_decided() -> None:
    """914 of 914: no small-order or non-canonical key, no non-canonical R, and no help from the cofactor."""
    vectors = read("ed25519_cctv")["vectors"]
    wrong = [
        one["number"]
        for one in vectors
        if accepts(bytes.fromhex(one["key"]), one["msg"].encode(), bytes.fromhex(one["sig"]))
        is not (set(one["flags"] or ()) <= ACCEPTED)
    ]
    tell("C2SP/CCTV, Ed25519", len(vectors), len(wrong), "its edges decided as tests/interop/README.md says")
    assert wrong == []
    assert len(vectors) == 914


@pytest.mark.parametrize(
    "flag", ["low_order_A", "non_canonical_A", "non_canonical_R", "low_order_residue", "reencoded_k"]
)
def test_what_is_refused_stands_in_the_vectors(flag: str) -> None:
    """Each edge that is refused is there to be refused, and some that is taken beside it."""
    vectors = read("ed25519_cctv")["vectors"]
    assert any(flag in (one["flags"] or ()) for one in vectors)
    assert any(one["flags"] and set(one["flags"]) <= ACCEPTED for one in vectors)


def test_libsodium_takes_nothing_that_openssl_refuses() -> None:
    """Of 1,065, and of one whose R has a part of order 8; OpenSSL takes some that it refuses: both are asked."""
    more = ed25519._PUBLIC, b"yinjian", ed25519._WITH_COFACTOR
    assert not by_openssl(*more)
    soon = {one for one in [*signatures(), more] if ed25519._taken_soon(one[0], one[2], one[1])}
    assert soon < {one for one in signatures() if by_openssl(*one)}


@pytest.mark.parametrize("soon", [True, False])
def test_openssl_is_followed_with_libsodium_and_without(soon: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 1,065 signatures, whatever its key."""
    monkeypatch.setattr(ed25519, "_SOON", soon)
    wrong = [one for one in signatures() if ed25519.verifies(one[0], one[2], one[1]) is not by_openssl(*one)]
    assert wrong == []


def test_a_libsodium_that_takes_more_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one would whose equation has the cofactor."""
    assert ed25519._takes_fewer()
    monkeypatch.setattr(ed25519, "_taken_soon", lambda *_: True)
    assert not ed25519._takes_fewer()
