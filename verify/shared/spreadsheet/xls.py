"""Workbooks in .xls (BIFF 5 and 8), read by xlrd; what it leaves out of formulas is looked up in the file's records."""

import contextlib
import io
import struct
from collections.abc import Iterator
from typing import Final

import xlrd
from xlrd.biffh import XLRDError
from xlrd.compdoc import CompDoc

from verify.shared.spreadsheet import number_formats
from verify.shared.spreadsheet.cell_styles import EPOCH, EPOCH_1904, GENERAL, Style
from verify.shared.spreadsheet.cells import Area, Error, Named, NoResult, Sheet, Value, join
from verify.shared.spreadsheet.unreadable import Limits, Unreadable

_FORMULA: Final = 0x0006
_UNCALCULATED: Final = 0x005E
"""[MS-XLS] 2.4.331 Uncalced: the sheet was saved before its formulas were worked out."""
_EOF: Final = 0x000A
_COMPUTING: Final = (0x01C0, 0x01C1)
"""[MS-XLS] 2.4.105 Excel9File, 2.4.215 RecalcId: of programs that compute; libraries that only write leave both out."""
_LOCKED: Final = "EncryptedPackage".encode("utf-16-le")


class Xls:
    """An open workbook."""

    macros = False

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._limits = limits
        if _LOCKED in data:  # an .xlsx behind a password
            raise Unreadable("locked")
        with _damaged():
            self._book = xlrd.open_workbook(
                file_contents=data, formatting_info=True, ragged_rows=True, on_demand=True, logfile=io.StringIO()
            )
            self._stream = _stream(data)
            self._styles = [Style.of(self._code(about.format_key)) for about in self._book.xf_list]
            hidden: list[int] = vars(self._book)["_sheet_visibility"]  # known here alone before a sheet is read
            self._starts = [start for start, kind in _sheets(self._stream) if kind == 0]
            self._computed = any(code in _COMPUTING for code, _at, _size in _records(self._stream, 0))
            self.sheets: tuple[Named, ...] = tuple(
                Named(name=name, place=place, hidden=bool(hidden[place]))
                for place, name in enumerate(self._book.sheet_names())
            )
        if not self.sheets:
            raise Unreadable("no_sheet")

    def sheet(self, place: int) -> Sheet:
        """A sheet by its place. Raises Unreadable."""
        with _damaged():
            found = self._book.sheet_by_index(place)
            rows: dict[int, list[Value]] = {}
            for at in range(found.nrows):
                values = [self._value(found.cell(at, column)) for column in range(found.row_len(at))]
                while values and values[-1] is None:
                    values.pop()
                if not values:
                    continue
                if at >= self._limits.rows:
                    raise Unreadable("too_many_rows")
                if len(values) > self._limits.columns:
                    raise Unreadable("too_many_columns")
                rows[at + 1] = values
            self._formulas(rows, self._starts[place])
            areas = tuple(
                Area(top=top + 1, left=left, bottom=bottom, right=right - 1)
                for top, bottom, left, right in found.merged_cells
                if (bottom - top, right - left) != (1, 1) and left < len(rows.get(top + 1, ()))
                and rows[top + 1][left] is not None
            )  # fmt: skip
            joined = join(rows, areas, self._limits.columns)
            if joined is None:
                raise Unreadable("damaged_file")
            return Sheet(
                name=found.name,
                rows=rows,
                areas=areas,
                joined=joined,
                hidden_rows=frozenset(at + 1 for at, about in found.rowinfo_map.items() if about.hidden),
                hidden_columns=frozenset(at for at, about in found.colinfo_map.items() if about.hidden),
            )

    def _value(self, cell: xlrd.sheet.Cell) -> Value:
        held = cell.value
        if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            return None
        if isinstance(held, str):
            return self._style(cell.xf_index).text(held)
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return Error(xlrd.error_text_from_code.get(int(held), "#VALUE!"))
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(held)
        return self._style(cell.xf_index).number(held, EPOCH_1904 if self._book.datemode else EPOCH)

    def _style(self, index: int | None) -> Style:
        return self._styles[index] if index is not None and index < len(self._styles) else GENERAL

    def _code(self, key: int) -> str:
        if key in self._book.format_map and key not in number_formats.BUILT_IN:
            return str(self._book.format_map[key].format_str)
        return number_formats.BUILT_IN.get(key, "General")

    def _formulas(self, rows: dict[int, list[Value]], start: int) -> None:
        """Puts NoResult where a formula's saved result does not count."""
        found = list(_formulas(self._stream, start))
        uncalculated = any(code == _UNCALCULATED for code, _at, _size in _records(self._stream, start))
        places = []
        for row, column, empty in found:
            values = rows.get(row)
            if values is None or column >= len(values):
                values = rows.setdefault(row, []) if empty else []
                values += [None] * (column + 1 - len(values)) if empty else []
            if column < len(values):
                places.append((values, column))
        placeholders = not self._computed and all(values[column] in (0, "", None) for values, column in places)
        for values, column in places:
            if (uncalculated or placeholders) and not isinstance(values[column], Error):
                values[column] = NoResult()


def _stream(data: bytes) -> bytes:
    if not data.startswith(bytes.fromhex("d0cf11e0")):
        return data
    document = CompDoc(data, logfile=io.StringIO())
    return bytes(document.get_named_stream("Workbook") or document.get_named_stream("Book") or b"")


def _records(stream: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """The records from ``start`` to the end of their substream: code, place of the content, its size."""
    depth = 0
    while start + 4 <= len(stream):
        code, size = struct.unpack_from("<HH", stream, start)
        yield code, start + 4, size
        depth += (code == 0x0809) - (code == _EOF)
        if code == _EOF and depth <= 0:
            return
        start += 4 + size


def _sheets(stream: bytes) -> Iterator[tuple[int, int]]:
    """Where each sheet begins, and what kind it is ([MS-XLS] 2.4.28 BoundSheet8); 0 is one of cells."""
    for code, at, size in _records(stream, 0):
        if code == 0x0085 and size >= 6:
            yield struct.unpack_from("<I", stream, at)[0], stream[at + 5]


def _formulas(stream: bytes, start: int) -> Iterator[tuple[int, int, bool]]:
    """Row (from 1), column, and whether the result is a text that is empty ([MS-XLS] 2.4.127, 2.5.133)."""
    for code, at, size in _records(stream, start):
        if code == _FORMULA and size >= 14:
            row, column = struct.unpack_from("<HH", stream, at)
            result = stream[at + 6 : at + 14]
            yield row + 1, column, result[6:] == b"\xff\xff" and result[0] == 3


@contextlib.contextmanager
def _damaged() -> Iterator[None]:
    """Turns whatever a broken file makes xlrd raise into Unreadable."""
    try:
        yield
    except Unreadable:
        raise
    except XLRDError as error:
        raise Unreadable("locked" if "encrypted" in str(error) else "damaged_file") from None
    except Exception:  # noqa: BLE001 -- it says of a broken file whatever its bytes lead it to
        raise Unreadable("damaged_file") from None
