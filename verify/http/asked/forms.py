"""Forms as browsers and programs send them, with or without files (WHATWG HTML; RFC 7578).

Multipart is parsed here and not by the framework, which decodes each field by the charset that the field itself
names: an unknown one is an error of its own there, and punycode of some megabytes keeps the process busy for ever.
"""

from typing import Final, TypeAlias

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from verify.http.answers.problems import Refused
from verify.http.asked.bodies import AnyRequest

MOST_FIELDS: Final = 50


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
        form = _parts(await request.body(), options.get("boundary", ""))
    else:
        sent = await request.form()
        form = {name: sent.getall(name) for name in sent}
    if sum(map(len, form.values())) > MOST_FIELDS:
        raise Refused("bad_form")
    return form


def _parts(body: bytes, boundary: str) -> Form:
    form: Form = {}
    segment: MultipartSegment | None = None
    data = bytearray()
    try:
        with PushMultipartParser(boundary, max_segment_count=MOST_FIELDS) as parser:
            for part in parser.parse(body):
                if isinstance(part, MultipartSegment):
                    segment, data = part, bytearray()
                elif part:
                    data += part
                elif segment is not None:
                    form.setdefault(segment.name, []).append(_value(segment, bytes(data)))
    except (MultipartError, ValueError):
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
    values = (await read(request)).get("file", [])
    if len(values) > 1:
        raise Refused("bad_form", field="file")
    if not values or not isinstance(values[0], File):
        raise Refused("file_missing", field="file")
    return values[0].data
