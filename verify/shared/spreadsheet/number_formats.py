"""What a cell format makes people see of a number or a text (ECMA-376 part 1, 18.8.30 and 18.8.31).

``0``, ``#``, ``?``, decimals, thousands, percent and scientific forms, texts in quotation marks, sections by sign or
condition, and ``@`` are followed. Fractions, Chinese numerals and other rare forms are not: ``shown`` then says None,
and the caller must not take the number for what people see. Dates are told apart by ``is_date``.
"""

import functools
import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Final

import msgspec

BUILT_IN: Final[dict[int, str]] = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "¥#,##0", 6: "¥#,##0", 7: "¥#,##0.00",
    8: "¥#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    37: "#,##0_);(#,##0)", 38: "#,##0_);(#,##0)", 39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);(#,##0.00)",
    41: "_ * #,##0_ ;_ * -#,##0_ ;_ * \"-\"_ ;_ @_ ", 42: "_ ¥* #,##0_ ;_ ¥* -#,##0_ ;_ ¥* \"-\"_ ;_ @_ ",
    43: "_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * \"-\"??_ ;_ @_ ",
    44: "_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ;_ ¥* \"-\"??_ ;_ @_ ",
    48: "##0.0E+0", 49: "@",
} | dict.fromkeys((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)), "yyyy-mm-dd")  # fmt: skip
"""The formats that files name by number alone; the dates among them by one that stands for all."""

_TOKEN: Final = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|G/通用格式)|(?P<exponent>[Ee][+-])|(?P<date>[ymdhsYMDHSgGeEbB]|AM/PM|am/pm|A/P|上午/下午)"
    r"|(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<slash>/)|(?P<text>@)|(?P<next>;)|(?P<other>.)",
    re.DOTALL | re.IGNORECASE,
)
_CONDITION: Final = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9]+(?:\.[0-9]*)?|-?\.[0-9]+)")
_ELAPSED: Final = re.compile(r"[hms]+", re.IGNORECASE)
_CURRENCY: Final = re.compile(r"\$([^-]*)(?:-.*)?")
_EXACT: Final = Context(prec=700, rounding=ROUND_HALF_UP)
"""Room for the largest number and as many decimals as a format can have."""
_MOST: Final = 255
"""Characters of a format that Excel takes."""

Token = tuple[str, str]


class _Section(msgspec.Struct, frozen=True):
    tokens: tuple[Token, ...]
    condition: tuple[str, Decimal] | None

    def has(self, *kinds: str) -> bool:
        return any(kind in kinds for kind, _text in self.tokens)


@functools.lru_cache(maxsize=512)
def _sections(code: str) -> tuple[_Section, ...]:
    sections: list[_Section] = []
    tokens: list[Token] = []
    condition: tuple[str, Decimal] | None = None
    for match in _TOKEN.finditer(code[:_MOST]):
        kind, text = match.lastgroup or "other", match[match.lastgroup or 0]
        if kind == "next":
            sections.append(_Section(tuple(tokens), condition))
            tokens, condition = [], None
        elif kind == "bracket":
            if found := _CONDITION.fullmatch(text):
                condition = (found[1], Decimal(found[2]))
            elif _ELAPSED.fullmatch(text):
                tokens.append(("elapsed", text))
            elif currency := _CURRENCY.fullmatch(text):
                tokens.append(("quoted", currency[1]))
            elif text.upper().startswith(("DBNUM", "NATNUM", "<", ">", "=")):
                tokens.append(("not followed", text))
        elif kind != "fill":
            tokens.append((kind, " " if kind == "space" else text))
    return (*sections, _Section(tuple(tokens), condition))


@functools.lru_cache(maxsize=512)
def is_date(code: str) -> bool:
    """Whether numbers of this format are days or times."""
    return any(section.has("date", "elapsed") for section in _sections(code)[:3])


def is_plain(code: str) -> bool:
    """Whether every number shows as it is."""
    return code in ("General", "@", "") or code.lower() == "general"


def of_text(value: str, code: str) -> str:
    """What people see of a text."""
    sections = _sections(code)
    chosen = sections[3] if len(sections) > 3 else sections[-1] if sections[-1].has("text") else None
    if chosen is None:
        return value
    return "".join(value if kind == "text" else text for kind, text in chosen.tokens)


