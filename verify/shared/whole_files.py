"""Files that a command writes: each whole under its own name when the command goes on, or not there at all."""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from verify.shared.command import LOCALE, Refusal, messages, why

_ = messages(LOCALE)

_DRAFT: Final = re.compile(r"\.(.+)\.[0-9a-f]{8}", re.DOTALL)


@contextlib.contextmanager
def whole(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """A draft beside ``path`` to write to; it takes the place of ``path`` when the block ends without a fault.

    A ``durable`` file and its name are on disk then, whatever befalls the machine.
    Raises Refusal, which names ``path``, where folder or disk do not take it; nothing is left behind then.
    """
    # A name that nobody can foresee: in a folder that others write to, theirs may be a link to anywhere.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        yield draft
        if durable:
            to_disk(draft)
        draft.replace(path)
        if durable:
            to_disk(path.parent)
    except OSError as error:
        raise Refusal(_("{} could not be written: {}.").format(path, why(error))) from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def meant(path: Path) -> str:
    """The name of a file, or of the one that a draft is to become."""
    draft = _DRAFT.fullmatch(path.name)
    return draft[1] if draft else path.name


@contextlib.contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A folder beside ``path``, for the owner alone, in which to make it or what belongs to it; gone afterwards.

    So are those of commands that were killed.
    """
    sweep(path.parent, path.name)
    made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    made.mkdir(0o700)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def sweep(folder: Path, name: str | None = None) -> None:
    """Takes away the drafts that killed commands left in ``folder``, all or those for one ``name``.

    Whoever calls is alone at them. What cannot be taken away stays: it is in nobody's way.
    """
    with contextlib.suppress(OSError):
        for left in list(folder.iterdir()):
            draft = _DRAFT.fullmatch(left.name)
            if draft is None or (name is not None and draft[1] != name):
                continue
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    left.unlink()


def write(path: Path, data: bytes, *, among_many: bool = False) -> None:
    """Makes or replaces a file. Raises Refusal.

    What a killed command left of it goes; ``among_many`` whoever writes them sees to that, once for all.
    """
    if not among_many:
        sweep(path.parent, path.name)
    with whole(path) as draft:
        draft.write_bytes(data)


def ending(folder: Path, suffix: str) -> list[Path]:
    """What lies in ``folder`` under names that end so, by name; nothing where there is no folder.

    Raises OSError where nobody lets this process look, which glob takes for a folder without files.
    """
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(suffix))
    except FileNotFoundError:
        return []


def to_disk(path: Path) -> None:
    """Has what was written to a file, or the names in a folder, on disk when it returns. Raises OSError."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders, and writes their names with the files
    opened = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
