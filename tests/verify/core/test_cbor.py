"""The strict reader takes exactly what the encoder writes, and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.core import cbor
from verify.core.errors import Unreadable

INTEGERS = st.integers(-(2**64), 2**64 - 1)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.binary(max_size=300) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(INTEGERS, inner, max_size=6),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, and of the same types (true is not 1)."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@given(VALUES)
def test_what_is_written_reads_back_the_same(value: Any) -> None:
    """Every value of the subset survives, with its type."""
    assert same(cbor.decode(cbor.encode(value)), value)


@given(st.binary(max_size=200))
def test_what_is_read_is_written_back_byte_for_byte(data: bytes) -> None:
    """No bytes are read that are not the one encoding of their value; nothing else than Unreadable is raised."""
    try:
        value = cbor.decode(data)
    except Unreadable:
        return
    assert cbor.encode(value) == data


@given(VALUES, st.data())
def test_no_truncated_or_continued_item_is_read(value: Any, data: st.DataObject) -> None:
    """Bytes that end early or go on are refused."""
    encoded = cbor.encode(value)
    for wrong in (encoded[: data.draw(st.integers(0, len(encoded) - 1))], encoded + b"\x00"):
        with pytest.raises(Unreadable):
            cbor.decode(wrong)


@given(st.lists(VALUES, max_size=5))
def test_a_sequence_splits_into_its_items(values: list[Any]) -> None:
    """The items of a CBOR sequence (RFC 8742) come out as their own bytes."""
    items = [cbor.encode(value) for value in values]
    assert list(cbor.split(b"".join(items))) == items


@pytest.mark.parametrize(
    "data",
    [
        "1800",  # 0 in two bytes
        "190001",  # 1 in three
        "1a0000ffff",
        "1b00000000ffffffff",
        "5f41004100ff",  # an indefinite byte string
        "9fff",  # an indefinite array
        "bfff",  # an indefinite map
        "a2010001 00".replace(" ", ""),  # a key twice
        "a202000100",  # keys out of order
        "a1f500",  # true as a key
        "a1f90000 00".replace(" ", ""),  # a float as a key
        "a1410000",  # a byte string as a key where integers are
        "f7",  # undefined
        "f0",  # an unassigned simple value
        "f820",  # a simple value in two bytes
        "f93c00",  # 1.0
        "fa3f800000",
        "fb3ff0000000000000",
        "c000",  # a tag
        "d81c00",  # the tag that makes a value shareable
        "c249010000000000000000",  # a big number
        "62c328",  # a text that is not UTF-8
        "63eda080",  # a surrogate
        "81" * 17 + "00",  # 17 levels
        "9b7fffffffffffffff",  # an array longer than the bytes
        "5b7fffffffffffffff00",
        "1c",  # reserved
        "ff",  # a break
        "",
    ],
)
def test_second_spellings_and_what_the_subset_lacks_are_refused(data: str) -> None:
    """Non-shortest heads, indefinite lengths, floats, tags, wrong keys and lengths beyond the end."""
    with pytest.raises(Unreadable):
        cbor.decode(bytes.fromhex(data))


def test_sixteen_levels_are_read() -> None:
    """The bound is on the seventeenth."""
    assert cbor.decode(b"\x81" * 16 + b"\x00")


def test_a_great_depth_or_width_is_refused_at_once() -> None:
    """Neither deep nesting nor a claimed length takes time or memory."""
    for data in (b"\x81" * 1_000_000, b"\x9a\xff\xff\xff\xff" * 1000, b"\xa1\x00" * 100_000):
        with pytest.raises(Unreadable):
            cbor.decode(data)


@pytest.mark.parametrize("value", [1.0, 2**64, -(2**64) - 1, {1.5: 0}, {1, 2}, "\ud800"])
def test_the_encoder_refuses_what_the_subset_lacks(value: object) -> None:
    """Floats, integers beyond 64 bits, sets and lone surrogates are errors of the caller."""
    with pytest.raises((TypeError, ValueError)):
        cbor.encode(value)
