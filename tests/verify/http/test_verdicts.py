"""Verdicts over HTTP: by QR code, by number, and by number and name, for programs and as pages."""

import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests import invented_exam as exam
from tests.http_service import client, registry
from tests.invented_exam import Holder
from verify.core.qr_text import write

OUTCOMES = [
    (exam.VALID, "valid"),
    (exam.REVOKED, "revoked"),
    (exam.SUSPENDED, "suspended"),
    (exam.REPLACED, "replaced"),
    (exam.EXPIRED, "expired"),
    (exam.REINSTATED, "valid"),
    (exam.WITHDRAWN, "withdrawn"),
    (exam.NOT_YET, "not_yet_valid"),
    (exam.NEW, "valid"),
    (exam.UNLISTED, "unregistered"),
]


async def verify(service: httpx.AsyncClient, **body: Any) -> Any:
    """The answer of POST /api/v1/verify, which must be a verdict."""
    answer = await service.post("/api/v1/verify", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


@pytest.mark.parametrize(("person", "outcome"), OUTCOMES, ids=lambda value: getattr(value, "name", value))
async def test_each_status_is_the_same_by_qr_by_number_and_on_the_page(person: Holder, outcome: str) -> None:
    """A certificate's outcome does not depend on how it is asked for."""
    async with client() as service:
        by_qr = await verify(service, qr=person.qr)
        by_number = await verify(service, number=person.number, name=person.name)
        by_page = (await service.get(person.path, headers={"accept": "application/json"})).json()
    assert [by_qr["outcome"], by_number["outcome"], by_page["outcome"]] == [outcome] * 3
    assert [check["step"] for check in by_qr["checks"]] == list(range(1, 10))
    assert by_qr["checks"][8]["result"] == "not_done"
    assert by_qr["certificate"]["holder"] == by_number["certificate"]["holder"] == person.name
    assert by_qr["certificate"]["id_hint"] == person.certificate.id_hint
    assert by_number["certificate"]["id_hint"] is None


async def test_a_verdict_has_the_fields_of_the_contract() -> None:
    """The verdict's JSON is that of 3-interfaces."""
    async with client() as service:
        judged = await verify(service, qr=exam.VALID.qr)
    assert list(judged) == [
        "outcome",
        "status_now",
        "checked_at",
        "as_of",
        "checks",
        "certificate",
        "receipt",
        "snapshot",
    ]
    assert judged["checked_at"] == judged["as_of"] == "2025-10-09T08:53:20Z"
    assert list(judged["checks"][0]) == ["step", "check", "result", "code", "detail"]
    certificate = judged["certificate"]
    assert certificate["programme"]["name"] == {"zh": "碳排放管理师", "en": "Carbon Emission Manager"}
    assert certificate["exam"] == {
        "code": "CEM-2022-04",
        "title": {"zh": exam.TITLE.zh, "en": exam.TITLE.en},
        "held_on": "2022-04-23",
    }
    assert len(certificate["issuers"]) == 2
    assert certificate["issued_at"] == "2022-05-15T05:20:00Z"


async def test_a_stranger_sees_the_first_character_of_the_name() -> None:
    """By number alone, the holder is masked and the ID hint withheld."""
    async with client() as service:
        judged = await verify(service, number=exam.REVOKED.number)
        same = (await service.get(f"/api/v1/certificates/{exam.REVOKED.number}")).json()
    assert judged["certificate"]["holder"] == "买＊＊"
    assert judged["certificate"]["id_hint"] is None
    assert same == judged


@pytest.mark.parametrize("typed", [" cem 2204-000001 i ", "ＣＥＭ２２０４０００００１Ｉ", "cem‑2204–000001－i"])
async def test_a_number_is_found_however_it_is_typed(typed: str) -> None:
    """Case, width, spaces and dashes of a number do not matter."""
    async with client() as service:
        assert (await verify(service, number=typed))["outcome"] == "valid"


@pytest.mark.parametrize("dot", "·•・‧⋅∙．")
async def test_a_name_fits_with_every_dot_that_people_type(dot: str) -> None:
    """A minority name is the holder's with any of the dots."""
    async with client() as service:
        judged = await verify(service, number=exam.REVOKED.number, name=f"买买提{dot}吐尔逊江")
    assert judged["outcome"] == "revoked"


@pytest.mark.parametrize(
    "name", ["王丽", "", "<b>王莉</b>", "王莉" * 25, "王莉" * 25 + "莉", "🙂", "王莉\u202e莉", "x" * 20_000]
)
async def test_the_right_number_with_a_wrong_name_is_a_mismatch_that_shows_nothing(name: str) -> None:
    """Nobody learns a holder by trying names."""
    async with client() as service:
        judged = await verify(service, number=exam.VALID.number, name=name)
    assert judged["outcome"] == "mismatch"
    assert judged["certificate"] is None
    assert judged["status_now"] is None


@pytest.mark.parametrize("name", ["王\u200b莉", "王莉\u202e", " 王　莉 ", "\u200f王莉"])
async def test_invisible_characters_do_not_make_a_name_another(name: str) -> None:
    """Spaces, zero-width characters and direction marks are no part of a name."""
    async with client() as service:
        assert (await verify(service, number=exam.VALID.number, name=name))["outcome"] == "valid"


async def test_one_changed_digit_is_never_valid() -> None:
    """Every single-digit change of a QR code is forged, or unreadable, or from an unknown key."""
    digits = exam.VALID.path.removeprefix("/Q/")
    seen = set()
    async with client() as service:
        for place in range(0, len(digits), 23):
            changed = digits[:place] + str((int(digits[place]) + 1) % 10 or 1) + digits[place + 1 :]
            if changed != digits:
                seen.add((await verify(service, qr=changed))["outcome"])
    assert seen <= {"forged", "unreadable", "unknown_key"}
    assert "forged" in seen


UNREADABLE = [
    "",
    " ",
    "1" * 10_000,
    "9" * 100_000,
    "0123",
    "12 34",
    "１２３",
    "HTTPS://X/Q/",
    "你好",
    "\x00",
    "null",
    "\ud800",
]


@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: ascii(text[:12]))
async def test_any_text_is_judged_and_nonsense_is_unreadable(text: str) -> None:
    """Whatever a scanner reads gets a verdict, not an error."""
    body = '{"qr": "' + "".join(f"\\u{ord(character):04x}" for character in text) + '"}'
    async with client() as service:
        answer = await service.post("/api/v1/verify", content=body)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "unreadable")
    assert answer.json()["certificate"] is None


