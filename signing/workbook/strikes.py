"""Rows that are left out on purpose, each with its reason."""

import unicodedata
from collections.abc import Iterable

from signing.messages import _
from verify.shared.command import Refusal


def parse_strikes(options: Iterable[str]) -> dict[int, str]:
    """``ROW=REASON`` options. Raises Refusal for one without a row or a reason."""
    strikes: dict[int, str] = {}
    for option in options:
        row, equals, reason = option.partition("=")
        reason = "".join(c for c in reason if unicodedata.category(c) not in ("Cc", "Cf")).strip()
        if not equals or not (row.isascii() and row.isdecimal() and len(row) < 10) or not reason:
            raise Refusal(_("--strike wants a row and a reason: --strike 12=withdrew"))
        if int(row) in strikes:
            raise Refusal(_("Number {} is there twice.").format(int(row)))
        strikes[int(row)] = reason
    return strikes
