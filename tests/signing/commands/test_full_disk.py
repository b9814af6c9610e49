"""A disk that fills: what is meant is named, no half file stands there as a whole one, and with room it goes on."""

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from keys.__main__ import main as keys_main
from tests import signing_room
from tests.commands_here import run_here
from tests.signing_room import Place

FULL = "it would be larger than files may be here"


@contextlib.contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file grows beyond ``size`` bytes meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A room without a ledger."""
    return signing_room.make(tmp_path_factory.mktemp("full") / "centre")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [(("template", "own.toml"), "own.toml"), (("paper-template", "labels", "own.typ"), "own.typ")],
)
def test_a_file_to_begin_with_is_whole_or_not_there(place: Place, arguments: tuple[str, ...], name: str) -> None:
    """What a full disk cut off was taken for what the centre had decided, and never written over."""
    with files_of_at_most(100):
        said = place.run(*arguments)
    assert said.returncode == 1
    assert f"{name} could not be written: {FULL}" in said.stderr
    assert not (place.folder / name).exists()
    assert place.run(*arguments).returncode == 0
    assert (place.folder / name).stat().st_size > 100
    again = place.run(*arguments)
    assert again.returncode == 1
    assert f"{name} is there already." in again.stderr


@pytest.mark.parametrize("most", [0, 50, 900])
def test_a_first_ledger_that_finds_no_room_is_called_by_its_name(place: Place, most: int) -> None:
    """Not by the name of its draft, which nobody has seen."""
    with files_of_at_most(most):
        said = place.run("init")
    assert said.returncode == 1
    assert "The ledger ledger.sqlite: " in said.stderr
    assert not list(place.folder.glob("*.sqlite"))


@pytest.mark.parametrize("most", [0, 200])
def test_a_new_key_that_finds_no_room_is_named(place: Place, tmp_path: Path, most: int) -> None:
    """It said that the disk was full, and not which."""
    other = place.copy(tmp_path / "centre")
    environment = other.environment({})
    with files_of_at_most(most):
        said = run_here(keys_main, "rotate", "status", "--yes", folder=other.folder, environment=environment)
    assert said.returncode == 1
    assert f"{other.folder}/keys/status-" in said.stderr
    assert len(list((other.folder / "keys").glob("status-*.pem"))) == 1
    assert (
        run_here(keys_main, "rotate", "status", "--yes", folder=other.folder, environment=environment).returncode == 0
    )


def test_public_files_are_replaced_whole(place: Place) -> None:
    """Half of a key set stood where others fetch it."""
    environment = place.environment({})
    assert run_here(keys_main, "export", "out", folder=place.folder, environment=environment).returncode == 0
    before = {path.name: path.read_bytes() for path in (place.folder / "out").iterdir()}
    with files_of_at_most(10):
        said = run_here(keys_main, "export", "out", folder=place.folder, environment=environment)
    assert said.returncode == 1
    assert "out/keyring.cbor could not be written" in said.stderr
    assert {path.name: path.read_bytes() for path in (place.folder / "out").iterdir()} == before
