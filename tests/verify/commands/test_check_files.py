"""What ``yinjian-verify check`` makes of files: each code is told with its place, none passed over without a word."""

import json
import os
from pathlib import Path
from typing import Any

import click.testing
import pytest
from openpyxl import Workbook

from tests.verify.commands.papers import GOOD_TEXT, REVOKED_TEXT, code, drawn, run
from verify.__main__ import command
from verify.commands.things import answer_here
from verify.files.findings import Findings
from verify.files.jobs import FindCodes
from verify.files.refusals import FileRefused


def test_a_folder_of_pictures_pdfs_and_tables_is_told_whole(files: list[str], tmp_path: Path) -> None:
    """Every code with its place; what holds none, or cannot be read, is named and ends with 1; hidden files counted."""
    folder = tmp_path / "papers"
    drawn(folder / "a.png", GOOD_TEXT)
    drawn(folder / "deeper" / "b.pdf", GOOD_TEXT)
    drawn(folder / "payment.jpg", "wxp://f2f0abc")
    (folder / ".hidden").write_text("x")
    (folder / "list.txt").write_text(f"{GOOD_TEXT}\n{REVOKED_TEXT}\n")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "round").symlink_to(folder)
    (folder / "gone.png").symlink_to(folder / "nothing")
    book = Workbook()
    book.worksheets[0]["C7"] = GOOD_TEXT
    book.save(folder / "table.xlsx")
    answer = run("check", folder, "--json", *files)
    given = json.loads(answer.stdout)
    found = [(Path(x["source"]).name, x["place"], x["verdict"]["outcome"]) for x in given["verdicts"]]
    assert found == [
        ("a.png", None, "valid"), ("list.txt", "A1", "valid"), ("list.txt", "A2", "revoked"),
        ("table.xlsx", "Sheet!C7", "valid"), ("b.pdf", None, "valid"),
    ]  # fmt: skip
    problems = {Path(x["source"]).name: x["code"] for x in given["problems"]}
    assert problems == {
        "payment.jpg": "other_code", "broken.png": "damaged_file", "round": "no_file", "gone.png": "no_file",
    }  # fmt: skip
    assert (code(answer), "Hidden files passed over: 1." in answer.stderr) == (1, True)
    assert "wxp" not in answer.output
    assert (
        "Codes: 5; valid 4, not valid 1, not wholly checked 0; files or columns with something else: 4."
        in run("check", folder, *files).stdout
    )


def test_rows_without_a_text_in_a_column_of_texts_are_told(files: list[str], tmp_path: Path) -> None:
    """Errors, numbers and empty cells below the heading: who stands there was not checked. A chart is no sheet."""
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["Name", "Code"], ["A", "#N/A"], ["B", GOOD_TEXT], ["C", None], ["D", 12345], ["E", GOOD_TEXT], []):
        sheet.append(row)
    sheet["A9"] = "a note of several rows"
    book.create_chartsheet("chart")
    book.save(tmp_path / "table.xlsx")
    answer = run("check", tmp_path / "table.xlsx", *files)
    assert "Beside Sheet!B3 its column has rows without a certificate's QR text: 4 (B2, B4, B5, B9)." in answer.stdout
    assert code(answer) == 1
    (tmp_path / "list.txt").write_text(f"{GOOD_TEXT}\n\n{GOOD_TEXT}\n")
    assert code(run("check", tmp_path / "list.txt", *files)) == 0


def test_names_of_files_neither_steer_the_terminal_nor_end_a_check(files: list[str], tmp_path: Path) -> None:
    """One that is no text in any encoding, or made to look like a line of ours, is written with escapes."""
    folder = tmp_path / "papers"
    drawn(folder / "a.png: FORGED\nb.png", GOOD_TEXT)
    for name in (b"\xff.png", b"\x1b[2J.png", "gnp\u202e.png".encode()):
        (folder / os.fsdecode(name)).touch()
    answer = run("check", folder, *files)
    lines = [line for line in answer.stdout.splitlines() if not line.startswith("    ")]
    assert [line.rpartition("papers/")[2].partition(": ")[0] for line in lines[:4]] == [
        "\\x1b[2J.png", "a.png", "gnp\\u202e.png", "\\udcff.png"
    ]  # fmt: skip
    assert len(lines) == 5
    assert "\x1b" not in answer.stdout
    given = json.loads(run("check", folder, "--json", *files).stdout)
    assert len(given["problems"]) == 3


