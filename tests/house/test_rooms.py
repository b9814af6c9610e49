"""The rooms' sizes and names: what a reader meets is small, and a name means one thing in the whole house (ADR 19)."""

import statistics
from collections import defaultdict
from pathlib import Path

import pytest

from tests import PROJECT

ROOMS = ("signing", "verify", "keys", "migrations")
MODULES = sorted(
    path
    for room in ROOMS
    for path in (PROJECT / room).rglob("*.py")
    if "node_modules" not in path.parts and path.name not in ("__init__.py", "__main__.py")
)
FOLDERS = sorted({path.parent for room in ("signing", "verify/http") for path in (PROJECT / room).rglob("*.py")})
SHARED_NAMES = {"messages": {"signing", "keys"}, "check": {"signing/commands", "signing/steps", "verify/commands"}}
"""Basenames that stand twice and mean one thing: each room's own words. A command and its step share a name, too."""
FRONTS = ({"signing/commands", "signing/steps"},)
LARGEST = 300
REASON = "One module because"


def lines(path: Path) -> int:
    """How many lines a module has."""
    return len(path.read_text("utf-8").splitlines())


def relative(path: Path) -> str:
    """A place in the project."""
    return path.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("folder", FOLDERS, ids=relative)
def test_a_folder_is_taken_in_at_a_glance(folder: Path) -> None:
    """No folder of the signing room or of the service has more than 16 modules."""
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= 16


def test_modules_are_small() -> None:
    """Half of them have 130 lines at most; one of more than 300 says why it is one module."""
    sizes = {path: lines(path) for path in MODULES}
    assert statistics.median(sizes.values()) <= 130
    large = [path for path, size in sizes.items() if size > LARGEST]
    assert [relative(path) for path in large if REASON not in path.read_text("utf-8").split('"""')[1]] == []


def test_a_name_means_one_thing() -> None:
    """No two modules of the house have one name, but a command and its step, and what each room has for itself."""
    places = defaultdict(set)
    for path in MODULES:
        places[path.stem].add(relative(path.parent))
    twins = {
        name: sorted(folders)
        for name, folders in places.items()
        if len(folders) > 1 and folders not in FRONTS and folders != SHARED_NAMES.get(name)
    }
    assert twins == {}


def test_tests_are_read_in_one_sitting() -> None:
    """No test module has more than 500 lines."""
    large = [relative(path) for path in sorted((PROJECT / "tests").rglob("*.py")) if lines(path) > 500]
    assert large == []


@pytest.mark.parametrize("rule", ['partition("-")', 'ZoneInfo("Asia/Shanghai")', 'numbering == "default")'])
def test_one_rule_is_in_one_place(rule: str) -> None:
    """Parting an exam's code, China's time, and which programmes have the default numbering: one module each."""
    own_meaning = {"verify/http/asked/language.py"}  # the parts of a language tag
    found = [relative(path) for path in MODULES if rule in path.read_text("utf-8")]
    assert len(set(found) - own_meaning) == 1, found
