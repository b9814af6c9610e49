"""Where names were guessed the pages do the proof of work by themselves, and then say what the right name gets."""

import re
from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests import invented_exam as exam
from tests.web.conftest import Site
from tests.web.pages import check

FREE: Final = 5
"""Wrong names of one client for a number that cost nothing."""


def answering(status: int, json: dict[str, Any]) -> Callable[[Route], None]:
    """A handler that gives this answer."""
    return lambda route: route.fulfill(status=status, json=json)


@pytest.fixture
def guessed(invented_site: Site) -> str:
    """A number for which this address has tried more wrong names than are free."""
    number = exam.REINSTATED.number
    asked = [{"number": number, "name": f"猜{turn}"} for turn in range(FREE + 1)]
    answers = [httpx.post(f"{invented_site.url}/api/v1/verify", json=one) for one in asked]
    assert answers[-1].json()["code"] == "proof_wanted"
    return number


def test_the_check_page_brings_the_proof_and_compares_the_name(
    invented_site: Site, new_page: Callable[..., Page], guessed: str
) -> None:
    """What is asked once is answered twice: by the number alone, and then, with no click more, with the name."""
    page = new_page(locale="en")
    said: list[str] = []
    page.on("response", lambda answer: said.append(answer.request.post_data or "") if "/check" in answer.url else None)
    check(page, invented_site.url, "en", guessed, exam.REINSTATED.name)
    expect(page.locator("main")).to_contain_text(exam.REINSTATED.name, timeout=30_000)
    expect(page.locator("h1")).to_have_text("Genuine and valid")
    assert [bool(re.search(r"altcha=\w", sent)) for sent in said if sent] == [False, True]


def test_the_lookup_page_says_why_it_waits(invented_site: Site, new_page: Callable[..., Page]) -> None:
    """A network that asks too often is told that, and not that its browser failed; hard work is told by its seconds."""
    page = new_page(locale="en")
    status = page.locator('[data-part="work"]')
    challenge = httpx.get(f"{invented_site.url}/api/v1/challenge").json()
    hard = challenge | {"parameters": challenge["parameters"] | {"keyPrefix": "00" * 8, "data": {"work": 131_072_000}}}
    for status_code, answer, said in ((429, {}, "asked very often"), (200, hard, "about 175 seconds")):
        page.route("**/api/v1/challenge", answering(status_code, answer))
        page.goto(f"{invented_site.url}/lookup")
        page.fill("#person", exam.VALID.name)
        page.fill("#id-number", exam.VALID.id_number)
        page.click("form.ask button[type=submit]")
        expect(status).to_contain_text(said)
        page.unroute("**/api/v1/challenge")


def test_without_script_no_button_offers_what_only_script_does(
    invented_site: Site, new_page: Callable[..., Page], guessed: str
) -> None:
    """The name that wants work has a button for the work only where a script does it."""
    page = new_page(locale="en", java_script_enabled=False)
    check(page, invented_site.url, "en", guessed, exam.REINSTATED.name)
    assert page.locator("form[data-challenge] button").is_hidden()
    assert "Without script" in page.inner_text("form[data-challenge]")


def test_the_batch_page_brings_the_proof_and_checks_the_list_again(
    invented_site: Site, new_page: Callable[..., Page], guessed: str
) -> None:
    """A list with such a number is sent once more with the work done, and every row has its verdict."""
    page = new_page(locale="en")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method) if request.url.endswith("/batch") else None)
    page.goto(f"{invented_site.url}/batch")
    page.fill("#rows", f"{exam.VALID.number} {exam.VALID.name}\n{guessed} {exam.REINSTATED.name}")
    page.click("button.main")
    page.wait_for_selector("#done")
    expect(page.locator('[data-part="result"]')).not_to_contain_text("proof of work")
    assert asked.count("POST") == 2
