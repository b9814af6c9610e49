"""What is asked of a large registry, by ours and the peer alike: each work's requests, in files for wrk."""

import asyncio
import bisect
import concurrent.futures
import itertools
import json
import random
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from unittest import mock

import altcha
import httpx
import msgspec

from bench.service.crowd import Exam
from bench.service.load import Requests, Served
from tests.invented import SECRET
from tests.photos import page
from tests.verify.files.test_workers import png
from verify.core import qr_text
from verify.http.guard.lookups_tried import WORK
from verify.http.guard.memory import LocalMemory
from verify.http.guard.proof import Proofs

BATCH: Final = 100
"""Rows of one batch."""
_HOST: Final = "VERIFY.EXAMPLE.ORG"
_JSON: Final = "application/json"
_HEADERS: Final = {"content-type": _JSON}
_BOUNDARY: Final = "yinjian-bench"
_LATER: Final = 3600
"""Seconds after which a proof made now is still asked with."""


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many certificates each work has to itself: none is in two, so that none was checked before its turn."""

    number: int = 200_000
    qr: int = 60_000
    page: int = 20_000
    again: int = 200
    batch: int = 80_000
    people: int = 20_000
    """Each has one proof of work, which is taken once: a service that answers faster than these last breaks off."""
    workers: int = 90_000

    @property
    def all(self) -> int:
        """All but those asked for again."""
        return self.number + self.qr + self.page + self.batch + self.people


class Works(msgspec.Struct, frozen=True, kw_only=True):
    """The requests of each work."""

    number: Requests
    qr: Requests
    again: Requests
    again_constant: Requests
    page: Requests
    person: Requests
    """By name and ID number, each with a proof of work of its own; the peer asks for none, and passes it over."""
    batch: Requests
    upload: Requests
    rows: Requests
    rows_page: Requests
    home: Requests


def works(folder: Path, exams: Sequence[Exam], amounts: Amounts) -> Works:
    """Draws who is asked for, the same every time, and writes the files."""
    ends = list(itertools.accumulate(exam.people for exam in exams))
    draw = random.Random(1)  # noqa: S311 -- the same draw every time
    drawn = iter(draw.sample(range(ends[-1]), min(ends[-1], amounts.all)))
    scale = min(1.0, ends[-1] / amounts.all)  # of a small registry each work has its part

    def people(count: int) -> list[tuple[Exam, int]]:
        places = itertools.islice(drawn, max(1, int(count * scale)))
        found = []
        for place in places:
            at = bisect.bisect_right(ends, place)
            found.append((exams[at], ends[at] - place))
        return found

    codes = [_path(exam, serial) for exam, serial in people(amounts.qr)]
    rows = [{"number": exam.number(serial), "name": exam.name(serial)} for exam, serial in people(amounts.batch)]
    batches = [json.dumps(rows[at : at + BATCH], ensure_ascii=False) for at in range(0, len(rows), BATCH)]
    persons = people(amounts.people)
    lists = [f"GET\t/api/v1/exams/CEM-{exam.term}/pass-list" for exam in exams]
    pages = [f"GET\t/pass-lists/CEM-{exam.term}" for exam in exams]
    return Works(
        number=Requests(folder, "number", _numbers(people(amounts.number))),
        qr=Requests(folder, "qr", codes),
        again=Requests(folder, "again", codes[: amounts.again]),
        again_constant=Requests(folder, "again-constant", _numbers(persons[: amounts.again])),
        page=Requests(folder, "page", [_path(*one) for one in people(amounts.page)], accept="text/html"),
        person=Requests(folder, "person", [f"POST\t/api/v1/lookup\t{_JSON}\t{one}" for one in _lookups(persons)]),
        batch=Requests(folder, "batch", [f"POST\t/api/v1/verify/batch\t{_JSON}\t{one}" for one in batches]),
        upload=Requests(folder, "upload", [_upload(folder, exams[0], 1)]),
        rows=Requests(folder, "rows", lists),
        rows_page=Requests(folder, "rows-page", pages, accept="text/html"),
        home=Requests(folder, "home", ["GET\t/"], accept="text/html"),
    )


def wait_for_lookups(server: Served, exam: Exam) -> float:
    """Seconds until lookups are answered: before, the service finds out which indexes cover their exams."""
    begun = time.perf_counter()
    while True:
        answer = httpx.post(f"{server.url}/api/v1/lookup", content=_lookup((exam, 1)), headers=_HEADERS, timeout=300)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            answer.raise_for_status()
            return time.perf_counter() - begun
        time.sleep(0.5)


def number_requests(folder: Path, name: str, exams: Sequence[Exam], count: int) -> Requests:
    """By number, of the last of the longest list, whom the others ask for no more often than anybody."""
    exam = max(exams, key=lambda one: one.people)
    return Requests(folder, name, _numbers([(exam, serial) for serial in range(exam.people, 0, -1)][:count]))


def _numbers(people: Sequence[tuple[Exam, int]]) -> list[str]:
    return [f"GET\t/api/v1/certificates/{exam.number(serial)}" for exam, serial in people]


def _path(exam: Exam, serial: int) -> str:
    return "GET\t/Q/" + qr_text.write(exam.statement(serial), _HOST).rpartition("/")[2]


def _upload(folder: Path, exam: Exam, serial: int) -> str:
    """A page with a code, scanned at 100 dots an inch: 827 × 1,169 pixels."""
    text = qr_text.write(exam.statement(serial), _HOST)
    picture = png(page([text], size=(827, 1169)))
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
    body = f"{head}Content-Type: image/png\r\n\r\n".encode() + picture + f"\r\n--{_BOUNDARY}--\r\n".encode()
    path = folder / "upload.multipart"
    path.write_bytes(body)
    return f"POST\t/api/v1/verify/document\tmultipart/form-data; boundary={_BOUNDARY}\t@{path}"


def _lookups(people: Sequence[tuple[Exam, int]]) -> list[str]:
    with concurrent.futures.ProcessPoolExecutor() as pool:
        return list(pool.map(_lookup, people, chunksize=50))


def _lookup(person: tuple[Exam, int]) -> str:
    """A lookup with the proof that the service itself would have given to solve, at the first counter of all."""
    exam, serial = person
    asked = {"name": exam.name(serial), "id_type": "other", "id_number": exam.id_number(serial)}
    return json.dumps(asked | {"altcha": _proof()}, ensure_ascii=False)


def _proof() -> str:
    """Such a proof."""
    with mock.patch.object(secrets, "randbelow", return_value=0):
        made = asyncio.run(Proofs(SECRET, LocalMemory()).challenge(WORK, int(time.time()) + _LATER))
    asked = altcha.Challenge.from_dict(msgspec.to_builtins(made))
    solution = altcha.solve_challenge(asked)
    assert solution is not None
    return altcha.Payload(asked, solution).to_base64()