@pytest.mark.parametrize("number", ["", "ABC", "A" * 33, "碳排放", "1" * 50_000, "\x00\x01"])
async def test_what_cannot_be_a_number_is_unreadable_in_a_post_and_not_found_at_an_address(number: str) -> None:
    """Any JSON string is judged; an address that no certificate can have holds nothing."""
    async with client() as service:
        assert (await verify(service, number=number))["outcome"] == "unreadable"
        if 0 < len(number) < 100:
            answer = await service.get(f"/api/v1/certificates/{quote(number)}")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_slip_in_a_number_is_said_before_any_search() -> None:
    """A wrong check character is malformed by POST, 400 number_check at its address, and the register is not asked."""
    register = registry()
    wrong = exam.VALID.number[:-1] + "A"
    async with client(register) as service:
        judged = await verify(service, number=wrong)
        answer = await service.get(f"/api/v1/certificates/{wrong}")
    assert judged["outcome"] == "malformed"
    assert judged["checks"][5]["code"] == "number_check"
    assert judged["checks"][6]["result"] == "not_done"
    assert (answer.status_code, answer.json()["code"]) == (400, "number_check")


async def test_an_unknown_number_is_not_found() -> None:
    """A centre's own number that is not there: a verdict by POST, 404 at its address."""
    async with client() as service:
        assert (await verify(service, number="Z12345"))["outcome"] == "not_found"
        answer = await service.get("/api/v1/certificates/Z12345")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_an_earlier_time_can_be_asked_about() -> None:
    """as_of is answered by today's register, and status_now still says what is true now."""
    async with client() as service:
        before = await verify(service, qr=exam.REVOKED.qr, as_of="2022-06-01T00:00:00Z")
        long_ago = await verify(service, qr=exam.REVOKED.qr, as_of="1900-01-01T00:00:00+08:00")
        page = await service.get(exam.REVOKED.path, params={"as_of": "2022-06-01", "lang": "en"})
    assert (before["outcome"], before["status_now"], before["as_of"]) == ("valid", "revoked", "2022-06-01T00:00:00Z")
    assert (long_ago["outcome"], long_ago["status_now"]) == ("not_yet_valid", "revoked")
    assert "<h1>On 1 June 2022: Genuine and valid</h1>" in page.text
    assert "<strong>Today: Revoked</strong>" in page.text
    assert page.text.index("Today: Revoked") < page.text.index("<h1>")


