"""The layers inside the rooms: a folder imports from those drawn below it and from itself, and from no other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import PROJECT
from tests.house.test_boundaries import imported

LAYERS = {
    "signing": (
        {"__main__"},
        {"commands"},
        {"steps"},
        {"workbook"},
        {"print"},
        {"release"},
        {"centre"},
        {"ledger"},
        {"spread"},
        {"messages"},
    ),
    "verify": (
        {"__main__"},
        {"commands"},
        {"processes", "doctor"},
        {"http"},
        {"registry", "files", "fsck", "monitor", "service"},
        {"shared"},
        {"core"},
    ),
}
"""From the top down; what stands together knows nothing of one another."""


def folders(room: str) -> Iterator[tuple[str, str, str]]:
    """Each import inside a room: the folder that has it, the folder that it is of, and where it stands."""
    for path in sorted((PROJECT / room).rglob("*.py")):
        place = path.relative_to(PROJECT / room)
        if "node_modules" in place.parts or place == Path("__init__.py"):
            continue
        own = place.parts[0].removesuffix(".py")
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == room:
                yield own, parts[1], f"{room}/{place} imports {name}"


@pytest.mark.parametrize("room", LAYERS)
def test_arrows_in_a_room_point_down(room: str) -> None:
    """Commands know steps, steps what they are made of, and the ledger, like the core, nobody above."""
    height = {folder: -depth for depth, together in enumerate(LAYERS[room]) for folder in together}
    up = [where for own, of, where in folders(room) if own != of and height[own] <= height[of]]
    assert up == []


@pytest.mark.parametrize("room", LAYERS)
def test_every_folder_has_its_layer(room: str) -> None:
    """What is drawn above is what is there."""
    there = {path.stem for path in (PROJECT / room).glob("*.py")} - {"__init__"}
    there |= {path.parent.name for path in (PROJECT / room).glob("*/__init__.py")}
    assert there == set().union(*LAYERS[room])
