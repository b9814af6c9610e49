"""The API's description against the structs that are read and sent, and against running answers."""

import re
import time
from typing import Any, get_args

import jsonschema_rs
import msgspec
import pytest

from tests import invented_exam as exam
from tests.http_service import Time, client, proof
from verify.core import tables
from verify.core.answer import DETAILS, Outcome
from verify.core.changes import Reason
from verify.http.answers import phrases
from verify.http.answers.problem_table import KINDS
from verify.http.description.openapi import ANSWERS, REQUESTS, document

ENGLISH = document("en")
SCHEMAS = ENGLISH["components"]["schemas"]


def valid(name: str, value: Any) -> bool:
    """Whether a value is what a schema of the description says, formats included."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": ENGLISH["components"]}
    return bool(jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(value))


@pytest.mark.parametrize("struct", [*REQUESTS, *ANSWERS], ids=lambda struct: struct.__name__)
def test_a_schema_has_the_fields_of_its_struct(struct: type[msgspec.Struct]) -> None:
    """Every field, which of them are required, and whether others are refused."""
    schema = SCHEMAS[struct.__name__]
    fields = msgspec.structs.fields(struct)
    assert set(schema["properties"]) == {field.encode_name for field in fields}
    assert set(schema.get("required", [])) == {field.encode_name for field in fields if field.required}
    assert (schema.get("additionalProperties") is False) is struct.__struct_config__.forbid_unknown_fields


def test_id_types_reasons_outcomes_and_codes_are_those_declared_once() -> None:
    """In the description, the words of pages, and the words of workbooks."""
    types = set(get_args(tables.IdType))
    assert set(SCHEMAS["LookupRequest"]["properties"]["id_type"]["enum"]) == types
    assert set(tables.ID_TYPES) == types
    reasons = [part for part in SCHEMAS["CertificateView"]["properties"]["reason"]["anyOf"] if "enum" in part]
    assert set(reasons[0]["enum"]) == set(get_args(Reason)) == set(phrases.REASONS)
    assert set(SCHEMAS["Verdict"]["properties"]["outcome"]["enum"]) == set(get_args(Outcome)) == set(phrases.OUTCOMES)
    assert set(SCHEMAS["Problem"]["properties"]["code"]["enum"]) == set(KINDS)
    assert set(SCHEMAS["Check"]["properties"]["code"]["enum"]) == set(DETAILS)


@pytest.mark.parametrize(
    "as_of",
    ["2024-05-29T00:00:00Z", "2024-05-30T23:59:59Z", "2024-05-31T12:00:00+08:00", "2024-02-29T00:00:00Z",
     "1999-12-31T00:00:00Z", "2025-10-09T08:53:20Z"],
)  # fmt: skip
async def test_every_day_that_has_passed_is_a_time_by_the_description_and_by_the_service(as_of: str) -> None:
    """Also the last days of months, and leap days."""
    body = {"qr": exam.VALID.qr, "as_of": as_of}
    assert valid("VerifyQr", body)
    async with client() as service:
        assert (await service.post("/api/v1/verify", json=body)).status_code == 200


@pytest.mark.parametrize("as_of", ["2026-01-01T00:00:00Z", "2031-08-30T00:00:00Z"])
async def test_later_years_are_times_that_the_service_answers_once_they_have_passed(as_of: str) -> None:
    """The description does not know what year it is."""
    assert valid("VerifyNumber", {"number": "A", "as_of": as_of})
    async with client() as service:
        answer = await service.post("/api/v1/verify", json={"number": exam.VALID.number, "as_of": as_of})
    assert answer.json()["code"] == "future_time"


@pytest.mark.parametrize(
    "as_of", ["2024-02-30T00:00:00Z", "2024-05-01", "soon", "2024-05-32T00:00:00Z", "2024-05-01T00:00:00"]
)
async def test_what_is_no_time_is_none_by_the_description_and_by_the_service(as_of: str) -> None:
    """Both refuse the same."""
    assert not valid("VerifyQr", {"qr": "1", "as_of": as_of})
    async with client() as service:
        answer = await service.post("/api/v1/verify", json={"qr": "1", "as_of": as_of})
    assert answer.json()["code"] == "bad_time"


BODIES: list[Any] = [
    {"qr": "1"}, {"number": "A"}, {"number": "A", "name": "B"}, {"qr": "1", "altcha": "x"},
    {}, {"name": "A"}, {"qr": "1", "number": "A"}, {"qr": "1", "name": "A"}, {"qr": None}, {"number": 1},
    {"qr": "1", "x": 1}, {"number": "A", "name": None}, [], None,
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=repr)
async def test_a_body_is_refused_exactly_where_the_description_does(body: Any) -> None:
    """Of the two forms of a question, one."""
    described = valid("VerifyQr", body) != valid("VerifyNumber", body)
    async with client() as service:
        answer = await service.post("/api/v1/verify", json=body)
    assert (answer.status_code == 200) is described


async def test_running_answers_are_what_the_description_says() -> None:
    """Verdicts of each kind, lookups, lists, keys, health and problems."""
    async with client(clock=Time(time.time())) as service:  # proofs of work are dated by the real clock
        told = [
            *[("Verdict", await service.post("/api/v1/verify", json={"qr": p.qr})) for p in exam_people()],
            ("Verdict", await service.post("/api/v1/verify", json={"number": "Z123"})),
            ("Found", await service.post("/api/v1/lookup", json=await person(service, exam.REPLACED))),
            ("ExamItems", await service.get("/api/v1/exams")),
            ("ListRows", await service.get("/api/v1/exams/CEM-2022-04/pass-list")),
            ("JwkSet", await service.get("/.well-known/jwks.json")),
            ("Health", await service.get("/health/live")),
            ("Health", await service.get("/health/ready")),
            ("Challenge", await service.get("/api/v1/challenge")),
            ("BatchVerdicts", await service.post("/api/v1/verify/batch", json=[{"number": exam.VALID.number}])),
            ("Problem", await service.get("/api/v1/certificates/Z123")),
            ("Problem", await service.post("/api/v1/lookup", json={"name": "王莉", "id_number": "1"})),
        ]
    for name, answer in told:
        assert valid(name, answer.json()), (name, answer.text)


def exam_people() -> tuple[exam.Holder, ...]:
    """One person for each status."""
    return (exam.VALID, exam.REVOKED, exam.SUSPENDED, exam.REPLACED, exam.EXPIRED, exam.WITHDRAWN, exam.UNLISTED)


async def person(service: Any, who: exam.Holder) -> dict[str, str]:
    """A lookup's body."""
    return {"name": who.name, "id_number": who.id_number, "altcha": await proof(service)}


