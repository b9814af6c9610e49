"""Rows that are left out on purpose, by their number or by the name in them."""

import unicodedata
from collections.abc import Iterable, Mapping

from signing.messages import _
from verify.core.identity import name_key
from verify.shared.command import Refusal, joined

Strikes = Mapping[int | str, str]
"""Why what is left out, by number or name."""


def parse(options: Iterable[str]) -> dict[int | str, str]:
    """``NUMBER=REASON`` or ``NAME=REASON`` options. Raises Refusal for one without either, or without a reason."""
    strikes: dict[int | str, str] = {}
    for option in options:
        text, equals, reason = option.partition("=")
        reason = "".join(c for c in reason if unicodedata.category(c) not in ("Cc", "Cf")).strip()
        numbered = text.isascii() and text.isdecimal() and len(text) < 10
        if not equals or not reason or not (numbered or name_key(text)) or text[:1] in ("+", "-"):
            raise Refusal(_("--strike wants a number or a name, and a reason: --strike 12=withdrew"))
        named = int(text) if numbered else text.strip()
        if named in strikes:
            raise Refusal(_("Number {} is there twice.").format(named))
        strikes[named] = reason
    return strikes


def by_number(strikes: Strikes, names: Mapping[int, str]) -> dict[int, str]:
    """The same by number; ``names`` are the names that the numbers stand for.

    Raises Refusal where a name is nobody's or several people's, or somebody is named twice.
    """
    found: dict[int, str] = {}
    for named, reason in strikes.items():
        key = named if isinstance(named, int) else name_key(named)
        numbers = [named] if isinstance(named, int) else [number for number in names if name_key(names[number]) == key]
        if not numbers:
            raise Refusal(_("Nobody here is named {}.").format(named))
        if len(numbers) > 1:
            text = _("{} stands at {}: say which by its number.")
            raise Refusal(text.format(named, joined(numbers)))
        if numbers[0] in found:
            raise Refusal(_("Number {} is there twice.").format(numbers[0]))
        found[numbers[0]] = reason
    return found
