"""Codes asked for again: one small question, the same answer to the byte, and nothing of anybody kept."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests import releases
from tests.conftest import Publish
from tests.http_service import Time, client
from tests.invented import ISSUED_AT, keyring
from verify.core import qr_text
from verify.core.errors import RegisterDamaged
from verify.core.statement import decode
from verify.http.check import asker as askers
from verify.http.check.known_codes import KnownCodes, code
from verify.registry.hosts import Host, Hosts
from verify.registry.port import RegistryUnavailable
from verify.registry.postgres import PostgresRegistry

NOW = releases.NOW
EXPIRES = NOW + 500
PLAIN, ENDING, QUOTED, REVOKED = 1, 2, 3, 4
DATA = {
    PLAIN: releases.certify(PLAIN),
    ENDING: releases.certify(ENDING, expires_at=EXPIRES),
    QUOTED: releases.certify(QUOTED, holder='Li "Al" Wu'),
    REVOKED: releases.certify(REVOKED),
}
ROWS = [releases.row(serial, data) for serial, data in DATA.items()]
FILED = [(releases.number(serial), releases.lookup_key(serial)) for serial in DATA]


def digits(serial: int) -> str:
    """What the QR code of one of them holds."""
    return qr_text.write(DATA[serial], "verify.example.org").rpartition("/")[2]


@pytest.fixture
async def published(publishing: Publish) -> Publish:
    """A registry of four."""
    await publishing([*DATA.values(), releases.pass_list(ROWS), releases.index(FILED)])
    return publishing


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions to the database."""
    queries: list[str] = []
    fetch = Hosts.fetch

    async def counted(self: Hosts, host: Host, query: str, *arguments: Any) -> Any:
        queries.append(query)
        return await fetch(self, host, query, *arguments)

    monkeypatch.setattr(Hosts, "fetch", counted)
    return queries


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> Iterator[KnownCodes]:
    """What the service remembers."""
    made = KnownCodes()
    monkeypatch.setattr(askers, "KnownCodes", lambda: made)
    return iter([made])


async def told(service: httpx.AsyncClient, serial: int) -> dict[str, Any]:
    """The answer about a code."""
    answer = await service.get(f"/Q/{digits(serial)}", headers={"accept": "application/json"})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def whole(codes: KnownCodes, serial: int, now: int = NOW) -> Any:
    """What is remembered of a code."""
    found = code(digits(serial))
    assert found is not None
    return codes.get(found, now)


async def test_the_third_answer_is_the_first_and_takes_the_moment_alone(
    published: Publish, registry: PostgresRegistry, asked: list[str], codes: Iterator[KnownCodes]
) -> None:
    """Byte for byte but for the time, also by POST; what is kept names nobody, and is one thing for one exam."""
    del published
    clock = Time(NOW)
    known = next(codes)
    async with client(registry, clock=clock) as service:
        service.headers["accept"] = "application/json"
        first = await service.get(f"/Q/{digits(PLAIN)}")
        assert first.json()["outcome"] == "valid"
        assert whole(known, PLAIN) is None
        assert (await service.get(f"/Q/{digits(PLAIN)}")).content == first.content
        asked.clear()
        third = await service.get(f"/Q/{digits(PLAIN)}")
        assert (third.content, third.headers) == (first.content, first.headers)
        assert len(asked) == 1
        assert "registry.certificates" not in asked[0]
        clock.now += 60
        later = (await service.post("/api/v1/verify", json={"qr": digits(PLAIN)})).json()
        assert later.pop("checked_at") > first.json()["checked_at"]
        assert later.pop("as_of") > first.json()["as_of"]
        assert later == {key: value for key, value in first.json().items() if key not in ("checked_at", "as_of")}
        for _ in range(2):
            await told(service, REVOKED)
    kept = [whole(known, serial, NOW + 60) for serial in (PLAIN, REVOKED)]
    assert kept[0].parts is kept[1].parts
    shown = json.dumps(first.json()["certificate"], ensure_ascii=False)
    for personal in ("候选人", releases.number(PLAIN), '"0001"'):
        assert personal in shown
        assert personal.encode() not in b"".join(kept[0].parts)


