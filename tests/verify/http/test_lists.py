"""Exams and pass lists over HTTP: JSON, CSV, the signed statement, and pages."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests import invented_exam as exam
from tests.http_service import client, registry
from tests.invented import CERTIFICATE, ENTRIES, ROOT, TestKey, keyring
from tests.invented_exam import DAY, NOW, holder, pass_list
from tests.memory_registry import MemoryRegistry
from verify.core import statement
from verify.core.pass_list import read as read_list

URL = "/api/v1/exams/CEM-2022-04/pass-list"


def of(*lists: bytes) -> MemoryRegistry:
    """A register of these lists alone."""
    return MemoryRegistry([ROOT.sign(keyring().draft(ROOT.kid)), *lists], NOW)


async def test_exams_are_listed_as_the_contract_says() -> None:
    """GET /api/v1/exams tells each exam by its newest list."""
    async with client() as service:
        answer = await service.get("/api/v1/exams")
    assert answer.json() == {
        "items": [
            {
                "code": "CEM-2022-04",
                "programme": "CEM",
                "title": {"zh": exam.TITLE.zh, "en": exam.TITLE.en},
                "held_on": "2022-04-23",
                "planned_on": "2022-03-19",
                "stage": "final",
                "objections_until": None,
                "public_until": None,
            }
        ],
        "next": None,
    }
    assert answer.headers["cache-control"] == "public, max-age=60"


async def test_a_list_is_paged_to_its_end_without_gap_or_double() -> None:
    """Following next gives every row once, in order."""
    names = []
    cursor: dict[str, str] = {}
    async with client() as service:
        while True:
            page = (await service.get(URL, params={"limit": "3"} | cursor)).json()
            assert {key: page[key] for key in ("exam", "stage", "revision", "contact")} == {
                "exam": "CEM-2022-04",
                "stage": "final",
                "revision": 3,
                "contact": exam.CONTACT,
            }
            names += [row["name"] for row in page["items"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
    assert names == [person.name for person in exam.EVERYBODY if person is not exam.WITHDRAWN]


async def test_pages_of_a_list_link_both_ways() -> None:
    """RFC 8288: the first has no page before it, the second one's is the first, and each link gives what it says."""
    async with client() as service:
        first = await service.get(URL, params={"limit": "3"})
        assert first.headers["link"] == f'<{URL}?cursor={first.json()["next"]}&limit=3>; rel="next"'
        second = await service.get(URL, params={"limit": "3", "cursor": first.json()["next"]})
        assert second.links["prev"]["url"] == f"{URL}?limit=3"
        third = await service.get(second.links["next"]["url"])
        assert (await service.get(third.links["prev"]["url"])).json() == second.json()
        assert (await service.get(second.links["prev"]["url"])).json() == first.json()
        whole = await service.get(URL, params={"limit": "1000"})
        assert "link" not in whole.headers


async def test_the_page_of_a_list_leads_back() -> None:
    """To the page before, and to the first by its plain address."""
    async with client() as service:
        first = (await service.get(URL, params={"limit": "3"})).json()["next"]
        page = (await service.get("/pass-lists/CEM-2022-04", params={"cursor": first})).text
        assert '<a class="button" rel="prev"\nhref="/pass-lists/CEM-2022-04">' in page
        assert 'rel="prev"' not in (await service.get("/pass-lists/CEM-2022-04")).text


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "bad_request"),
        ("limit=1001", "bad_request"),
        ("limit=x", "bad_request"),
        ("limit=", "bad_request"),
        ("cursor=elsewhere", "bad_cursor"),
        ("cursor=999.3", "bad_cursor"),
        ("cursor=", "bad_cursor"),
    ],
)
async def test_limits_and_cursors_from_elsewhere_are_refused(query: str, code: str) -> None:
    """A page size out of bounds and a cursor that nobody gave are 400 and 404."""
    async with client() as service:
        answer = await service.get(f"{URL}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (404 if code == "bad_cursor" else 400, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_table_opens_in_a_spreadsheet() -> None:
    """The CSV has a BOM, the header of the contract and every row."""
    async with client() as service:
        answer = await service.get(URL + ".csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbfserial,name,id\r\n")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1] == ["1", "王莉", "＊0010"]
    assert len(rows) == 8


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "＝1"])
async def test_no_cell_of_the_table_is_a_formula(name: str) -> None:
    """A name that a spreadsheet would compute is led by an apostrophe."""
    register = of(pass_list(holder(20, name)))
    async with client(register) as service:
        answer = await service.get(URL + ".csv")
    assert answer.content.decode().splitlines()[1] == f"1,'{name},＊{holder(20, name).certificate.id_hint}"


