"""What all commands do alike: language, refusals and their exit codes, JSON, progress; and their catalogues."""

import ast
import asyncio
import io
import itertools
import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import click
import pytest
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

from tests import PROJECT
from verify.core.errors import KeyringRefused
from verify.shared import command as cli
from verify.shared import environment, progress, whole_files
from verify.shared.command import Refusal
from verify.shared.database_trouble import TROUBLE, connect, told


def end(problem: BaseException | None, *arguments: str, refusals: tuple[type[Exception], ...] = ()) -> int | str | None:
    """The exit code of a command that raises ``problem``."""

    @click.command()
    @click.option("--number", type=int)
    def command(number: int | None) -> None:
        if problem is not None:
            raise problem
        click.echo(f"done {number}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["command", *arguments])
        patch.setenv("LANGUAGE", "")
        with pytest.raises(SystemExit) as ended:
            cli.run(command, refusals)
    return ended.value.code


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (None, 0, ""),
        (Refusal("row 12 has no name"), 1, "Refused: row 12 has no name"),
        (KeyringRefused("altered", "a keyring that drops a host"), 1, "a keyring that drops a host (altered)"),
        (FileNotFoundError(2, "No such file or directory", "book.xlsx"), 1, "book.xlsx: there is no such file"),
        (OSError(28, "No space left on device"), 1, "the disk is full"),
        (OSError(71, "Protocol error"), 1, "Protocol error"),
        (KeyboardInterrupt(), 1, "Stopped."),
        (click.UsageError("no"), 2, "no"),
        (click.BadParameter("no"), 2, "no"),
    ],
)
def test_each_end_has_its_exit_code_and_words(
    problem: BaseException | None, code: int, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """0 done, 1 refused with the reason, 2 wrong usage."""
    assert end(problem) == code
    assert said in capfd.readouterr().err


def test_what_nobody_foresaw_is_no_traceback_and_tells_no_value(capfd: pytest.CaptureFixture[str]) -> None:
    """The kind of error and its place, not its text, which may hold a name or an ID number."""
    assert end(ValueError("990000199001010001")) == 1
    said = capfd.readouterr().err
    assert "ValueError at test_command.py:" in said
    assert "990000199001010001" not in said
    assert "Traceback" not in said


def test_a_rooms_own_refusals_are_shown_as_they_are(capfd: pytest.CaptureFixture[str]) -> None:
    """An exception that a command names means 1 and its message."""
    assert end(ArithmeticError("too many"), refusals=(ArithmeticError,)) == 1
    assert "Refused: too many" in capfd.readouterr().err


def test_lists_of_commands_have_whole_sentences_and_usage_is_in_the_readers_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Chinese has no spaces at which a sentence could be cut."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("LANGUAGE", "zh")  # which running a command sets
    group = click.Group("tool", help="工具。")
    said = "把以往年度的纸质证书按其原有编号补登记，并生成列有它们的名单，照常发布，谁也不会漏掉"
    group.add_command(click.Command("adopt", help=f"{said}。再说一句。"))
    monkeypatch.setattr(sys, "argv", ["tool", "--help"])
    with pytest.raises(SystemExit):
        cli.run(group)
    shown = "".join(capsys.readouterr().out.split())
    assert said in shown
    assert "再说一句" not in shown
    assert "[选项]命令[参数]..." in shown


def test_wrong_options_are_wrong_usage() -> None:
    """Unknown options and values of the wrong kind end with 2."""
    assert end(None, "--nonsense") == 2
    assert end(None, "--number", "many") == 2
    assert end(None, "--help") == 0


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LC_ALL": "", "LANG": "ZH"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN"}, "en"),
    ],
)
def test_the_language_is_the_locales(variables: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """LC_ALL before LC_MESSAGES before LANG; every kind of zh is Chinese, everything else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cli.language() == language


def test_without_catalogues_messages_stay_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout that nobody has set up still works."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert cli.messages(tmp_path)("Stopped.") == "Stopped."


def test_json_is_for_programs_and_keeps_its_characters(capsys: pytest.CaptureFixture[str]) -> None:
    """Chinese stays as it is."""
    cli.print_json({"holder": "王𠮷"})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"holder": "王𠮷"}
    assert "王𠮷" in printed


class Clock:
    """A clock that tests put forward."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        """The time of this clock."""
        return self.now


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_shows_only_what_takes_longer_than_a_second(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quick work is silent; slow work says how far it is, on a terminal and in a file."""
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)

    def shown(seconds: float) -> str:
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda: terminal)
        with progress.shown("Signing", 10, stream) as advance:
            for _ in range(10):
                clock.now += seconds / 10
                advance()
        return stream.getvalue()

    assert shown(0.5) == ""
    assert "Signing" in shown(5)


