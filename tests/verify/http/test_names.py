"""Wrong names for a number: nobody is refused, the guesser works first, and right answers come through."""

import base64
import ipaddress
import json
import re
import time
from typing import Any

import httpx
import pytest

from tests import invented_exam as exam
from tests.http_service import Time, client, solved
from verify.http.guard.lane import Lane
from verify.http.guard.memory import LocalMemory
from verify.http.guard.names_tried import OF_CLIENT, OF_NUMBER, OF_ONE, WORK, NamesTried, Try

NUMBER = exam.VALID.number
RIGHT = exam.VALID.name
PROXY = (ipaddress.ip_network("192.0.2.1/32"),)


def service_of_many() -> httpx.AsyncClient:
    """A service behind a proxy, so that one test can be many clients."""
    return client(clock=Time(time.time()), trusted_proxies=PROXY)


def of(number: int) -> dict[str, str]:
    """The header of one of many clients."""
    return {"x-forwarded-for": f"198.51.{number // 256}.{number % 256}"}


async def ask(service: httpx.AsyncClient, name: str, who: int = 0, **other: Any) -> Any:
    """The answer to the number and a name, by one of many clients."""
    body = {"number": NUMBER, "name": name} | other
    return (await service.post("/api/v1/verify", json=body, headers=of(who))).json()


async def spoil(service: httpx.AsyncClient, clients: int = 10) -> None:
    """Tries as many wrong names from each of the first clients as cost nothing."""
    for who in range(clients):
        rows = [{"number": NUMBER, "name": f"甲{who}-{turn}"} for turn in range(OF_ONE)]
        await service.post("/api/v1/verify/batch", json=rows, headers=of(who))


async def test_beyond_five_wrong_names_a_client_works_for_that_number_and_nobody_else_does() -> None:
    """The sixth name wants a proof, right or wrong; without a name, by code, by others and for others it does not."""
    async with service_of_many() as service:
        for name in ("甲", "乙", "丙", "丙 ", "丁", "戊"):
            assert (await ask(service, name))["outcome"] == "mismatch"
        wanted = [await ask(service, name) for name in ("己", RIGHT)]
        worked = await ask(service, RIGHT, altcha=solved(wanted[1]["challenge"]))
        wrong = await ask(service, "己", altcha=solved(wanted[0]["challenge"]))
        other = await ask(service, RIGHT, who=1)
        nameless = (await service.post("/api/v1/verify", json={"number": NUMBER}, headers=of(0))).json()
        by_qr = (await service.post("/api/v1/verify", json={"qr": exam.VALID.qr}, headers=of(0))).json()
        body = {"number": exam.NEW.number, "name": exam.NEW.name}
        another = (await service.post("/api/v1/verify", json=body, headers=of(0))).json()
    for told in wanted:
        assert (told["status"], told["code"]) == (403, "proof_wanted")
        assert told["challenge"]["parameters"]["data"] == {"work": WORK}
    assert (worked["outcome"], worked["certificate"]["holder"]) == ("valid", RIGHT)
    assert wrong["outcome"] == "mismatch"
    assert [told["outcome"] for told in (other, nameless, by_qr, another)] == ["valid"] * 4


async def test_a_proof_for_a_name_is_good_once_and_a_bad_one_is_told() -> None:
    """Each refusal says what is wrong with the proof and brings the next challenge."""
    async with service_of_many() as service:
        await spoil(service, 1)
        challenge = (await ask(service, RIGHT))["challenge"]
        payload = solved(challenge)
        assert (await ask(service, RIGHT, altcha=payload))["outcome"] == "valid"
        again = await ask(service, RIGHT, altcha=payload)
        broken = json.loads(base64.b64decode(payload))
        broken["challenge"]["parameters"]["data"] = {"work": 10**9}
        forged = await ask(service, RIGHT, altcha=base64.b64encode(json.dumps(broken).encode()).decode())
        unsolved = await ask(service, RIGHT, altcha="e30=")
        unwanted = await ask(service, RIGHT, who=1, altcha="e30=")
    assert [told["code"] for told in (again, forged, unsolved)] == ["proof_used", "proof_invalid", "proof_invalid"]
    assert all(told["challenge"]["signature"] for told in (again, forged, unsolved))
    assert unwanted["outcome"] == "valid"


