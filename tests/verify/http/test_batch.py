"""Bulk checks over HTTP: verdicts in order, the same file back with columns, progress, and limits that are told."""

import asyncio
import base64
import contextlib
import io
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests import invented_exam as exam
from tests.http_service import client, registry
from verify.core.answer import Verdict, moment
from verify.core.verdict import judge
from verify.files.tables.data import Row
from verify.files.workers import Workers
from verify.http.batch import batch_api, batch_words, many
from verify.http.batch.batch_api import NDJSON, TYPES, BatchVerdicts, RowRefused
from verify.http.batch.many import Checked
from verify.http.check.asker import Asker
from verify.http.files.intake import Intake
from verify.http.guard.limits import MemoryLimiter, Rate
from verify.http.guard.memory import LocalMemory
from verify.http.guard.name_gate import NameGate
from verify.http.guard.names_tried import OF_CLIENT, NamesTried
from verify.http.guard.proof import Proofs
from verify.registry.port import RegistryUnavailable

XLSX = TYPES["xlsx"]
PEOPLE = [
    {"number": exam.VALID.number, "name": exam.VALID.name},
    {"number": exam.VALID.number, "name": "王丽"},
    {"number": exam.REVOKED.number, "name": exam.REVOKED.name},
    {"number": "CEM2204999999X", "name": "张三"},
    {"number": "", "name": "张三"},
]
OUTCOMES = ["valid", "mismatch", "revoked", "malformed", "unreadable"]


@pytest.fixture
async def intake() -> AsyncIterator[Intake]:
    """Workers of the test's own."""
    files_in = Intake(Workers(1))
    yield files_in
    await files_in.close()


@pytest.fixture
async def service(intake: Intake) -> AsyncIterator[httpx.AsyncClient]:
    """The service with those workers."""
    async with client(parts={"intake": intake}) as asked:
        yield asked


def workbook(*rows: tuple[Any, ...]) -> tuple[openpyxl.Workbook, Worksheet]:
    """A workbook whose first sheet holds the rows."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    return book, sheet


def saved(book: openpyxl.Workbook) -> bytes:
    """The workbook's bytes."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def opened(data: bytes) -> Worksheet:
    """The first sheet of a workbook."""
    return openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]


async def test_a_row_with_somebodys_own_number_says_so(service: httpx.AsyncClient) -> None:
    """The page hides such a number, and its reason tells why the row shows none."""
    page = await service.post("/batch?lang=en", data={"rows": "990101199001010015 王丽\nZ123456 王丽"})
    assert page.text.count("looks like somebody&#39;s ID number") == 1
    assert "990101199001010015" not in page.text


async def post(service: httpx.AsyncClient, data: bytes, media_type: str, **headers: str) -> httpx.Response:
    """The answer to a body of this type."""
    headers = {"content-type": media_type} | {name.replace("_", "-"): value for name, value in headers.items()}
    return await service.post("/api/v1/verify/batch", content=data, headers=headers)


async def test_json_rows_get_their_verdicts_in_order(service: httpx.AsyncClient) -> None:
    """The same verdicts as one by one, and the holder's name in full only to who gave it."""
    answer = await service.post("/api/v1/verify/batch", json=[*PEOPLE, {"number": exam.VALID.number}])
    assert answer.headers["cache-control"] == "no-store"
    verdicts = answer.json()["verdicts"]
    assert [verdict["outcome"] for verdict in verdicts] == [*OUTCOMES, "valid"]
    for row, verdict in zip(PEOPLE, verdicts, strict=False):
        assert verdict == (await service.post("/api/v1/verify", json=row)).json()
    assert verdicts[0]["certificate"]["holder"] == exam.VALID.name
    assert verdicts[-1]["certificate"]["holder"] != exam.VALID.name


