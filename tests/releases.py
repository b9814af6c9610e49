"""Releases of the invented centre, made without the signing room: what a test says, signed by whom it says."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from keys.custody import KeySigner
from signing.release.into_log import Logbook
from signing.release.log_state import LogState
from tests.invented import CERTIFICATE, ISSUED_AT, LOG, ROOT, SECRET, STATUS, TestKey, keyring
from verify.core import certificate, identity
from verify.core.certificate import Certificate
from verify.core.changes import Action, Change, Named
from verify.core.fields import Names
from verify.core.keyring import Keyring, thumbprint
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList, Row
from verify.core.statement import decode

EXAM = "CEM-2022-04"
ROOT_THUMBPRINT = thumbprint(ROOT.public)
NOW = ISSUED_AT + 1_000


def keyrings(*rings: Keyring, root: TestKey = ROOT) -> bytes:
    """The CBOR sequence of these keyrings (one by default), signed by ``root``."""
    return b"".join(root.sign(ring.draft(root.kid)) for ring in rings or (keyring(),))


def logbook(state: Path) -> Logbook:
    """The tests' log key with a file of its own, made where it is not there."""
    state.touch()
    return Logbook(signer=KeySigner(LOG.private), state=LogState(state))


def number(serial: int, programme: str = "CEM", term: str = "2022-04") -> str:
    """A number of the default scheme."""
    return certificate.default_number(programme, term, serial)


def certify(serial: int, *, key: TestKey = CERTIFICATE, **other: Any) -> bytes:
    """The certificate of one invented person."""
    fields: dict[str, Any] = {
        "number": number(serial),
        "holder": f"候选人{serial}",
        "id_hint": f"{serial:04d}"[-4:],
        "programme": "CEM",
        "term": "2022-04",
        "issued_at": ISSUED_AT,
    }
    return key.sign(Certificate(**fields | other).draft(key.kid))


def short(data: bytes) -> bytes:
    """How lists and changes name a statement."""
    return decode(data).short


def row(serial: int, data: bytes | None) -> Row:
    """The row of one invented person, with their certificate or, on a notice, without."""
    return Row(serial=serial, name=f"候选人{serial}", id=f"＊{serial:04d}", certificate=short(data) if data else None)


def pass_list(rows: Iterable[Row], *, key: TestKey = CERTIFICATE, **other: Any) -> bytes:
    """A final list, revision 1, unless ``other`` says otherwise."""
    fields: dict[str, Any] = {
        "exam": EXAM,
        "programme": "CEM",
        "stage": "final",
        "revision": 1,
        "objections_until": None,
        "contact": "0951-0000000",
        "public_until": None,
        "rows": tuple(rows),
        "title": Names(zh="第三次考试", en="Third exam"),
        "held_on": "2022-04-23",
        "planned_on": "2022-03-19",
        "issued_at": ISSUED_AT,
    }
    return key.sign(PassList(**fields | other).draft(key.kid))


def notice(serials: Iterable[int], **other: Any) -> bytes:
    """The notice of these people."""
    return pass_list([row(serial, None) for serial in serials], stage="notice", **other)


def lookup_key(serial: int) -> bytes:
    """The lookup key of one invented person."""
    return identity.lookup_key(SECRET, f"候选人{serial}", "other", f"ID{serial:08d}")


def index(rows: Iterable[tuple[str, bytes]], *, key: TestKey = CERTIFICATE, **other: Any) -> bytes:
    """A lookup index, revision 1, unless ``other`` says otherwise."""
    fields: dict[str, Any] = {
        "exam": EXAM,
        "revision": 1,
        "secret_id": identity.secret_id(SECRET),
        "rows": tuple(rows),
        "issued_at": ISSUED_AT,
    }
    return key.sign(LookupIndex(**fields | other).draft(key.kid))


def final(serials: Sequence[int], *, revision: int = 1, index_revision: int = 1) -> list[bytes]:
    """The statements of a whole final release."""
    certificates = [certify(serial) for serial in serials]
    rows = [row(serial, data) for serial, data in zip(serials, certificates, strict=True)]
    filed = [(number(serial), lookup_key(serial)) for serial in serials]
    return [*certificates, pass_list(rows, revision=revision), index(filed, revision=index_revision)]


def change(serial: int, action: Action, *, key: TestKey = STATUS, **other: Any) -> bytes:
    """A change of the certificate of one invented person."""
    fields: dict[str, Any] = {
        "certificate": Named(number=number(serial), short=short(certify(serial))),
        "action": action,
        "effective_at": ISSUED_AT + 100,
        "reason": "other",
        "issued_at": ISSUED_AT + 100,
    }
    return key.sign(Change(**fields | other).draft(key.kid))
