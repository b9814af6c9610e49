"""Files that a command writes: each whole under its own name when the command goes on, or not there at all."""

import contextlib
import os
import re
import secrets
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


def write(path: Path, data: bytes) -> None:
    """Makes or replaces a file. Raises Refusal."""
    with whole(path) as draft:
        draft.write_bytes(data)


def ending(folder: Path, suffix: str) -> list[Path]:
    """What lies in ``folder`` under names that end so, by name; nothing where there is no folder.

    Raises OSError where nobody lets this process look, which glob takes for a folder without files.
    """
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return [folder / name for name in sorted(names) if name.endswith(suffix)]


def to_disk(path: Path) -> None:
    """Has what was written to a file, or the names in a folder, on disk when it returns. Raises OSError."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders, and writes their names with the files
    opened = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
