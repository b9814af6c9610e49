"""Each finding of the doctor's by itself, in both languages: what is told, how grave it is, and what to do."""

import ast
import re
import resource
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest

from tests import PROJECT
from tests.invented import CERTIFICATE, ENTRIES, LOG, ROOT, STATUS, chain, keyring
from verify.doctor import database, machine, reasons
from verify.doctor.finding import Finding
from verify.registry.port import ExamPage, RegistryUnavailable
from verify.registry.postgres import PostgresRegistry
from verify.service.settings import Settings

DAY: Final = 86_400
OLD: Final = RegistryUnavailable("the registry gave no answer (UndefinedFunctionError)")
"""What a database says that lacks a function of a newer schema."""
SERVER: Final[Mapping[str, Any]] = {
    "writes": False,
    "rolsuper": False,
    "rolconnlimit": 32,
    "waits": "",
    "standby": False,
    "name": "a",
}


@pytest.fixture(params=["en_GB.UTF-8", "zh_CN.UTF-8"])
def english(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the words are to be English, or else Chinese."""
    monkeypatch.setenv("LC_ALL", request.param)
    return str(request.param).startswith("en")


def registry(**answers: Any) -> PostgresRegistry:
    """One that answers, or raises, so."""

    def answer(what: Any) -> Any:
        async def asked(*_: Any, **__: Any) -> Any:
            if isinstance(what, Exception):
                raise what
            return what

        return asked

    return cast(PostgresRegistry, SimpleNamespace(**{name: answer(what) for name, what in answers.items()}))


def said(finding: Finding, english: bool, words: str, chinese: str) -> None:
    """In this language, with something to do about it where something is wrong."""
    assert (words if english else chinese) in finding.found
    assert (finding.remedy is None) == (finding.result == "sound")
    assert any("一" <= letter <= "鿿" for letter in finding.found + (finding.remedy or "")) != english


def rights(**other: Any) -> list[Finding]:
    """What is found at a server of which all is sound but this."""
    row = {**SERVER, "now": time.time(), **other}
    return list(database._rights(cast(Settings, SimpleNamespace(standbys=())), 2, "db1", row))


async def keys(days: float, *, of: str = "keyring") -> list[Finding]:
    """What is found of a keyring that ends in so many days, or one of whose keys does."""
    end = int(time.time() + days * DAY)
    entries = (
        (ROOT.entry("root"), CERTIFICATE.entry("certificate", not_after=end), STATUS.entry("status"), LOG.entry("log"))
        if of == "key"
        else ENTRIES
    )
    ring = keyring(entries, **({"expires_at": end} if of == "keyring" else {}))
    return [one async for one in database._keys(registry(chain=chain(ring)))]


@pytest.mark.parametrize(
    ("days", "result", "words", "chinese"),
    [
        (-1.5, "wrong", "has expired", "已过期"),
        (-0.01, "wrong", "has expired", "已过期"),
        (0.5, "warning", "expires soon; days left: 0", "将在 0 天后过期"),
        (29.5, "warning", "expires soon; days left: 29", "将在 29 天后过期"),
        (30.5, "sound", "holds; days left: 30", "30"),
    ],
)
async def test_a_keyring_and_a_key_are_told_of_by_their_days(
    english: bool, days: float, result: str, words: str, chinese: str
) -> None:
    """A month before they end, and once they have; the others are sound beside them."""
    (ring,) = await keys(days)
    assert (ring.check, ring.result) == ("keys", result)
    said(ring, english, words, chinese)
    whole, key = await keys(days, of="key")
    assert (whole.result, key.result) == ("sound", result)
    said(key, english, words, chinese)
    assert CERTIFICATE.kid.hex() in key.found


async def test_no_keyring_of_the_root_is_wrong(english: bool) -> None:
    """Nothing can be verified without."""
    (finding,) = [one async for one in database._keys(registry(chain=RegistryUnavailable("no keyring")))]
    assert (finding.check, finding.result) == ("keyring", "wrong")
    said(finding, english, "No keyring of the pinned root", "指定根密钥")


@pytest.mark.parametrize(("behind", "told"), [(0, False), (4, False), (-60, True), (60, True)])
def test_clocks_that_differ_are_told(english: bool, behind: float, told: bool) -> None:
    """By more than five seconds, whichever goes before."""
    found = rights(now=time.time() - behind)
    assert [one.check for one in found] == (["clock"] if told else [])
    if told:
        assert found[0].result == "warning"
        said(found[0], english, "differ by 60 s", "相差 60 秒")


@pytest.mark.parametrize(
    ("other", "graded", "words", "chinese"),
    [
        ({"writes": True}, "rights: wrong", "may write", "写"),
        ({"rolsuper": True}, "rights: wrong", "may write", "写"),
        ({"rolconnlimit": 15}, "connections: warning", "may want: 16", "16"),
    ],
)
def test_what_a_server_lacks_is_told(
    english: bool, other: dict[str, Any], graded: str, words: str, chinese: str
) -> None:
    """Rights that are too many, connections that are too few; and nothing else is found."""
    (found,) = rights(**other)
    assert f"{found.check}: {found.result}" == graded
    said(found, english, words, chinese)


def test_a_role_without_a_bound_of_connections_wants_nothing() -> None:
    """As that of an administrator who set none."""
    assert rights(rolconnlimit=-1) == []


@pytest.mark.parametrize(("hard", "told"), [(2_199, True), (2_200, False), (resource.RLIM_INFINITY, False)])
def test_few_open_files_are_told(english: bool, hard: int, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the hard limit, to which the service raises its own."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, hard))
    finding = machine._files()
    assert (finding.check, finding.result) == ("open_files", "warning" if told else "sound")
    said(finding, english, ": 2199, fewer" if told else "leaves room", "2199" if told else "足够")


async def test_a_schema_that_lacks_what_the_service_asks_is_told(english: bool) -> None:
    """With the command that brings it, whichever question it is; nothing else would tell before the public does."""
    there = {"by_number": None, "exams": ExamPage(items=(), next=None), "log": None, "snapshot": None}
    assert (await database._questions(registry(**there))).result == "sound"
    for question in there:
        finding = await database._questions(registry(**there | {question: OLD}))
        assert (finding.check, finding.result) == ("questions", "wrong")
        said(finding, english, "it lacks the newest schema", "最新")
        assert "yinjian-migrate up" in str(finding.remedy)


def test_every_reason_that_a_registry_or_host_gives_has_words_of_both_languages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As they stand in the code, with a count, an exam or a driver's error in their places."""
    reasons_given = set()
    for path in (PROJECT / "verify/registry").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("RegistryUnavailable", "Unfit"):
                reasons_given.add(_filled(call.args[0]))
    assert len(reasons_given) >= 12
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    for given in reasons_given:
        words = re.sub("`[^`]*`", "", reasons.told(given))  # commands are what they are
        assert not re.search("[A-Za-z]{2,} [A-Za-z]{2,}", words), given


def _filled(text: ast.expr) -> str:
    """A message with something in its places."""
    if isinstance(text, ast.Constant):
        return str(text.value)
    assert isinstance(text, ast.JoinedStr)
    places = {"named": "CEM-2022-04", "beside": "", "why": "UndefinedColumnError"}
    parts = (part.value if isinstance(part, ast.Constant) else _place(part, places) for part in text.values)
    return "".join(map(str, parts))


def _place(part: ast.expr, places: Mapping[str, str]) -> str:
    return places.get(ast.unparse(part.value), "3") if isinstance(part, ast.FormattedValue) else ""


async def test_lookups_that_are_not_answered_are_told(english: bool) -> None:
    """Where an exam's index does not cover its list; and that they are, where they are."""
    refused = RegistryUnavailable(
        "no lookup index by a secret of this service covers the list of CEM-2022-04 and 3 more"
    )
    finding = await database._lookups(registry(lookup=refused))
    assert (finding.check, finding.result) == ("lookups", "warning")
    said(finding, english, "the lists of CEM-2022-04, nor of further exams: 3", "CEM-2022-04 及另外 3 场考试")
    finding = await database._lookups(registry(lookup=OLD))
    assert (finding.result, "yinjian-migrate up" in str(finding.remedy)) == ("wrong", True)
    finding = await database._lookups(registry(lookup=()))
    assert finding.result == "sound"
    said(finding, english, "are answered", "覆盖")
