"""Every command's help: what each option is for, and examples that the command takes as they stand."""

import shlex
from collections.abc import Iterator

import click
import pytest

import keys.__main__
import migrations.__main__
import signing.__main__
import verify.__main__
from verify.shared.help_format import ChineseHelp, columns, folded

GROUPS = {
    "yinjian-keys": keys.__main__.commands,
    "yinjian-sign": signing.__main__.commands,
    "yinjian-verify": verify.__main__.command,
    "yinjian-migrate": migrations.__main__.commands,
}


def below(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, with what is typed for it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from below(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(pair for path, group in GROUPS.items() for pair in below(group, path))


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_says_what_it_is_for(path: str) -> None:
    """No option is a bare name."""
    options = [one for one in COMMANDS[path].params if isinstance(one, click.Option) and not one.hidden]
    assert [one.opts for one in options if not one.help] == []


@pytest.mark.parametrize("path", [path for path, command in COMMANDS.items() if command.epilog])
def test_examples_are_taken_as_they_stand(path: str) -> None:
    """Each example names its own command, and no option or argument of it is refused."""
    epilog = COMMANDS[path].epilog or ""
    examples = [line.strip() for line in epilog.splitlines()[2:]]
    assert examples
    for line in examples:
        assert line.startswith(path)
        COMMANDS[path].make_context(path, shlex.split(line.removeprefix(path)))


def test_commands_are_listed_in_the_order_of_the_work() -> None:
    """A clerk reads check, announce, issue, publish in this order, and not by letter."""
    named = [path.split()[1] for path in COMMANDS if path.startswith("yinjian-sign")]
    work = ["template", "init", "check", "announce", "objections", "issue", "publish", "print", "status"]
    assert [name for name in named if name in work] == work


def test_chinese_help_is_folded_by_what_characters_take() -> None:
    """No line is wider than the terminal or begins with a mark, meanings stand in a column, nothing is lost."""
    text = (
        "把以往年度的纸质证书按其原有编号补登记，并生成列有它们的名单（见 centre.toml）；编号、姓名须与原件一致。" * 3
    )
    lines = list(folded(text, 40))
    assert all(columns(line) <= 40 and line[0] not in "，。、；：）" for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    help_ = ChineseHelp(width=60)
    help_.write_usage("yinjian-sign", "[选项]")
    with help_.section("选项"):
        help_.write_dl([("--root 指纹", text), ("--json", "以 JSON 输出。")])
    with help_.indentation():
        help_.write_text("说明。\n\n\b\n示例：\n  yinjian-sign check candidates.xlsx")
    shown = help_.getvalue().splitlines()
    assert shown[:3] == ["用法：yinjian-sign [选项]", "", "选项："]
    assert {columns(line[: len(line) - len(line.lstrip())]) for line in shown[4:9]} == {15}
    assert "  --json       以 JSON 输出。" in shown
    assert shown[-4:] == ["  说明。", "", "  示例：", "    yinjian-sign check candidates.xlsx"]
    assert max(map(columns, shown)) <= 60
