"""What a certificate's paper says: the data that certificate.typ sets."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from signing.centre.print_settings import PrintSettings
from signing.messages import _
from signing.print import qr
from verify.core import certificate, qr_text, statement
from verify.core.certificate import Certificate
from verify.core.china_time import local_day
from verify.core.fields import Names
from verify.core.keyring import Keyring, Programme
from verify.shared.command import Refusal, joined

LEAST_MODULE: Final = 0.4
"""Millimetres of a QR module's side, below which phones begin to fail."""

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]*)\}")


class Printable(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate to be printed: its signed statement, and what the statement does not say."""

    statement: bytes
    held_on: str
    """The exam's date, ``YYYY-MM-DD``."""
    photo: Path | None = None

    def __repr__(self) -> str:
        return "Printable()"


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What every certificate of one job says alike."""

    keyring: Keyring
    settings: PrintSettings
    host: str
    """The host that QR codes name, upper case."""
    scheme: Literal["https", "http"] = "https"
    address: str
    """Where certificates can be asked for, as printed."""
    seals: dict[str, str] = {}
    """Paths by which the template finds seals, by issuer id."""


def read(data: bytes) -> Certificate:
    """The certificate of a statement's bytes. Raises CoreError."""
    return certificate.read(statement.decode(data))


def grouped(number: str, programmes: Iterable[str]) -> str:
    """A number in groups that can be read out: programme, term, serial, check; other schemes in fours."""
    if certificate.has_default_shape(number, programmes):
        cut = len(number) - 11
        parts = [number[:cut], number[cut : cut + 4], number[cut + 4 : -1], number[-1]]
    else:
        parts = [number[start : start + 4] for start in range(0, len(number), 4)]
        if len(parts) > 1 and len(parts[-1]) == 1:
            parts[-2:] = ["".join(parts[-2:])]
    return " ".join(parts)


def chinese_date(day: str) -> str:
    """``YYYY-MM-DD`` as 2022年4月23日."""
    year, month, date = map(int, day.split("-"))
    return f"{year}年{month}月{date}日"


def english_date(day: str) -> str:
    """``YYYY-MM-DD`` as 23 April 2022."""
    year, month, date = map(int, day.split("-"))
    return f"{date} {_MONTHS[month - 1]} {year}"


def names(words: Names) -> dict[str, str | None]:
    """A text in both languages as templates take it."""
    return {"zh": words.zh, "en": words.en}


def code(text: str, settings: PrintSettings) -> dict[str, Any]:
    """A QR code as templates take it: the picture, its side and its module in millimetres, quiet zone included.

    It is never drawn with modules below LEAST_MODULE, even where it grows beyond the size that was set.
    """
    size, level = settings.qr_size, settings.qr_level
    if level == "Q" and size / qr.symbol(text, "Q").width < LEAST_MODULE:
        level = "M"
    width = max(size, LEAST_MODULE * qr.symbol(text, level).width)
    return {"svg": qr.svg(text, level).decode("ascii"), "width": round(width, 3)}


def day_of(seconds: int) -> str:
    """The day in Asia/Shanghai of a time, ``YYYY-MM-DD``."""
    return local_day(seconds).isoformat()


def page(source: Printable, words: Words, photo: str | None = None) -> dict[str, Any]:
    """The data of one certificate's page; ``photo`` is the path by which the template finds it.

    Raises Refusal where the keyring does not know the programme, or the wording has a placeholder that is none.
    """
    shown = read(source.statement)
    programme = words.keyring.programme(shown.programme)
    if programme is None:
        raise Refusal(_("The keyring does not have the programme {} of certificate {}.").format(
            shown.programme, shown.number))  # fmt: skip
    issued_on = day_of(shown.begins_at)
    groups = grouped(shown.number, words.keyring.default_numbered)
    bodies = zip(programme.issuers, words.keyring.issuers_of(programme), strict=True)
    return {
        "number": shown.number,
        "groups": groups,
        "holder": shown.holder,
        "id_hint": shown.id_hint,
        "programme": names(programme.name),
        "level": names(programme.level),
        "occupation": programme.occupation,
        "exam": shown.exam,
        "held_on": source.held_on,
        "issued_on": issued_on,
        "expires_on": None if shown.expires_at is None else day_of(shown.expires_at),
        "text": _sentence(words.settings, programme, source.held_on, issued_on),
        "issuers": [names(body) | {"id": one, "seal": words.seals.get(one)} for one, body in bodies],
        "photo": photo,
        "qr": code(qr_text.write(source.statement, words.host, words.scheme), words.settings),
        "statement": {"name": f"/{shown.number}.cose", "bytes": list(source.statement)},
    }


def document(pages: list[dict[str, Any]], words: Words, fonts: list[str]) -> dict[str, Any]:
    """The data of one file with these pages."""
    heading = words.settings.title
    authors = dict.fromkeys(body["zh"] for shown in pages for body in shown["issuers"])
    return {
        "document_title": f"{heading.zh} {pages[0]['groups']}",
        "authors": list(authors),
        "title": {"zh": heading.zh, "en": heading.en},
        "address": words.address,
        "fonts": fonts,
        "certificates": pages,
    }


def title(sources: Iterable[Printable], words: Words) -> str:
    """What a file with certificates from the first to the last of ``sources`` is called."""
    numbers = (grouped(read(source.statement).number, words.keyring.default_numbered) for source in sources)
    return f"{words.settings.title.zh} {' – '.join(dict.fromkeys(numbers))}"


def _sentence(settings: PrintSettings, programme: Programme, held_on: str, issued_on: str) -> dict[str, str | None]:
    text = settings.text
    chinese = {
        "programme": programme.name.zh,
        "level": programme.level.zh,
        "occupation": programme.occupation or "",
        "held_on": chinese_date(held_on),
        "issued_on": chinese_date(issued_on),
    }
    if text.en is None or programme.name.en is None or programme.level.en is None:
        return {"zh": _filled(text.zh, chinese), "en": None}
    english = chinese | {
        "programme": programme.name.en,
        "level": programme.level.en,
        "held_on": english_date(held_on),
        "issued_on": english_date(issued_on),
    }
    return {"zh": _filled(text.zh, chinese), "en": _filled(text.en, english)}


def _filled(sentence: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            known = joined(f"{{{name}}}" for name in values)
            raise Refusal(_("[print] text: {} stands for nothing; there are {}.").format(found[0], known))
        return values[found[1]]

    return _PLACEHOLDER.sub(value, sentence)


def characters(sources: Iterable[Printable], words: Words) -> Iterator[str]:
    """Every text that these certificates print, so that fonts can be found for them before anything is set."""
    settings = words.settings
    yield from (settings.title.zh, settings.title.en or "", settings.text.zh, settings.text.en or "", words.address)
    for issuer in words.keyring.issuers:
        yield issuer.name.zh + (issuer.name.en or "")
    for programme in words.keyring.programmes:
        yield from (programme.name.zh, programme.name.en or "", programme.level.zh, programme.level.en or "")
        yield programme.occupation or ""
    for source in sources:
        shown = read(source.statement)
        yield shown.holder + shown.id_hint