async def test_the_signed_list_is_the_very_statement() -> None:
    """.cbor sends the published bytes."""
    register = registry()
    async with client(register) as service:
        answer = await service.get(URL + ".cbor")
    assert answer.headers["content-type"] == "application/cose"
    assert answer.content in register.statements


@pytest.mark.parametrize("form", ["", ".csv", ".cbor"])
@pytest.mark.parametrize(
    ("code", "public_until", "status", "problem"),
    [
        ("CEM-2022-05", None, 404, "no_such_exam"),
        ("nonsense", None, 404, "no_such_exam"),
        ("CEM-2022-04", NOW - 1, 410, "list_expired"),
        ("CEM-2022-04", NOW, 410, "list_expired"),
    ],
)
async def test_a_list_that_is_not_there_or_past_its_term_is_not_shown(
    form: str, code: str, public_until: int, status: int, problem: str
) -> None:
    """404 for a list that never was, 410 for one whose term is over, in each form of it."""
    async with client(of(pass_list(exam.VALID, public_until=public_until))) as service:
        answer = await service.get(f"/api/v1/exams/{code}/pass-list{form}")
        page = await service.get(f"/pass-lists/{code}")
    assert (answer.status_code, answer.json()["code"]) == (status, problem)
    assert page.status_code == status
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert exam.VALID.name not in page.text


async def test_certificates_verify_after_their_list_has_gone() -> None:
    """The term of a list is not the term of its certificates."""
    register = of(exam.VALID.data, pass_list(exam.VALID, public_until=NOW - 1))
    async with client(register) as service:
        answer = await service.post("/api/v1/verify", json={"qr": exam.VALID.qr})
    assert answer.json()["outcome"] == "valid"


async def test_nobody_may_keep_a_list_beyond_its_term() -> None:
    """The cache's age ends with the list's term."""
    async with client(of(pass_list(exam.VALID, public_until=NOW + 7))) as service:
        answer = await service.get(URL)
    assert answer.headers["cache-control"] == "public, max-age=7"


PAGES: list[tuple[dict[str, Any], str]] = [
    ({"notice": True, "objections_until": NOW + 3 * DAY}, "Objections until 12 Oct 2025"),
    ({"notice": True, "objections_until": NOW + 3 * DAY + 25_600}, "Objections until 12 Oct 2025 24:00"),
    ({"notice": True, "objections_until": NOW - 3 * DAY}, "The time for objections ended at 6 Oct 2025"),
    ({}, "first planned for 19 Mar 2022"),
    ({"planned_on": None}, "Final list"),
]


@pytest.mark.parametrize(("fields", "shown"), PAGES)
async def test_the_page_of_a_list_says_what_stage_it_is_in(fields: dict[str, Any], shown: str) -> None:
    """Notice or final, the window for objections, and a moved date."""
    async with client(of(pass_list(exam.VALID, **fields))) as service:
        page = await service.get("/pass-lists/CEM-2022-04?lang=en")
    assert shown in page.text
    assert exam.CONTACT in page.text
    assert exam.VALID.name in page.text