async def test_a_workbook_comes_back_with_everything_it_had_and_three_columns(service: httpx.AsyncClient) -> None:
    """Titles, other columns, formulas and merged cells stay; each row has its outcome, reason and time."""
    book, sheet = workbook(("2022 年持证人员", None, None, None), ("部门", "姓名", "备注", "证书编号"))
    for place, row in enumerate(PEOPLE):
        sheet.append((f"部门{place}", row["name"], f"=LEN(B{place + 3})", row["number"]))
    sheet.merge_cells("A1:D1")
    other = book.create_sheet("说明")
    other["A1"] = "不动"
    answer = await post(service, saved(book), XLSX, accept_language="en")
    assert answer.headers["content-type"] == XLSX
    assert "attachment" in answer.headers["content-disposition"]
    back = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert back["说明"]["A1"].value == "不动"
    got = back.worksheets[0]
    assert "A1:D1" in {str(merged) for merged in got.merged_cells.ranges}
    assert [cell.value for cell in got[2]] == ["部门", "姓名", "备注", "证书编号", "outcome", "reason", "checked_at"]
    for place, row in enumerate(PEOPLE):
        cells = [cell.value for cell in got[place + 3]]
        assert cells[:4] == [f"部门{place}", row["name"], f"=LEN(B{place + 3})", row["number"] or None]
        assert cells[4] == (OUTCOMES[place] if row["number"] else "not_checked")
        assert len(str(cells[5])) > 20
        assert re.fullmatch(r"2025-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(cells[6]))
    assert "D7" in str(got["F7"].value)


async def test_checking_a_file_that_came_back_adds_no_second_set_of_columns(service: httpx.AsyncClient) -> None:
    """Next year's check of the same file overwrites this year's."""
    once = await post(service, saved(workbook(("number", "name"), tuple(PEOPLE[0].values()))[0]), XLSX)
    twice = opened((await post(service, once.content, XLSX)).content)
    assert [cell.value for cell in twice[1]] == ["number", "name", "outcome", "reason", "checked_at"]


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("gb18030", b"")])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_csv_comes_back_in_its_own_encoding(
    service: httpx.AsyncClient, encoding: str, mark: bytes, delimiter: str
) -> None:
    """Separators, line ends, quotes and rare characters stay as they were."""
    lines = [["工号", "姓名", "证书编号"], ["007", exam.SUSPENDED.name, exam.SUSPENDED.number]]
    text = "\r\n".join(delimiter.join(line) for line in lines) + "\r\n"
    answer = await post(service, mark + text.encode(encoding), "text/csv")
    assert answer.content.startswith(mark)
    back = answer.content.removeprefix(mark).decode(encoding).split("\r\n")
    assert back[0] == delimiter.join([*lines[0], "outcome", "reason", "checked_at"])
    assert back[1].startswith(delimiter.join([*lines[1], "suspended"]) + delimiter)


async def test_no_cell_of_a_returned_csv_is_a_formula(service: httpx.AsyncClient) -> None:
    """What Excel would run gets an apostrophe before it; numbers keep their signs."""
    text = f'number,name,x\n{exam.VALID.number},王莉,"=HYPERLINK(""http://a.example"")"\n+1,@b,-5\n'
    back = (await post(service, text.encode(), "text/csv")).text.splitlines()
    assert "'=HYPERLINK" in back[1]
    assert back[2].startswith("+1,'@b,-5,")


async def test_merged_names_hold_for_each_of_their_rows(service: httpx.AsyncClient) -> None:
    """One person with two certificates, the name merged over both rows."""
    book, sheet = workbook(("姓名", "证书编号"), ("王莉", exam.VALID.number), (None, exam.REVOKED.number))
    sheet.merge_cells("A2:A3")
    got = opened((await post(service, saved(book), XLSX)).content)
    assert [got["C2"].value, got["C3"].value] == ["valid", "mismatch"]


async def test_a_formula_without_a_saved_value_is_not_checked_and_says_where(service: httpx.AsyncClient) -> None:
    """A clerk learns the cell, and the other rows are checked."""
    book, _ = workbook(("姓名", "证书编号"), ("王莉", '=CONCAT("CEM","1")'), ("王莉", exam.VALID.number))
    got = opened((await post(service, saved(book), XLSX, accept_language="en")).content)
    assert [got["C2"].value, got["C3"].value] == ["not_checked", "valid"]
    assert str(got["D2"].value).startswith("B2: ")


