"""What the subcommands have in common: options, and opening the room and the keys."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from keys.folder import BEGUN, KeyFolder
from keys.passphrase import Passphrases
from signing.centre.room import Room, Session, Unlocked, now
from signing.ledger import opening
from signing.ledger.book import Ledger
from signing.messages import _
from verify.shared import whole_files
from verify.shared.command import joined
from verify.shared.progress import shown

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
        "--strike",
        "strikes",
        multiple=True,
        metavar="ROW=REASON",
        help=_("Leave out a row, by number or name, and record why: for this person, wherever the row goes."),
    )(command)
    return click.argument("book", type=click.Path(path_type=Path))(command)


def exam(command: F) -> F:
    """``--exam TERM``."""
    return click.option(
        "--exam", "exam", required=True, metavar="EXAM", help=_("The exam's term or code: 2022-04 or CEM-2022-04.")
    )(command)


@contextlib.contextmanager
def opened(room: Room, keys: KeyFolder | None = None, *, complete: bool = True) -> Iterator[Ledger]:
    """The room's ledger; in the end says which releases wait to be published. Raises Refusal.

    Says so, too, where files from before were open to others and are no more.
    """
    if count := opening.put_right(room.ledger_path, room.releases, room.certificates, files=_of_keys(keys)):
        text = _("Files and folders that others on this machine could read: {}; now only their owner can.")
        click.echo(text.format(count), err=True)
    with room.ledger(now(), keys, complete=complete) as ledger:
        for folder in (room.releases, room.certificates):  # whoever has the ledger is alone in these
            whole_files.sweep(folder)
        yield ledger
        waiting = [job.release for job in ledger.waiting()]
    if waiting:
        click.echo(_("Waiting for `yinjian-sign publish`, in this order: {}").format(joined(waiting)), err=True)


def _of_keys(keys: KeyFolder | None) -> list[Path]:
    """What this room writes into the key folder; of the keys there whoever reads them sees to it."""
    return [] if keys is None else [keys.log_state, keys.path / BEGUN]


@contextlib.contextmanager
def at_work(centre_file: Path, keys_dir: Path | None) -> Iterator[Session]:
    """The room with its keys and ledger open; the passphrase is asked for when a key is needed. Raises Refusal."""
    room = Room.open(centre_file, keys_dir)
    folder = room.keys()
    with opened(room, folder) as ledger:
        unlocked = Unlocked.of(folder, Passphrases())
        at = now()
        if (behind := max((job.recorded_at for job in ledger.jobs()), default=0) - at) > 0:
            words = _("This machine's clock runs behind what was signed here last, by {} s: is it right?")
            click.echo(words.format(behind), err=True)
        yield Session(room=room, unlocked=unlocked, ledger=ledger, now=at, progress=shown)
