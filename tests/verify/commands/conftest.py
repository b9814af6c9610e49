"""Nothing of this machine's in what a command goes by."""

from pathlib import Path

import pytest

from tests.verify.commands.papers import PIN, PLAIN, SNAPSHOT


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine's, English words."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("YINJIAN_KEPT", str(tmp_path / "kept"))
    monkeypatch.delenv("YINJIAN_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Keyring and snapshot as files, as the options that name them."""
    (tmp_path / "keyring").write_bytes(PLAIN)
    (tmp_path / "snapshot").write_bytes(SNAPSHOT)
    return ["--keyring", str(tmp_path / "keyring"), "--root", PIN, "--snapshot", str(tmp_path / "snapshot")]