async def test_a_number_that_excel_shortened_is_not_checked(service: httpx.AsyncClient) -> None:
    """A number of more than 15 digits held as a quantity has lost its last ones."""
    book, _ = workbook(("姓名", "证书编号"), ("王莉", 123456789012345678901), ("王莉", 12345678))
    got = opened((await post(service, saved(book), XLSX)).content)
    assert [got["C2"].value, got["C3"].value] == ["not_checked", "not_found"]


async def test_ndjson_tells_the_total_each_row_and_the_summary(service: httpx.AsyncClient) -> None:
    """A program sees verdicts as they come, in order, with the row's own number."""
    book, _ = workbook(("number", "name"), *((row["number"], row["name"]) for row in PEOPLE))
    answer = await post(service, saved(book), XLSX, accept=NDJSON)
    assert answer.headers["content-type"].startswith(NDJSON)
    first, *rows, last = map(json.loads, answer.text.splitlines())
    assert first == {"total": 5}
    assert [row["row"] for row in rows] == [2, 3, 4, 5, 6]
    assert [row["verdict"]["outcome"] for row in rows[:4]] == OUTCOMES[:4]
    assert (rows[4]["verdict"], rows[4]["problem"]["cell"]) == (None, "A6")
    assert last == {"summary": {"valid": 1, "mismatch": 1, "revoked": 1, "malformed": 1, "not_checked": 1}}


