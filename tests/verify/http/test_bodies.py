"""Bodies of strangers: counted before anything is made of them, and the large ones parsed beside the loop."""

import asyncio
import json
from asyncio import StreamWriter
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from litestar._multipart import parse_content_header
from multipart import PushMultipartParser

from tests import invented_exam as exam
from tests.http_service import client
from verify.files import json_trees
from verify.files.json_trees import JsonRefused
from verify.files.pieces import PIECE, Pieces
from verify.http.answers.problems import Refused
from verify.http.asked import escapes, forms

MILLIONS = 10 << 20
URLENCODED = "application/x-www-form-urlencoded"
BOUNDARY = "b" * 60
PART = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="a"\r\n\r\n'.encode()


@pytest.fixture
def nothing_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails where a field of a form or a value of JSON is made."""

    def made(*_: Any, **__: Any) -> Any:
        raise AssertionError("something was made of the body")

    monkeypatch.setattr(json, "loads", made)
    monkeypatch.setattr(forms, "_unescaped", made)


@pytest.mark.parametrize("unit", [b"a&", b"a=1&", b"&", b"a=%41&", b"&&a=&"])
@pytest.mark.usefixtures("nothing_made")
async def test_fields_of_a_form_are_counted_before_they_are_made(unit: bytes) -> None:
    """As many megabytes as the address takes, of the shortest fields."""
    async with client() as service:
        for address in ("/upload", "/batch", "/check", "/lookup", "/pass-lists/CEM-2022-04"):
            body = unit * ((MILLIONS if address in ("/upload", "/batch") else 60_000) // len(unit))
            answer = await service.post(address, content=body, headers={"content-type": URLENCODED})
            assert answer.status_code in (400, 413)


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"{}," * 20_000 + b"{}]",
        b"[" * 60_000,
        b"[" + b"[]," * 20_000 + b"[]]",
        b'[{"number":"1"' + b',"number":"1"' * 4000 + b"}" + b",1" * 60_000,
        b'{"a":' * 12_000,
        b'["' + b'","' * 20_000 + b'"]',
    ],
    ids=["objects", "brackets", "arrays", "numbers", "nested", "strings"],
)
@pytest.mark.usefixtures("nothing_made")
async def test_values_of_json_are_counted_before_they_are_made(body: bytes) -> None:
    """Within the first 64 KB, and at the megabytes of a batch."""
    large = b"[" + b"{}," * (3 << 20 >> 1) if body.startswith(b"[{}") else body * (4_000_000 // len(body))
    async with client() as service:
        for address in ("/api/v1/verify", "/api/v1/lookup", "/api/v1/challenge", "/api/v1/verify/batch"):
            sent = large if address.endswith("/batch") else body
            answer = await service.post(address, content=sent, headers={"content-type": "application/json"})
            assert answer.status_code in (400, 413, 422)
            code = msgspec.json.decode(answer.content)["code"]
            assert code in ("bad_json", "too_large", "too_many_rows")


async def test_a_body_that_is_said_to_be_too_large_is_refused_before_it_is_taken() -> None:
    """Ten megabytes of JSON or of a form without files: by their header, of which not a byte is read."""
    taken = 0

    async def megabytes() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(10):
            taken += 1
            yield b"a&" * (1 << 19)

    async with client() as service:
        for address, kind in (("/api/v1/verify/batch", "application/json"), ("/batch", URLENCODED)):
            headers = {"content-type": kind, "content-length": str(10 << 20)}
            answer = await service.post(address, content=megabytes(), headers=headers)
            assert answer.status_code == 413
    assert taken <= 2


async def test_strings_may_hold_what_structures_are_made_of() -> None:
    """Quotes, braces, brackets and commas in a text are counted as none."""
    name = '{[,"\\' * 1000
    async with client() as service:
        single = await service.post("/api/v1/verify", json={"number": exam.VALID.number, "name": name})
        rows = [{"number": "x", "name": name[:200]}] * 5000  # no number, and so nothing to ask the register for
        batch = await service.post("/api/v1/verify/batch", json=rows)
    assert single.json()["outcome"] == "mismatch"
    assert len(batch.json()["verdicts"]) == 5000


@pytest.mark.parametrize(
    "body",
    [
        PART * 5000,
        (PART + b"x\r\n") * 5000,
        PART + f"\r\n--{BOUNDARY[:-1]}".encode() * 100_000,
        PART.replace(b'"a"', b'"' + b"a" * 1_000_000 + b'"'),
        PART.replace(b"\r\n\r\n", b"\r\n" + b"x: y\r\n" * 100_000 + b"\r\n"),
    ],
    ids=["parts", "texts", "near", "name", "headers"],
)
async def test_multipart_of_thousands_is_refused(body: bytes) -> None:
    """Too many parts, headers, and names without an end."""
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    async with client() as service:
        for address in ("/upload", "/batch", "/api/v1/verify/batch", "/api/v1/verify/document"):
            assert (await service.post(address, content=body, headers=headers)).status_code == 400


async def test_no_call_of_the_service_holds_more_than_a_piece_of_a_large_body(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, a long text and JSON go to the readers as they came; small JSON alone is parsed where it came in."""
    most: Counter[str] = Counter()

    def noted(owner: Any, name: str) -> None:
        work = getattr(owner, name)

        def done(*given: Any, **named: Any) -> Any:
            most[name] = max(most[name], *map(len, given[-1:]))
            return work(*given, **named)

        monkeypatch.setattr(owner, name, done)

    for owner, name in (
        (json, "loads"), (forms, "_unescaped"), (forms._Parser, "parse"), (forms, "_text"), (Pieces, "whole"),
        (StreamWriter, "write"),
    ):  # fmt: skip
        noted(owner, name)
    large = b"1" * (3 << 20)
    async with client() as service:
        assert (await service.post("/api/v1/verify", content=b'{"qr":"%b"}' % large)).status_code == 200
        assert (await service.post("/batch", files={"file": ("x.csv", large)})).status_code == 422
        assert (await service.post("/batch", files={"rows": (None, large)})).status_code == 200
        assert (await service.post("/api/v1/verify/batch", content=large)).status_code == 422
        assert max(most.values()) == PIECE
        assert "loads" not in most
        encoded = b"rows=" + b"%2B" * (1 << 19)
        assert (await service.post("/batch", content=encoded, headers={"content-type": URLENCODED})).status_code == 200
        assert 0 < most["_unescaped"] <= PIECE


