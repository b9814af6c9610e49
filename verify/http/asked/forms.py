"""Forms as browsers and programs send them, with or without files (WHATWG HTML; RFC 7578).

They are parsed here and not by the framework. It decodes each field of multipart by the charset that the field itself
names: an unknown one is an error of its own there, and punycode of some megabytes keeps the process busy for ever. And
of ten megabytes of ``a&`` it makes five million fields before anybody can count them.
"""

import binascii
import contextlib
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from verify.http.answers.problems import Refused
from verify.http.asked.bodies import AnyRequest, beside, taken

MOST_FIELDS: Final = 50
_URLENCODED_BYTES: Final = 2 << 20
"""What a form without files may be; 5,000 rows of Chinese names take half a megabyte."""
_PERCENT: Final = bytes.maketrans(b"%", b"=")


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file, and what its sender calls it."""

    name: str
    data: bytes


Form: TypeAlias = dict[str, list[str | File]]
"""Each field's values in their order. Of text that is not UTF-8, what is wrong becomes U+FFFD."""


async def read(request: AnyRequest) -> Form:
    """The request's form, empty where its body is none. Raises Refused: bad_form."""
    media_type, options = request.content_type
    if media_type == "multipart/form-data":
        parse: Callable[[bytes], Form] = lambda body: _parts(body, options.get("boundary", ""))  # noqa: E731
    elif media_type == "application/x-www-form-urlencoded":
        parse = _fields
    else:
        return {}
    body = await (taken(request, _URLENCODED_BYTES) if parse is _fields else request.body())
    form = await beside(request, parse, body)
    if sum(map(len, form.values())) > MOST_FIELDS:
        raise Refused("bad_form")
    return form


def _fields(body: bytes) -> Form:
    """The fields of application/x-www-form-urlencoded, counted before they are made (WHATWG URL, section 5.1)."""
    if body.count(b"&") >= MOST_FIELDS:
        raise Refused("bad_form")
    form: Form = {}
    for pair in filter(None, body.split(b"&")):
        name, _, value = pair.partition(b"=")
        form.setdefault(_unescaped(name), []).append(_unescaped(value))
    return form


def _unescaped(text: bytes) -> str:
    """``text`` without its percent escapes: quoted-printable with another sign. (urllib takes 4 s for 10 MB.)"""
    quoted = text.replace(b"+", b" ").replace(b"=", b"%3D").translate(_PERCENT)
    plain = binascii.a2b_qp(quoted)
    if len(plain) != len(quoted) - 2 * quoted.count(b"="):  # a sign of percent that begins no escape
        raise Refused("bad_form")
    return plain.decode("utf-8", "replace")


def _parts(body: bytes, boundary: str) -> Form:
    """Names of fields and files are UTF-8; where a program sent them as Chinese Windows has them, that is taken."""
    for charset in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return _parts_in(body, boundary, charset)
    return _parts_in(body, boundary, "latin-1")


def _parts_in(body: bytes, boundary: str, charset: str) -> Form:
    form: Form = {}
    segment: MultipartSegment | None = None
    data = bytearray()
    try:
        with PushMultipartParser(boundary, max_segment_count=MOST_FIELDS, header_charset=charset) as parser:
            for part in parser.parse(body):
                if isinstance(part, MultipartSegment):
                    segment, data = part, bytearray()
                elif part:
                    data += part
                elif segment is not None:
                    form.setdefault(segment.name, []).append(_value(segment, bytes(data)))
    except UnicodeDecodeError:
        raise
    except (MultipartError, ValueError) as error:
        if isinstance(error.__cause__ or error.__context__, UnicodeDecodeError):
            raise UnicodeDecodeError(charset, b"", 0, 0, "a name") from None
        raise Refused("bad_form") from None
    return form


def _value(segment: MultipartSegment, data: bytes) -> str | File:
    """A file, or a text: also for a form's file field that was left alone, which has an empty name."""
    return File(name=segment.filename, data=data) if segment.filename else data.decode("utf-8", "replace")


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


async def file(request: AnyRequest) -> bytes:
    """The bytes of the one file in the field ``file``. Raises Refused: file_missing, bad_form."""
    return (await file_with(request, ""))[0]


async def file_with(request: AnyRequest, name: str) -> tuple[bytes, str]:
    """The same and the text of the field ``name``, empty where there is none. Raises Refused."""
    if request.content_type[0] != "multipart/form-data":  # no other form holds a file
        raise Refused("file_missing", field="file")
    form = await read(request)
    values, text = form.get("file", []), form.get(name, [""])[0]
    if len(values) > 1:
        raise Refused("bad_form", field="file")
    if not values or not isinstance(values[0], File):
        raise Refused("file_missing", field="file")
    return values[0].data, text if isinstance(text, str) else ""