def of_number(value: float, code: str) -> str | None:
    """What people see of a number, without the white space around it; None where the format is not followed here."""
    if is_plain(code):
        return plain(value)
    sections = _sections(code)
    if sections[-1].has("text") and len(sections) > 1:
        sections = sections[:-1]
    number = Decimal(repr(value))
    chosen, minus = _choose(sections[:3], number)
    if chosen is None:
        return None
    if chosen.has("date", "elapsed", "slash", "not followed"):
        return None
    if chosen.has("general", "text") and not chosen.has("digit"):
        shown = "".join(plain(abs(value)) if kind in ("general", "text") else text for kind, text in chosen.tokens)
    elif not chosen.has("digit"):
        shown = "".join(text for _kind, text in chosen.tokens)
        return shown.strip()
    else:
        try:
            shown = _digits(abs(number), chosen.tokens)
        except InvalidOperation:  # hundreds of percent signs, and more digits than any number has
            return None
    return f"-{shown.strip()}" if minus and any(c in "123456789" for c in shown) else shown.strip()


def plain(value: float) -> str:
    """A number as it is, without an exponent."""
    if isinstance(value, int) or value == int(value):
        return str(int(value))
    return f"{Decimal(repr(value)):f}"


def _choose(sections: tuple[_Section, ...], number: Decimal) -> tuple[_Section | None, bool]:
    """The section for a number, and whether a minus is to be written before it."""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or _holds(number, *section.condition):
                return section, number < 0
        return None, False
    if number < 0 and len(sections) > 1:
        return sections[1], False
    if number == 0 and len(sections) > 2:
        return sections[2], False
    return sections[0], number < 0


def _holds(number: Decimal, sign: str, limit: Decimal) -> bool:
    return {
        "<": number < limit, "<=": number <= limit, ">": number > limit, ">=": number >= limit,
        "=": number == limit, "<>": number != limit,
    }[sign]  # fmt: skip


def _digits(number: Decimal, tokens: tuple[Token, ...]) -> str:
    """A number that is not negative, written by the digit places of one section."""
    places = [at for at, (kind, _text) in enumerate(tokens) if kind == "digit"]
    point = next((at for at, (kind, _text) in enumerate(tokens) if kind == "point"), None)
    exponent = next((at for at, (kind, _text) in enumerate(tokens) if kind == "exponent"), None)
    power = [at for at in places if exponent is not None and at > exponent]
    whole = [at for at in places if (point is None or at < point) and at not in power]
    decimals = [at for at in places if at not in whole and at not in power]
    last_whole = whole[-1] if whole else places[0]
    commas = [at for at, (kind, _text) in enumerate(tokens) if kind == "comma"]
    thousands = any(whole and whole[0] < at < last_whole for at in commas)
    # Commas right behind the last whole place divide by thousands.
    scale = 0
    while last_whole + 1 + scale < len(tokens) and tokens[last_whole + 1 + scale][0] == "comma":
        scale += 1
    number = number.scaleb(-3 * scale + 2 * sum(kind == "percent" for kind, _text in tokens), _EXACT)
    exponent_value = 0
    if exponent is not None and number:
        exponent_value = number.adjusted() - (max(len(whole), 1) - 1)
        if len(whole) > 1:  # engineering: the exponent is a multiple of the whole places
            exponent_value = number.adjusted() // len(whole) * len(whole)
        number = number.scaleb(-exponent_value, _EXACT)
    number = number.quantize(Decimal(1).scaleb(-len(decimals)), context=_EXACT)
    integer, _dot, fraction = f"{number:f}".partition(".")
    out = _spread(whole, integer.lstrip("0"), tokens, thousands)
    out |= _spread(power, str(abs(exponent_value)).lstrip("0"), tokens, False)
    kept = len(fraction.rstrip("0"))
    for place, at in enumerate(decimals):
        keep = tokens[at][1] == "0" or place < kept
        out[at] = fraction[place] if keep else " " if tokens[at][1] == "?" else ""
    shown = []
    for at, (kind, text) in enumerate(tokens):
        if kind == "digit":
            shown.append(out[at])
        elif kind == "exponent":
            shown.append("E" + ("-" if exponent_value < 0 else "+" if text.endswith("+") else ""))
        elif kind != "comma" or at > last_whole + scale:
            shown.append(text)
    return "".join(shown)


def _spread(places: list[int], digits: str, tokens: tuple[Token, ...], thousands: bool) -> dict[int, str]:
    """The digits over their places from the right, those too many before the first."""
    out: dict[int, str] = {}
    written = 0
    for at in reversed(places):
        first = at == places[0]
        if digits:
            take = digits if first else digits[-1]
            digits = "" if first else digits[:-1]
        else:
            take = {"0": "0", "?": " ", "#": ""}[tokens[at][1]]
        text = ""
        for digit in reversed(take):
            if thousands and written and written % 3 == 0 and digit.isdigit():
                text = "," + text
            text = digit + text
            written += 1
        out[at] = text
    return out
