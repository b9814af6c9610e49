"""Names of cells read: rows count from 1, columns from 0 (``cells`` writes them)."""

from typing import Final

LAST_ROW: Final = 1_048_576
LAST_COLUMN: Final = 16_383
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def place(text: str) -> tuple[int, int]:
    """Row and column of a cell's name; dollar signs are passed over. Raises ValueError."""
    plain = text.replace("$", "")
    digits = plain.lstrip(_LETTERS)
    column = 0
    for letter in plain[: len(plain) - len(digits)][:4].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    row = int(digits)
    if not 1 <= column <= LAST_COLUMN + 1 or not 1 <= row <= LAST_ROW:
        raise ValueError("no cell")
    return row, column - 1


def area(text: str) -> tuple[int, int, int, int]:
    """First row and column, last row and column of an area such as A1:C4. Raises ValueError."""
    first, _, last = text.partition(":")
    top, left = place(first)
    bottom, right = place(last) if last else (top, left)
    return min(top, bottom), min(left, right), max(top, bottom), max(left, right)
