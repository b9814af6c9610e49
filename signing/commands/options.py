"""What the subcommands have in common: options, and opening the room and the keys."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from keys import passphrase
from signing.centre.room import Room, Session, Unlocked, now
from signing.messages import _

F = TypeVar("F", bound=Callable[..., Any])


def centre(command: F) -> F:
    """``--centre FILE``."""
    return click.option(
        "--centre",
        "centre_file",
        type=click.Path(path_type=Path),
        default=Path("centre.toml"),
        help=_("The centre's settings; centre.toml here where it is not given."),
    )(command)


def keys(command: F) -> F:
    """``--keys DIR``."""
    return click.option(
        "--keys",
        "keys_dir",
        type=click.Path(path_type=Path),
        default=None,
        help=_("The key folder, where it is not keys/ beside centre.toml or the one that YINJIAN_KEYS names."),
    )(command)


def as_json(command: F) -> F:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help=_("Answer as JSON."))(command)


def book(command: F) -> F:
    """The workbook and ``--strike``."""
    command = click.option(
        "--strike", "strikes", multiple=True, metavar="ROW=REASON", help=_("Leave a row out, and record why.")
    )(command)
    return click.argument("book", type=click.Path(path_type=Path))(command)


def exam(command: F) -> F:
    """``--exam TERM``."""
    return click.option(
        "--exam", "term", required=True, metavar="TERM", help=_("The exam's term in centre.toml, such as 2022-04.")
    )(command)


@contextlib.contextmanager
def at_work(centre_file: Path, keys_dir: Path | None) -> Iterator[Session]:
    """The room with its keys and ledger open; asks for the passphrase once. Raises Refusal."""
    room = Room.open(centre_file, keys_dir)
    folder = room.keys()
    with room.ledger() as ledger:
        unlocked = Unlocked.of(folder, passphrase.ask())
        yield Session(room=room, unlocked=unlocked, ledger=ledger, now=now())
