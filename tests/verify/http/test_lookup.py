"""Lookups by name and ID number: the proof of work, what is answered, and what nobody may learn."""

import base64
import json
import re
import time
from typing import Any

import altcha
import httpx
import pytest

from tests import invented_exam as exam
from tests.http_service import Time, client, proof, registry, settings, solved
from verify.http.answers.problems import Refused
from verify.http.app import create
from verify.http.guard.lookups_tried import WORK, LookupsTried
from verify.http.guard.memory import LocalMemory
from verify.http.guard.names_tried import NamesTried, Try
from verify.http.guard.proof import Proofs


def today() -> Time:
    """A clock that stands at the real time, by which ALTCHA's library tells stale challenges."""
    return Time(time.time())


async def lookup(service: httpx.AsyncClient, person: exam.Holder = exam.VALID, **other: Any) -> httpx.Response:
    """The answer to a lookup of a person with a fresh proof."""
    body = {"name": person.name, "id_number": person.id_number} | other
    if "altcha" not in body:
        body["altcha"] = await proof(service, str(body["name"]))
    return await service.post("/api/v1/lookup", json=body)


async def test_a_person_finds_their_certificates_in_full() -> None:
    """Name and ID number find the certificate with the holder's whole name and the ID hint."""
    async with client(clock=today()) as service:
        answer = await lookup(service)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    (found,) = answer.json()["certificates"]
    assert (found["number"], found["holder"], found["id_hint"]) == (exam.VALID.number, "王莉", "0010")
    assert found["status"] == "valid"


@pytest.mark.parametrize("person", [exam.REVOKED, exam.SUSPENDED, exam.REPLACED], ids=lambda p: p.name)
async def test_a_lookup_tells_the_status_too(person: exam.Holder) -> None:
    """What is no longer valid is found as such, but for who was taken off the list, and so out of its index."""
    async with client(clock=today()) as service:
        (found,) = (await lookup(service, person)).json()["certificates"]
    assert found["status"] != "valid"


async def test_no_such_person_and_a_wrong_name_are_answered_alike() -> None:
    """Both are an empty list, after the same questions to the register."""
    register = registry()
    async with client(register, clock=today()) as service:
        wrong_name = await lookup(service, name="王丽")
        nobody = await lookup(service, name="王丽", id_number=exam.resident(500))
    assert wrong_name.status_code == nobody.status_code == 200
    assert wrong_name.content == nobody.content == b'{"certificates":[]}'
    assert wrong_name.headers == nobody.headers
    assert register.looked_up == 2


@pytest.mark.parametrize(
    ("typed", "id_number"),
    [
        ("买买提•吐尔逊江", exam.REVOKED.id_number),
        ("买买提・吐尔逊江", exam.REVOKED.id_number.lower()),
        (" 买买提·吐尔逊江 ", " ".join(exam.REVOKED.id_number)),
        (
            "买买提·吐尔逊江\u200b",
            exam.REVOKED.id_number.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        ),
    ],
)
async def test_a_person_is_found_however_they_write_themselves(typed: str, id_number: str) -> None:
    """Dots, widths, spaces and case of name and ID number do not matter."""
    async with client(clock=today()) as service:
        answer = await lookup(service, name=typed, id_number=id_number)
    assert len(answer.json()["certificates"]) == 1


BAD: list[tuple[dict[str, Any], str]] = [
    ({"id_number": "99010119900201001"}, "id_length"),
    ({"id_number": exam.VALID.id_number[:-1] + ("0" if exam.VALID.id_number[-1] != "0" else "1")}, "id_checksum"),
    ({"id_number": "990101199002300018"}, "id_date"),
    ({"id_number": ""}, "id_missing"),
    ({"id_number": "\u200b - "}, "id_missing"),
    ({"name": ""}, "name_missing"),
    ({"name": "\u202e\u200b "}, "name_missing"),
    ({"id_number": "9" * 64}, "id_length"),
    ({"id_number": "9" * 65}, "id_too_long"),
    ({"id_number": "9" * 20_000, "id_type": "passport"}, "id_too_long"),
    ({"name": "王" * 201}, "name_too_long"),
    ({"id_number": "\ud800"}, "id_length"),
]


@pytest.mark.parametrize(("fields", "code"), BAD, ids=[code for _, code in BAD])
async def test_slips_are_said_before_any_search_and_cost_no_proof(fields: dict[str, Any], code: str) -> None:
    """A wrong ID number is a 400 with its code, and the proof is still good."""
    register = registry()
    async with client(register, clock=today()) as service:
        fresh = await proof(service)
        body = json.dumps({"name": "王莉", "id_number": exam.VALID.id_number, "altcha": fresh} | fields)
        refused = await service.post("/api/v1/lookup", content=body)
        assert register.looked_up == 0
        again = await lookup(service, altcha=fresh)
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert again.status_code == 200