@pytest.mark.parametrize(("language", "chinese"), [("zh-CN", True), ("en", False)])
async def test_the_description_speaks_both_languages(language: str, chinese: bool) -> None:
    """By Accept-Language and the switch, in the document and on its page; no summary is left in the other."""
    async with client() as service:
        answer = await service.get("/api/schema/openapi.json", headers={"accept-language": language})
        switched = await service.get(f"/api/schema/openapi.json?lang={language}")
        page = await service.get("/api/schema", headers={"accept-language": language})
    told = answer.json()
    assert switched.json() == told
    assert answer.headers["content-language"] == language
    assert answer.headers["vary"] == "Accept-Language"
    for item in told["paths"].values():
        for operation in item.values():
            assert bool(re.search("[\u4e00-\u9fff]", operation["summary"])) is chinese
            assert operation["summary"] in page.text.replace("&#39;", "'")
    assert bool(re.search("[\u4e00-\u9fff]", told["info"]["description"])) is chinese


async def test_every_reference_of_the_page_leads_to_what_it_names() -> None:
    """In schemas, bodies and answers; each place is on the page."""
    async with client() as service:
        page = (await service.get("/api/schema")).text
        described = (await service.get("/api/schema/openapi.json")).text
    named = set(re.findall(r'"\$ref":"#/components/schemas/(\w+)"', described))
    assert len(named) > 10
    led = set(re.findall(r'<a href="#(\w+)">#/components/schemas/\1</a>', page))
    assert re.findall(r"#/components/schemas/\w+(?!\w|</a>)", page) == []
    assert led <= set(re.findall(r'id="(\w+)"', page))
    assert named <= set(re.findall(r'<a href="#(\w+)">', page))