CATALOGUES = {
    "keys": PROJECT / "keys" / "locale",
    "verify/shared": PROJECT / "verify" / "locale",
    "verify/__main__.py": PROJECT / "verify" / "locale",
    "verify/commands": PROJECT / "verify" / "locale",
    "verify/doctor": PROJECT / "verify" / "locale",
    "verify/monitor": PROJECT / "verify" / "locale",
    "verify/service": PROJECT / "verify" / "locale",
    "signing": PROJECT / "signing" / "locale",
    "migrations": PROJECT / "migrations" / "locale",
}


def wanted(source: Path) -> set[str]:
    """Every message in the sources."""
    options: dict[str, Any] = {"method": "python", "filename": str(source)}
    if source.is_file():
        return {str(message[1]) for message in extract_from_file(**options)}
    found = extract_from_dir(source, method_map=[("**.py", "python")], strip_comment_tags=False)
    return {str(message[2]) for message in found}


def places(message: str) -> list[str]:
    """What a message is filled with: names, and numbers for what has none."""
    numbers = itertools.count()
    return sorted(name or str(next(numbers)) for name in re.findall(r"{([^}:]*)[^}]*}", message))


@pytest.mark.parametrize("source", CATALOGUES)
def test_every_message_is_translated_with_the_same_places(source: str) -> None:
    """No message of a command lacks its Chinese, and each translation has the places of its original."""
    with next(CATALOGUES[source].glob("zh*/LC_MESSAGES/messages.po")).open("rb") as file:
        catalogue = read_po(file)
    plural = [message for message in catalogue if message.pluralizable]
    translated = {
        str(one.id): str(one.string) for one in catalogue if one.id and one.string and not one.pluralizable
    } | {one.id[-1]: str((one.string or [""])[0]) for one in plural}
    assert wanted(PROJECT / source) - translated.keys() == set()
    for original, chinese in translated.items():
        assert places(original) == places(chinese), original


@pytest.mark.parametrize("source", CATALOGUES)
def test_no_message_stands_twice_in_a_catalogue(source: str) -> None:
    """Of two translations of one message the compiler takes the last without a word."""
    text = next(CATALOGUES[source].glob("zh*/LC_MESSAGES/messages.po")).read_text("utf-8")
    said = re.findall(r'^msgid ((?:".*"\n)+)', text, re.MULTILINE)
    assert [one for one in said if said.count(one) > 1] == []


def test_work_without_steps_says_that_it_goes_on_once_it_has_taken_a_second() -> None:
    """Quick work says nothing."""
    quick, slow = io.StringIO(), io.StringIO()
    with progress.shown("Reading", stream=quick):
        pass
    done = threading.Event()
    with progress.shown("Reading", stream=slow):
        while not slow.getvalue():
            done.wait(0.05)
    assert (quick.getvalue(), slow.getvalue()) == ("", "Reading …\n")


SAID_IN_CHINESE = ("signed", "standing", "register", "log/checkpoint")
"""Modules of the core whose every detail says something else than that bytes have another form than they must."""
OF_FORM = ("a note ",)


