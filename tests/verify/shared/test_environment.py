"""Settings files of the working folder: what is none is told, and never dropped without a word."""

from pathlib import Path

import pytest

from verify.shared import environment
from verify.shared.command import Refusal


@pytest.mark.parametrize(
    ("text", "language", "told"),
    [
        ("# a remark\n\nYINJIAN_ROOT=aa\n", "en", []),
        ("YINJIAN_KEY=keys\n", "en", ["keys.env: YINJIAN_KEY is no setting; is YINJIAN_KEYS meant?"]),
        ("YINJIAN_KEY=keys\n", "zh_CN", ["keys.env: 没有 YINJIAN_KEY 这个设置；是否指 YINJIAN_KEYS？"]),
        ("SECRET=x\n", "en", ["keys.env: SECRET is no setting."]),
        ("YINJIAN_KEYS keys\n", "zh_CN", ["keys.env 第 1 行：应写作 名称=值"]),
    ],
)
def test_what_is_no_setting_is_told_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, language: str, told: list[str]
) -> None:
    """A slip in a name is as if nothing were set; a line without = may be half of a password and is not shown."""
    monkeypatch.setenv("LC_ALL", language)
    (tmp_path / "keys.env").write_text(text, "utf-8")
    assert list(environment.strange(tmp_path / "keys.env")) == told


def test_whoever_asks_a_file_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As every command does that looks for its keys or database; a variable that is set asks no file."""
    monkeypatch.setenv("YINJIAN_VAR", str(tmp_path))
    monkeypatch.delenv("YINJIAN_KEYS", raising=False)
    (tmp_path / "keys.env").write_text("YINJIAN_KEY=keys\n", "utf-8")
    assert [environment.setting("YINJIAN_KEYS", "keys.env") for _ in range(2)] == [None, None]
    assert capsys.readouterr().err == "keys.env: YINJIAN_KEY is no setting; is YINJIAN_KEYS meant?\n"


def test_a_settings_file_in_another_encoding_is_refused_by_name(tmp_path: Path) -> None:
    """Not a fault of the program's."""
    (tmp_path / "keys.env").write_bytes("YINJIAN_KEYS=钥匙\n".encode("gb18030"))
    with pytest.raises(Refusal, match=r"keys\.env: not UTF-8"):
        environment.read(tmp_path / "keys.env")
