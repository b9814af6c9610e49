"""The file in which a folder keeps its database's addresses: KEY=VALUE lines, readable by its owner alone."""

import os
from pathlib import Path
from typing import Final

OWNER_URL: Final = "YINJIAN_OWNER_DATABASE_URL"
SIGNER_URL: Final = "YINJIAN_SIGNER_DATABASE_URL"
READER_URL: Final = "YINJIAN_READER_DATABASE_URL"


def var_folder() -> Path:
    """The folder of what runs here: ``YINJIAN_VAR``, or ``var`` in the working folder."""
    return Path(os.environ.get("YINJIAN_VAR") or "var").absolute()


def read(path: Path) -> dict[str, str]:
    """The settings in ``path``, none where there is no such file."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, _, value in pairs}


def write(path: Path, values: dict[str, str]) -> None:
    """Replaces ``path`` whole, on disk before this returns; it belongs to its folder's owner, mode 0600."""
    if read(path) == values:
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{key}={value}\n" for key, value in values.items())
        file.flush()
        os.fsync(file.fileno())
    folder = path.parent.stat()
    if os.geteuid() == 0 and folder.st_uid != 0:
        os.chown(draft, folder.st_uid, folder.st_gid)
    draft.replace(path)
