"""Every page and outcome in a real browser: in both languages, on phone and desk, light and dark."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests import invented_exam as exam
from tests.web.conftest import Site
from tests.web.looks import LOOKS, look
from tests.web.pages import FORMS, PAGES, SCRIPTED, VERDICTS
from verify.registry.port import RegistryUnavailable

VIEWS: Final = {"zh-CN": ("phone-zh", "desk-zh-dark"), "en": ("phone-en-dark", "desk-en")}
"""Every pair of screen, language and theme stands in one of these four."""


def look_both_ways(page: Page, name: str, language: str) -> None:
    """The same page on a phone and at a desk, the one light and the other dark."""
    for how in VIEWS[language]:
        page.set_viewport_size(LOOKS[how]["viewport"])
        page.emulate_media(color_scheme=LOOKS[how]["color_scheme"])
        look(page, f"{name}-{how}")


@pytest.mark.parametrize("language", VIEWS)
def test_every_page_and_outcome_is_clear_in_both_languages(
    invented_site: Site, new_page: Callable[..., Page], language: str
) -> None:
    """Each has its headline in the browser's language, fits every screen and passes axe-core, light and dark."""
    page = new_page(locale=language)
    column = 1 if language == "zh-CN" else 2
    for name, texts in (PAGES | VERDICTS).items():
        page.goto(invented_site.url + texts[0])
        expect(page.locator("h1")).to_have_text(texts[column])
        assert page.locator("html").get_attribute("lang") == language
        look_both_ways(page, name, language)
    for name, form in (FORMS | SCRIPTED).items():
        form[0](page, invented_site.url, language)
        expect(page.locator("h1")).to_have_text(form[1] if column == 1 else form[2])
        look_both_ways(page, name, language)
    invented_site.register.failing = RegistryUnavailable("no answer")
    try:
        page.goto(invented_site.url + exam.VALID.path)
    finally:
        invented_site.register.failing = None
    expect(page.locator("h1")).to_have_text(["现在无法查验", "Cannot check now"][column - 1])
    look_both_ways(page, "unavailable", language)
