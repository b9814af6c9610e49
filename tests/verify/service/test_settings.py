"""What the public service is told by its environment and the var folder."""

from pathlib import Path
from typing import get_args

import pytest

from verify.registry import hosts
from verify.service import settings
from verify.service.settings import SettingRefused

ROOT = "ab" * 32
WHOLE = {"YINJIAN_DATABASE_URL": "postgresql://u:hush@h/d", "YINJIAN_ROOT": ROOT}


def test_variables_win_over_the_files_of_the_var_folder(tmp_path: Path) -> None:
    """Each setting comes from its variable, or else from var/database.env and var/keys.env."""
    secret = tmp_path / "lookup-secret"
    secret.write_text("11" * 32 + "\n" + "22" * 32 + "\n")
    (tmp_path / "database.env").write_text(
        "YINJIAN_OWNER_DATABASE_URL=postgresql://o\nYINJIAN_READER_DATABASE_URL=postgresql://r\n"
    )
    (tmp_path / "keys.env").write_text(f"YINJIAN_ROOT={ROOT}\nYINJIAN_LOOKUP_SECRET_FILE={secret}\n")
    told = settings.read({}, tmp_path)
    assert (told.database_url, told.root) == ("postgresql://r", bytes.fromhex(ROOT))
    assert told.lookup_secrets == (b"\x11" * 32, b"\x22" * 32)
    assert (told.host, told.port, told.public_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.read(WHOLE, tmp_path).database_url == WHOLE["YINJIAN_DATABASE_URL"]


def test_a_service_without_a_lookup_secret_is_possible(tmp_path: Path) -> None:
    """Lookups are then closed, and everything else works."""
    assert settings.read(WHOLE, tmp_path).lookup_secrets == ()


def test_the_repr_shows_no_secret(tmp_path: Path) -> None:
    """Neither the database's password nor a lookup secret."""
    secret = tmp_path / "s"
    secret.write_text("11" * 32)
    shown = repr(settings.read(WHOLE | {"YINJIAN_LOOKUP_SECRET_FILE": str(secret)}, tmp_path))
    assert "hush" not in shown
    assert "11" not in shown.replace(ROOT, "")


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"YINJIAN_DATABASE_URL": ""}, "YINJIAN_DATABASE_URL"),
        ({"YINJIAN_DATABASE_URL": "db.example.org:5432"}, "YINJIAN_DATABASE_URL"),
        ({"YINJIAN_DATABASE_URL": "postgresql://h/d?target_session_attrs=replica"}, "YINJIAN_DATABASE_URL"),
        ({"YINJIAN_DATABASE_URL": "postgresql://h/d?load_balance_hosts=yes"}, "YINJIAN_DATABASE_URL"),
        ({"YINJIAN_LOG": "text"}, "YINJIAN_LOG"),
        ({"YINJIAN_METRICS": "9464"}, "YINJIAN_METRICS"),
        ({"YINJIAN_RATE_LIMITS": "no"}, "YINJIAN_RATE_LIMITS"),
        ({"YINJIAN_ROOT": ""}, "YINJIAN_ROOT"),
        ({"YINJIAN_ROOT": "ab"}, "YINJIAN_ROOT"),
        ({"YINJIAN_ROOT": "xy" * 32}, "YINJIAN_ROOT"),
        ({"YINJIAN_PORT": "http"}, "YINJIAN_PORT"),
        ({"YINJIAN_PORT": "70000"}, "YINJIAN_PORT"),
        ({"YINJIAN_PUBLIC_URL": "verify.example.org"}, "YINJIAN_PUBLIC_URL"),
        ({"YINJIAN_PUBLIC_URL": "https://verify.example.org/sub"}, "YINJIAN_PUBLIC_URL"),
        ({"YINJIAN_PUBLIC_URL": "https://[verify.example.org"}, "YINJIAN_PUBLIC_URL"),
        ({"YINJIAN_PUBLIC_URL": "https://verify.example.org:https"}, "YINJIAN_PUBLIC_URL"),
        ({"YINJIAN_REDIS_URL": "cache.example.org:6379"}, "YINJIAN_REDIS_URL"),
        ({"YINJIAN_REDIS_URL": "redis://cache.example.org:x"}, "YINJIAN_REDIS_URL"),
        ({"YINJIAN_TRUSTED_PROXIES": "10.0.0.0/8, proxy"}, "YINJIAN_TRUSTED_PROXIES"),
        ({"YINJIAN_LOOKUP_SECRET_FILE": "/nowhere/at/all"}, "YINJIAN_LOOKUP_SECRET_FILE"),
        ({"YINJIAN_LOOKUP_SECRET_FILE": __file__}, "YINJIAN_LOOKUP_SECRET_FILE"),
        ({"YINJIAN_LOOKUP_SECRET_FILE": "/dev/null"}, "YINJIAN_LOOKUP_SECRET_FILE"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(variables: dict[str, str], name: str, tmp_path: Path) -> None:
    """And what was said, but of what may hold a secret: the address of a database or cache, a file of secrets."""
    with pytest.raises(SettingRefused) as caught:
        settings.read(WHOLE | variables, tmp_path)
    assert caught.value.name == name
    if value := variables[name]:
        secret = name in ("YINJIAN_DATABASE_URL", "YINJIAN_REDIS_URL", "YINJIAN_LOOKUP_SECRET_FILE")
        assert (value in str(caught.value)) is not secret


def test_the_words_of_a_database_s_address_are_those_that_its_hosts_follow() -> None:
    """One that is taken here and not there would end the start with a fault."""
    assert settings.DATABASE_OPTIONS["target_session_attrs"] == get_args(hosts.Attributes)


def test_refusals_are_in_the_operator_s_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chinese under a Chinese locale, beside the variable's name."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    with pytest.raises(SettingRefused) as caught:
        settings.read(WHOLE | {"YINJIAN_PORT": "http"}, tmp_path)
    assert str(caught.value) == "YINJIAN_PORT 'http': 不是端口号（0 至 65535）"


@pytest.mark.parametrize(("said", "on"), [("", True), ("on", True), ("off", False)])
def test_limits_are_on_or_off(said: str, on: bool, tmp_path: Path) -> None:
    """And nothing else: a slip is no answer to whether the public is bounded."""
    assert settings.read(WHOLE | {"YINJIAN_RATE_LIMITS": said}, tmp_path).rate_limits is on
    with pytest.raises(settings.SettingRefused, match="YINJIAN_RATE_LIMITS"):
        settings.read(WHOLE | {"YINJIAN_RATE_LIMITS": "Off"}, tmp_path)