@pytest.mark.parametrize(
    ("as_of", "code"),
    [
        ("2025-10-09T08:53:21Z", "future_time"),
        ("9999-12-31T23:59:59Z", "future_time"),
        ("2022-06-01", "bad_time"),
        ("2022-06-01T00:00:00", "bad_time"),
        ("yesterday", "bad_time"),
        ("", "bad_time"),
        ("0001-01-01T00:00:00+23:59", "bad_time"),
        ("2022-02-30T00:00:00Z", "bad_time"),
        ("10000-01-01T00:00:00Z", "bad_time"),
        ("2022-W22-3T00:00:00Z", "bad_time"),
        ("20220601T000000Z", "bad_time"),
        ("2022-06-01T00:00Z", "bad_time"),
        ("2022-06-01王00:00:00Z", "bad_time"),
        ("２０２２-06-01T00:00:00Z", "bad_time"),
        ("2022-06-01T00:00:00+08:00:30", "bad_time"),
        ("2022-06-01T00:00:00+24:00", "bad_time"),
        ("2022-06-01T12:30:60Z", "bad_time"),
        ("2" * 10_000, "bad_time"),
    ],
)
async def test_a_time_that_is_none_or_has_not_come_is_refused(as_of: str, code: str) -> None:
    """as_of is an RFC 3339 time with its zone, not after now."""
    async with client() as service:
        answer = await service.post("/api/v1/verify", json={"qr": exam.VALID.qr, "as_of": as_of})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("as_of", "seconds"),
    [
        ("2022-06-01t00:00:00z", "2022-06-01T00:00:00Z"),
        ("2022-06-01 08:00:00.123456789+08:00", "2022-06-01T00:00:00Z"),
        ("2022-05-31T10:00:00-14:00", "2022-06-01T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2017-01-01T07:59:60+08:00", "2017-01-01T00:00:00Z"),
        ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),
    ],
)
async def test_every_spelling_of_a_time_is_taken(as_of: str, seconds: str) -> None:
    """RFC 3339 has small letters, fractions, offsets and leap seconds too."""
    async with client() as service:
        judged = await verify(service, qr=exam.VALID.qr, as_of=as_of)
    assert judged["as_of"] == seconds


async def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    """Neither an unknown name in JSON nor a value that is none of the known comes back."""
    async with client() as service:
        unknown = await service.post("/api/v1/verify", json={"number": "A", "王莉 at `": "x"})
        value = await service.post(
            "/api/v1/lookup", json={"name": "王莉", "id_number": "1", "id_type": "99010119900201001X' - at `x"}
        )
    assert unknown.json()["field"] == "Object contains unknown field"
    assert value.json()["field"] == "Invalid enum value - at `$.id_type`"


BODIES = [
    (b"", "bad_json"),
    (b"{", "bad_json"),
    (b"\xff\xfe", "bad_json"),
    (b"[" * 5000, "bad_json"),
    (b'{"qr":' + b"[" * 5000 + b"]" * 5000 + b"}", "bad_json"),
    (b'{"qr":"1","qr":"2"}', "bad_json"),
    (b'{"qr":NaN}', "bad_json"),
    (b'{"qr":' + b"1" * 5000 + b"}", "bad_json"),
    (b"null", "bad_request"),
    (b'"1"', "bad_request"),
    (b"[]", "bad_request"),
    (b"{}", "bad_request"),
    (b'{"qr":1}', "bad_request"),
    (b'{"qr":null}', "bad_request"),
    (b'{"qr":["1"]}', "bad_request"),
    (b'{"qr":"1","number":"A"}', "bad_request"),
    (b'{"qr":"1","name":"A"}', "bad_request"),
    (b'{"name":"A"}', "bad_request"),
    (b'{"qr":"1","extra":1}', "bad_request"),
    (b'{"qr":"1","as_of":1}', "bad_request"),
]


