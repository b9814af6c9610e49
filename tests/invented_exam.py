"""An invented exam for HTTP tests: every statement of it, with a certificate for each status."""

from typing import Any, Final

import msgspec

from tests import invented
from tests.invented import CERTIFICATE, ROOT, SECRET, STATUS
from verify.core import identity, statement
from verify.core.certificate import Certificate, default_number
from verify.core.changes import Action, Change, Named, Reason
from verify.core.fields import Names
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList, Row
from verify.core.qr_text import write

NOW: Final = 1_760_000_000
"""2025-10-09, when the tests ask."""
DAY: Final = 86_400
ISSUED: Final = invented.ISSUED_AT + 30 * DAY
HOST: Final = "VERIFY.EXAMPLE.ORG"
CONTACT: Final = "示例人才交流中心 010-00000000"
TITLE: Final = Names(zh="2022年第三次碳排放管理师考试", en="Third Carbon Emission Manager exam of 2022")


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """An invented person with a certificate."""

    name: str
    id_number: str
    certificate: Certificate
    data: bytes

    @property
    def number(self) -> str:
        """The certificate's number."""
        return self.certificate.number

    @property
    def qr(self) -> str:
        """The QR code's text."""
        return write(self.data, HOST)

    @property
    def path(self) -> str:
        """The address that the QR code opens."""
        return "/Q/" + self.qr.rpartition("/")[2]

    @property
    def named(self) -> Named:
        """The certificate as a change names it."""
        return Named(number=self.number, short=statement.decode(self.data).short)


def resident(serial: int) -> str:
    """An invented resident ID number of the region 99, which nobody has."""
    body = f"9901011990{serial % 12 + 1:02d}01{serial % 1000:03d}"
    check = sum(w * int(d) for w, d in zip((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), body, strict=True))
    return body + "10X98765432"[check % 11]


def holder(serial: int, name: str, **claims: Any) -> Holder:
    """The person of this serial; ``claims`` may set issued_at and expires_at."""
    id_number = resident(serial)
    certificate = Certificate(
        number=default_number("CEM", "2022-04", serial),
        holder=name,
        id_hint=identity.id_hint(id_number),
        programme="CEM",
        term="2022-04",
        **{"issued_at": ISSUED} | claims,
    )
    data = CERTIFICATE.sign(certificate.draft(CERTIFICATE.kid))
    return Holder(name=name, id_number=id_number, certificate=certificate, data=data)


VALID: Final = holder(1, "王莉")
REVOKED: Final = holder(2, "买买提·吐尔逊江")
SUSPENDED: Final = holder(3, "欧阳䶮")
REPLACED: Final = holder(4, "李雷")
EXPIRED: Final = holder(5, "韩梅梅", expires_at=ISSUED + 365 * DAY)
REINSTATED: Final = holder(6, "𠮷田")
WITHDRAWN: Final = holder(7, "赵六")
NOT_YET: Final = holder(8, "钱七", issued_at=1_990_000_000)
NEW: Final = holder(9, "李蕾")
UNLISTED: Final = holder(10, "孙八")
EVERYBODY: Final = (VALID, REVOKED, SUSPENDED, REPLACED, EXPIRED, REINSTATED, WITHDRAWN, NOT_YET)
CORRECTED: Final = tuple(person for person in EVERYBODY if person is not WITHDRAWN)


def pass_list(*holders: Holder, revision: int = 1, notice: bool = False, **other: object) -> bytes:
    """A pass list of these people, signed."""
    rows = tuple(
        Row(
            serial=serial,
            name=person.name,
            id="＊" + person.certificate.id_hint,
            certificate=None if notice else person.named.short,
        )
        for serial, person in enumerate(holders, 1)
    )
    fields: dict[str, object] = {
        "exam": "CEM-2022-04",
        "programme": "CEM",
        "stage": "notice" if notice else "final",
        "revision": revision,
        "objections_until": None,
        "contact": CONTACT,
        "public_until": None,
        "rows": rows,
        "title": TITLE,
        "held_on": "2022-04-23",
        "planned_on": "2022-03-19",
        "issued_at": ISSUED + revision,
    }
    listing = msgspec.convert(fields | other, PassList)
    return CERTIFICATE.sign(listing.draft(CERTIFICATE.kid))


def change(person: Holder, action: Action, reason: Reason, *, days: int, by: Holder | None = None) -> bytes:
    """A change that takes effect so many days after the issue, signed."""
    changed = Change(
        certificate=person.named,
        action=action,
        effective_at=ISSUED + days * DAY,
        reason=reason,
        replacement=by.named if by else None,
        issued_at=ISSUED + days * DAY,
    )
    return STATUS.sign(changed.draft(STATUS.kid))


def lookup_index(*holders: Holder, revision: int = 1) -> bytes:
    """The lookup index of these people, signed."""
    index = LookupIndex(
        exam="CEM-2022-04",
        revision=revision,
        secret_id=identity.secret_id(SECRET),
        rows=tuple(
            (person.number, identity.lookup_key(SECRET, person.name, "resident", person.id_number))
            for person in holders
        ),
        issued_at=ISSUED,
    )
    return CERTIFICATE.sign(index.draft(CERTIFICATE.kid))


def statements() -> list[bytes]:
    """Everything published of the exam, in order."""
    return [
        ROOT.sign(invented.keyring().draft(ROOT.kid)),
        pass_list(*EVERYBODY, notice=True, objections_until=ISSUED - 5 * DAY, issued_at=ISSUED - 15 * DAY),
        *(person.data for person in EVERYBODY),
        pass_list(*EVERYBODY, revision=2),
        lookup_index(*EVERYBODY),
        pass_list(*CORRECTED, revision=3),
        change(REVOKED, "revoked", "false_materials", days=400),
        change(SUSPENDED, "suspended", "investigation", days=500),
        change(REINSTATED, "suspended", "investigation", days=100),
        change(REINSTATED, "reinstated", "other", days=200),
        NEW.data,
        change(REPLACED, "replaced", "registration_error", days=300, by=NEW),
        lookup_index(*CORRECTED, NEW, revision=2),
        UNLISTED.data,
    ]
