"""An invented centre for tests: keys from fixed seeds, a keyring that says what a test wants, and signing."""

import hashlib
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verify.core import cbor
from verify.core.chain import Chain
from verify.core.fields import Names
from verify.core.keyring import Issuer, Key, Keyring, Programme, State, Use, kid_of, thumbprint
from verify.core.statement import Draft

ISSUED_AT = 1_650_000_000
SECRET = hashlib.sha256(b"yinjian tests: lookup secret").digest()

CEM = Programme(
    code="CEM",
    name=Names(zh="碳排放管理师", en="Carbon Emission Manager"),
    level=Names(zh="高级", en="Senior"),
    occupation="4-09-07-04",
    full_mark=150,
    pass_mark=90,
    validity_months=None,
    numbering="default",
    issuers=("centre", "institute"),
)
ISSUERS = (
    Issuer(id="centre", name=Names(zh="示例人才交流中心", en="Example Talent Exchange Centre")),
    Issuer(id="institute", name=Names(zh="示例设计研究院", en="Example Design Institute")),
)


class TestKey:
    """A private key from a fixed seed, for tests only."""

    __test__ = False

    def __init__(self, name: str) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        self.public = self.private.public_key().public_bytes_raw()
        self.kid = kid_of(self.public)

    def sign(self, draft: Draft) -> bytes:
        """The sealed statement."""
        return draft.seal(self.private.sign(draft.signed))

    def entry(self, use: Use, *programmes: str, state: State = "active", **other: Any) -> Key:
        """The key's keyring entry."""
        return Key(
            kid=self.kid,
            public=self.public,
            use=use,
            programmes=programmes,
            not_before=ISSUED_AT,
            state=state,
            **other,
        )


ROOT, CERTIFICATE, STATUS, LOG = map(TestKey, ("root", "certificate", "status", "log"))
ENTRIES = (ROOT.entry("root"), CERTIFICATE.entry("certificate"), STATUS.entry("status"), LOG.entry("log"))


def keyring(entries: Sequence[Key] = ENTRIES, **other: Any) -> Keyring:
    """Version 1 of the keyring, or what ``other`` makes of it."""
    fields: dict[str, Any] = {
        "version": 1,
        "expires_at": 2_000_000_000,
        "keys": tuple(entries),
        "issuers": ISSUERS,
        "programmes": (CEM,),
        "previous": None,
        "hosts": ("VERIFY.EXAMPLE.ORG",),
        "issued_at": ISSUED_AT,
    }
    return Keyring(**fields | other)


def chain(*keyrings: Keyring, root: TestKey = ROOT) -> Chain:
    """The chain of these keyrings (one by default), all signed by ``root``, published at the indexes 0, 1 …"""
    signed = [root.sign(ring.draft(root.kid)) for ring in keyrings or (keyring(),)]
    return Chain.follow([(data, index) for index, data in enumerate(signed)], thumbprint(root.public))


def resign(key: TestKey, claims: object) -> bytes:
    """Any claims at all, signed by ``key``."""
    return key.sign(Draft(protected=cbor.encode({1: -19, 4: key.kid}), payload=cbor.encode(claims)))
