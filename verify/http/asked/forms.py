"""Forms as browsers and programs send them, with or without files (WHATWG HTML; RFC 7578).

They are parsed here and not by the framework. It decodes each field of multipart by the charset that the field itself
names: an unknown one is an error of its own there, and punycode of some megabytes keeps the process busy for ever. And
of ten megabytes of ``a&`` it makes five million fields before anybody can count them.

What comes is parsed a piece at a time, some tens of microseconds each, and what is large stays in pieces until a
reader has it (ADR 58).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final, TypeAlias

import msgspec
from multipart import MultipartError, MultipartSegment, ParserError, PushMultipartParser, parse_content_disposition

from verify.files.pieces import PIECE, Pieces
from verify.http.answers.problems import Refused
from verify.http.asked.bodies import AnyRequest, pieces, within
from verify.http.asked.escapes import Broken, unescaped

MOST_FIELDS: Final = 50
_URLENCODED_BYTES: Final = 2 << 20
"""What a form without files may be; 5,000 rows of Chinese names take half a megabyte."""
_LONGEST_TEXT: Final = PIECE
"""Bytes of a text; a longer one is for a reader, like a file."""
_AT_ONCE: Final = 16 << 10
"""Bytes of a form without files that are read in one go, 0.1 ms: ten clients' may come in one turn of the loop."""
_HEAD_BYTES: Final = 16 << 10
"""Of the headers of all parts together."""
_PARAMETERS: Final = 64
"""Of one of them: each is matched and made for itself."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file, and what its sender calls it; or, without a name, a text that is very long."""

    name: str
    data: Pieces


Form: TypeAlias = dict[str, list[str | File]]
"""Each field's values in their order. Of text that is not UTF-8, what is wrong becomes U+FFFD."""


async def read(request: AnyRequest) -> Form:
    """The request's form, empty where its body is none. Raises Refused: bad_form."""
    media_type, options = request.content_type
    if media_type == "multipart/form-data":
        return await _parts(pieces(request), options.get("boundary", ""))
    if media_type == "application/x-www-form-urlencoded":
        return await _fields(within(request, _URLENCODED_BYTES))
    return {}


class _Pair:
    """One field of application/x-www-form-urlencoded, of which some comes, and then more."""

    def __init__(self) -> None:
        self._name = b""
        self._named = False
        self._value = Pieces()
        self._held = b""
        """Of an escape, where it came in two."""

    def add(self, some: bytes) -> None:
        """Adds what comes next. Raises Refused: bad_form."""
        if not self._named:
            name, equals, some = some.partition(b"=")
            self._name += name
            self._named = bool(equals)
            if len(self._name) > _AT_ONCE:
                raise Refused("bad_form")
        some = self._held + some
        at = some.rfind(b"%", -2)
        some, self._held = (some, b"") if at < 0 else (some[:at], some[at:])
        self._value.add(_unescaped(some))

    def into(self, form: Form) -> None:
        """Adds it to a form, unless it is nothing at all. Raises Refused: bad_form."""
        self._value.add(_unescaped(self._held))
        if self._name or self._named:
            form.setdefault(_text(_unescaped(self._name)), []).append(_value("", self._value))


async def _fields(body: AsyncIterator[bytes]) -> Form:
    """The fields of application/x-www-form-urlencoded, counted before they are made (WHATWG URL, section 5.1)."""
    form: Form = {}
    pair, ends = _Pair(), 0
    async for some in _parts_of(body):
        ends += some.count(b"&")
        if ends >= MOST_FIELDS:
            raise Refused("bad_form")
        first, *others = some.split(b"&")
        pair.add(first)
        for other in others:
            pair.into(form)
            pair = _Pair()
            pair.add(other)
    pair.into(form)
    return form


async def _parts_of(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What comes, some at a time: whoever else is there goes before the next."""
    others_first = False
    async for piece in body:
        for begin in range(0, len(piece), _AT_ONCE):
            if others_first:
                await asyncio.sleep(0)
            others_first = True
            yield piece[begin : begin + _AT_ONCE]


def _unescaped(text: bytes) -> bytes:
    try:
        return unescaped(text)
    except Broken:
        raise Refused("bad_form") from None


class _Parser(PushMultipartParser):  # type: ignore[misc]  # the library has no types
    """The library's, with a bound on what it makes of headers.

    It puts a header that is folded into lines (RFC 5322, section 2.2.3) together anew for each of them, 450 ms for
    380 KB; nobody writes forms so.
    """

    _left = _HEAD_BYTES

    def _on_segment_headerline(self, line: bytes) -> None:
        self._left -= len(line)
        if self._left < 0 or line[:1] in b" \t" or line.count(b";") > _PARAMETERS:
            raise ParserError("headers of parts without an end")
        super()._on_segment_headerline(line)


async def _parts(body: AsyncIterator[bytes], boundary: str) -> Form:
    """The parts of multipart/form-data, cut out of the body while it comes."""
    parts: list[tuple[str, Pieces]] = []
    try:
        with _Parser(boundary, max_segment_count=MOST_FIELDS, header_charset="latin-1") as parser:
            async for piece in body:
                for part in parser.parse(piece):
                    if isinstance(part, MultipartSegment):
                        parts.append((dict(part.headerlist)["Content-Disposition"], Pieces()))
                    elif part:
                        parts[-1][1].add(part)
    except (MultipartError, ValueError):
        raise Refused("bad_form") from None
    form: Form = {}
    for disposition, (_, data) in zip(_decoded([sent for sent, _ in parts]), parts, strict=True):
        _, name, filename = parse_content_disposition(disposition)
        form.setdefault(name or "", []).append(_value(filename or "", data))
    return form


def _decoded(heads: list[str]) -> list[str]:
    """Names of fields and files are UTF-8; where a program sent them as Chinese Windows has them, that is taken."""
    for charset in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return [head.encode("latin-1").decode(charset) for head in heads]
    return heads


def _value(name: str, data: Pieces) -> str | File:
    """A file, or a text: also for a form's file field that was left alone, which has an empty name."""
    return File(name=name, data=data) if name or len(data) > _LONGEST_TEXT else _text(data.whole())


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


async def texts(request: AnyRequest, *names: str) -> dict[str, str]:
    """The fields ``names``, empty where they are missing. Raises Refused: bad_form."""
    form = await read(request)
    found = {}
    for name in names:
        values = form.get(name, [""])
        if len(values) != 1 or not isinstance(values[0], str):
            raise Refused("bad_form")
        found[name] = values[0].encode("utf-8", "replace").decode().strip()
    return found


async def file(request: AnyRequest) -> Pieces:
    """The bytes of the one file in the field ``file``. Raises Refused: file_missing, bad_form."""
    return (await file_with(request, ""))[0]


async def file_with(request: AnyRequest, name: str) -> tuple[Pieces, str]:
    """The same and the text of the field ``name``, empty where there is none. Raises Refused."""
    if request.content_type[0] != "multipart/form-data":  # no other form holds a file
        raise Refused("file_missing", field="file")
    form = await read(request)
    values, text = form.get("file", []), form.get(name, [""])[0]
    if len(values) > 1:
        raise Refused("bad_form", field="file")
    if not values or not isinstance(values[0], File) or not values[0].name:
        raise Refused("file_missing", field="file")
    return values[0].data, text if isinstance(text, str) else ""
