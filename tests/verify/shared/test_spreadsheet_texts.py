"""The one reader of spreadsheets: CSV and pasted text, in the encodings and with the faults that offices make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.shared import spreadsheet
from verify.shared.spreadsheet import Limits, Sheet, Unreadable, harmless, without_protection

LIMITS = Limits(size=1 << 24, unpacked=1 << 26, rows=200_000, columns=256)
TEXT = "证书编号,姓名,备注\r\nN1,王小明,优秀\r\nN2,李䶮𠮷,良\r\n"
BIG5 = "證書編號,姓名,備註\r\nN1,王小明,優秀\r\nN2,陳美麗,良好\r\n"


def read(data: bytes | str) -> Sheet:
    """The only sheet of a text."""
    book = spreadsheet.open_text(data, LIMITS) if isinstance(data, str) else spreadsheet.open_book(data, LIMITS)
    return book.sheet(book.sheets[0])


def refusal(data: bytes | str) -> tuple[str, int | None]:
    """Code and line of why ``data`` is not read."""
    with pytest.raises(Unreadable) as refused:
        read(data)
    return refused.value.code, refused.value.line


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_each_encoding_is_read_and_named(encoding: str) -> None:
    """UTF-8 with and without its mark, UTF-16 with it, GB 18030."""
    book = spreadsheet.open_book(TEXT.encode(encoding), LIMITS)
    assert book.encoding == encoding
    assert book.sheet(book.sheets[0]).rows[3] == ["N2", "李䶮𠮷", "良"]


def test_utf_16_is_read_in_either_order_of_bytes() -> None:
    """Its mark says which."""
    assert read(b"\xfe\xff" + TEXT.encode("utf-16-be")).value(2, 1) == "王小明"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (TEXT.encode("utf-16-le"), "encoding_utf16"),
        (TEXT.encode("utf-16-be"), "encoding_utf16"),
        (TEXT.encode("utf-32"), "encoding_utf32"),
        (BIG5.encode("big5"), "encoding_big5"),
        (b"\x00\x01\x02\x03" * 40, "not_a_table"),
        (bytes(range(128, 256)) * 9, "encoding_unknown"),
        (TEXT.encode("utf-16")[:2] + b"\x00\xd8\x00\x00", "encoding_bad_byte"),
    ],
)
def test_another_encoding_is_refused_by_its_name(data: bytes, code: str) -> None:
    """Big5 would else be read as other characters without an error."""
    assert refusal(data)[0] == code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_bad_byte_is_refused_with_its_line(encoding: str, line: int) -> None:
    """Whichever encoding the rest is in."""
    lines = TEXT.encode(encoding).split(b"\r\n")
    lines[line - 1] += b"\xff"
    assert refusal(b"\r\n".join(lines)) == ("encoding_bad_byte", line)


def test_a_utf_8_file_with_a_cell_in_gbk_is_not_read_as_gbk() -> None:
    """The rest would come out as other characters, each of them a real one."""
    data = (TEXT * 20).encode() + "N9,张".encode("gbk") + b"\r\n"
    assert refusal(data) == ("encoding_bad_byte", 61)


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a;b;c\n1,5;2,5;3\n", ";"),
        ("编号;姓名\nN1;Smith, John\nN2;Doe, Jane, Dr.\n", ";"),
        ("a\tb\n1,2,3\t4\n", "\t"),
        ("标题，没有分隔\na;b;c\n1;2;3\n", ";"),
        ("sep=;\na;b\n1;2\n", ";"),
        ("sep=|\na|b\n1|2\n", "|"),
        ('"a;b","c"\n"d;e","f"\n', ","),
    ],
)
def test_the_separator_is_the_one_that_makes_even_rows(text: str, separator: str) -> None:
    """Or the one that a first line names, which is no row."""
    book = spreadsheet.open_text(text, LIMITS)
    assert book.separator == separator
    assert 1 in book.sheet(book.sheets[0]).rows


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ('"张 三" ,1', ["张 三 ", "1"]),
        (' "张三",1', ["张三", "1"]),
        ('"a""b",1', ['a"b', "1"]),
        ('="0012",1', ['="0012"', "1"]),
        ('"=""0012""",1', ['="0012"', "1"]),
        ('5"3,1', ['5"3', "1"]),
        ('"甲\n乙",1', ["甲\n乙", "1"]),
        ("a,b\r", ["a", "b"]),
        ('"",x', [None, "x"]),
    ],
)
def test_cells_in_quotation_marks_are_read_as_excel_reads_them(text: str, cells: list[str | None]) -> None:
    """White space around the marks, marks in a cell, and line breaks that belong to a cell."""
    assert read(text).rows == {1: cells}


