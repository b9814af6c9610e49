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
from tests.http_service import Time, client, proof, registry, solved
from verify.http.guard import names_tried
from verify.http.guard import proof as proofs
from verify.http.guard.memory import LocalMemory


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
    """A challenge lives ten minutes."""
    clock = Time(time.time() - proofs.LIFETIME - 5)
    async with client(clock=clock) as service:
        stale = await proof(service)
        clock.now = time.time()
        answer = await lookup(service, altcha=stale)
    assert (answer.status_code, answer.json()["code"]) == (403, "proof_expired")


@pytest.mark.parametrize("change", ["cost", "level", "prefix", "counter", "key", "secret", "unsigned"])
async def test_a_forged_proof_is_refused(change: str) -> None:
    """Neither an easier challenge, nor one of somebody else's, nor a wrong answer is taken."""
    async with client(clock=today()) as service:
        challenge = (await service.get("/api/v1/challenge")).json()
        payload = json.loads(base64.b64decode(solved(challenge)))
        parameters = payload["challenge"]["parameters"]
        match change:
            case "cost":
                parameters["cost"] = 1
            case "level":
                parameters["data"]["level"] = 9
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
    service = client(clock=today())
    async with service:
        costs = []
        for _ in range(11):
            costs.append((await service.get("/api/v1/challenge")).json()["parameters"]["cost"])
            assert (await lookup(service, name="张三", altcha=await proof(service, "张三"))).status_code == 200
    assert costs == [1000] * 5 + [2000] * 5 + [4000]


async def test_a_proof_must_be_hard_enough_for_its_name() -> None:
    """A name that failed often, over all clients, wants a harder proof than a client's own."""
    memory = LocalMemory()
    desk = proofs.Proofs(b"s" * 32, memory)
    now = int(time.time())
    for number in range(20):
        await desk.failed(str(number), f"client {number}", "张三", now)
    easy = await desk.challenge("another", None, now)
    hard = await desk.challenge("another", " 张 三 ", now)
    assert (easy.parameters["cost"], hard.parameters["cost"]) == (1000, 2000)
    payload = solved({"parameters": easy.parameters, "signature": easy.signature})
    assert await desk.check(payload, "another", "李四", now)
    with pytest.raises(Exception, match="proof_too_easy"):
        await desk.check(payload, "another", "张三", now)


async def test_the_work_has_an_end() -> None:
    """However often a search fails, a challenge is at most 64 times the first."""
    memory = LocalMemory()
    desk = proofs.Proofs(b"s" * 32, memory)
    for number in range(5000):
        await desk.failed(str(number), "a", "b", 0)
    assert (await desk.challenge("a", "b", 0)).parameters["cost"] == proofs.COST << proofs.HIGHEST


async def test_what_is_remembered_is_not_readable_and_ends() -> None:
    """Memory holds keyed hashes, and forgets failures after their time."""
    memory = LocalMemory()
    desk = proofs.Proofs(b"s" * 32, memory)
    tried = names_tried.NamesTried(b"s" * 32, memory)
    await desk.failed("mark", "192.0.2.1", "张三", 0)
    await tried.let("CEM2204000001I", "张三", 0)
    assert not re.search("张三|192|CEM", repr(memory._sets))
    for number in range(30):
        await desk.failed(str(number), "c", "张三", 0)
    assert (await desk.challenge("c", None, 10)).parameters["cost"] == 8000
    assert (await desk.challenge("c", None, 3601)).parameters["cost"] == 1000


async def test_five_wrong_names_a_day_then_the_code_is_asked_for() -> None:
    """A sixth name, even the right one, is not answered for that number; the QR code and other numbers are."""
    clock = Time()
    async with client(clock=clock) as service:
        body = {"number": exam.VALID.number}
        for name in ("甲", "乙", "丙", "丙 ", "丁", "戊"):
            answer = await service.post("/api/v1/verify", json=body | {"name": name})
            assert answer.json()["outcome"] == "mismatch"
        right = await service.post("/api/v1/verify", json=body | {"name": exam.VALID.name})
        page = await service.post("/check?lang=en", data=body | {"name": "己"})
        nameless = await service.post("/api/v1/verify", json=body)
        by_qr = await service.post("/api/v1/verify", json={"qr": exam.VALID.qr})
        other = await service.post("/api/v1/verify", json={"number": exam.NEW.number, "name": exam.NEW.name})
        clock.now += 24 * 3600
        next_day = await service.post("/api/v1/verify", json=body | {"name": exam.VALID.name})
    assert (right.status_code, right.json()["code"]) == (429, "too_many_names")
    assert right.headers["retry-after"] == "86400"
    assert page.status_code == 429
    assert "scan the certificate" in page.text
    assert "try again in 24 hours" in page.text
    assert nameless.json()["outcome"] == by_qr.json()["outcome"] == other.json()["outcome"] == "valid"
    assert next_day.json()["outcome"] == "valid"


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


async def test_a_list_of_names_for_one_number_is_no_way_around() -> None:
    """A bulk check answers five wrong names of a number, and no name after that."""
    rows = [
        {"number": exam.VALID.number, "name": name} for name in ("甲", "乙", "丙", "丁", "戊", "己", exam.VALID.name)
    ]
    rows.append({"number": exam.NEW.number, "name": exam.NEW.name})
    async with client() as service:
        verdicts = (await service.post("/api/v1/verify/batch", json=rows)).json()["verdicts"]
        lines = (
            await service.post("/api/v1/verify/batch", json=rows, headers={"accept": "application/x-ndjson"})
        ).text.splitlines()
    assert [item and item["outcome"] for item in verdicts] == ["mismatch"] * 5 + [None, None, "valid"]
    assert json.loads(lines[1])["problem"]["code"] == "too_many_names"
