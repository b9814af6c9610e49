"""What fsck finds: a row that is not what the statements say, or a statement that nobody believes."""

import hashlib
from typing import Final

import msgspec

BYTES: Final = "bytes: {count}; SHA-256 {hash}…"
CHARACTERS: Final = "characters: {count}; SHA-256 {hash}…"
SERIAL: Final = "serial {serial}: a certificate of {exam} that is believed"
LOOKUP_KEYS: Final = "lookup keys, one for each certificate that belongs in it: {count}"
FILED_KEYS: Final = "{count}; lacking: {lacking}; not belonging: {beyond}"
NOT_VALID: Final = "certificates that are not valid: {count}"
STANDINGS: Final = "{count}; lacking: {lacking}; not so: {beyond}"
NOT_BEFORE: Final = "not before {time}"
AT_MOST: Final = "a size of at most {size}"
ROOT: Final = "root {root}"
FORMS: Final = (
    BYTES, CHARACTERS, SERIAL, LOOKUP_KEYS, FILED_KEYS, NOT_VALID, STANDINGS, NOT_BEFORE, AT_MOST, ROOT
)  # fmt: skip
"""What is said with values in it: whoever shows it to people knows by these how to say it in their language."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A row, and what of it is not as derived. Names, keys and bytes are shown by their SHA-256."""

    table: str
    row: str
    column: str | None
    """None where the row as a whole is missing, or is one that no statement gives."""
    expected: str | None
    found: str | None


class Unbelieved(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that was filed and counts for nothing, and why: no fault of the registry's."""

    table: str
    row: str
    code: str


def shown(column: str, value: object) -> str | None:
    """A value for people: what may be somebody's, and bytes, by length and hash."""
    if value is None:
        return None
    if isinstance(value, (bytes, bytearray)) and len(value) <= 32 and column != "key":
        return value.hex()
    if isinstance(value, (bytes, bytearray)):
        return BYTES.format(count=len(value), hash=hashlib.sha256(value).hexdigest()[:16])
    if column in ("name", "id"):
        return CHARACTERS.format(count=len(str(value)), hash=hashlib.sha256(str(value).encode()).hexdigest()[:16])
    return str(value)


def compared(
    table: str, columns: tuple[str, ...], keys: int, expected: list[tuple[object, ...]], found: list[tuple[object, ...]]
) -> list[Difference]:
    """How the rows of a table differ, of which the first ``keys`` columns are the key."""
    if expected == found:
        return []
    wanted, there = {row[:keys]: row for row in expected}, {row[:keys]: row for row in found}
    differences = []
    for key in [*wanted, *(key for key in there if key not in wanted)]:
        row = " ".join(f"{name}={value}" for name, value in zip(columns, key, strict=False))
        one, other = wanted.get(key), there.get(key)
        if one is None or other is None:
            told: dict[str, str | None] = {"expected": "no such row", "found": "a row"}
            if other is None:
                told = {"expected": "a row", "found": "no such row"}
            differences.append(Difference(table=table, row=row, column=None, **told))
            continue
        differences += [
            Difference(table=table, row=row, column=name, expected=shown(name, want), found=shown(name, have))
            for name, want, have in zip(columns, one, other, strict=True)
            if want != have
        ]
    return differences