async def test_a_list_of_nobody_says_so() -> None:
    """And asks for no name to look for in it."""
    async with client(of(pass_list())) as service:
        page = (await service.get("/pass-lists/CEM-2022-04?lang=en")).text
    assert "Nobody is on this list." in page
    assert 'id="find"' not in page


async def test_the_page_of_all_lists_shows_each_exam_by_year() -> None:
    """/pass-lists names exams under their year, also one past its term, and says so."""
    async with client(of(pass_list(exam.VALID, public_until=NOW - 1))) as service:
        page = await service.get("/pass-lists?lang=en")
        empty = await service.get("/pass-lists?lang=en&programme=XYZ")
    assert ">2022</h2>" in page.text
    assert "no longer shown" in page.text
    assert "There are no pass lists yet." in empty.text


async def test_a_name_is_found_in_a_list_without_being_in_an_address() -> None:
    """The search is a form that is posted; its page is nobody else's, and dots do not matter."""
    async with client() as service:
        page = await service.get("/pass-lists/CEM-2022-04?lang=en")
        found = await service.post("/pass-lists/CEM-2022-04?lang=en", data={"name": " 买买提•吐"})
        nobody = await service.post("/pass-lists/CEM-2022-04?lang=en", data={"name": "王丽"})
        html = await service.post("/pass-lists/CEM-2022-04", data={"name": "<b>\x00"})
        elsewhere = await service.post("/pass-lists/CEM-2022-05", data={"name": "王"})
    assert 'action="/pass-lists/CEM-2022-04?lang=en" method="post"' in page.text
    assert "1 name begins so." in found.text
    assert "<td><bdi>买买提·吐尔逊江</bdi></td>" in found.text
    assert "王莉</bdi>" not in found.text
    assert found.headers["cache-control"] == "no-store"
    assert "No name on this list begins so." in nobody.text
    assert "<b>" not in html.text
    assert elsewhere.status_code == 404


async def test_changes_since_the_notice_are_told_as_counts() -> None:
    """The final list says how many joined and left, and the notice's rows are shown nowhere."""
    people = (exam.VALID, exam.REVOKED, exam.SUSPENDED)
    notice = pass_list(*people, notice=True)
    final = pass_list(exam.VALID, exam.NEW, exam.EXPIRED, exam.REPLACED, revision=2)
    same = pass_list(*people, revision=2)
    async with client(of(notice, final)) as service:
        changed = await service.get("/pass-lists/CEM-2022-04?lang=en")
    async with client(of(notice, same)) as service:
        unchanged = await service.get("/pass-lists/CEM-2022-04?lang=en")
    async with client(of(pass_list(*people))) as service:
        never = await service.get("/pass-lists/CEM-2022-04?lang=en")
    assert "Since the notice: 3 added, 2 removed." in changed.text
    assert exam.SUSPENDED.name not in changed.text
    assert "Nothing has changed since the notice." in unchanged.text
    assert "the notice" not in never.text.partition("<main")[2].partition("</main")[0]


async def test_a_printed_list_says_which_of_its_names_the_paper_has() -> None:
    """A page of a long list is no whole list: the line that says so is printed with it."""
    people = [holder(n, "张伟") for n in range(100, 240)]
    async with client(of(pass_list(*people, notice=True))) as service:
        page = await service.get("/pass-lists/CEM-2022-04?lang=en")
    line = page.text.partition("Nos. 1 to 100 of 140")[0].rpartition("<nav")[2]
    assert line
    assert "no-print" not in line


async def test_the_time_left_for_objections_is_counted_down() -> None:
    """The notice's page says how long objections are still taken, to the minute."""
    until = NOW + 3 * DAY + 2 * 3600 + 5 * 60
    async with client(of(pass_list(exam.VALID, notice=True, objections_until=until))) as service:
        page = await service.get("/pass-lists/CEM-2022-04?lang=en")
    assert "3 d 2 h 5 min left" in page.text
    assert 'data-until="2025-10-12T18:58:20+08:00"' in page.text