async def test_a_registry_lost_on_the_way_is_told_in_the_last_line_and_never_as_a_verdict(intake: Intake) -> None:
    """The rows before it stand; the others have no line."""
    register = registry()

    class Fading:
        def __getattr__(self, name: str) -> Any:
            return getattr(register, name)

        async def by_numbers(self, numbers: list[str]) -> Any:
            if asked.count(1) == 2:
                raise RegistryUnavailable("gone")
            asked.append(1)
            return await register.by_numbers(numbers)

    asked: list[int] = []
    async with client(Fading(), parts={"intake": intake}) as service:  # type: ignore[arg-type]  # as far as asked
        answer = await service.post("/api/v1/verify/batch", json=PEOPLE[4:] * 1500, headers={"accept": NDJSON})
        last = json.loads(answer.text.splitlines()[-1])
        assert last["problem"]["code"] == "registry_unavailable"
        assert len(answer.text.splitlines()) == 1 + 2 * many.QUESTION + 1
        plain = await service.post("/api/v1/verify/batch", json=PEOPLE)
        assert (plain.status_code, plain.json()["code"]) == (503, "registry_unavailable")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[", "bad_json"),
        (b"[" * 5000 + b"]" * 5000, "bad_json"),
        (b"{}", "bad_request"),
        (b'[{"number": 1, "name": "x"}]', "bad_request"),
        (b'[{"number": "1", "nam": "x"}]', "bad_request"),
        (b'[{"number": "1", "number": "2"}]', "bad_json"),
        (b"[]", "no_rows"),
        (json.dumps([{"number": "1", "name": "x"}] * 5001).encode(), "too_many_rows"),
    ],
)
async def test_json_that_is_not_rows_is_refused(service: httpx.AsyncClient, body: bytes, code: str) -> None:
    """Each with its reason, none with a 500."""
    answer = await post(service, body, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (422 if code in ("no_rows", "too_many_rows") else 400, code)


async def test_the_allowance_of_rows_is_told_and_who_is_over_it_waits(intake: Intake) -> None:
    """RateLimit headers with every answer; beyond it a 429 with Retry-After, and never less the next time."""
    rates = {"ask": Rate(per_minute=600, burst=600), "rows": Rate(per_minute=60, burst=12)}
    limiter = MemoryLimiter(rates)  # type: ignore[arg-type]  # what is not asked for is left out
    async with client(parts={"intake": intake, "limiter": limiter}) as service:
        first = await service.post("/api/v1/verify/batch", json=PEOPLE * 2)
        assert first.headers["ratelimit"] == '"rows";r=2;t=10'
        assert first.headers["ratelimit-policy"] == '"rows";q=50000;w=300'
        over = await service.post("/api/v1/verify/batch", json=PEOPLE)
        assert (over.status_code, over.json()["code"]) == (429, "rate_limited")
        assert 1 <= int(over.headers["retry-after"]) <= 3
        assert over.headers["ratelimit"].startswith('"rows";r=2;')
        assert (await service.post("/api/v1/verify/batch", json=PEOPLE[:2])).status_code == 200


@contextlib.asynccontextmanager
async def turns_of_others() -> AsyncIterator[list[None]]:
    """One for each turn of the loop that somebody else had meanwhile."""
    turns: list[None] = []

    async def waiting() -> None:
        while True:
            turns.append(None)
            await asyncio.sleep(0)

    other = asyncio.create_task(waiting())
    try:
        yield turns
    finally:
        other.cancel()


async def test_other_requests_have_their_turn_after_every_few_rows() -> None:
    """A single check does not wait for 5,000 rows."""
    memory = LocalMemory()
    asker = Asker(registry(), (), NameGate(NamesTried(b"of this test", memory), Proofs(b"of this test", memory)))
    rows = [Row(row=at, number="", name="张三") for at in range(1000)]
    async with turns_of_others() as turns:
        chunks = [some async for some in many.Judging(asker, rows, exam.NOW, client="-").checked()]
    assert len(chunks) == 1000 // many.CHUNK
    assert len(turns) >= 1000 // many.AT_ONCE


async def test_rows_whose_names_will_not_be_answered_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a hundred wrong names the rest of a list waits for a proof: guessers do not have it judged for nothing."""
    memory = LocalMemory()
    asker = Asker(registry(), (), NameGate(NamesTried(b"of this test", memory), Proofs(b"of this test", memory)))
    numbers = (exam.VALID.number, exam.REVOKED.number)
    rows = [Row(row=at, number=f"{numbers[at % 2]}{at}", name=f"张{at}") for at in range(3000)]
    judged = 0

    def counted(*args: Any, **others: Any) -> Any:
        nonlocal judged
        judged += 1
        found = judge(*args, **others)
        return msgspec.structs.replace(found, outcome="mismatch")

    monkeypatch.setattr("verify.core.verdict.judge", counted)
    found = [item async for some in many.Judging(asker, rows, exam.NOW, client="-").checked() for item in some]
    assert judged == many.QUESTION
    assert [item.outcome for item in found] == ["mismatch"] * OF_CLIENT + [many.NOT_CHECKED] * (3000 - OF_CLIENT)
    assert {item.row.problem for item in found[OF_CLIENT:]} == {many.WANTED}


async def test_a_clerk_without_script_gets_a_summary_the_rows_to_look_at_and_the_file(
    service: httpx.AsyncClient,
) -> None:
    """The file is in the page itself, named after the one sent, in the clerk's words."""
    book, _ = workbook(("姓名", "证书编号"), *((row["name"], row["number"]) for row in PEOPLE[:3]))
    answer = await service.post("/batch", files={"file": ("2022 人员.xlsx", saved(book))})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "ratelimit" in answer.headers
    link = re.search(rf'href="data:{XLSX};base64,([^"]+)" download="([^"]+)"', answer.text)
    assert link
    assert link[2] == "2022 人员-checked.xlsx"
    got = opened(base64.b64decode(link[1]))
    assert got.max_column == 5
    assert str(got["E2"].value).startswith("2025-")
    assert "王丽" in answer.text
    assert answer.text.count("<tr>") == 1 + 3 + 1 + 2


@pytest.mark.parametrize("separator", ["\t", ",", " ", "，", "  "])
async def test_pasted_rows_need_no_header(service: httpx.AsyncClient, separator: str) -> None:
    """Number and name in either order, with whatever stands between them."""
    rows = f"{exam.VALID.number}{separator}王莉\n\n{exam.REVOKED.name}{separator}{exam.REVOKED.number}\n"
    answer = await service.post("/batch", data={"rows": rows}, headers={"accept": NDJSON, "accept-language": "en"})
    events = [json.loads(line) for line in answer.text.splitlines()]
    assert events[0] == {"total": 2}
    assert events[1] == {"done": 2}
    assert "1 of 2 are genuine and valid" in events[-1]["html"]
    assert "Revoked" in events[-1]["html"]


@pytest.mark.parametrize(
    ("form", "code"), [({}, "rows_missing"), ({"rows": " "}, "rows_missing"), ({"rows": "x\n" * 5001}, "too_many_rows")]
)
async def test_a_clerk_is_told_what_is_wrong_with_the_list(
    service: httpx.AsyncClient, form: dict[str, str], code: str
) -> None:
    """On the page, and for its script as problem details."""
    page = await service.post("/batch", data=form, headers={"accept": "text/html"})
    assert page.status_code == (400 if code == "rows_missing" else 422)
    assert 'role="alert"' in page.text
    assert (await service.post("/batch", data=form, headers={"accept": NDJSON})).json()["code"] == code


async def test_five_thousand_rows_of_a_workbook_come_back_with_an_outcome_and_a_reason_each(intake: Intake) -> None:
    """All rows in their places, and the times of the same check."""
    register = registry()
    people = [exam.VALID, exam.REVOKED, exam.SUSPENDED, exam.EXPIRED]
    known = await register.by_numbers([person.number for person in people])
    chain = await register.chain()

    class Quick:
        """The same answers, worked out once."""

        async def chain(self) -> Any:
            return chain

        async def by_numbers(self, numbers: list[str]) -> Any:
            return {number: known[number] for number in numbers}

        def __getattr__(self, name: str) -> Any:
            return getattr(register, name)

    rows = [people[at % 4] for at in range(5000)]
    book, _ = workbook(("部门", "姓名", "证书编号"), *(("人事部", row.name, row.number) for row in rows))
    async with client(Quick(), parts={"intake": intake}) as service:  # type: ignore[arg-type]  # as far as asked
        answer = await post(service, saved(book), XLSX)
    back = list(opened(answer.content).iter_rows(min_row=2, values_only=True))
    assert len(back) == 5000
    for row, cells in zip(rows, back, strict=True):
        assert cells[:3] == ("人事部", row.name, row.number)
    assert [cells[3] for cells in back] == ["valid", "revoked", "suspended", "expired"] * 1250
    assert all(cells[4] for cells in back)
    assert len({cells[5] for cells in back}) == 1


async def test_several_sheets_are_filled_and_what_was_read_is_told(service: httpx.AsyncClient) -> None:
    """On the page, in the header of a file that comes back, and in the first line of a stream."""
    book, _ = workbook(("姓名", "证书编号"), ("王莉", exam.VALID.number), (None, None))
    other: Any = book.create_sheet("销售部")
    for row in (
        ("证书编号", "姓名", "备注"),
        (f"'{exam.VALID.number}", "王莉", ""),
        ("2.2E+20", "王莉", ""),
        ("", "", "合计"),
    ):
        other.append(row)
    book.create_sheet("说明")["A1"] = "说明"
    data = saved(book)
    answer = await post(service, data, XLSX)
    assert answer.headers["yinjian-rows"] == "found=3, checked=2, sheets=2"
    back = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert [back["销售部"][cell].value for cell in ("D2", "D3", "D4")] == ["valid", "not_checked", None]
    assert back.worksheets[0]["C2"].value == "valid"
    first, *rows, _last = map(json.loads, (await post(service, data, XLSX, accept=NDJSON)).text.splitlines())
    assert [(sheet["name"], sheet["found"], sheet["without"]) for sheet in first["sheets"]][1] == ("销售部", 2, 1)
    assert first["not_read"] == [{"name": "说明", "code": "no_columns"}]
    assert [(row.get("sheet", 0), row["row"]) for row in rows] == [(0, 2), (1, 2), (1, 3)]
    assert rows[1]["told"] == [{"code": "protection_off", "cell": "A2"}]
    page = await service.post("/batch", files={"file": ("a.xlsx", data)}, headers={"accept-language": "en"})
    for words in ("Rows found: 3; checked: 2.", "numbers from column A, names from column B", "销售部!A2", "说明"):
        assert words in page.text


async def test_a_line_that_cannot_be_read_is_told_with_its_number(service: httpx.AsyncClient) -> None:
    """In the problem, on the page, and for its script."""
    data = f'证书编号,姓名,备注\n{exam.VALID.number},王莉,"优\nB2,x,良\n'.encode()
    problem = (await post(service, data, "text/csv")).json()
    assert (problem["code"], problem["line"]) == ("quote_not_closed", 2)
    page = await service.post("/batch", files={"file": ("a.csv", data)}, headers={"accept": "text/html"})
    assert "第 2 行：" in page.text
    told = await service.post("/batch", files={"file": ("a.csv", data)}, headers={"accept": NDJSON})
    assert told.json()["detail"].startswith("第 2 行：")


@pytest.mark.parametrize("added", ["", "?from=wechat", "/", "#top"])
async def test_a_qr_text_in_the_number_column_is_judged_as_one(service: httpx.AsyncClient, added: str) -> None:
    """A link of ours with what messengers add, with its holder's name or another's."""
    text = exam.VALID.qr + added
    book, _ = workbook(("姓名", "证书编号"), ("王莉", text), ("王丽", text), ("王莉", text[:-30]))
    got = opened((await post(service, saved(book), XLSX)).content)
    assert [got[cell].value for cell in ("C2", "C3")] == ["valid", "mismatch"]
    assert got["C4"].value not in ("valid", "mismatch")


async def test_csv_comes_back_with_one_charset(service: httpx.AsyncClient) -> None:
    """That of the file."""
    text = f"证书编号,姓名\n{exam.VALID.number},王莉\n"
    for encoding in ("utf-8", "gb18030"):
        answer = await post(service, text.encode(encoding), "text/csv; charset=x")
        assert answer.headers["content-type"] == f"text/csv; charset={encoding}"


async def test_a_file_name_in_gbk_is_a_name(service: httpx.AsyncClient) -> None:
    """As programs on Chinese Windows send it."""
    data = f"证书编号,姓名\n{exam.VALID.number},王莉\n".encode()
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + "名单.csv".encode("gbk") + b'"\r\n'
        b"Content-Type: text/csv\r\n\r\n" + data + b"\r\n--x--\r\n"
    )
    answer = await post(service, body, "multipart/form-data; boundary=x")
    assert answer.status_code == 200
    assert ",valid," in answer.text


