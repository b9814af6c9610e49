"""What a verdict's page says of one certificate alone, and its values with marks in these places (ADR 46)."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from verify.core.answer import Verdict
from verify.http.answers.asked_again import AskedAgain
from verify.http.answers.outlines import Fill, mark
from verify.http.answers.rendering import NO_TIME

_NUMBER: Final = mark("number")
_AGAIN: Final = AskedAgain(address=mark("address"), picture=mark("picture"))


class VerdictOutline(msgspec.Struct, frozen=True, kw_only=True):
    """How the page of one verdict is taken apart."""

    verdict: Verdict
    """What of it is the same for others."""
    values: Mapping[str, Any]
    """The page's values with marks."""
    fill: Fill


def of(judged: Verdict, form: Mapping[str, str] | None, again: AskedAgain | None) -> VerdictOutline | None:
    """None for a page that is seldom like another: of any outcome but valid, or of a time that was asked about."""
    shown = judged.certificate
    simple = judged.outcome == judged.status_now == "valid" and judged.as_of == judged.checked_at
    if not simple or shown is None or again is None or shown.replaced_by is not None:
        return None
    hint = mark("hint") if shown.id_hint else shown.id_hint
    blank = msgspec.structs.replace(shown, number=_NUMBER, holder=mark("holder"), id_hint=hint)
    verdict = msgspec.structs.replace(judged, checked_at=NO_TIME, as_of=NO_TIME, certificate=blank)
    return VerdictOutline(
        verdict=verdict,
        values={"verdict": verdict, "again": _AGAIN, "form": None if form is None else {**form, "number": _NUMBER}},
        fill={
            "number": shown.number,
            "holder": shown.holder,
            "hint": shown.id_hint or "",
            "address": again.address,
            "picture": again.picture,
        },
    )
