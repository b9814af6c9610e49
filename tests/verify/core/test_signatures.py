"""Signatures: the vectors of RFC 8032, and the checks that libraries differ in."""

import gc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import releases
from tests.invented import CERTIFICATE, ISSUED_AT, STATUS, keyring
from verify.core import statement
from verify.core.certificate import Certificate
from verify.core.errors import Unreadable
from verify.core.keyring import Key, Keyring
from verify.core.signed import Signers
from verify.core.statement import Kind, Statement

_ORDER = 2**252 + 27742317777372353535851937790883648493

RFC_8032 = {
    "test 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
            "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    "test 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0"
            "85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    "test 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1"
            "8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    "test SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2"
            "192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b5890"
            "9351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
}
"""Public key, message and signature of RFC 8032 section 7.1."""


def signed(message: bytes, signature: bytes) -> Statement:
    """A statement whose signed bytes are ``message``."""
    return Statement(
        data=b"", digest=b"", kind=Kind.CERTIFICATE, kid=bytes(4), claims={}, signed=message, signature=signature
    )


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032.values(), ids=list(RFC_8032))
def test_rfc_8032_signatures_are_accepted(public: str, message: str, signature: str) -> None:
    """Each vector's signature verifies, and with one bit of key, message or signature changed it does not."""
    key, text, sig = map(bytes.fromhex, (public, message, signature))
    assert statement.signed_by(signed(text, sig), key)
    assert not statement.signed_by(signed(text + b"x", sig), key)
    assert not statement.signed_by(signed(text, bytes([sig[0] ^ 1]) + sig[1:]), key)
    assert not statement.signed_by(signed(text, sig), CERTIFICATE.public)


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032.values(), ids=list(RFC_8032))
def test_a_second_spelling_of_a_signature_is_refused(public: str, message: str, signature: str) -> None:
    """S must be below the group's order (RFC 8032 section 5.1.7), else a signature could be altered by anybody."""
    sig = bytes.fromhex(signature)
    s = int.from_bytes(sig[32:], "little") + _ORDER
    other = sig[:32] + s.to_bytes(32, "little")
    assert not statement.signed_by(signed(bytes.fromhex(message), other), bytes.fromhex(public))


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_no_bit_of_a_statement_can_be_changed(position: int, bit: int) -> None:
    """A certificate with any one bit changed is unreadable, names another key, or is forged."""
    draft = Certificate(
        number="CEM2204000077B", holder="样本", id_hint="1234", programme="CEM", term="2022-04", issued_at=ISSUED_AT
    ).draft(CERTIFICATE.kid)
    altered = bytearray(CERTIFICATE.sign(draft))
    altered[position % len(altered)] ^= 1 << bit
    try:
        found = statement.decode(bytes(altered))
    except Unreadable:
        return
    assert found.kid != CERTIFICATE.kid or not statement.signed_by(found, CERTIFICATE.public)
    assert not statement.signed_by(found, STATUS.public)


def test_of_what_was_checked_the_digest_alone_is_kept() -> None:
    """Who signed is remembered for one keyring version, without the statement, and the first make room."""
    signers = Signers(most=2)
    ring, other = keyring(), keyring(version=2)
    statements = [statement.decode(releases.certify(serial)) for serial in (1, 2, 3)]
    for one in statements:
        assert signers.signer(one, ring) == ring.key(CERTIFICATE.public)
    assert len(signers) == 2
    kept = statements[-1]
    forged = msgspec.structs.replace(kept, signature=bytes(64))
    assert signers.signer(forged, ring) is not None  # the same bytes: their signature is not looked at again
    assert signers.signer(forged, other) is None  # another version: it is
    assert {type(one) for one in gc.get_referents(*signers._found.values())} <= {Keyring, Key, type(None)}
