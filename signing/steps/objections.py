"""What objections came to: names of a notice struck out of the final list, or taken in again."""

from collections.abc import Mapping

import msgspec

from signing.ledger.book import Ledger
from signing.ledger.values import ListHead, Objection
from signing.messages import _
from verify.shared.command import Refusal


class StruckOut(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the notice whom an objection strikes out."""

    serial: int
    name: str
    reason: str


def objections(
    ledger: Ledger, exam: str, strikes: Mapping[int, str], restored: Mapping[int, str], now: int
) -> tuple[StruckOut, ...]:
    """Records ``strikes`` and ``restored`` (reasons by the notice's serials), all or none; who is struck out then.

    Raises Refusal.
    """
    head = ledger.newest_list(exam, "notice") or ledger.newest_list(exam)
    if head is None:
        raise Refusal(_("{} has no list yet.").format(exam))
    if both := strikes.keys() & restored.keys():
        raise Refusal(_("Number {} is to be struck out and restored at once.").format(min(both)))
    found = [
        _objection(ledger, head, serial, struck=struck, reason=reason, now=now)
        for struck, asked in ((True, strikes), (False, restored))
        for serial, reason in asked.items()
    ]
    ledger.add_objections(found)
    standing = ledger.struck(exam)
    return tuple(
        StruckOut(serial=row.serial, name=row.holder, reason=standing[row.lookup_key])
        for row in ledger.list_rows(exam, head.revision)
        if row.lookup_key in standing
    )


def _objection(ledger: Ledger, head: ListHead, serial: int, *, struck: bool, reason: str, now: int) -> Objection:
    row = next((row for row in ledger.list_rows(head.exam, head.revision) if row.serial == serial), None)
    if row is None:
        raise Refusal(_("The list of {} has no number {}.").format(head.exam, serial))
    if not row.lookup_key:
        text = _(
            "The ledger was rebuilt, and no release says who number {} of {} is: announce the same workbook again."
        )
        raise Refusal(text.format(serial, head.exam))
    if struck is (row.lookup_key in ledger.struck(head.exam)):
        text = _("Number {} of {} is struck out already.") if struck else _("Number {} of {} is not struck out.")
        raise Refusal(text.format(serial, head.exam))
    return Objection(exam=head.exam, lookup_key=row.lookup_key, struck=struck, reason=reason, recorded_at=now)