def details(module: str) -> Iterator[str]:
    """What a module's refusals say, those apart that hold a value."""
    for node in ast.walk(ast.parse((PROJECT / "verify" / "core" / f"{module}.py").read_text())):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if name in ("NotBelieved", "LogRefused", "RegisterDamaged"):
            detail = node.args[1]  # type: ignore[attr-defined]  # a call
            if isinstance(detail, ast.Constant):
                yield str(detail.value)


@pytest.mark.parametrize("module", SAID_IN_CHINESE)
def test_what_the_core_refuses_is_said_in_chinese_as_what_it_is(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change out of turn is not called damaged, and no English stands in a Chinese sentence."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    found = [detail for detail in details(module) if not detail.startswith(OF_FORM)]
    assert found
    general = cli.said("nothing that anybody says")
    for detail in found:
        assert not re.search("[A-Za-z]{3} ", cli.said(detail)), detail
        assert cli.said(detail) != general, detail


@click.command()
@click.argument("verb", type=click.Choice(["revoke", "suspend"]))
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]))
def slips(verb: str, date: object) -> None:
    """Takes a word of two."""


@pytest.mark.parametrize(
    "typed", [["revok"], ["revoke", "--date", "x"], ["revoke", "--date"], ["revoke", "2", "3"], ["revoke", "--dat"]]
)
def test_slips_at_the_keyboard_are_told_in_chinese(
    typed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also by click's own words, which have a form for one and one for several."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("LANGUAGE", "")  # which run sets, and which is to be as it was afterwards
    monkeypatch.setattr(sys, "argv", ["slips", *typed])
    with pytest.raises(SystemExit):
        cli.run(slips)
    said = capsys.readouterr().err.splitlines()[-1]
    assert not re.search("[A-Za-z]{2,} [A-Za-z]{2,} ", said), said


@pytest.mark.parametrize(
    "url", ["postgresql://u:hush/word@h/d", "postgresql://u:hush#word@h/d", "u:hush@h/d", "postgresql://u:p@h:hush/d"]
)
def test_no_part_of_a_databases_address_is_told(url: str) -> None:
    """A password with a slash makes a port of its first half, which the driver would name."""
    with pytest.raises(TROUBLE) as failed:
        asyncio.run(connect(url))
    assert "hush" not in told(failed.value)
    assert told(TimeoutError()) == "it took too long"
    assert told(ConnectionRefusedError(111, "Connect call failed")) == "nothing listens there"


def test_what_a_database_raises_is_told_without_a_class_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the reader's language; what it says beyond the usual is quoted, and no row's values with it."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    for kind in vars(asyncpg).values():
        if isinstance(kind, type) and issubclass(kind, TROUBLE):
            error: Any = kind("the server's words")
            error.detail = "Key (name)=(张伟)"
            said = told(error)
            assert "张伟" not in said
            assert re.search("[一-鿿]{3}", said), said


def test_an_address_of_no_database_is_refused_by_the_settings_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not shown: a password may be in it."""
    monkeypatch.setenv("YINJIAN_DATABASE_URL", "h:5432/hush")
    with pytest.raises(cli.Refusal, match=r"^YINJIAN_DATABASE_URL: not the address of a database") as refused:
        environment.database_url("YINJIAN_DATABASE_URL")
    assert "hush" not in str(refused.value)


def test_a_debug_setting_that_is_neither_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would be as if it were not set."""
    monkeypatch.setenv("YINJIAN_DEBUG", "true")
    monkeypatch.setenv("LANGUAGE", "")
    with pytest.raises(SystemExit) as ended:
        cli.run(slips)
    assert (ended.value.code, "YINJIAN_DEBUG" in capsys.readouterr().err) == (1, True)


def test_a_draft_is_written_where_nobody_could_lay_a_link(tmp_path: Path) -> None:
    """Its name cannot be foreseen: a link at one of the process's number led to whatever its maker wanted written."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / f".report.xlsx.{os.getpid()}").symlink_to(victim)
    whole_files.write(tmp_path / "report.xlsx", b"new")
    assert (victim.read_text(), (tmp_path / "report.xlsx").read_bytes()) == ("mine", b"new")
