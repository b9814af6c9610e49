"""Pasted rows: number and name found among whatever stands beside them, or the line named; never a wrong name."""

import time

import pytest

from verify.files.tables import formats

N, H = "CEM2204000001I", "王莉"


def read(text: str) -> list[tuple[str, str | None, str | None]]:
    """Number, name and problem of each row."""
    return [(row.number, row.name, row.problem) for row in formats.read(text.encode(), typed=True).rows]


@pytest.mark.parametrize(
    "text",
    [
        f"100\t{H}\t{N}\n99\t{H}\t{N}", f"研发部\t{H}\t{N}", f"2022-05-15\t{H}\t{N}", f"1. {N} {H}", f"1、{N} {H}",
        f"{H}：{N}", f"{H}:{N}", f"{N} {H}", f"{N}，{H}", f"{N}、{H}", f"{H}{N}", f"{N}=>{H}", f"({1}) {N} {H}",
        f"①{N} {H}", f"- {N} {H}", f"姓名：{H}，证书编号：{N}", f"证书编号：{N}\t姓名：{H}", f"E20220001\t{H}\t{N}",
        f"1\t{H}\t990101199002281232\t{N}\t13800000000", f"{H}\t女\t本科\t{N}\t合格", f"0001 {H} {N} 合格",
        f"2022年5月15日 {H} {N}", f"2022/5/15 8:30\t{H}\t{N}", f"{N};{H};\"a,b\"", f"{N}|{H}|研发部",
        f"{N} {H} a@b.example",
        f"证书编号 姓名\n{N} {H}", f"\n\n{N}　{H}\n", f"华东区\t销售部\t{H}\t{N}", f"{N},{H},碳排放管理师",
        f"{H} ({N})",
        f"序号\t姓名\t编号\n1\t{H}\t{N}", f"“{H}”,“{N}”", f"{N.lower()}  {H}",
    ],
)  # fmt: skip
def test_number_and_name_are_found_on_each_line(text: str) -> None:
    """A serial, a department, a date, a staff number, an ID number or a telephone beside them is none of the two."""
    rows = read(text)
    assert rows
    for number, name, problem in rows:
        assert (number.upper().strip("()"), name, problem) == (N, H, None)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"{N},Smith, John", "Smith, John"), (f"Smith, John\t{N}", "Smith, John"),
        (f"Smith, John, {N}", "Smith, John"),
        (f"{N} Smith, John", "Smith, John"), (f"{N}, John Smith", "John Smith"), (f"John  Smith  {N}", "John Smith"),
        (f"{N} O'Brien, Mary-Ann", "O'Brien, Mary-Ann"), (f"{N} 张 三", "张 三"), (f"张　三\t{N}", "张　三"),
        (f"买买提·吐尔逊江 {N}", "买买提·吐尔逊江"), (f"新疆\t买买提·吐尔逊江\t{N}", "买买提·吐尔逊江"),
        (f"{N} 王科", "王科"),
        (f"北京 {H} {N}", H), (f"{N} 欧阳娜娜", "欧阳娜娜"), (f"{N}\tMarco", "Marco"),
    ],
)  # fmt: skip
def test_names_of_every_kind_are_whole(text: str, name: str) -> None:
    """Latin ones with a comma, ones with white space inside, with the dot, and those that end like a department."""
    assert read(text) == [(N, name, None)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{N},张三,李四", "name_unclear"), (f"研发部 王科 {N}", "name_unclear"),
        (f"John Smith\tSales\t{N}", "name_unclear"),
        (f"张三 李雷 {N}", "name_unclear"), (N, "name_missing"), (H, "number_missing"),
        (f"{H} {H}", "number_missing"),
        (f"2.2E+20 {H}", "number_shortened"), (f"22.0,{H}", "number_shortened"),
        (f"2,204,000,001\t{H}", "number_format"),
        (f"研发部\t{N}\n", None),
    ],
)  # fmt: skip
def test_what_is_not_clear_names_its_line_and_is_not_checked(text: str, problem: str | None) -> None:
    """No name is guessed, as a wrong one would count against the number."""
    (row,) = formats.read(text.encode(), typed=True).rows
    if problem is not None:
        assert (row.problem, row.number) == (problem, "")
        assert row.cell is not None
        assert row.cell.endswith("1")


def test_what_stands_in_a_column_again_and_again_is_no_name() -> None:
    """Places and departments that no list knows are told from names by the other lines."""
    rows = read(f"曙光\t阿丽\t{N}\n曙光\t古丽\t{N}\n朝阳里\t帕提\t{N}")
    assert [name for _, name, _ in rows] == ["阿丽", "古丽", "帕提"]


def test_a_line_of_nothing_but_words_costs_what_it_is_long() -> None:
    """Each word is looked at once: a form full of such lines took minutes."""
    begun = time.process_time()
    read(("a " * 2000 + "\n") * 20)
    assert time.process_time() - begun < 2


def test_a_pasted_table_is_read_by_its_header() -> None:
    """Whatever its columns are called; rows count as lines, and a total below is no person."""
    listed = formats.read(
        f"1、姓名/Name\t部门\t【必填】证书编号\n{H}\t研发部\t{N}\n\n\t合计 1\t\n".encode(), typed=True
    )
    assert [(row.row, row.number, row.name, row.problem) for row in listed.rows] == [(2, N, H, None)]
    assert listed.sheets[0].without == 1
