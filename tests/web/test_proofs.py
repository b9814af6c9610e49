"""Where names were guessed the pages do the proof of work by themselves, and then say what the right name gets."""

import re
from collections.abc import Callable
from typing import Final

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests import invented_exam as exam
from tests.web.conftest import Site
from tests.web.pages import check

FREE: Final = 5
"""Wrong names of one client for a number that cost nothing."""


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
