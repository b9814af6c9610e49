"""Spreadsheets of number and name: columns found, bad files refused, nothing run and nothing lost."""

import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.xlsx_files import xls
from verify.files.refusals import FileRefused
from verify.files.tables import formats
from verify.files.tables.data import JsonRow, Verified, of_rows


def xlsx(*rows: tuple[Any, ...]) -> bytes:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def zipped(**files: bytes) -> bytes:
    """A ZIP archive; a double underscore stands for a slash, a single one for a dot."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return file.getvalue()


@pytest.mark.parametrize(
    "header",
    [
        ("证书编号", "姓名"),
        ("证书编号（必填）", " 姓 名 "),
        ("Certificate Number", "Name"),
        ("certificate_no", "HOLDER"),
        ("number", "name"),
    ],
)
def test_columns_are_found_by_their_names(header: tuple[str, str]) -> None:
    """In Chinese and English, whatever white space, case and brackets there are."""
    row = formats.read(xlsx(("名单",), (), ("序号", *header), (1, "AB12", "王莉"))).rows[0]
    assert (row.row, row.number, row.name) == (4, "AB12", "王莉")


def test_the_likelier_of_two_columns_is_taken() -> None:
    """An employee's 编号 is not the certificate's where there is a 证书编号."""
    row = formats.read(xlsx(("编号", "姓名", "证书编号"), ("1", "王莉", "AB12"))).rows[0]
    assert row.number == "AB12"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b" \n", "empty_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged_file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not_a_table"),
        (b"number,name\n\xff\xff,\xfe\n", "unknown_encoding"),
        (b"a,b\n1,2\n", "no_columns"),
        ("证书编号,姓名\n".encode(), "no_rows"),
        (b"number,name\n" + b"A1,B\n" * 5001, "too_many_rows"),
        (b"number,name," + b"x," * 300, "too_many_cells"),
        (b'number,name\n"' + b"x" * 200_000, "quote_not_closed"),
        (xls([["number", "name"], ["A1", "B"]]), "encrypted_or_old_excel"),
        (b'{"number": 1}', "not_a_table"),
        (b"[" * 100_000, "not_a_table"),
        (zipped(a_txt=b"hello"), "not_a_table"),
        (zipped(xl__workbook_xml=b"<x/>"), "damaged_file"),
        (xlsx(("number", "name"), ("A1", "B"))[:2000], "damaged_file"),
        (zipped(xl__workbook_xml=b"<x/>", bomb=bytes(101 << 20)), "unpacks_too_large"),
        (xlsx(*([("number", "name")] + [("A1", "B")] * 5001)), "too_many_rows"),
    ],
)
def test_a_bad_table_is_refused_with_its_reason(data: bytes, code: str) -> None:
    """By its bytes, whatever it is called."""
    with pytest.raises(FileRefused) as refused:
        formats.read(data)
    assert refused.value.code == code


def test_half_a_character_in_json_is_a_refusal() -> None:
    """No answer could name it: it ended the reader that tried."""
    with pytest.raises(FileRefused, match="not_a_table"):
        formats.read(b'[{"number": "A1", "name": "\\ud800"}]')


def test_five_thousand_rows_are_not_too_many() -> None:
    """The limit itself is allowed, in each form."""
    rows = [{"number": "A1", "name": "B"}] * 5000
    for data in (b"number,name\n" + b"A1,B\n" * 5000, json.dumps(rows).encode()):
        assert len(formats.read(data).rows) == 5000


def test_empty_rows_are_no_rows() -> None:
    """Blank lines between people count as lines and not as people."""
    listed = formats.read(b"number,name\n\nA1,B\n , \nA2,C\n")
    assert [(row.row, row.number) for row in listed.rows] == [(3, "A1"), (5, "A2")]


def test_words_that_look_like_formulas_are_written_as_text() -> None:
    """Nothing that is added or was pasted becomes a formula in the workbook."""
    listed = of_rows([JsonRow(number="=1+1", name="@SUM(A1)")])
    filled = formats.fill(b"", listed, ("=a", "b", "c"), (Verified(row=1, good=False, words=("=x", "y", "z")),))
    sheet = openpyxl.load_workbook(io.BytesIO(filled.data)).worksheets[0]
    for cell in ("A2", "B2", "C1", "C2"):
        assert sheet[cell].data_type == "s"
    assert sheet["A2"].value == "=1+1"


@given(st.text(max_size=2000))
def test_any_pasted_text_is_rows_or_a_refusal(text: str) -> None:
    """Nothing that somebody types raises anything else."""
    try:
        listed = formats.read(text.encode("utf-8", "replace"), typed=True)
    except FileRefused:
        return
    assert all(row.problem or (row.number and row.name) for row in listed.rows)


@given(st.binary(max_size=500))
def test_any_bytes_are_rows_or_a_refusal(data: bytes) -> None:
    """Nothing that somebody sends raises anything else."""
    try:
        formats.read(data)
    except FileRefused:
        return