@pytest.mark.parametrize("what", ["revoked", "list", "keyring"])
async def test_what_is_published_counts_at_once(
    published: Publish, registry: PostgresRegistry, codes: Iterator[KnownCodes], what: str
) -> None:
    """A revocation, a list without the certificate, another keyring: nothing of the moment before is said any more."""
    known = next(codes)
    async with client(registry, clock=Time(NOW)) as service:
        for _ in range(3):
            assert (await told(service, REVOKED))["outcome"] == "valid"
        assert whole(known, REVOKED) is not None
        if what == "revoked":
            await published([releases.change(REVOKED, "revoked")])
        elif what == "list":
            rows, filed = ROWS[:-1], FILED[:-1]
            listed = [releases.pass_list(rows, revision=2), releases.index(filed, revision=2)]
            await published([*list(DATA.values())[:-1], *listed])
        else:
            second = keyring(version=2, previous=decode(releases.keyrings()).digest)
            await published([releases.change(PLAIN, "revoked")], keyring=releases.keyrings(keyring(), second))
        outcome = {"revoked": "revoked", "list": "withdrawn", "keyring": "valid"}[what]
        for _ in range(3):
            assert (await told(service, REVOKED))["outcome"] == outcome
        assert (whole(known, REVOKED) is not None) == (what == "keyring")


async def test_what_time_changes_is_told_in_time(
    published: Publish, registry: PostgresRegistry, codes: Iterator[KnownCodes]
) -> None:
    """The certificate's last second, the keyring's, and a clock that goes back."""
    del published
    clock, known = Time(NOW), next(codes)
    async with client(registry, clock=clock) as service:
        for _ in range(3):
            assert (await told(service, ENDING))["outcome"] == "valid"
            await told(service, PLAIN)
        assert whole(known, ENDING, EXPIRES - 1) is not None
        for now, outcome in ((EXPIRES - 1, "valid"), (EXPIRES, "expired")):
            clock.now = now
            assert (await told(service, ENDING))["outcome"] == outcome
        clock.now = NOW - 10
        assert whole(known, PLAIN, NOW - 1) is None
        assert (await told(service, PLAIN))["checks"][2]["code"] == "key_found"
        clock.now = keyring().expires_at + 1
        assert (await told(service, PLAIN))["checks"][2]["code"] == "keyring_expired"


async def test_what_cannot_be_put_together_again_is_not_kept(
    published: Publish, registry: PostgresRegistry, codes: Iterator[KnownCodes]
) -> None:
    """A name that JSON writes otherwise than the code, a day that was asked about, a code that is none."""
    del published
    known = next(codes)
    async with client(registry, clock=Time(NOW)) as service:
        for _ in range(3):
            assert (await told(service, QUOTED))["certificate"]["holder"] == 'Li "Al" Wu'
            assert (await service.get("/Q/12345", headers={"accept": "application/json"})).status_code == 200
            past = {"qr": digits(PLAIN), "as_of": "2020-01-01T00:00:00Z"}
            assert (await service.post("/api/v1/verify", json=past)).status_code == 200
    assert (whole(known, QUOTED), whole(known, PLAIN)) == (None, None)


@pytest.mark.parametrize("failing", [RegistryUnavailable("gone"), RegisterDamaged("register_damaged", "x")])
async def test_nothing_kept_is_said_while_the_registry_is_silent(
    published: Publish, registry: PostgresRegistry, monkeypatch: pytest.MonkeyPatch, failing: Exception
) -> None:
    """“Could not check” is never “valid”."""
    del published
    async with client(registry, clock=Time(NOW)) as service:
        for _ in range(3):
            await told(service, PLAIN)

        async def silent() -> Any:
            raise failing

        monkeypatch.setattr(registry, "moment", silent)
        answer = await service.get(f"/Q/{digits(PLAIN)}", headers={"accept": "application/json"})
    assert answer.status_code == 503


def test_codes_make_room() -> None:
    """The first that was met goes first."""
    known = KnownCodes(most=2)
    found: Callable[[int], Any] = lambda serial: code(digits(serial))  # noqa: E731
    for serial in (PLAIN, ENDING, QUOTED):
        known.meet(found(serial), None, b"", None, ISSUED_AT)  # type: ignore[arg-type]  # looked at the second time
    assert len(known) == 2
