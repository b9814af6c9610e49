"""The wheel in empty environments: bare, for the service, for the signing room; each has what its commands need."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import qrcode

from tests import PROJECT
from tests.invented import ROOT
from tests.vectors import verdicts
from verify.core import qr_text
from verify.core.keyring import thumbprint

PARTS = {
    "check": ("verify.core.verdict", "verify.commands.check", "verify.commands.fetch"),
    "verify": ("verify.http.app", "verify.registry.postgres", "verify.files.tables.formats"),
    "signer": ("signing.__main__", "signing.print.press", "keys.__main__", "migrations.__main__"),
}
"""What each lock file's environment must be able to import."""
COMMANDS = {
    "check": {"yinjian-verify", "yinjian-keys"},
    "verify": {"yinjian-verify", "yinjian-keys"},
    "signer": {"yinjian-verify", "yinjian-sign", "yinjian-keys", "yinjian-migrate"},
}


def paper(path: Path) -> Path:
    """A picture of an invented certificate's code."""
    qrcode.make(qr_text.write(verdicts.made(), verdicts.HOST), box_size=3).get_image().convert("L").save(path)
    return path


def uv() -> str:
    """The installer that set-up used."""
    own = PROJECT / ".uv" / "bin" / "uv"
    return str(own) if own.exists() else "uv"


@pytest.fixture(scope="module")
def wheel(built_scripts: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_scripts_and_words_and_no_sources_of_them(wheel: Path) -> None:
    """What `make web` builds and the compiled catalogues are in it."""
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.startswith("verify/http/static/web/") for name in names)
    assert sum(name.endswith(".mo") for name in names) >= 4
    assert not [name for name in names if name.startswith("verify/web/") or "node_modules" in name]


@pytest.mark.parametrize("part", PARTS)
def test_each_part_stands_alone(wheel: Path, tmp_path: Path, part: str) -> None:
    """Its modules import, its commands show their help, and the others say what to install, without a traceback."""
    home = tmp_path / "empty"
    environ = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    python = home / "bin" / "python"
    install = [uv(), "pip", "install", "--quiet", "--python", str(python)]
    locked = ["--require-hashes", "--requirement", str(PROJECT / "requirements" / f"{part}.txt")]
    for command in (
        [uv(), "venv", "--quiet", "--python", sys.executable, str(home)],
        [*install, *locked],
        [*install, "--no-deps", str(wheel)],
    ):
        subprocess.run(command, env=environ | {"UV_LINK_MODE": "hardlink"}, check=True, capture_output=True)

    code = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    subprocess.run([python, "-I", "-c", code, *PARTS[part]], cwd=tmp_path, check=True)
    for name in ("yinjian-verify", "yinjian-sign", "yinjian-keys", "yinjian-migrate"):
        done = subprocess.run(
            [home / "bin" / name, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr
        assert done.returncode == 0 or (name not in COMMANDS[part] and "yinjian[sign]" in done.stderr), done.stderr
    if part == "check":
        keyring = tmp_path / "keyring"
        keyring.write_bytes(b"".join(verdicts.CHAINS["plain"]))
        pinned = thumbprint(ROOT.public).hex()
        asked = ["check", str(paper(tmp_path / "paper.png")), "--keyring", str(keyring), "--root", pinned, "--json"]
        done = subprocess.run(
            [home / "bin" / "yinjian-verify", *asked], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, json.loads(done.stdout)["outcome"]) == (3, "valid"), done.stderr
        told = environ | {"YINJIAN_DATABASE_URL": "postgresql://nowhere", "YINJIAN_ROOT": "00" * 32}
        serve = [str(home / "bin" / "yinjian-verify"), "serve"]
        done = subprocess.run(serve, cwd=tmp_path, env=told, capture_output=True, text=True, check=False)
        assert (done.returncode, "yinjian[serve]" in done.stderr) == (1, True)
