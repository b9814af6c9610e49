"""JSON of strangers: counted before anything is made of it, then made strictly (RFC 8259).

A small text is read where it comes in, a large one by a reader, since whoever makes something of megabytes keeps an
interpreter from everything else meanwhile. From there it goes on as MessagePack, which a service that takes it reads
in a few milliseconds whatever it is.
"""

import json
from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias

import msgspec

_PIECE: Final = 64 << 10
_FIELDS: Final = 64
"""Names and values of one JSON object, and levels of nesting: no request has as many."""
_MEMBERS: Final = 4
"""Of one object among rows, which has two at most; of more the first few are handed on, and refused by their names."""
_HALVES: Final = 1
"""MessagePack's extension for a text with half a character, which has no UTF-8 (RFC 8259, section 8.2)."""
_MOST: Final = 1 << 63


Code: TypeAlias = Literal["bad_json", "too_many_rows"]


class JsonRefused(Exception):
    """Why JSON is not read: a problem's code, and whether an object has a name twice."""

    def __init__(self, code: Code, *, twice: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.twice = twice

    @property
    def field(self) -> str | None:
        """What is wrong, where that can be said."""
        return "a name twice in one object" if self.twice else None


def read(body: bytes, rows: int) -> Any:
    """What the JSON is: one object, or as many as ``rows`` and one around them. Raises JsonRefused."""
    bound(body, rows)
    try:
        return json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_constant)
    except (ValueError, RecursionError):
        raise JsonRefused("bad_json") from None


def packed(body: bytes, rows: int) -> bytes:
    """The same, to be handed on. Raises JsonRefused."""
    tree = read(body, rows)
    try:
        return msgspec.msgpack.encode(_short(tree, rows))
    except RecursionError:
        raise JsonRefused("bad_json") from None


def unpacked(data: bytes) -> Any:
    """What ``packed`` made. Raises JsonRefused for anything else."""
    try:
        return msgspec.msgpack.decode(data, ext_hook=_halves)
    except (ValueError, RecursionError):
        raise JsonRefused("bad_json") from None


def _short(value: Any, rows: int) -> Any:
    """``value`` as MessagePack has it, whose whole numbers have 64 bits: nobody asks for one."""
    match value:
        case dict():
            some = list(value.items())[: _MEMBERS if rows else None]
            return {name.encode(errors="replace").decode(): _short(one, rows) for name, one in some}  # none is ours
        case list():
            return [_short(one, rows) for one in value]
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                return msgspec.msgpack.Ext(_HALVES, value.encode("utf-8", "surrogatepass"))
        case int():
            return max(-_MOST, min(value, _MOST - 1)) if not isinstance(value, bool) else value
    return value


def _halves(code: int, data: memoryview) -> str:
    if code != _HALVES:
        raise ValueError(code)
    return bytes(data).decode("utf-8", "surrogatepass")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise JsonRefused("bad_json", twice=True)
    return found


def _constant(text: str) -> object:
    raise ValueError(text)


def bound(body: bytes, rows: int) -> None:
    """Counts what JSON would be made of, before it is made: an array of nothing takes twenty times its text.

    A piece at a time, which ends at the one that is too much. Raises JsonRefused.
    """
    most = _FIELDS * (rows + 1)
    quotes = objects = arrays = commas = 0
    for piece in _pieces(body):
        plain = piece.replace(b"\\\\", b"").replace(b'\\"', b"")  # what is left of quotes begins and ends strings
        parts = plain.split(b'"')
        outside = b"".join(parts[quotes % 2 :: 2])
        quotes += len(parts) - 1
        objects += outside.count(b"{")
        arrays += outside.count(b"[")
        commas += outside.count(b",")
        if quotes > 2 * most or (rows and objects > rows + 1):
            raise JsonRefused("too_many_rows" if rows else "bad_json")
        if max(objects, arrays, commas) > most:
            raise JsonRefused("bad_json")


def _pieces(body: bytes) -> Iterator[bytes]:
    """``body`` in pieces of about _PIECE, none of which ends within an escape."""
    begin = 0
    while begin < len(body):
        end = begin + _PIECE
        piece = body[begin:end]
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2:
            end += 1
            piece = body[begin:end]
        yield piece
        begin = end
