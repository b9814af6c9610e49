"""Names of cells read: rows count from 1, columns from 0 (``cells`` writes them)."""

import functools
from typing import Final

LAST_ROW: Final = 1_048_576
LAST_COLUMN: Final = 16_383
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@functools.lru_cache(maxsize=1 << 15)
def _column(letters: str) -> int:
    column = 0
    for letter in letters[:4]:
        at = _LETTERS.find(letter)
        if at < 0:
            raise ValueError("no cell")
        column = column * 26 + at % 26 + 1
    if not 1 <= column <= LAST_COLUMN + 1:
        raise ValueError("no cell")
    return column - 1


def column(text: str) -> int:
    """The column of a cell's name, which is all that is needed where its row is known. Raises ValueError."""
    return _column(text.rstrip("0123456789"))


def place(text: str) -> tuple[int, int]:
    """Row and column of a cell's name; dollar signs are passed over. Raises ValueError."""
    plain = text.replace("$", "")
    digits = plain.lstrip(_LETTERS)
    row = int(digits)
    if not 1 <= row <= LAST_ROW:
        raise ValueError("no cell")
    return row, _column(plain[: len(plain) - len(digits)])


def area(text: str) -> tuple[int, int, int, int]:
    """First row and column, last row and column of an area such as A1:C4. Raises ValueError."""
    first, _, last = text.partition(":")
    top, left = place(first)
    bottom, right = place(last) if last else (top, left)
    return min(top, bottom), min(left, right), max(top, bottom), max(left, right)
