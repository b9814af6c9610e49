"""What a stranger's text may cost: every public field of text, by every way in, counted in work and not by a clock."""

import json
import unicodedata
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests import invented_exam as exam
from tests.http_service import Time, client, proof
from verify.core.identity import MAX_TEXT
from verify.files import jobs

MARKS = "\u0315\u0300" * 5000
"""Combining marks in the order that costs most: to put them right takes quadratic time."""
LIST = "/pass-lists/CEM-2022-04"
API_LIST = "/api/v1/exams/CEM-2022-04/pass-list"


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of all texts that are handed to unicodedata.normalize."""
    lengths: list[int] = []
    real = unicodedata.normalize

    def counted(form: Any, text: str) -> str:
        lengths.append(len(text))
        return real(form, text)

    monkeypatch.setattr(unicodedata, "normalize", counted)
    return lengths


BODIES: list[tuple[str, dict[str, str]]] = [
    ("/api/v1/verify", {"number": MARKS}),
    ("/api/v1/verify", {"number": "X" + "-" * 10_000}),
    ("/api/v1/verify", {"number": exam.VALID.number, "name": MARKS}),
    ("/api/v1/verify", {"qr": MARKS}),
    ("/api/v1/verify", {"qr": exam.VALID.qr, "as_of": MARKS}),
    ("/api/v1/challenge", {"name": MARKS}),
    ("/api/v1/lookup", {"name": MARKS, "id_number": exam.VALID.id_number}),
    ("/api/v1/lookup", {"name": "王莉", "id_number": MARKS, "id_type": "passport"}),
    ("/api/v1/lookup", {"name": "王莉", "id_number": exam.VALID.id_number, "id_type": MARKS}),
    ("/api/v1/lookup", {"name": "王莉", "id_number": exam.VALID.id_number, "altcha": MARKS}),
]
FORMS: list[tuple[str, dict[str, str]]] = [
    ("/check", {"number": MARKS}),
    ("/check", {"number": exam.VALID.number, "name": MARKS}),
    ("/check", {"number": exam.VALID.number, "as_of": MARKS}),
    ("/lookup", {"name": MARKS, "id_number": exam.VALID.id_number}),
    ("/lookup", {"name": "王莉", "id_number": MARKS, "id_type": "passport"}),
    ("/lookup", {"name": "王莉", "id_number": "1", "id_type": MARKS}),
    (LIST, {"name": MARKS}),
]
ADDRESSES = [
    f"/api/v1/certificates/{quote(MARKS)}",
    f"/Q/{quote(MARKS)}",
    f"{exam.VALID.path}?as_of={quote(MARKS)}",
    f"/?lang={quote(MARKS)}",
    f"/pass-lists/{quote(MARKS)}",
    f"{LIST}?cursor={quote(MARKS)}",
    f"{API_LIST}?cursor={quote(MARKS)}",
    f"{API_LIST}?limit={quote(MARKS)}",
    f"/static/{quote(MARKS)}",
]


def little(handed: list[int], answer: httpx.Response) -> None:
    """Holds the work of one request to a few texts of the greatest length, and the answer to a plain one."""
    assert answer.status_code < 500
    assert max(handed, default=0) <= MAX_TEXT
    assert len(handed) <= 10


@pytest.mark.parametrize(("address", "body"), BODIES)
async def test_no_text_of_a_body_is_normalised_at_any_length(
    handed: list[int], address: str, body: dict[str, str]
) -> None:
    """JSON fields, also behind a proof of work."""
    async with client(clock=Time(exam.NOW)) as service:
        if address == "/api/v1/lookup" and "altcha" not in body:
            body = body | {"altcha": await proof(service)}
        handed.clear()
        answer = await service.post(address, json=body)
    little(handed, answer)


@pytest.mark.parametrize(("address", "form"), FORMS)
@pytest.mark.parametrize("multipart", [False, True])
async def test_no_field_of_a_form_is_normalised_at_any_length(
    handed: list[int], address: str, form: dict[str, str], *, multipart: bool
) -> None:
    """Forms of either kind."""
    async with client(clock=Time(exam.NOW)) as service:
        if address == "/lookup":
            form = form | {"altcha": await proof(service)}
        handed.clear()
        if multipart:
            answer = await service.post(address, files={name: (None, value) for name, value in form.items()})
        else:
            answer = await service.post(address, data=form)
    little(handed, answer)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_no_part_of_an_address_is_normalised_at_any_length(handed: list[int], address: str) -> None:
    """Paths and queries."""
    async with client() as service:
        handed.clear()
        answer = await service.get(address)
    little(handed, answer)


async def test_no_header_is_normalised_at_any_length(handed: list[int]) -> None:
    """Those by which an answer is chosen, and the client's address."""
    async with client(peer=MARKS) as service:
        handed.clear()
        for name in (b"accept", b"accept-language", b"if-none-match", b"x-forwarded-for", b"content-type"):
            little(handed, await service.post("/check", content=b"number=1", headers={name: MARKS.encode()}))
            little(handed, await service.get("/", headers={name: MARKS.encode()}))


async def test_no_row_of_a_list_is_normalised_at_any_length(handed: list[int]) -> None:
    """Twenty rows cost what twenty names of the greatest length cost."""
    rows = [{"number": MARKS, "name": "王莉"}, {"number": exam.VALID.number, "name": MARKS}] * 10
    async with client() as service:
        answer = await service.post("/api/v1/verify/batch", json=rows)
    assert answer.status_code == 200
    assert max(handed, default=0) <= MAX_TEXT
    assert len(handed) <= 10 * len(rows)


@pytest.mark.parametrize(
    "table",
    [
        f"number,name\n{MARKS},王莉\n{exam.VALID.number},{MARKS}\n",
        f"{MARKS},{MARKS}\n" * 12,
        f"number,name,{MARKS}\n1,王莉,{MARKS}\n",
        json.dumps([{"number": MARKS, "name": MARKS}]),
        f"{exam.VALID.number} {MARKS}\n",
    ],
)
@pytest.mark.parametrize("typed", [False, True])
def test_no_cell_of_a_table_is_normalised_at_any_length(handed: list[int], table: str, *, typed: bool) -> None:
    """Headers and rows, sent as a file or typed."""
    jobs.do(jobs.ReadTable(data=table.encode(), typed=typed))
    assert max(handed, default=0) <= MAX_TEXT
    assert sum(handed) <= 100 * MAX_TEXT
