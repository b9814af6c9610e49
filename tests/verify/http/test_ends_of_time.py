"""Moments at the ends of the calendar, which statements may name: they are answered, and never an error of ours."""

import datetime
import itertools
from typing import Any

import pytest

from tests import invented_exam as exam
from tests.http_service import client
from tests.invented import ROOT, keyring
from tests.memory_registry import MemoryRegistry
from verify.core import answer, china_time
from verify.core.statement import MAX_TIME

ENDS: list[dict[str, Any]] = [
    {"expires_at": MAX_TIME},
    {"expires_at": MAX_TIME - 28_800},
    {"expires_at": MAX_TIME - 28_799},
    {"paper_date": "0001-01-01"},
    {"paper_date": "0001-01-01", "expires_at": MAX_TIME},
    {"paper_date": "0999-12-31"},
    {"paper_date": "1900-12-31"},
    {"paper_date": "1986-05-04"},
    {"issued_at": 0},
    {"issued_at": 0, "expires_at": 1},
    {"issued_at": MAX_TIME - 1, "expires_at": MAX_TIME},
]


@pytest.mark.parametrize("seconds", [-(2**40), -62135625943, -62135596801, 0, MAX_TIME - 28_799, MAX_TIME, 2**40])
def test_every_moment_has_a_day(seconds: int) -> None:
    """A moment out of the calendar is shown as the nearest that it has, and one within it as itself."""
    assert 1 <= china_time.local(seconds).year <= 9999
    assert china_time.local_text(seconds)
    assert china_time.deadline_text(max(seconds, 0))
    if abs(seconds) < 2**39 and seconds >= -62135596800:
        assert answer.moment(seconds).timestamp() == seconds


async def test_a_certificate_of_any_time_is_answered() -> None:
    """Pages and programs are told of it, whether the year is the first or the last."""
    people = [exam.holder(serial, "周九", **claims) for serial, claims in enumerate(ENDS, 11)]
    listed = [exam.pass_list(*people), exam.lookup_index(*people)]
    register = MemoryRegistry(
        [ROOT.sign(keyring().draft(ROOT.kid)), *(person.data for person in people), *listed], exam.NOW
    )
    async with client(register) as service:
        for person, claims in zip(people, ENDS, strict=True):
            told = await service.get(person.path, headers={"accept": "application/json"})
            assert told.status_code == 200, claims
            datetime.datetime.fromisoformat(told.json()["certificate"]["issued_at"])
            if "expires_at" in claims:
                expires = datetime.datetime.fromisoformat(told.json()["certificate"]["expires_at"])
                assert expires.timestamp() == claims["expires_at"]
            for language in ("zh-CN", "en"):
                page = await service.get(person.path, params={"lang": language})
                earlier = await service.get(person.path, params={"lang": language, "as_of": "1000-01-01"})
                form = await service.post(f"/check?lang={language}", data={"number": person.number, "name": "周九"})
                assert [one.status_code for one in (page, earlier, form)] == [200, 200, 200], claims


async def test_a_list_of_any_time_is_shown() -> None:
    """Its end of objections and its term, and days that are none: the format does not bind them to a calendar."""
    ends = itertools.product(("0001-01-01", "9999-12-31", "0000-00-00", "2022-02-30"), (0, MAX_TIME - 28_799, MAX_TIME))
    lists: dict[str, dict[str, Any]] = {
        f"CEM-2022-04-{place}": {
            "objections_until": moment,
            "public_until": MAX_TIME,
            "held_on": day,
            "planned_on": day,
        }
        for place, (day, moment) in enumerate(ends)
    }
    made = [exam.pass_list(exam.VALID, notice=True, exam=code, **other) for code, other in lists.items()]
    async with client(MemoryRegistry([ROOT.sign(keyring().draft(ROOT.kid)), *made], exam.NOW)) as service:
        for address in ("/", "/pass-lists", "/api/v1/exams", *(f"/pass-lists/{code}" for code in lists)):
            for language in ("zh-CN", "en"):
                answer = await service.get(address, params={"lang": language})
                assert answer.status_code == 200, address
