"""Pages asked about an earlier day, as people and links write days."""

import re

import pytest

from tests import invented_exam as exam
from tests.http_service import client

DAYS = [
    "2022-06-01", " 2022-06-01 ", "2022/6/1", "2022.06.01", "2022年6月1日", "20220601",
    "２０２２-06-01", "　2022-06-01",
]  # fmt: skip
TIMES = {
    "2022-06-01T00:00:00Z": "1 June 2022 08:00",
    " 2022-06-01T00:00:00Z": "1 June 2022 08:00",
    "2022-06-01t00:00:00z": "1 June 2022 08:00",
    "2022-06-01T08:00:00+08:00": "1 June 2022 08:00",
    "2022-06-01T08:00:00 08:00": "1 June 2022 08:00",
    "2022-06-01 08:00:00.5+08:00": "1 June 2022 08:00",
}


@pytest.mark.parametrize(("as_of", "shown"), [*((day, "1 June 2022") for day in DAYS), *TIMES.items()], ids=repr)
async def test_a_day_or_time_is_answered_however_it_is_written(as_of: str, shown: str) -> None:
    """At the QR's address and in the form: the banner answers the day asked, and today's status stands beside it."""
    async with client() as service:
        by_link = await service.get(exam.REVOKED.path, params={"as_of": as_of, "lang": "en"})
        by_form = await service.post("/check?lang=en", data={"number": exam.REVOKED.number, "as_of": as_of})
    for page in (by_link, by_form):
        assert page.status_code == 200
        assert f"<h1>On {shown}: Genuine and valid</h1>" in page.text
        assert '<div class="verdict good">' in page.text
        assert re.search(r'<div class="today bad">\s*<strong>Today: Revoked</strong>', page.text)
        assert '<input id="as-of"' in page.text
        assert 'value="2022-06-01"' in page.text


@pytest.mark.parametrize(
    ("person", "as_of", "then", "tones"),
    [
        (exam.EXPIRED, "2022-06-01", "Genuine and valid", ("good", "caution")),
        (exam.REPLACED, "2022-06-01", "Genuine and valid", ("good", "caution")),
        (exam.VALID, "2022-01-01", "Not yet issued", ("caution", "good")),
    ],
)
async def test_the_banner_has_the_colour_of_its_day(
    person: exam.Holder, as_of: str, then: str, tones: tuple[str, str]
) -> None:
    """What was right then and what is right now are told apart."""
    async with client() as service:
        page = (await service.get(person.path, params={"as_of": as_of, "lang": "en"})).text
    assert f": {then}</h1>" in page
    assert f'<div class="verdict {tones[0]}">' in page
    assert f'<div class="today {tones[1]}">' in page


async def test_today_has_one_banner() -> None:
    """Asked about today, a page says it once."""
    async with client() as service:
        page = (await service.get(exam.REVOKED.path, params={"as_of": "2025-10-09", "lang": "en"})).text
    assert "<h1>Revoked</h1>" in page
    assert 'class="today' not in page


@pytest.mark.parametrize(
    ("as_of", "status", "said"),
    [
        ("soon", 400, "Please give a day, such as 2022-05-01, or a time with its zone"),
        ("2022-02-30", 400, "Please give a day, such as 2022-05-01"),
        ("2022-06-01T00:00:00", 400, "a time with its zone, such as 2022-05-01T00:00:00Z"),
        ("2022-111", 400, "Please give a day"),
        ("9" * 5000, 400, "Please give a day"),
        ("2999-01-01", 400, "Nobody can say yet"),
        ("2999-01-01T00:00:00Z", 400, "Nobody can say yet"),
    ],
)
async def test_what_is_no_day_is_told_what_is_wanted(as_of: str, status: int, said: str) -> None:
    """What the page cites as right is taken (the tests above)."""
    async with client() as service:
        page = await service.get(exam.VALID.path, params={"as_of": as_of, "lang": "en"})
    assert page.status_code == status
    assert said in page.text
