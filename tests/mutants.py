"""Statements with one thing or a few altered: for readers that must agree on which they take, and what they read.

A mutant is made from a good statement's claims as a tree whose encoding says how each head is written, so that
deterministic CBOR can be broken in every way; signatures are not looked at.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec

from verify.core import cbor

TIMES: Final = (0, 1, -1, 1_650_000_000, 253402300799, 253402300800, 2**31, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
TEXTS: Final = (
    *("", "x", "fr", "zh", "en", "notice", "final", "draft", "suspended", "revoked", "other", "reissued", "CEM", "cem"),
    *(
        "CAM",
        "2022-04",
        "2022-04-2",
        "2022-4",
        "CEM-2022-04",
        "CAM-2022-04",
        "CEM-2022-04-ABCD",
        "2022-04-23",
        "23.4.22",
    ),
    *(
        "2022-13-45",
        "２０２２-04-23",
        "CEM22040000013",
        "ABC",
        "A" * 32,
        "A" * 33,
        "abcd",
        "张三",
        "张\n三",
        "张\u200b三",
    ),
    *("a\0b", "x" * 50, "x" * 51, "𠮷" * 50, "1234", "12345", "2022-04-23\n", "\nCEM", "Ａ", "ſ", "CEM\u212a", "é"),
)
VALUES: Final[tuple[object, ...]] = (
    *(None, True, False, b"", bytes(4), bytes(15), bytes(16), bytes(17), bytes(31), bytes(32), bytes(33), [], {}),
    *([None], {1: 2}, {"zh": "x"}, {"en": "x"}, {"zh": "x", "en": "y"}, {"zh": "x", "fr": "y"}, [["AAAA1", bytes(32)]]),
    *(["AAAA1", bytes(16)], ["AAAA1", bytes(15)], ["aaaa1", bytes(16)], ["AAAA1", bytes(16), 1], [[1, "a", "b", None]]),
    *(
        [[1, "a", "b", bytes(16)]],
        [[1, "a", "b", bytes(15)]],
        [[1, "a", "b"]],
        [[-1, "a", "b", None]],
        {1: {2: [3, "x"]}},
    ),
    *TIMES,
    *TEXTS,
)
KEYS: Final = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    15,
    16,
    17,
    23,
    24,
    -1,
    -65537,
    -65538,
    -65539,
    -65545,
    256,
    "zh",
    b"x",
)


class Raw(msgspec.Struct, frozen=True):
    """Bytes that stand in a tree as they are, whatever they encode."""

    data: bytes


class Pairs(msgspec.Struct):
    """A map as its pairs are written."""

    items: list[list[Any]]


def tree(value: object) -> Any:
    """``value`` with every map as its pairs, in bytewise order of their keys."""
    if isinstance(value, dict):
        items = [[key, tree(item)] for key, item in value.items()]
        return Pairs(sorted(items, key=lambda pair: cbor.encode(pair[0])))
    if isinstance(value, (list, tuple)):
        return [tree(item) for item in value]
    return value


def encode(node: Any) -> bytes:
    """The bytes of a tree."""
    if isinstance(node, Raw):
        return node.data
    if isinstance(node, Pairs):
        return _head(5, len(node.items)) + b"".join(encode(key) + encode(item) for key, item in node.items)
    if isinstance(node, list):
        return _head(4, len(node)) + b"".join(map(encode, node))
    return cbor.encode(node)


def _head(major: int, argument: int) -> bytes:
    unsigned = cbor.encode(argument)
    return bytes([unsigned[0] | major << 5]) + unsigned[1:]


def mutants(statements: Sequence[bytes], seed: int, count: int) -> Iterator[bytes]:
    """``count`` mutants of these good statements, the same for one seed."""
    chance = random.Random(seed)  # noqa: S311 - tests that can be repeated
    for _ in range(count):
        data = chance.choice(statements)
        protected, _unprotected, payload, signature = cbor.decode(data)
        if chance.random() < 0.15:
            yield _altered(data, chance)
            continue
        if chance.random() < 0.15:
            payload = _altered(payload, chance)
        else:
            root = tree(cbor.decode(payload, _AnyKeys()))
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                if _places(root, []):
                    root = chance.choice(_WAYS)(root, chance)
            payload = encode(root)
        yield b"\x84" + cbor.encode(protected) + b"\xa0" + cbor.encode(payload) + cbor.encode(signature)


class _AnyKeys(dict[Any, Any]):
    """For decoding good statements: wherever a map stands, the keys that it has there."""

    def get(self, path: Any, default: Any = None) -> Any:
        return {(3, 9, 1): str, (5, 4, None, 2): str, (5, 5, None, 2): str, (5, 5, None, 3): str, (6, 3): bytes}.get(
            (-65536 - path[0], *path[1:]) if path and type(path[0]) is int else path, default
        )


def _altered(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    match chance.randrange(5):
        case 0:
            return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
        case 1:
            return data[:place] + bytes([chance.randrange(256)]) + data[place:]
        case 2:
            return data[:place] + data[place + 1 :]
        case 3:
            return data[:place]
        case _:
            return data[:place] + data[place : place + chance.randrange(1, 9)] + data[place:]


Place = tuple[Any, Any]
"""A list and the index in it at which a value stands."""


def _places(node: Any, into: list[Place]) -> list[Place]:
    if isinstance(node, Pairs):
        for pair in node.items:
            into.append((pair, 1))
            _places(pair[1], into)
    elif isinstance(node, list):
        for index, item in enumerate(node):
            into.append((node, index))
            _places(item, into)
    return into


def _containers(root: Any) -> list[Any]:
    found = [root, *(holder[index] for holder, index in _places(root, []))]
    return [node for node in found if isinstance(node, (Pairs, list))]


def _another_value(root: Any, chance: random.Random) -> Any:
    holder, index = chance.choice(_places(root, []))
    old = holder[index]
    alike = [value for value in VALUES if type(value) is type(old)]
    holder[index] = tree(chance.choice(alike if alike and chance.random() < 0.6 else VALUES))
    return root


def _a_field_more(root: Any, chance: random.Random) -> Any:
    maps = [node for node in _containers(root) if isinstance(node, Pairs)] or [Pairs([])]
    chosen = chance.choice(maps)
    chosen.items.append([chance.choice(KEYS), tree(chance.choice(VALUES))])
    if chance.random() < 0.8:
        chosen.items.sort(key=lambda pair: encode(pair[0]))
    return root


def _one_less(root: Any, chance: random.Random) -> Any:
    filled = [node for node in _containers(root) if (node.items if isinstance(node, Pairs) else node)]
    chosen = chance.choice(filled)
    items = chosen.items if isinstance(chosen, Pairs) else chosen
    del items[chance.randrange(len(items))]
    return root


def _one_twice(root: Any, chance: random.Random) -> Any:
    filled = [node for node in _containers(root) if (node.items if isinstance(node, Pairs) else node)]
    chosen = chance.choice(filled)
    items = chosen.items if isinstance(chosen, Pairs) else chosen
    index = chance.randrange(len(items))
    items.insert(index, items[index])
    return root


def _other_order(root: Any, chance: random.Random) -> Any:
    chosen = chance.choice(_containers(root))
    chance.shuffle(chosen.items if isinstance(chosen, Pairs) else chosen)
    return root


def _another_key(root: Any, chance: random.Random) -> Any:
    maps = [node for node in _containers(root) if isinstance(node, Pairs) and node.items]
    if not maps:
        return root
    chosen = chance.choice(maps)
    chance.choice(chosen.items)[0] = chance.choice(KEYS)
    if chance.random() < 0.7:
        chosen.items.sort(key=lambda pair: encode(pair[0]))
    return root


def _another_encoding(root: Any, chance: random.Random) -> Any:
    holder, index = chance.choice(_places(root, []))
    data = encode(holder[index])
    holder[index] = Raw(chance.choice(_ENCODINGS)(data))
    return root


def _deeper(root: Any, chance: random.Random) -> Any:
    holder, index = chance.choice(_places(root, []))
    levels = chance.choice((1, 2, 12, 13, 14, 15, 16, 17))
    holder[index] = Raw(b"\x81" * levels + encode(holder[index]))
    return root


def _longer_head(data: bytes) -> bytes:
    major, info = data[0] & 0xE0, data[0] & 31
    if info < 24:
        return bytes([major | 24, info]) + data[1:]
    if info < 27:
        size = 1 << info - 24
        return bytes([major | info + 1]) + bytes(size) + data[1:]
    return data


_ENCODINGS: Final[tuple[Callable[[bytes], bytes], ...]] = (
    _longer_head,
    lambda data: b"\xc1" + data,  # a tag
    lambda data: bytes([data[0] & 0xE0 | 31]) + data[1:] + b"\xff",  # an indefinite length
    lambda _: b"\xf7",  # undefined
    lambda _: b"\xf8\x20",  # an unknown simple value
    lambda _: b"\xf9\x3c\x00",  # a float
    lambda _: b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
    lambda _: b"\x3b\x80\x00\x00\x00\x00\x00\x00\x00",
    lambda _: b"\x62\xc3\x28",  # no UTF-8
    lambda _: b"\x63\xed\xa0\x80",  # a surrogate
    lambda _: b"\x64\xf4\x90\x80\x80",  # beyond U+10FFFF
    lambda _: b"\x62\xc0\x80",  # an overlong U+0000
    lambda data: data[:-1] + b"\x80",
    lambda _: b"\x9b\x00\x00\x00\x01\x00\x00\x00\x00",
    lambda _: b"\x5a\x7f\xff\xff\xff",
)
_WAYS: Final[tuple[Callable[[Any, random.Random], Any], ...]] = (
    *(_another_value,) * 5,
    *(_a_field_more,) * 2,
    _one_less,
    _one_twice,
    _other_order,
    _another_key,
    _another_encoding,
    _deeper,
)