@pytest.mark.parametrize(("body", "code"), BODIES, ids=lambda value: value if isinstance(value, str) else value[:24])
async def test_bodies_of_another_form_are_refused_as_problem_details(body: bytes, code: str) -> None:
    """Nested, doubled, mistyped and unknown JSON is a 400 with its code."""
    async with client() as service:
        answer = await service.post("/api/v1/verify", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_qr_code_opens_a_page_that_shows_every_signed_field() -> None:
    """The page has the headline and each field to hold against the paper."""
    async with client() as service:
        page = await service.get(exam.VALID.path, headers={"accept-language": "zh-CN"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["vary"] == "Accept, Accept-Language"
    assert page.headers["cache-control"] == "no-store"
    for shown in (
        "王莉",
        exam.VALID.number,
        "0010",
        "碳排放管理师",
        "高级",
        "4-09-07-04",
        "示例人才交流中心",
        "示例设计研究院",
    ):
        assert shown in page.text


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "text/html; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("application/json;q=0.1, text/html", "text/html; charset=utf-8"),
        ("nonsense", "text/html; charset=utf-8"),
    ],
)
async def test_the_qr_address_answers_in_the_form_that_accept_ranks_first(accept: str, media_type: str) -> None:
    """HTML by default, JSON for who wants it."""
    async with client() as service:
        answer = await service.get(exam.VALID.path, headers={"accept": accept})
    assert answer.headers["content-type"] == media_type
    assert answer.headers["vary"] == "Accept, Accept-Language"


async def test_lower_case_and_foreign_hosts_do_not_matter() -> None:
    """A verifier ignores the scheme, the host and the case of a QR text."""
    digits = exam.VALID.path.removeprefix("/Q/")
    async with client() as service:
        for text in (f"http://other.example:8080/q/{digits}", f" {digits}\n", write(exam.VALID.data, "X").lower()):
            assert (await verify(service, qr=text))["outcome"] == "valid"
        assert (await service.get(f"/q/{digits}", headers={"accept": "application/json"})).json()["outcome"] == "valid"


async def test_the_form_checks_numbers_names_and_pasted_qr_texts() -> None:
    """POST /check answers with the verdict's page, and takes a QR text in the number's place."""
    async with client() as service:
        headers = {"accept-language": "en"}
        right = await service.post("/check", data={"number": exam.VALID.number, "name": "王莉"}, headers=headers)
        wrong = await service.post("/check", data={"number": exam.VALID.number, "name": "王丽"}, headers=headers)
        pasted = await service.post("/check", data={"number": exam.REVOKED.qr}, headers=headers)
    heads = [re.findall("<h1>(.*)</h1>", page.text) for page in (right, wrong, pasted)]
    assert heads == [["Genuine and valid"], ["Number and name do not belong together"], ["Revoked"]]
    assert {page.status_code for page in (right, wrong, pasted)} == {200}
    assert {page.headers["cache-control"] for page in (right, wrong, pasted)} == {"no-store"}


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"number": ""}, 400),
        ({"number": ["A", "B"]}, 400),
        ({"number": "Z12345", "as_of": "2999-01-01"}, 400),
        ({"number": "Z12345", "as_of": "x"}, 400),
        ({"number": "Z12345", "as_of": "2024-W01-1"}, 400),
        ({"number": "Z12345", "name": "x" * 200_000}, 413),
        ({str(n): "x" for n in range(100)}, 400),
        ({"number": "Z12345", "as_of": ""}, 200),
        ({"number": "Z12345", "as_of": "1900-01-01"}, 200),
        ({"number": "Z12345", "other": "x"}, 200),
    ],
)
async def test_forms_with_missing_doubled_and_huge_fields_get_a_page(form: dict[str, Any], status: int) -> None:
    """Whatever a form holds, the answer is a page of the right status."""
    async with client() as service:
        page = await service.post("/check", data=form)
    assert page.status_code == status
    assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_html_in_a_name_stays_text() -> None:
    """What an asker types is shown as typed, never as markup."""
    async with client() as service:
        page = await service.post("/check", data={"number": "Z12345", "name": '"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text