def test_rows_count_as_excel_counts_them_and_lines_are_known() -> None:
    """A cell with a line break is one row; a blank line is a row too."""
    sheet = read('a,b\n"1\n1",2\n\n3,4\n')
    assert list(sheet.rows) == [1, 2, 4]
    assert sheet.lines == {3: 4, 4: 5}
    assert read("sep=,\na,b\n").rows == {1: ["a", "b"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('N,H,备注\nN1,王,"优秀\nN2,李,良\nN3,赵,良\n', ("quote_not_closed", 2)),
        ('N,H,备注\nN1,王,"优秀\nN2,李,良"\nN3,赵,良\n', ("row_over_lines", 2)),
        ('N,H,备注\nN1,王,优\nN2,李,"优秀\nN3,赵,"良\n', ("row_over_lines", 3)),
        ('N,H,备注\nN1,王,"优"秀\n', ("quote_misplaced", 2)),
        ('N\tH\n"N1\t王\nN2\t李"\n', ("row_over_lines", 2)),
        ('N,H\n1,"a"\n2,"b\nc"d,\n', ("quote_misplaced", 4)),
    ],
)
def test_a_stray_quotation_mark_is_refused_with_its_line(text: str, expected: tuple[str, int]) -> None:
    """It would else make one cell of many rows, even where another mark closes it."""
    assert refusal(text) == expected


@pytest.mark.parametrize(
    ("text", "header", "rows"),
    [
        ("成绩表\nN,H,R\n1,a,x\n2,b\n3,c,x,\n4,d,x,y\n\n5,Smith, John,x\n", 2, [4, 5, 6, 8]),
        ("N,H,R\n1,Smith, John,\n2,a,\n", 1, [2]),
        ("N,H,R\n1,a\n2,b\n", 1, [2, 3]),
        ("N,H,\n1,a\n2,b\n", 1, []),
        ("N,H\n1,a,\n2,b,\n", 1, []),
        ("N,H\n1,a,\n2,b,x\n", 1, [2, 3]),
        ("N,H\n1,a\n", 1, []),
        ("N,H\n", 1, []),
    ],
)
def test_rows_that_change_their_number_of_cells_are_told(text: str, header: int, rows: list[int]) -> None:
    """Too few and too many; empty cells that all have at the end, titles above and blank lines make no difference."""
    assert list(read(text).uneven(header)) == rows


@given(st.text(alphabet='",;\t\n\r a1王=', max_size=60))
def test_any_text_is_rows_or_a_refusal(text: str) -> None:
    """Every character outside of quotation marks is in some cell, and nothing else is raised."""
    try:
        sheet = read(text)
    except Unreadable:
        return
    kept = "".join(str(value) for row in sheet.rows.values() for value in row if value is not None)
    assert kept.count("王") == text.count("王")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_sheet_or_a_refusal(data: bytes) -> None:
    """Nothing but Unreadable is raised."""
    for head in (b"", b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"), b"\xff\xfe", b"\x09\x08"):
        try:
            read(head + data)
        except Unreadable:
            continue


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ('="0012"', "0012"), ('= "a""b" ', 'a"b'), ("'0012", "0012"), ("`0012", "0012"), ("’0012", "0012"),
        ('\'="0012"', "0012"), ("'张三'", "张三"), ("O'Brien", "O'Brien"), ("'", "'"), ("=1+1", "=1+1"), ("", ""),
        (" '7", "7"), ("＇7", "7"), ("''7", "7"),
    ],
)  # fmt: skip
def test_the_marks_that_protect_a_text_come_off(text: str, bare: str) -> None:
    """And nothing else does."""
    assert without_protection(text) == bare


@pytest.mark.parametrize(
    "begins",
    ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "　-", "\xa0@", " \t+", " ＝"],
)
def test_a_field_that_may_be_taken_for_a_formula_gets_an_apostrophe(begins: str) -> None:
    """In every CSV that is written here, by one rule; also in the wide forms, and behind white space."""
    text = f"{begins}HYPERLINK(0)"
    assert harmless(text) == f"'{text}"
    assert harmless("王莉") == "王莉"
    assert harmless("买买提·吐尔逊") == "买买提·吐尔逊"
    assert harmless("") == ""
