"""Strict deterministic CBOR (RFC 8949 section 4.2.1): the only subset that statements use.

Integers, byte and text strings, arrays, maps, false, true and null. One pass refuses everything else while
it reads, so that no tag is followed and no float, duplicate or second spelling of a value is ever seen.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from verify.core.errors import Unreadable

MAX_DEPTH: Final = 16

type_of_key = type[str] | type[bytes]
Path = tuple[int | str | bytes | None, ...]
"""Where a map stands: map keys from the top, None for any array element."""

_NO_KEYS: Final[Mapping[Path, type_of_key]] = {}


class _Reader:
    """One pass over ``data``; ``keys`` names the maps whose keys are not integers, by path."""

    __slots__ = ("data", "end", "keys", "pos")

    def __init__(self, data: bytes, keys: Mapping[Path, type_of_key]) -> None:
        self.data = data
        self.end = len(data)
        self.keys = keys
        self.pos = 0

    def head(self) -> tuple[int, int]:
        """The next item's major type and argument, in its shortest form."""
        pos = self.pos
        if pos >= self.end:
            raise Unreadable("truncated", "the bytes end inside an item")
        initial = self.data[pos]
        major, info = initial >> 5, initial & 31
        if info < 24:
            self.pos = pos + 1
            return major, info
        if info > 27:
            raise Unreadable("not_canonical", "an indefinite or reserved length")
        if major == 7:
            raise Unreadable("not_canonical", "a float or an unknown simple value")
        size = 1 << (info - 24)
        stop = pos + 1 + size
        if stop > self.end:
            raise Unreadable("truncated", "the bytes end inside an item")
        argument = int.from_bytes(self.data[pos + 1 : stop])
        if argument < (24, 1 << 8, 1 << 16, 1 << 32)[info - 24]:
            raise Unreadable("not_canonical", "a number or length that is not in its shortest form")
        self.pos = stop
        return major, argument

    def item(self, path: Path, depth: int) -> Any:
        pos = self.pos
        if pos < self.end and self.data[pos] & 31 < 24:  # most heads are one byte
            initial = self.data[pos]
            major, argument = initial >> 5, initial & 31
            self.pos = pos + 1
        else:
            major, argument = self.head()
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major <= 3:
            start = self.pos
            self.pos = start + argument
            if self.pos > self.end:
                raise Unreadable("truncated", "a string is longer than the bytes that follow")
            raw = self.data[start : self.pos]
            if major == 2:
                return raw
            try:
                return raw.decode("utf-8")
            except UnicodeDecodeError:
                raise Unreadable("not_canonical", "a text that is not valid UTF-8") from None
        if major == 7:
            if argument == 22:
                return None
            if argument in (20, 21):
                return argument == 21
            raise Unreadable("not_canonical", "an undefined or unknown simple value")
        if major == 6:
            raise Unreadable("not_canonical", "a tag")
        if depth >= MAX_DEPTH:
            raise Unreadable("too_deep", f"more than {MAX_DEPTH} levels")
        if argument > self.end - self.pos:
            raise Unreadable("truncated", "an array or map is longer than the bytes that follow")
        if major == 4:
            below = (*path, None)
            return [self.item(below, depth + 1) for _ in range(argument)]
        return self.map(argument, path, depth)

    def map(self, count: int, path: Path, depth: int) -> dict[Any, Any]:
        wanted = self.keys.get(path, int)
        built: dict[Any, Any] = {}
        before = b""
        for _ in range(count):
            start = self.pos
            key = self.item(path, depth + 1)
            if type(key) is not wanted:
                raise Unreadable("not_canonical", "a map key of a type that has no place here")
            encoded = self.data[start : self.pos]
            if encoded <= before:
                raise Unreadable("not_canonical", "map keys twice or out of order")
            before = encoded
            built[key] = self.item((*path, key), depth + 1)
        return built


def decode(data: bytes, keys: Mapping[Path, type_of_key] = _NO_KEYS) -> Any:
    """The one value that ``data`` encodes.

    ``keys`` maps the path of each map that has text or byte string keys to ``str`` or ``bytes``; every
    other map has integer keys. Raises Unreadable for anything that is not deterministic CBOR of the
    subset above, deeper than MAX_DEPTH levels, or followed by more bytes.
    """
    reader = _Reader(data, keys)
    value = reader.item((), 0)
    if reader.pos != reader.end:
        raise Unreadable("trailing", "bytes after the end")
    return value


def split(data: bytes) -> Iterator[bytes]:
    """Each item of a CBOR sequence (RFC 8742) as its own bytes. Raises Unreadable where one is not whole."""
    reader = _Reader(data, _NO_KEYS)
    while reader.pos < reader.end:
        start = reader.pos
        reader.item((), 0)
        yield data[start : reader.pos]


_SHORT: Final = tuple(tuple(bytes([major << 5 | info]) for info in range(24)) for major in range(8))
"""The heads of one byte, by major type and argument."""


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return _SHORT[major][argument]
    if argument < 256:
        return bytes((major << 5 | 24, argument))
    for info, size in ((25, 2), (26, 4), (27, 8)):
        if argument < 1 << (8 * size):
            return bytes([major << 5 | info]) + argument.to_bytes(size)
    raise ValueError("an integer beyond 64 bits")


def encode(value: object) -> bytes:
    """``value`` in deterministic CBOR. Raises TypeError or ValueError for what the subset does not have."""
    # The order is how often each comes in a certificate: encoding is a good part of the work of signing.
    if isinstance(value, str):
        raw = value.encode("utf-8")
        return _head(3, len(raw)) + raw
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, dict):
        pairs = sorted([(encode(key), encode(item)) for key, item in value.items()])
        return _head(5, len(pairs)) + b"".join([key + item for key, item in pairs])
    if isinstance(value, (list, tuple)):
        return _head(4, len(value)) + b"".join([encode(item) for item in value])
    if value is None:
        return b"\xf6"
    raise TypeError(f"no CBOR for {type(value).__name__}")
