"""CSV tables: read, and given back in the same encoding and with the same separators."""

import csv
import io
from typing import Final

from verify.files.refusals import FileRefused
from verify.files.tables import columns
from verify.files.tables.data import MAX_COLUMNS, MAX_ROWS, Filled, Listed, Verified

_ENCODINGS: Final = ("utf-8", "gb18030")
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MOST_LINES: Final = 4 * MAX_ROWS
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet program take a CSV's text for a formula (OWASP, CSV injection)."""


def read(data: bytes) -> Listed:
    """The rows of a CSV file. Raises FileRefused."""
    text, encoding = _text(data)
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    found = columns.find(rows)
    if found is None:
        raise FileRefused("no_columns")
    return Listed(
        kind="csv",
        rows=columns.people(rows, found),
        header=found.header + 1,
        encoding=encoding,
        delimiter=delimiter,
        newline="\r\n" if "\r\n" in text[:100_000] else "\n",
    )


def fill(data: bytes, listed: Listed, headers: tuple[str, str, str], results: tuple[Verified, ...]) -> Filled:
    """The file with the columns added; a text that would be taken for a formula gets an apostrophe before it."""
    text, encoding = _text(data)
    rows = _rows(text, listed.delimiter or ",")
    header = rows[listed.header - 1]
    width = max(len(header), max(map(len, rows[listed.header :]), default=0))
    places = [header.index(title) if title in header else None for title in headers]
    added = {result.row: result.words for result in results} | {listed.header: headers}
    sink = io.StringIO(newline="")
    write = csv.writer(sink, delimiter=listed.delimiter or ",", lineterminator=listed.newline or "\r\n").writerow
    for at, row in enumerate(rows, 1):
        cells = [_harmless(cell) for cell in row]
        words = added.get(at)
        if words:
            cells += [""] * (width - len(cells))
            for place, word in zip(places, words, strict=True):
                if place is None:
                    cells.append(word)
                else:
                    cells[place] = word
        write(cells)
    return Filled(data=sink.getvalue().encode(encoding))


def _harmless(cell: str) -> str:
    if not cell.startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _text(data: bytes) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data, encoding), encoding
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise FileRefused("unknown_encoding")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise FileRefused("unknown_encoding") from None


def _delimiter(text: str) -> str:
    """The separator that most often stands in the first lines."""
    top = "\n".join(text[:20_000].splitlines()[: columns.HEADER_ROWS])
    return max(",\t;", key=top.count)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if len(row) > MAX_COLUMNS or len(rows) >= _MOST_LINES:
                raise FileRefused("too_many_cells" if len(row) > MAX_COLUMNS else "too_many_rows")
            rows.append(row)
    except csv.Error:
        raise FileRefused("damaged_file") from None
    return rows
