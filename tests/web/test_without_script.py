"""The pages in a real browser that runs no script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests import invented_exam as exam
from tests.web.conftest import Site
from tests.web.looks import LOOKS
from tests.web.pages import FORMS, PAGES, VERDICTS, check


@pytest.mark.parametrize("how", ["phone-zh", "desk-en"])
def test_pages_work_without_script(invented_site: Site, new_page: Callable[..., Page], how: str) -> None:
    """Links, both ways to check, the earlier day and the search in a list; the lookup says what it needs."""
    page = new_page(**LOOKS[how], java_script_enabled=False)
    column = 1 if "zh" in how else 2
    for texts in (PAGES | VERDICTS).values():
        page.goto(invented_site.url + texts[0])
        assert page.locator("h1").text_content() == texts[column]
    language = "zh-CN" if "zh" in how else "en"
    for form in FORMS.values():
        form[0](page, invented_site.url, language)
        assert page.locator("h1").text_content() == form[column]
    check(page, invented_site.url, language, exam.REPLACED.number, exam.REPLACED.name)
    page.fill("#as-of", "2022-06-01")
    page.click("form:has(#as-of) button")
    assert page.locator(".verdict.good").count() == page.locator(".today.caution").count() == 1
    page.goto(f"{invented_site.url}/pass-lists/CEM-2025-09?lang=en")
    page.fill("#find", "阿依")
    page.click("form.find button")
    assert page.locator(".people tbody tr").count() == 24
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto(f"{invented_site.url}/lookup?lang=en")
    assert "needs JavaScript" in (page.text_content("noscript, .note.caution") or "")
    page.fill("#person", exam.VALID.name)
    page.fill("#id-number", exam.VALID.id_number)
    page.click("form.ask button[type=submit]")
    assert page.text_content(".note.bad strong") == "Proof of work missing"
