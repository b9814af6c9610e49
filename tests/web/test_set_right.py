"""How lines are set, where a stranger saw that they were not: in a real browser, on a register with a log."""

import time
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Page

from tests import PROJECT
from tests import invented_exam as exam
from tests.http_service import serving
from tests.logged_registry import LoggedRegistry
from tests.web.looks import DESK, LOOKS, PHONE
from tests.web.pages import check
from verify.service import site as sites

Start = Callable[..., Page]
WIDTHS: Final = """
() => ["h1", "h2", "main p", ".brand"].flatMap((found) => [..."“”‘’"].map((sign) => {
    const [place, probe] = [document.querySelector(found), document.createElement("span")];
    probe.textContent = sign;
    place.append(probe);
    return probe.getBoundingClientRect().width / parseFloat(getComputedStyle(place).fontSize);
}))
"""
"""How wide quotes are, in the sizes of their letters."""
POINTS: Final = """
() => [...document.querySelectorAll(".card li > a:first-child")].map((link) => {
    const probe = document.createElement("span");
    probe.textContent = "\\u2060";
    link.before(probe);
    return [link.getBoundingClientRect().height, probe.getBoundingClientRect().top - link.getBoundingClientRect().top];
})
"""
"""How high each link of a list is, and how far below its beginning its line's point stands."""
LINES: Final = """
(text) => {
    const found = [...document.querySelectorAll("main dd")].find((one) => one.textContent === text);
    const range = document.createRange();
    range.selectNodeContents(found);
    return range.getClientRects().length;
}
"""


@pytest.fixture(scope="module")
def address(built_scripts: None) -> Iterator[str]:
    """A service whose register has a log."""
    registry = LoggedRegistry(exam.statements(), int(time.time()))
    with serving(registry, site=sites.read(PROJECT / "examples" / "site.toml")) as url:
        yield url


def test_quotes_in_english_are_as_narrow_as_letters(address: str, new_page: Start) -> None:
    """In headings, too, where a Chinese face would give each the room of a character."""
    page = new_page(**LOOKS["desk-en"])
    page.goto(f"{address}/help")
    widths = page.evaluate(WIDTHS)
    assert len(widths) == 16
    assert max(widths) < 0.6


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_logs_name_stands_on_one_line(address: str, new_page: Start, language: str) -> None:
    """Auditors copy it; and the point of a list stands at the first line of a link that has two."""
    page = new_page(locale=language)
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        page.goto(f"{address}/about")
        assert page.evaluate(LINES, "verify.example.org/log") == 1
    page.set_viewport_size({"width": 320, "height": 640})
    points = page.evaluate(POINTS)
    assert max(height for height, _down in points) > 50
    assert max(down for _height, down in points) < 12


def test_what_stands_below_a_form_is_apart_from_it(address: str, new_page: Start) -> None:
    """The address of a number's answer is no line of the help above it."""
    page = new_page(**LOOKS["phone-en-dark"])
    check(page, address, "en", exam.VALID.number, exam.VALID.name)
    above, below = page.locator("#as-of-help").bounding_box(), page.get_by_text("as a stranger sees it").bounding_box()
    assert above is not None
    assert below is not None
    assert below["y"] - (above["y"] + above["height"]) >= 8


def test_no_space_stands_behind_a_chinese_full_stop(address: str, new_page: Start) -> None:
    """Sentences that are put together of two messages are set as one."""
    page = new_page(**LOOKS["phone-zh"])
    for path in ("/batch", "/upload", "/"):
        page.goto(address + path)
        assert not [text for text in page.locator("main small, main p").all_inner_texts() if "。 " in text]
