"""A service whose scripts were not built: it starts, says so, and its pages say what cannot be done."""

import logging
from pathlib import Path

import pytest

from tests.http_service import client
from verify.http.answers import assets


@pytest.fixture
def unbuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's files as they are in a fresh clone."""
    for file in assets.FOLDER.rglob("*"):
        if file.is_file() and "web" not in file.relative_to(assets.FOLDER).parts:
            copy = tmp_path / file.relative_to(assets.FOLDER)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    monkeypatch.setattr(assets.Files.__init__, "__defaults__", (tmp_path, None))


@pytest.mark.usefixtures("unbuilt")
async def test_a_service_without_its_scripts_starts_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """The operator reads a warning, pages name no script, and the lookup's form says that it needs one."""
    with caplog.at_level(logging.WARNING):
        service = client()
    assert "make web" in caplog.text
    async with service:
        home = await service.get("/?lang=en")
        lookup = await service.get("/lookup?lang=zh-CN")
    assert home.status_code == lookup.status_code == 200
    assert "<script" not in home.text
    assert "The scripts of this installation are not built" in home.text
    assert "本站的脚本尚未生成" in lookup.text