@pytest.mark.parametrize(
    "head", [b"x: y\r\n" + b" z\r\n" * 1900, b"x: " + b";" * 4000 + b"\r\n"], ids=["folded", "many"]
)
async def test_what_is_made_of_headers_of_parts_is_bounded(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folded header was put together anew for each line: 450 ms for 380 KB."""
    lines = 0
    made = PushMultipartParser._on_segment_headerline

    def counted(*given: Any) -> None:
        nonlocal lines
        lines += 1
        made(*given)

    monkeypatch.setattr(PushMultipartParser, "_on_segment_headerline", counted)
    body = PART.replace(b"\r\n\r\n", b"\r\n" + head + b"\r\n") * 49
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    async with client() as service:
        answer = await service.post("/upload", content=body + f"--{BOUNDARY}--".encode(), headers=headers)
    assert answer.status_code == 400
    assert lines <= 2


async def test_a_body_of_single_bytes_is_parsed_as_one_of_large_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done for each piece is done for 64 KB, however a sender cuts."""
    parsed = 0
    parse = forms._Parser.parse

    def counted(parser: Any, piece: bytes) -> Any:
        nonlocal parsed
        parsed += 1
        return parse(parser, piece)

    monkeypatch.setattr(forms._Parser, "parse", counted)

    async def bytewise() -> AsyncIterator[bytes]:
        for byte in PART + b"x" * 3000 + f"\r\n--{BOUNDARY}--".encode():
            yield bytes([byte])

    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    async with client() as service:
        assert (await service.post("/upload", content=bytewise(), headers=headers)).status_code == 400
    assert parsed == 1


async def came(*data: bytes) -> AsyncIterator[bytes]:
    """A body in these pieces."""
    for some in data:
        yield some


async def test_a_form_is_what_it_is_wherever_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within an escape, a name, before and behind what ends a name or a field."""
    text = b"a%E7%8E%8B%25%2525+%20b=%3D%41&&=&b&c=+%E7%8E%8B&c==&%26=%26"
    fields = {"a王%%25  b": ["=A"], "": [""], "b": [""], "c": [" 王", "="], "&": ["&"]}
    assert await forms._fields(came(text)) == fields
    for at in range(len(text)):
        assert await forms._fields(came(text[:at], text[at:])) == fields
    monkeypatch.setattr(forms, "_AT_ONCE", 24)
    assert await forms._fields(came(text)) == fields
    for wrong in (
        b"a=" + b"b" * 21 + b"%",
        b"a=" + b"b" * 20 + b"%2&c=0",
        b"a" * 25 + b"=",
        b"a=" + b"b" * 21 + b"%zz",
    ):
        with pytest.raises(Refused):
            await forms._fields(came(wrong))


@pytest.mark.parametrize(
    "body",
    [
        b"rows=" + b"%2B" * 600_000, b"rows=" + b"x" * 2_000_000, b"x=1&" * 40 + b"rows=" + b"x" * 1_500_000,
        b"&".join([b"x=" + b"%41" * 13_000] * 49), b"rows=" + b"x" * 900_000 + b"&" * 900_000,
    ],
    ids=["escapes", "text", "behind", "fields", "ends"],
)  # fmt: skip
async def test_no_turn_of_the_loop_has_more_than_some_of_a_form(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two megabytes without a file: what is unescaped and what is joined between two turns of others is counted."""
    turns, in_turn, most = 0, 0, 0
    unescaped, whole = escapes.unescaped, Pieces.whole

    def handles(count: int) -> None:
        nonlocal in_turn, most
        in_turn += count
        most = max(most, in_turn)

    def counted(text: bytes) -> bytes:
        handles(len(text))
        return unescaped(text)

    def joined(body: Pieces) -> bytes:
        handles(len(body))
        return whole(body)

    async def others() -> None:
        nonlocal turns, in_turn
        while True:
            await asyncio.sleep(0)
            turns, in_turn = turns + 1, 0

    monkeypatch.setattr(forms, "unescaped", counted)
    monkeypatch.setattr(Pieces, "whole", joined)
    beside = asyncio.create_task(others())
    async with client() as service:
        answer = await service.post("/batch", content=body, headers={"content-type": URLENCODED})
    beside.cancel()
    assert answer.status_code in (200, 400)
    assert turns > len(body) // PIECE if answer.status_code == 200 else turns
    assert most <= PIECE + (32 << 10)  # a text for a reader, and what is cut of what comes behind


@pytest.mark.parametrize(
    "value",
    [
        [{"number": "CEM1", "name": "王莉"}, {"number": "\ud800", "name": None}],
        {"rows": [{"number": 10**30, "name": -(10**30)}], "altcha": True},
        [1.5, [], {}, "\udfff", {"王": False}],
    ],
)
def test_what_a_reader_hands_on_is_what_the_json_is(value: Any) -> None:
    """Half characters too; of whole numbers, which nobody asks for, as much as MessagePack has."""
    handed = json_trees.unpacked(json_trees.packed(json.dumps(value).encode(), 5000))
    whole = json.dumps(value).replace("1" + "0" * 30, str((1 << 63) - 1)).replace(f"-{(1 << 63) - 1}", str(-(1 << 63)))
    assert handed == json.loads(whole)


def test_of_many_members_no_more_go_on_than_are_refused_by_their_names() -> None:
    """What the service makes of megabytes stays small, whatever they hold; no name of ours has half a character."""
    assert json_trees.unpacked(json_trees.packed(b'{"\\ud800":1}', 0)) == {"?": 1}
    rows = [{str(name): 1 for name in range(50)} for _ in range(100)]
    assert (
        json_trees.unpacked(json_trees.packed(json.dumps(rows).encode(), 5000))
        == [{"0": 1, "1": 1, "2": 1, "3": 1}] * 100
    )
    assert len(json_trees.unpacked(json_trees.packed(json.dumps(rows[0]).encode(), 0))) == 50


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\xd4\x02a", b"\xd4\x01\xff", b"\xa1\xff", b"\x91" * 5000])
def test_what_a_reader_that_was_taken_over_hands_on_is_refused(data: bytes) -> None:
    """It has no words of its own, and nothing but a refusal comes of it."""
    with pytest.raises(JsonRefused):
        json_trees.unpacked(data)


async def test_large_json_is_told_what_small_json_is() -> None:
    """A name twice, an unknown member, too many rows, none, and half a document: by the same codes and fields."""
    pad = " " * 70_000
    bodies_of = {
        "twice": '[{"number":"1","number":"2"}]',
        "unknown": '[{"number":"1","other":"2"}]',
        "no text": '[{"number":10000000000000000000000000000}]',
        "many": "[" + ",".join(['{"number":"1"}'] * 5001) + "]",
        "none": "[]",
        "half": '[{"number":"1"',
        "deep": "[" * 3000 + "]" * 3000,
        "not UTF-8": '[{"number":"\udcff"}]',
        "rows": '[{"number":"\\ud800"},{"number":"CEM2204000001I","name":"x"}]',
    }
    async with client() as service:
        for body in bodies_of.values():
            small, large = [
                await service.post(
                    "/api/v1/verify/batch",
                    content=text.encode("utf-8", "surrogateescape"),
                    headers={"content-type": "application/json"},
                )
                for text in (body, body + pad)
            ]
            assert (large.status_code, large.json()) == (small.status_code, small.json())


async def test_escapes_of_a_form_are_read_as_browsers_write_them() -> None:
    """Plus signs, percent escapes of either case, equals signs in values; a broken escape is refused."""
    body = "n=王莉+%E7%8e%8B&n=a=b%3D%25%0D%0a&&m".encode()
    assert await forms._fields(came(body)) == {"n": ["王莉 王", "a=b=%\r\n"], "m": [""]}
    async with client() as service:
        for wrong in (b"number=%", b"number=100%zz", b"number=%%41", b"%=1"):
            answer = await service.post("/check", content=wrong, headers={"content-type": URLENCODED})
            assert answer.status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "a=%E7%8e%8B+x&b=%&b=%%41&a=1%2",
        "=1&a&a=&b==&a=%25zz%2",
        "a=%FF&a=王&c=%3D%26%2B",
        "&&a=b=c=%0a%0D%00",
        "a=\x85 \n",
    ],
)
def test_a_query_is_what_the_standard_library_reads(query: str) -> None:
    """Broken escapes stand for themselves, empty values are left out."""
    assert escapes.query(query.encode()) == parse_qs(query)


