"""docs/settings.md, in both languages: every setting that the code reads and every command, and no other."""

import ast
import re
from collections.abc import Iterator

import click
import pytest

from keys.__main__ import commands as of_keys
from migrations.__main__ import commands as of_migrate
from signing.__main__ import commands as of_sign
from tests import PROJECT
from verify.__main__ import command as of_verify
from verify.shared import setting_names

DOCS = ["settings.md", "settings.zh-CN.md"]
GROUPS = {"keys": of_keys, "sign": of_sign, "verify": of_verify, "migrate": of_migrate}
BY_USE = {"YINJIAN_PASSPHRASE_<USE>", "YINJIAN_PASSPHRASE_FILE_<USE>"}
_NAME = re.compile("YINJIAN_[A-Z_]*[A-Z]")


def read_in_code() -> Iterator[str]:
    """Every setting's name that stands in the code by itself: not in a sentence."""
    for room in ("keys", "migrations", "signing", "verify"):
        for path in (PROJECT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
                    yield node.value


def first_cells(name: str) -> list[str]:
    """What the tables of a document tell of."""
    return re.findall(r"^\| `([^`]+)` \|", (PROJECT / "docs" / name).read_text("utf-8"), re.MULTILINE)


def test_the_names_are_those_that_the_code_reads() -> None:
    """A setting that is added or goes is so here too."""
    assert set(read_in_code()) == setting_names.NAMES


@pytest.mark.parametrize("document", DOCS)
def test_every_setting_and_command_is_in_the_tables_once(document: str) -> None:
    """What is not documented does not exist for who runs this, and what does not exist misleads."""
    told = first_cells(document)
    assert len(told) == len(set(told))
    assert {one for one in told if one.startswith("YINJIAN_")} == setting_names.NAMES | BY_USE
    there = {
        f"yinjian-{room} {name}" for room, group in GROUPS.items() for name in group.list_commands(click.Context(group))
    }
    assert {one for one in told if not one.startswith("YINJIAN_")} == there


def test_a_name_that_is_none_is_told_with_the_one_that_may_be_meant() -> None:
    """A slip in a name is as if nothing were set: behind an unknown proxy all the public would be one client."""
    right = ["PATH", "YINJIAN_LOG", "YINJIAN_PASSPHRASE_FILE_LOG"]
    assert setting_names.unknown([*right, "YINJIAN_TRUSTED_PROXY", "YINJIAN_WORKER", "YINJIAN_XYZZY"]) == [
        ("YINJIAN_TRUSTED_PROXY", "YINJIAN_TRUSTED_PROXIES"),
        ("YINJIAN_WORKER", "YINJIAN_WORKERS"),
        ("YINJIAN_XYZZY", ""),
    ]