@pytest.mark.parametrize("name", ["🙂", "<script>", "名" * 50, "名" * 51, "名" * 200, "a\u202eb"])
async def test_strange_names_find_nobody(name: str) -> None:
    """Any name is searched for, however long or strange."""
    async with client(clock=today()) as service:
        answer = await lookup(service, name=name)
    assert (answer.status_code, answer.json()) == (200, {"certificates": []})


async def test_passports_are_not_judged_by_the_resident_rule() -> None:
    """Other documents have no checksum."""
    async with client(clock=today()) as service:
        answer = await lookup(service, id_type="passport", id_number="E1234567")
    assert answer.json() == {"certificates": []}


FORM: list[tuple[dict[str, Any], int, str]] = [
    ({"id_type": "tax"}, 400, "bad_request"),
    ({"name": None}, 400, "bad_request"),
    ({"extra": 1}, 400, "bad_request"),
    ({"altcha": None}, 403, "proof_missing"),
    ({"altcha": ""}, 403, "proof_missing"),
    ({"altcha": "x"}, 403, "proof_invalid"),
    ({"altcha": "e30="}, 403, "proof_invalid"),
    ({"altcha": base64.b64encode(b"[" * 3000).decode()}, 403, "proof_invalid"),
    ({"altcha": "A" * 50_000}, 403, "proof_invalid"),
]


@pytest.mark.parametrize(("fields", "status", "code"), FORM)
async def test_lookups_of_another_form_are_refused(fields: dict[str, Any], status: int, code: str) -> None:
    """Mistyped fields are 400, and what is no proof of work is 403."""
    async with client(clock=today()) as service:
        answer = await lookup(service, **({"altcha": "x"} | fields))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_proof_is_good_for_one_lookup() -> None:
    """A replayed proof is refused."""
    async with client(clock=today()) as service:
        once = await proof(service)
        first = await lookup(service, altcha=once)
        again = await lookup(service, altcha=once)
        spaced = await lookup(service, altcha=once + "\n")
    assert first.status_code == 200
    assert (again.status_code, again.json()["code"]) == (403, "proof_used")
    assert spaced.status_code == 403


async def test_a_stale_proof_is_refused() -> None:
    """A challenge lives ten minutes and some seconds for its work."""
    clock = Time(time.time() - 700)
    async with client(clock=clock) as service:
        stale = await proof(service)
        clock.now = time.time()
        answer = await lookup(service, altcha=stale)
    assert (answer.status_code, answer.json()["code"]) == (403, "proof_expired")


@pytest.mark.parametrize("change", ["cost", "work", "prefix", "counter", "key", "secret", "unsigned"])
async def test_a_forged_proof_is_refused(change: str) -> None:
    """Neither an easier challenge, nor one of somebody else's, nor a wrong answer is taken."""
    async with client(clock=today()) as service:
        challenge = (await service.get("/api/v1/challenge")).json()
        payload = json.loads(base64.b64decode(solved(challenge)))
        parameters = payload["challenge"]["parameters"]
        match change:
            case "cost":
                parameters["cost"] = 1
            case "work":
                parameters["data"]["work"] = 10**9
            case "prefix":
                parameters["keyPrefix"] = ""
            case "counter":
                payload["solution"]["counter"] += 1
            case "key":
                payload["solution"]["derivedKey"] = "00" * 32
            case "secret":
                mine = altcha.create_challenge("SHA-256", 1, hmac_secret="mine", expires_at=int(time.time()) + 60)
                payload = json.loads(base64.b64decode(solved(mine.to_dict())))
            case "unsigned":
                del payload["challenge"]["signature"]
        forged = base64.b64encode(json.dumps(payload).encode()).decode()
        answer = await lookup(service, altcha=forged)
    assert (answer.status_code, answer.json()["code"]) == (403, "proof_invalid")


async def test_challenges_grow_for_a_client_that_finds_nothing() -> None:
    """Five failed searches double the work of one client, and of nobody else."""
    tried = LookupsTried(b"s" * 32, LocalMemory())
    works = []
    for turn in range(12):
        works.append(await tried.work("a", None, None, 0))
        await tried.failed(str(turn), "a", f"name {turn}", str(turn), 0)
    assert works == [WORK] * 5 + [2 * WORK] * 5 + [4 * WORK] * 2
    assert await tried.work("b", None, None, 0) == WORK