async def test_what_is_made_of_a_header_does_not_grow_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters of a content type are matched for 1,000 characters, and so are tags of copies that an asker has."""
    seen: list[int] = []

    def noted(field: str) -> Any:
        seen.append(len(field))
        return parse_content_header(field)

    monkeypatch.setattr("litestar.connection.request.parse_content_header", noted)
    async with client() as service:
        for address in ("/check", "/batch", "/api/v1/verify/batch"):
            headers = {"content-type": "multipart/form-data" + ";a=b" * 7000}
            assert (await service.post(address, content=b"x", headers=headers)).status_code == 400
        page = await service.get("/")
        again = [
            await service.get("/", headers={"if-none-match": '"a",' * times + page.headers["etag"]})
            for times in (9, 999)
        ]
    assert [answer.status_code for answer in again] == [304, 200]
    assert max(seen, default=0) <= 1000


async def test_a_query_of_thousands_is_refused() -> None:
    """The address has its bound as the body has."""
    async with client() as service:
        answer = await service.get("/api/v1/exams?" + "a&" * 5000)
        page = await service.get("/?" + "a&" * 5000)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert page.status_code == 400


def test_json_is_counted_the_same_wherever_a_piece_of_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within an escape, a string or between two rows; what stands in a string begins no row."""
    rows = [{"number": '"\\', "name": '\\\\"{{{{[[,,'}] * 3
    for size in range(1, 60):
        monkeypatch.setattr(json_trees, "_PIECE", size)
        for indent in (None, 1):
            body = json.dumps(rows, indent=indent).encode()
            json_trees.bound(body, 3)
            with pytest.raises(JsonRefused) as refused:
                json_trees.bound(body, 1)
            assert refused.value.code == "too_many_rows"