async def test_planned_exams_are_shown_until_they_have_a_list(tmp_path: Path) -> None:
    """The centre's calendar comes before the lists, with moved dates, and without what has a list already."""
    plans = [
        ("CEM-2022-04", "2022-04-23", None),
        ("CEM-2025-09", "2025-09-20", None),
        ("CEM-2025-12", "2025-12-20", "2025-12-13"),
    ]
    exams = [
        {"code": code, "programme": "CEM", "title": {"zh": f"考试{code}"}, "held_on": day, "planned_on": planned}
        for code, day, planned in plans
    ]
    file = tmp_path / "calendar.json"
    file.write_text(json.dumps({"written_at": NOW, "exams": exams}))
    async with client(calendar=file) as service:
        items = (await service.get("/api/v1/exams")).json()["items"]
        page = await service.get("/pass-lists?lang=en")
        empty = (await service.get("/api/v1/exams?programme=")).json()["items"]
        others = (await service.get("/api/v1/exams?programme=CAM")).json()["items"]
    assert empty == items  # an empty field of a form: any programme
    assert [(item["code"], item["stage"]) for item in items] == [
        ("CEM-2025-12", None),
        ("CEM-2025-09", None),
        ("CEM-2022-04", "final"),
    ]
    assert items[0]["planned_on"] == "2025-12-13"
    assert "to be held on 20 Dec 2025 (first planned for 13 Dec 2025)" in page.text
    assert "Results to come" in page.text
    assert others == []


def after_a_compromise(*lists: tuple[str, int]) -> MemoryRegistry:
    """Lists as (key, revision), and then a keyring by which the key "lost" is believed below log size 2 alone."""
    lost = TestKey("lost certificate key")
    keys = {"good": CERTIFICATE, "lost": lost}
    first = keyring([*ENTRIES, lost.entry("certificate")])
    statements = [ROOT.sign(first.draft(ROOT.kid))]
    for name, revision in lists:
        listing = msgspec.structs.replace(
            read_list(statement.decode(pass_list(exam.VALID, revision=revision))), contact=f"contact of {name}"
        )
        statements.append(keys[name].sign(listing.draft(keys[name].kid)))
    second = keyring(
        [*ENTRIES, lost.entry("certificate", state="compromised", believed_below=2)],
        version=2,
        previous=statement.decode(statements[0]).digest,
    )
    return MemoryRegistry([*statements, ROOT.sign(second.draft(ROOT.kid))], NOW)


@pytest.mark.parametrize("path", [URL, f"{URL}.cbor", f"{URL}.csv", "/pass-lists/CEM-2022-04", "/api/v1/exams"])
async def test_a_list_by_a_compromised_key_is_shown_nowhere(path: str) -> None:
    """Page, JSON, CSV and signed statement ask whether the list's key is believed, as the verdict does."""
    async with client(after_a_compromise(("good", 1), ("lost", 2))) as service:
        answer = await service.get(path)
    assert answer.status_code == 200
    assert b"contact of lost" not in answer.content
    if not path.endswith((".csv", "exams")):
        assert b"contact of good" in answer.content
    async with client(after_a_compromise(("good", 1), ("good", 2), ("lost", 3))) as service:
        assert (await service.get(URL)).json()["revision"] == 2


@pytest.mark.parametrize("path", [URL, f"{URL}.cbor", f"{URL}.csv", "/pass-lists/CEM-2022-04"])
async def test_an_exam_of_which_nothing_is_believed_has_no_list(path: str) -> None:
    """A list that the lost key signed before its loss is believed; one after it is as if it were not there."""
    async with client(after_a_compromise(("lost", 1))) as service:
        assert (await service.get(path)).status_code == 200
    alone = after_a_compromise(("lost", 1))
    alone.statements.insert(1, exam.VALID.data)  # the list is now at index 2, where its key is not believed
    async with client(alone) as service:
        assert (await service.get(path)).status_code == 404