def test_folders_and_files_that_are_closed_are_told_wherever_they_lie(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last of a folder too, a folder that is closed as a whole, and files of one that lets nobody pass."""
    folder = tmp_path / "papers"
    drawn(folder / "a.png", GOOD_TEXT)
    (folder / "b.png").touch()
    (folder / "z").mkdir()
    scandir, stat = os.scandir, Path.stat

    def closed(path: Any) -> Any:
        if Path(path).name in ("z", "whole"):
            raise PermissionError(13, "closed", str(path))
        return scandir(path)

    def kept(path: Path, **options: Any) -> os.stat_result:
        if path.name == "b.png":
            raise PermissionError(13, "closed", str(path))
        return stat(path, **options)

    monkeypatch.setattr("os.scandir", closed)
    monkeypatch.setattr("pathlib.Path.stat", kept)
    given = json.loads(run("check", folder, "--json", *files).stdout)
    assert [(Path(x["source"]).name, x["code"]) for x in given["problems"]] == [("b.png", "closed"), ("z", "closed")]
    (tmp_path / "whole").mkdir()
    assert run("check", tmp_path / "whole", *files).stdout.endswith("whole: there is no right to it\n")


def test_digits_alone_are_a_text_however_long(files: list[str]) -> None:
    """No file's name may be as long, and no system is asked for one."""
    assert code(run("check", GOOD_TEXT.rpartition("/")[2], *files)) == 0


def test_nothing_and_what_comes_by_standard_input_are_answered(files: list[str], tmp_path: Path) -> None:
    """``-`` is a file without a name; an empty folder and an empty argument are told as such."""
    picture = drawn(tmp_path / "a.png", GOOD_TEXT).read_bytes()
    given = click.testing.CliRunner().invoke(command, ["check", "-", *files], input=picture, standalone_mode=False)
    assert (given.stdout.startswith("stdin: valid as of"), code(given)) == (True, 0)
    (tmp_path / "empty").mkdir()
    answer = run("check", tmp_path / "empty", *files)
    assert (answer.stdout.endswith("empty: The folder has no files.\n"), code(answer)) == (True, 1)
    for wrong in ("", " ", "CEM2204000001I"):
        answer = run("check", wrong, *files)
        assert (code(answer), "neither a file here nor" in str(answer.exception)) == ("UsageError", True)


def test_a_file_that_ends_its_reader_costs_its_own_row(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers' files are read by other processes; the one that dies of a file is told with it, and others go on."""
    monkeypatch.setattr("verify.files.template.PROGRAM", "tests.verify.commands.dying_worker")
    folder = tmp_path / "papers"
    monkeypatch.setattr("verify.commands.things._cores", lambda: 1)  # so that others were sent behind it
    picture = drawn(folder / "a.png", GOOD_TEXT).read_bytes()
    for name in "bcdefghi":
        (folder / f"{name}.png").write_bytes(picture + (b"die" if name in "eg" else b""))
    answer = run("check", folder, "--json", *files)
    given = json.loads(answer.stdout)
    assert [Path(x["source"]).stem for x in given["verdicts"]] == list("abcdfhi")
    assert [(Path(x["source"]).stem, x["code"]) for x in given["problems"]] == [
        ("e", "reader_failed"),
        ("g", "reader_failed"),
    ]
    assert code(answer) == 1


def test_pictures_and_tables_in_turn_are_told_in_order(files: list[str], tmp_path: Path) -> None:
    """Those of the one kind are not sent to the other's reader, and each answer is told with its own file."""
    folder = tmp_path / "papers"
    picture = drawn(folder / "0.png", GOOD_TEXT).read_bytes()
    for number in range(1, 10):
        bytes_of = (picture, f"{REVOKED_TEXT}\n".encode(), b"", b"\x89PNG\r\n\x1a\n")
        (folder / f"{number}").write_bytes(bytes_of[number % 4])
    given = json.loads(run("check", folder, "--json", *files).stdout)
    assert [(Path(x["source"]).name[0], x["verdict"]["outcome"]) for x in given["verdicts"]] == [
        ("0", "valid"), ("1", "revoked"), ("4", "valid"), ("5", "revoked"), ("8", "valid"), ("9", "revoked")
    ]  # fmt: skip
    assert [(Path(x["source"]).name, x["code"]) for x in given["problems"]] == [
        ("2", "empty_file"), ("3", "damaged_file"), ("6", "empty_file"), ("7", "damaged_file")
    ]  # fmt: skip


def test_where_there_are_no_such_processes_files_are_read_here(tmp_path: Path) -> None:
    """On Windows: with the same answers and refusals."""
    found = answer_here(FindCodes(data=drawn(tmp_path / "a.png", GOOD_TEXT).read_bytes(), seconds=5))
    assert isinstance(found, Findings)
    assert [one.text for one in found.codes] == [GOOD_TEXT]
    for data, wanted in ((b"\x89PNG\r\n\x1a\n", "damaged_file"), (object(), "reader_failed")):
        refused = answer_here(FindCodes(data=data, seconds=5))  # type: ignore[arg-type]  # the second breaks a reader
        assert isinstance(refused, FileRefused)
        assert refused.code == wanted