async def test_a_qr_text_of_another_holder_is_a_mismatch_also_when_it_is_asked_again() -> None:
    """Where a keyring was published since, the row is asked by itself, with its name."""
    memory = LocalMemory()
    asker = Asker(registry(), (), NameGate(NamesTried(b"of this test", memory), Proofs(b"of this test", memory)))
    for name, outcome in (("王莉", "valid"), ("王丽", "mismatch")):
        assert (await asker.qr(exam.VALID.qr, now=exam.NOW, name=name)).outcome == outcome


def _judged(count: int) -> list[Checked]:
    """Rows with a verdict, but for every fifth, which wants a proof of work."""
    at_once = moment(exam.NOW)
    valid = Verdict(outcome="valid", status_now="valid", checked_at=at_once, as_of=at_once, checks=(), certificate=None)
    return [
        Checked(row=Row(row=at, number="x", name="y", problem="proof_wanted"), verdict=None)
        if at % 5 == 0
        else Checked(row=Row(row=at, number="x", name="y"), verdict=valid)
        for at in range(1, count + 1)
    ]


@pytest.mark.parametrize("count", [0, 1, 200, 401, 1001])
async def test_verdicts_that_are_written_some_at_a_time_are_one_document(count: int) -> None:
    """The same bytes as of one piece, with and without what rows want."""
    checked = _judged(count)
    wanted = tuple(RowRefused(row=item.row.row, code="proof_wanted") for item in checked if item.verdict is None)
    whole = BatchVerdicts(verdicts=tuple(item.verdict for item in checked), problems=wanted)
    assert await batch_api.written(checked, None) == msgspec.json.encode(whole)


async def test_nobody_waits_for_the_words_of_5000_rows() -> None:
    """After each 200 rows whoever is ready has a turn, in what is written for people, programs and files."""
    checked = _judged(5000)
    for work in (
        batch_words.coded(checked, exam.NOW, "en"),
        batch_words.spoken(checked, exam.NOW, "zh-CN"),
        batch_words.counts(checked),
        batch_api.written(checked, None),
    ):
        async with turns_of_others() as turns:
            await work
        assert len(turns) >= 5000 // 200 - 1
