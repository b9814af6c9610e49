"""Every command's help: what each option is for, and examples that the command takes as they stand."""

import shlex
from collections.abc import Iterator

import click
import pytest

import keys.__main__
import migrations.__main__
import signing.__main__
import verify.__main__

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
