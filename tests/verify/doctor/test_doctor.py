"""``yinjian-verify doctor``: a sound installation is told so; what is wrong is named, with what to do."""

import asyncio
import os
import re
from pathlib import Path
from typing import Any, get_args

import asyncpg
import msgspec
import pytest
from click.testing import CliRunner

from tests.conftest import Urls
from tests.invented import ROOT, SECRET
from tests.service import publish_exam
from verify.__main__ import command
from verify.core.keyring import thumbprint
from verify.doctor import confined, machine
from verify.files.confinement import layers
from verify.service import settings


@pytest.fixture(scope="module")
def published(module_registry_urls: Urls) -> Urls:
    """The invented exam's registry."""
    asyncio.run(publish_exam(module_registry_urls.signer))
    return module_registry_urls


@pytest.fixture
def sound(published: Urls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Settings of a sound installation."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET.hex())
    secret.chmod(0o400)
    monkeypatch.setenv("YINJIAN_VAR", str(tmp_path))
    monkeypatch.setenv("YINJIAN_DATABASE_URL", published.reader)
    monkeypatch.setenv("YINJIAN_ROOT", thumbprint(ROOT.public).hex())
    monkeypatch.setenv("YINJIAN_LOOKUP_SECRET_FILE", str(secret))
    monkeypatch.setenv("YINJIAN_WORKERS", "2")
    monkeypatch.setenv("YINJIAN_PORT", "0")  # of no other test's
    return monkeypatch


def examined() -> tuple[int, dict[str, list[tuple[str, str]]]]:
    """The exit code, and each check's results with what is to be done."""
    done = CliRunner().invoke(command, ["doctor", "--json"])
    report = msgspec.json.decode(done.stdout)
    assert report["sound"] == (done.exit_code == 0)
    found: dict[str, list[tuple[str, str]]] = {}
    for one in report["findings"]:
        assert one["result"] == "sound" or one["remedy"], one
        found.setdefault(one["check"], []).append((one["result"], f"{one['found']} {one['remedy']}"))
    return done.exit_code, found


def test_another_lookup_secret_than_the_indexes_is_told(sound: Any, tmp_path: Path) -> None:
    """By the list that nobody could be found in, with the setting that names the secrets."""
    other = tmp_path / "other"
    other.write_text("5e" * 32)
    other.chmod(0o400)
    sound.setenv("YINJIAN_LOOKUP_SECRET_FILE", str(other))
    ((result, text),) = examined()[1]["lookups"]
    assert (result, "CEM-2022-04" in text, "YINJIAN_LOOKUP_SECRET_FILE" in text) == ("warning", True, True), text


def test_a_sound_installation_is_told_so(sound: Any) -> None:
    """In both languages; its database, keyring, secrets and readers were looked at."""
    code, found = examined()
    assert code == 0
    assert {
        "database",
        "keys",
        "questions",
        "lookup_secrets",
        "lookups",
        "file_readers",
        "open_files",
        "public_url",
    } <= found.keys()
    assert found["database"][0][0] == found["lookup_secrets"][0][0] == "sound"
    assert found["lookups"][0][0] == "warning"  # one whom the list names is not published yet
    sound.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "本安装正常。" in CliRunner().invoke(command, ["doctor"]).stdout


@pytest.mark.parametrize(
    ("told", "result"),
    [
        (("0::/\n", None, "1"), "sound"),
        (("0::/\n", None, None), "sound"),
        (("0::/\n", None, "0"), "warning"),
        (("1:name=x:/y\n0::/\n", "100", "1"), "warning"),
        (("0::/system.slice/yinjian.service\n", "50", "0"), "sound"),
        (("1:cpu:/y\n", None, "0"), "warning"),
    ],
)
def test_at_the_processors_readers_are_to_give_way_to_the_database(
    told: tuple[str, str | None, str | None], result: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By autogroups, or by a weight below the usual of a control group that parts the service from it."""
    own, weight, autogroups = told
    for name, path, text in (
        ("_OWN_GROUP", "own", own),
        ("_AUTOGROUPS", "autogroups", autogroups),
        ("_GROUPS", own.splitlines()[-1].rpartition(":")[2].strip("/") + "/cpu.weight", weight),
    ):
        file = tmp_path / path.strip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            file.write_text(text)
        monkeypatch.setattr(machine, name, tmp_path if name == "_GROUPS" else file)
    assert machine._processors().result == result


def test_what_is_wrong_is_named_with_what_to_do(sound: Any, published: Urls, tmp_path: Path) -> None:
    """Writing rights, readable secrets, unguarded metrics, no limits, a standby that is not waited for."""
    (tmp_path / "secret").chmod(0o644)
    sound.setenv("YINJIAN_DATABASE_URL", published.signer)
    sound.setenv("YINJIAN_METRICS", "0.0.0.0:9464")
    sound.setenv("YINJIAN_RATE_LIMITS", "off")
    sound.setenv("YINJIAN_STANDBYS", "b")
    sound.setenv("YINJIAN_PUBLIC_URL", "https://verify.example.org")
    sound.setenv("YINJIAN_REDIS_URL", "redis://127.0.0.1:1/0")
    code, found = examined()
    assert code == 1
    wrong = {check: texts[0][1] for check, texts in found.items() if texts[0][0] == "wrong"}
    assert wrong.keys() == {"lookup_secrets", "metrics", "rights", "standbys", "redis", "questions", "lookups"}
    assert "no right to that" in wrong["questions"]  # it is the signer's address
    assert "synchronous_standby_names = 'FIRST 1 (b)'" in wrong["standbys"]
    assert {check for check, texts in found.items() if texts[0][0] == "warning"} >= {"rate_limits", "proxies"}


def test_an_older_schema_is_told_with_what_brings_the_newest(sound: Any, published: Urls) -> None:
    """Before the public finds out which page lacks it."""
    asyncio.run(executed(published.owner, "alter function registry.find_rows(bigint, text, int) rename to found"))
    try:
        code, found = examined()
    finally:
        asyncio.run(executed(published.owner, "alter function registry.found(bigint, text, int) rename to find_rows"))
    assert code == 1
    ((result, told),) = found["questions"]
    assert result == "wrong"
    assert "yinjian-migrate up" in told


async def executed(url: str, statement: str) -> None:
    """Does it as the owner."""
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


@pytest.mark.parametrize(
    ("setting", "value", "check"),
    [
        ("YINJIAN_ROOT", "", "settings"),
        ("YINJIAN_ROOT", "00" * 32, "keyring"),
        ("YINJIAN_DATABASE_URL", "postgresql://reader:x@127.0.0.1:1/yinjian", "database"),
    ],
)
def test_what_keeps_it_from_serving_is_wrong(sound: Any, setting: str, value: str, check: str) -> None:
    """A missing setting, another root, a database that is not there."""
    sound.setenv(setting, value)
    code, found = examined()
    assert code == 1
    assert found[check][0][0] == "wrong"


def test_a_setting_by_a_wrong_name_is_told(sound: Any) -> None:
    """It is as if it were not set: with what may be meant."""
    sound.setenv("YINJIAN_TRUSTED_PROXY", "127.0.0.1")
    code, findings = examined()
    assert code == 0
    (told,) = findings["settings"]
    assert told[0] == "warning"
    assert told[1].startswith("YINJIAN_TRUSTED_PROXY is no setting; is YINJIAN_TRUSTED_PROXIES meant?")


@pytest.mark.parametrize(
    ("lacking", "result", "words"),
    [
        ({}, "sound", "confined by every layer"),
        ({"other_user": "the program lies where only its owner can read"}, "sound", "forbidden otherwise too"),
        ({"other_user": "x", "landlock": "y"}, "warning", "could: read files that the service's user may read."),
        ({"own_namespaces": "x", "seccomp": "y"}, "warning", "could: speak to the network."),
    ],
)
def test_what_readers_lack_is_told_by_what_it_means(lacking: Any, result: str, words: str) -> None:
    """A layer alone is nothing to an operator: whether anything is open without it is."""
    whole = dict.fromkeys(get_args(layers.Layer))
    found = confined.judged(whole | lacking)
    assert (found.result, words in found.found) == (result, True), found.found


def test_doctor_speaks_chinese_of_hosts_and_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No English sentence of ours stands in a Chinese one; a layer's own name does, for the manual."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    why = "the service does not run as root, so that it cannot change its user"
    found = confined.judged({"other_user": why, "landlock": why})
    assert not re.search("[A-Za-z]{2,} [A-Za-z]{2,}", found.found + (found.remedy or ""))


def test_a_file_of_planned_exams_that_is_not_there_is_told(sound: Any, tmp_path: Path) -> None:
    """The service answers without it, and shows no plans: the operator is to know."""
    sound.setenv("YINJIAN_CALENDAR", str(tmp_path / "nowhere.json"))
    told = settings.read(os.environ, tmp_path)
    assert [one.check for one in machine.examine(told) if str(tmp_path) in one.found] == ["calendar"]
