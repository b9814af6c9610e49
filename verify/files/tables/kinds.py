"""Reading and filling spreadsheets, their kind judged by their bytes. Runs in a worker process."""

import io
import json
import zipfile
from typing import Final

import msgspec

from verify.files.refusals import FileRefused
from verify.files.tables import csv_file, pasted, xlsx_file
from verify.files.tables.data import MAX_BYTES, Filled, JsonRow, Listed, Verified, of_rows


def read(data: bytes, *, typed: bool = False) -> Listed:
    """The rows of a spreadsheet, its kind judged by its bytes, or of text that was ``typed``. Raises FileRefused."""
    if not data.strip():
        raise FileRefused("empty_file")
    if len(data) > MAX_BYTES:
        raise FileRefused("file_too_large")
    if typed:
        return pasted.read(data.decode("utf-8", "replace"))
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":  # an OLE file: .xls, or any encrypted workbook
        raise FileRefused("encrypted_or_old_excel")
    if data[:4] == b"PK\x03\x04":
        _check_zip(data)
        return xlsx_file.read(data)
    if b"\x00" in data[:4096] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise FileRefused("not_a_table")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return _read_json(data)
    return csv_file.read(data)


def fill(data: bytes, listed: Listed, headers: tuple[str, str, str], results: tuple[Verified, ...]) -> Filled:
    """The file with three columns under ``headers``; those that it has already under these names are overwritten.

    Without ``data``, or where it was JSON, a new workbook of number, name and the three columns. Raises FileRefused.
    """
    if listed.kind == "csv" and data:
        return csv_file.fill(data, listed, headers, results)
    if listed.kind == "xlsx" and data:
        return xlsx_file.fill(data, listed, headers, results)
    return xlsx_file.new(listed, headers, results)


def _read_json(data: bytes) -> Listed:
    try:
        tree = json.loads(data.decode("utf-8-sig"))
        rows = msgspec.convert(tree, list[JsonRow])
    except (ValueError, RecursionError, msgspec.ValidationError):
        raise FileRefused("not_a_table") from None
    return of_rows(rows)


_MOST_UNPACKED: Final = 100 * 1024 * 1024
_MOST_ENTRIES: Final = 2000


def _check_zip(data: bytes) -> None:
    """Refuses what is no workbook or says that it unpacks too large; what lies about it meets the worker's limits."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):  # the last: a zip of a version to come
        raise FileRefused("damaged_file") from None
    if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > _MOST_UNPACKED:
        raise FileRefused("unpacks_too_large")
    if not any(entry.filename.lower() == "xl/workbook.xml" for entry in entries):
        raise FileRefused("not_a_table")