async def test_a_person_who_is_searched_for_costs_more_and_others_of_that_name_little() -> None:
    """Failed searches for one name and last four, from a thousand addresses, cost most for that name and last four."""
    tried = LookupsTried(b"s" * 32, LocalMemory())
    for turn in range(1300):
        await tried.failed(str(turn), f"client {turn}", "张三", f"99{turn:04}1234", 0)
    assert await tried.work("new", " 张 三 ", "000000001234", 0) == WORK << 8
    assert await tried.work("new", "张三", "1234", 0) == WORK << 8
    assert await tried.work("new", "张三", "000000009999", 0) == WORK << 3
    assert await tried.work("new", "李四", "000000001234", 0) == WORK
    assert await tried.work("new", None, None, 0) == WORK
    assert await tried.work("new", "张三", "1234", 24 * 3600 + 1) == WORK << 8
    assert await tried.work("new", "张三", "1234", 7 * 24 * 3600 + 1) == WORK


async def test_a_proof_must_be_worth_its_work() -> None:
    """A solution is taken for its own work and less, and not for more; every refusal brings the next challenge."""
    desk = Proofs(b"s" * 32, LocalMemory())
    now = int(time.time())
    easy = await desk.challenge(20_000, now)
    payload = solved({"parameters": easy.parameters, "signature": easy.signature})
    assert (await desk.check(payload, 20_000, now)).mark == easy.parameters["nonce"]
    with pytest.raises(Refused, match="proof_too_easy"):
        await desk.check(payload, 20_001, now)
    async with client(clock=today()) as service:
        refused = (await lookup(service, altcha=None)).json()
        found = await lookup(service, altcha=solved(refused["challenge"]))
    assert refused["code"] == "proof_missing"
    assert found.status_code == 200


async def test_the_work_of_a_challenge_is_what_it_says() -> None:
    """No solver needs more than twice the work, and making it takes the service a thousand rounds."""
    desk = Proofs(b"s" * 32, LocalMemory())
    for work in (1, 500, 120_000, 512_000, 10**10):
        asked = (await desk.challenge(work, 0)).parameters
        assert 500 <= asked["cost"] <= 2000
        assert asked["data"] == {"work": work}
        assert asked["keySignature"]
        assert asked["expiresAt"] >= min(600 + work // 50_000, 24 * 3600)


async def test_what_is_remembered_is_not_readable_and_ends() -> None:
    """Memory holds keyed hashes, and forgets failures after their time."""
    memory = LocalMemory()
    lookups, names = LookupsTried(b"s" * 32, memory), NamesTried(b"s" * 32, memory)
    await lookups.failed("mark", "192.0.2.1", "张三", "990101199001011234", 0)
    await names.settle([Try(number="CEM2204000001I", name="张三")], [True], "192.0.2.1", 0, paid=False)
    assert len(memory._tables) == 6
    assert not re.search("张三|192|CEM|1234", repr(memory._tables))
    for turn in range(30):
        await lookups.failed(str(turn), "c", "李四", "1", 0)
    assert await lookups.work("c", None, None, 3599) == WORK << 3
    assert await lookups.work("c", None, None, 3601) == WORK


async def test_without_a_lookup_secret_names_are_hashed_with_something_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing public, such as the root's thumbprint, is the key of what is remembered."""
    keys: list[bytes] = []
    monkeypatch.setattr(NamesTried, "__init__", lambda _, secret, __: keys.append(secret))
    for secrets in ((), (), (b"x" * 16,)):
        create(registry(), settings(lookup_secrets=secrets))
    assert keys[2] == b"x" * 16
    assert len({*keys, settings().root}) == 4


async def test_a_service_without_the_secret_says_so() -> None:
    """No lookup secret: 503 lookups_closed, and the page points to number and name."""
    async with client(lookup_secrets=()) as service:
        answers = [await lookup(service, altcha="x"), await service.get("/api/v1/challenge")]
        page = await service.get("/lookup?lang=en")
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "lookups_closed")}
    assert "does not look up" in page.text


async def test_the_lookup_form_answers_with_a_page_that_holds_no_id_number() -> None:
    """Found, not found, and refused: never the ID number, never in an address, never kept."""
    secret = exam.VALID.id_number
    async with client(clock=today()) as service:
        pages = []
        for name, id_number in (("王莉", secret), ("王丽", secret), ("王莉", secret[:-1])):
            form = {"name": name, "id_type": "resident", "id_number": id_number, "altcha": await proof(service)}
            pages.append(await service.post("/lookup?lang=en", data=form))
        without = await service.post("/lookup?lang=en", data={"name": "王莉", "id_number": secret})
    found, nothing, slip = pages
    assert "1 certificate found" in found.text
    assert "No certificate found" in nothing.text
    assert "ID number incomplete" in slip.text
    assert without.status_code == 403
    assert "Proof of work missing" in without.text
    assert [page.status_code for page in pages] == [200, 200, 400]
    for page in (*pages, without):
        assert secret[:-1] not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert "location" not in page.headers