async def test_the_page_shows_what_the_number_alone_shows_and_a_form_that_brings_the_work() -> None:
    """Without script nothing is lost but the name; the form that the script sends compares it."""
    async with service_of_many() as service:
        await spoil(service, 1)
        form = {"number": NUMBER, "name": RIGHT, "as_of": ""}
        page = await service.post("/check?lang=en", data=form, headers=of(0))
        found = re.search(r'data-challenge="([^"]+)"', page.text)
        assert found
        challenge = json.loads(found[1].replace("&#34;", '"'))
        compared = await service.post("/check?lang=en", data=form | {"altcha": solved(challenge)}, headers=of(0))
        free = await service.post("/check?lang=en", data=form, headers=of(1))
    assert page.status_code == 200
    assert "The name was not compared" in page.text
    assert f"{RIGHT[0]}＊＊" in page.text
    for answer in (compared, free):
        assert "The name was not compared" not in answer.text
        assert f"<bdi>{RIGHT}</bdi>" in answer.text or RIGHT in answer.text.split("</form>")[0]


async def test_an_employer_s_right_list_comes_through_whatever_others_tried() -> None:
    """Fifty wrong names over all clients make everybody work for that number: told once, solved once, all answered."""
    rows = [{"number": NUMBER, "name": RIGHT}, {"number": exam.NEW.number, "name": exam.NEW.name}]
    async with service_of_many() as service:
        await spoil(service)
        first = (await service.post("/api/v1/verify/batch", json=rows, headers=of(99))).json()
        body = {"rows": rows, "altcha": solved(first["challenge"])}
        second = (await service.post("/api/v1/verify/batch", json=body, headers=of(99))).json()
        third = (await service.post("/api/v1/verify/batch", json=body, headers=of(99))).json()
        single = await ask(service, RIGHT, who=98)
        single = await ask(service, RIGHT, who=98, altcha=solved(single["challenge"]))
    assert [item and item["outcome"] for item in first["verdicts"]] == [None, "valid"]
    assert first["problems"] == [{"row": 1, "code": "proof_wanted"}]
    assert first["challenge"]["parameters"]["data"] == {"work": WORK}
    assert [item["outcome"] for item in second["verdicts"]] == ["valid", "valid"]
    assert set(second) == {"verdicts"}
    assert third["verdicts"][0] is None
    assert single["outcome"] == "valid"


async def test_a_list_of_names_for_one_number_is_no_way_around() -> None:
    """A bulk check answers five wrong names, tells the work of all, and takes it in one proof: rising, uncapped."""
    rows = [{"number": NUMBER, "name": name} for name in ("甲", "乙", "丙", "丁", "戊", "己", RIGHT)]
    rows.append({"number": exam.NEW.number, "name": exam.NEW.name})
    async with service_of_many() as service:
        first = (await service.post("/api/v1/verify/batch", json=rows, headers=of(0))).json()
        lines = await service.post(
            "/api/v1/verify/batch", json=rows, headers=of(0) | {"accept": "application/x-ndjson"}
        )
        body = {"rows": rows, "altcha": solved(first["challenge"])}
        second = (await service.post("/api/v1/verify/batch", json=body, headers=of(0))).json()
    assert [item and item["outcome"] for item in first["verdicts"]] == ["mismatch"] * 5 + [None, None, "valid"]
    assert [item["row"] for item in first["problems"]] == [6, 7]
    assert first["challenge"]["parameters"]["data"]["work"] == WORK * (5 + 2 * 2)
    assert [item["outcome"] for item in second["verdicts"]] == ["mismatch"] * 6 + ["valid", "valid"]
    told = [json.loads(line) for line in lines.text.splitlines()]
    assert told[1]["problem"]["code"] == "proof_wanted"
    assert told[-1]["challenge"]["parameters"]["data"]["work"] == WORK * (5 + 2 * 2)


@pytest.mark.parametrize("way", ["field", "header", "raw"])
async def test_a_file_brings_its_proof_beside_it(way: str) -> None:
    """A CSV comes back with its rows not checked and a challenge in a header, and is answered with the solution."""
    table = f"number,name\n{NUMBER},{RIGHT}\n".encode()
    async with service_of_many() as service:
        await spoil(service, 1)
        files = {"file": ("list.csv", table)}
        first = await service.post("/api/v1/verify/batch", files=files, headers=of(0))
        payload = solved(json.loads(first.headers["altcha-challenge"]))
        if way == "raw":
            headers = of(0) | {"altcha": payload, "content-type": "text/csv"}
            second = await service.post("/api/v1/verify/batch", content=table, headers=headers)
        elif way == "header":
            second = await service.post("/api/v1/verify/batch", files=files, headers=of(0) | {"altcha": payload})
        else:
            second = await service.post("/api/v1/verify/batch", files=files, data={"altcha": payload}, headers=of(0))
    assert ",not_checked," in first.text
    assert ",valid," in second.text
    assert "altcha-challenge" not in second.headers


