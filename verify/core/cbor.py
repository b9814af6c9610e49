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
_SIMPLE: Final = {20: False, 21: True, 22: None}
_LEAST: Final = (24, 1 << 8, 1 << 16, 1 << 32)
"""What an argument of 1, 2, 4 and 8 bytes is at least."""


def _item(data: bytes, pos: int, keys: Mapping[Path, type_of_key], path: Path, depth: int) -> tuple[Any, int]:
    """The item at ``pos``, and where it ends. Raises Unreadable, and IndexError where the bytes end before a head."""
    # Functions that hand positions on take half the time of a reader that keeps its own: a list has 500,000 items.
    initial = data[pos]
    pos += 1
    argument = initial & 31
    if argument > 23:
        argument, pos = _long(data, pos, initial)
    major = initial >> 5
    if major == 0:
        return argument, pos
    if major == 3 or major == 2:  # noqa: PLR1714 - a set for each item is slower
        stop = pos + argument
        raw = data[pos:stop]
        if len(raw) != argument:
            raise Unreadable("truncated", "a string is longer than the bytes that follow")
        if major == 2:
            return raw, stop
        try:
            return raw.decode(), stop
        except UnicodeDecodeError:
            raise Unreadable("not_canonical", "a text that is not valid UTF-8") from None
    if major == 1:
        return -1 - argument, pos
    if major == 7:
        if argument not in _SIMPLE:
            raise Unreadable("not_canonical", "an undefined or unknown simple value")
        return _SIMPLE[argument], pos
    if major == 6:
        raise Unreadable("not_canonical", "a tag")
    if depth >= MAX_DEPTH:
        raise Unreadable("too_deep", f"more than {MAX_DEPTH} levels")
    if argument > len(data) - pos:
        raise Unreadable("truncated", "an array or map is longer than the bytes that follow")
    depth += 1
    if major == 5:
        return _map(data, pos, argument, keys, path, depth)
    path = (*path, None)
    built = []
    for _ in range(argument):
        value, pos = _item(data, pos, keys, path, depth)
        built.append(value)
    return built, pos


def _long(data: bytes, pos: int, initial: int) -> tuple[int, int]:
    """The argument behind a head of several bytes, in its shortest form."""
    info = initial & 31
    if info > 27:
        raise Unreadable("not_canonical", "an indefinite or reserved length")
    if initial >> 5 == 7:
        raise Unreadable("not_canonical", "a float or an unknown simple value")
    stop = pos + (1 << (info - 24))
    if stop > len(data):
        raise Unreadable("truncated", "the bytes end inside an item")
    argument = int.from_bytes(data[pos:stop])
    if argument < _LEAST[info - 24]:
        raise Unreadable("not_canonical", "a number or length that is not in its shortest form")
    return argument, stop


def _map(  # noqa: PLR0917 - an item's own arguments, and how many pairs
    data: bytes, pos: int, count: int, keys: Mapping[Path, type_of_key], path: Path, depth: int
) -> tuple[dict[Any, Any], int]:
    wanted = keys.get(path, int)
    built: dict[Any, Any] = {}
    before = b""
    for _ in range(count):
        key: Any = data[pos]
        if key < _LEAST[0]:  # as nearly all keys are
            stop = pos + 1
        else:
            key, stop = _item(data, pos, keys, path, depth)
        if type(key) is not wanted:
            raise Unreadable("not_canonical", "a map key of a type that has no place here")
        encoded = data[pos:stop]
        if encoded <= before:
            raise Unreadable("not_canonical", "map keys twice or out of order")
        before = encoded
        built[key], pos = _item(data, stop, keys, (*path, key), depth)
    return built, pos


def _first(data: bytes, pos: int, keys: Mapping[Path, type_of_key]) -> tuple[Any, int]:
    try:
        return _item(data, pos, keys, (), 0)
    except IndexError:
        raise Unreadable("truncated", "the bytes end inside an item") from None


def decode(data: bytes, keys: Mapping[Path, type_of_key] = _NO_KEYS) -> Any:
    """The one value that ``data`` encodes.

    ``keys`` maps the path of each map that has text or byte string keys to ``str`` or ``bytes``; every
    other map has integer keys. Raises Unreadable for anything that is not deterministic CBOR of the
    subset above, deeper than MAX_DEPTH levels, or followed by more bytes.
    """
    value, end = _first(data, 0, keys)
    if end != len(data):
        raise Unreadable("trailing", "bytes after the end")
    return value


def split(data: bytes) -> Iterator[bytes]:
    """Each item of a CBOR sequence (RFC 8742) as its own bytes. Raises Unreadable where one is not whole."""
    pos = 0
    while pos < len(data):
        _value, end = _first(data, pos, _NO_KEYS)
        yield data[pos:end]
        pos = end


_HEADS: Final = tuple(
    tuple(bytes([major << 5 | info]) for info in range(24))
    + tuple(bytes([major << 5 | 24, argument]) for argument in range(24, 256))
    for major in range(8)
)
"""The heads of one and two bytes, by major type and argument."""


def _head(major: int, argument: int) -> bytes:
    if argument < 256:
        return _HEADS[major][argument]
    for info, size in ((25, 2), (26, 4), (27, 8)):
        if argument < 1 << (8 * size):
            return bytes([major << 5 | info]) + argument.to_bytes(size)
    raise ValueError("an integer beyond 64 bits")


def encode(value: Any) -> bytes:
    """``value`` in deterministic CBOR. Raises TypeError or ValueError for what the subset does not have."""
    # Encoding is a good part of the work of signing: exact types first, in the order of how often each comes.
    kind = type(value)
    if kind is int:
        return _HEADS[0][value] if 0 <= value < 256 else _integer(value)
    if kind is str:
        raw: bytes = value.encode()
        size = len(raw)
        return (_HEADS[3][size] if size < 256 else _head(3, size)) + raw
    if kind is bytes:
        data: bytes = value
        size = len(data)
        return (_HEADS[2][size] if size < 256 else _head(2, size)) + data
    if isinstance(value, dict):
        pairs = sorted([(encode(key), encode(item)) for key, item in value.items()])
        return _head(5, len(pairs)) + b"".join([key + item for key, item in pairs])
    if isinstance(value, (list, tuple)):
        return _head(4, len(value)) + b"".join([encode(item) for item in value])
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, str):
        return encode(str(value))
    raise TypeError(f"no CBOR for {type(value).__name__}")


def _integer(value: int) -> bytes:
    return _head(0, value) if value >= 0 else _head(1, -1 - value)
