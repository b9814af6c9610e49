"""Settings files of the working folder: KEY=VALUE lines, readable by their owner alone.

Every command takes the environment's variable first, and a file in the ``var`` folder after that.
"""

import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from verify.shared import setting_names, whole_files
from verify.shared.command import LOCALE, Refusal, messages

_ = messages(LOCALE)


def var_folder() -> Path:
    """The folder of what runs here: ``YINJIAN_VAR``, or ``var`` in the working folder."""
    return Path(os.environ.get("YINJIAN_VAR") or "var").absolute()


def read(path: Path) -> dict[str, str]:
    """The settings in ``path``, none where there is no such file."""
    pairs = (line.partition("=") for line in _lines(path).values() if "=" in line)
    return {key.strip(): value.strip() for key, _equals, value in pairs}


def _lines(path: Path) -> dict[int, str]:
    """Each line that says something, by its number. Raises Refusal where the file is no text."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise Refusal(_("{file}: not UTF-8").format(file=path)) from None
    return {at: line for at, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")}


def strange(path: Path) -> Iterator[str]:
    """What in ``path`` is no setting, for people: it is as if it were not there, and nothing else tells."""
    lines = _lines(path)
    for name, meant in setting_names.unknown(read(path), every=True):
        text = _("{name} is no setting; is {meant} meant?") if meant else _("{name} is no setting.")
        yield f"{path.name}: {text.format(name=name, meant=meant)}"
    for at, line in lines.items():
        if "=" not in line:  # it may be half of a password, and is not shown
            yield _("{file}, line {line}: not NAME=VALUE").format(file=path.name, line=at)


def setting(name: str, file: str) -> str | None:
    """The variable ``name``, or what ``var/FILE`` says of it; None where neither does.

    What the file has that is no setting is told, once a process.
    """
    if said := os.environ.get(name):
        return said
    path = var_folder() / file
    found = read(path).get(name)
    _tell(path)
    return found or None


@functools.cache
def _tell(path: Path) -> None:
    for told in strange(path):
        sys.stderr.write(f"{told}\n")


def is_database(url: str) -> bool:
    """Whether this is the address of a PostgreSQL (its manual, 34.1.1.2), as far as can be seen without asking."""
    try:
        return urlsplit(url).scheme in ("postgresql", "postgres")
    except ValueError:
        return False


def no_database() -> str:
    """What is said of an address that is of none; it may hold a password and is not shown."""
    return _("not the address of a database, postgresql://USER@HOST/NAME")


def database_url(*names: str) -> str | None:
    """The first of these variables, or of the same in ``var/database.env``, that is set. Raises Refusal."""
    for name in names:
        if url := setting(name, "database.env"):
            return database(name, url)
    return None


def database(name: str, url: str) -> str:
    """The address of a database, as a setting or option of this name says it. Raises Refusal."""
    if not is_database(url):
        raise Refusal(f"{name}: {no_database()}")
    return url


def names(name: str, file: str) -> tuple[str, ...]:
    """The names, with commas between, of such a variable; none where nobody says any."""
    return tuple(part.strip() for part in (setting(name, file) or "").split(",") if part.strip())


def write(path: Path, values: dict[str, str]) -> None:
    """Replaces ``path`` whole, on disk before this returns; it belongs to its folder's owner, mode 0600.

    Raises Refusal.
    """
    if read(path) == values:
        return
    with whole_files.whole(path, durable=True) as draft:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.writelines(f"{key}={value}\n" for key, value in values.items())
        folder = path.parent.stat()
        if sys.platform != "win32" and os.geteuid() == 0 and folder.st_uid != 0:
            os.chown(draft, folder.st_uid, folder.st_gid)