async def test_the_bulk_page_tells_its_script_of_the_work() -> None:
    """The result comes with a challenge before it; the list sent again with the solution is answered whole."""
    async with service_of_many() as service:
        await spoil(service, 1)
        form, headers = (
            {"rows": f"{NUMBER} {RIGHT}"},
            of(0) | {"accept": "application/x-ndjson", "accept-language": "en"},
        )
        first = [
            json.loads(line) for line in (await service.post("/batch", data=form, headers=headers)).text.splitlines()
        ]
        proof = solved(next(event["challenge"] for event in first if "challenge" in event))
        answer = await service.post("/batch", data=form | {"altcha": proof}, headers=headers)
        second = [json.loads(line) for line in answer.text.splitlines()]
    assert "Not checked" in first[-1]["html"]
    assert "The one certificate is genuine and valid." in second[-1]["html"]


async def test_prices_rise_with_what_a_client_tried_and_less_with_what_others_did() -> None:
    """A client's own guesses for one number and for all, and everybody's for one: at most ten seconds of a phone."""
    tried = NamesTried(b"s" * 32, LocalMemory())

    async def guess(who: str, number: str, count: int, begin: int = 0) -> None:
        names = [Try(number=number, name=f"甲{begin + turn}") for turn in range(count)]
        await tried.settle(names, [True] * count, who, 0, paid=True)

    async def price(who: str, number: str) -> int:
        return (await tried.prices([Try(number=number, name="乙")], who, 0))[0].alone

    await guess("a", "N1", OF_ONE - 1)
    assert await price("a", "N1") == 0
    await guess("a", "N1", 1, OF_ONE - 1)
    assert (await price("a", "N1"), await price("a", "N2"), await price("b", "N1")) == (WORK, 0, 0)
    await guess("a", "N1", OF_ONE, OF_ONE)
    assert await price("a", "N1") == 2 * WORK
    await guess("a", "N1", 2000, 10)
    assert (await price("a", "N1"), await price("b", "N1")) == (WORK << 5, WORK << 3)
    assert WORK << 5 <= 10 * 750_000 / 2  # the unluckiest solver needs twice the work
    for turn in range(OF_CLIENT):
        await guess("c", f"M{turn}", 1)
    assert (await price("c", "other"), await price("b", "M1")) == (WORK, 0)
    for turn in range(OF_NUMBER):
        await guess(f"d{turn}", "N3", 1, turn)
    assert (await price("b", "N3"), await price("b", "N4")) == (WORK, 0)
    assert (await tried.prices([Try(number="N3", name="乙")], "b", 24 * 3600 + 1))[0].alone == 0


async def test_a_hundred_wrong_names_are_answered_in_one_list_and_no_more() -> None:
    """However they are brought: the hundred and first wrong name of a client in a day is not answered for nothing."""
    tried = NamesTried(b"s" * 32, LocalMemory())
    names = [Try(number=f"N{turn}", name="甲") for turn in range(300)]
    admitted = await tried.settle(names, [True] * 300, "a", 0, paid=False)
    assert admitted == [True] * OF_CLIENT + [False] * 200
    assert await tried.settle(names, [True] * 300, "a", 0, paid=True) == [True] * 300


async def test_a_list_that_is_not_answered_is_priced_once_and_counts_at_the_lane(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing of it was judged, so that its price is still what it was; to reckon it is work for a client, too."""
    priced: list[int] = []
    costs: list[float] = []
    prices, turn = NamesTried.prices, Lane.turn

    async def counted(self: NamesTried, tries: Any, *rest: Any) -> Any:
        priced.append(len(tries))
        return await prices(self, tries, *rest)

    def noted(self: Lane, who: str, cost: float | None = None) -> Any:
        costs.append(cost or 0.0)
        return turn(self, who, cost)

    monkeypatch.setattr(NamesTried, "prices", counted)
    monkeypatch.setattr(Lane, "turn", noted)
    rows = [{"number": NUMBER, "name": f"甲{turn}"} for turn in range(300)]
    async with service_of_many() as service:
        first = (await service.post("/api/v1/verify/batch", json=rows, headers=of(0))).json()
        assert priced == [300, 300]  # some were counted, so that the rest costs more than it did
        priced.clear()
        costs.clear()
        second = (await service.post("/api/v1/verify/batch", json=rows, headers=of(0))).json()
        assert (priced, len(second["problems"])) == ([300], 300)
        assert sum(costs) > 0
    assert second["challenge"]["parameters"]["data"]["work"] > 300 * WORK  # the sum of all, which rises by each
    assert first["challenge"]["parameters"]["data"] == second["challenge"]["parameters"]["data"]
