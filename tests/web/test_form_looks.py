"""What comes of every form, and of a registry that is away, in a real browser: see test_looks.py."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import invented_exam as exam
from tests.web.conftest import Site
from tests.web.looks import VIEWS, look_both_ways
from tests.web.pages import FORMS, SCRIPTED
from verify.registry.port import RegistryUnavailable


@pytest.mark.parametrize("language", VIEWS)
def test_what_comes_of_every_form_is_clear_in_both_languages(
    invented_site: Site, new_page: Callable[..., Page], language: str
) -> None:
    """Each has its headline in the browser's language, fits every screen and passes axe-core, light and dark."""
    page = new_page(locale=language)
    chinese = language == "zh-CN"
    for name, form in (FORMS | SCRIPTED).items():
        form[0](page, invented_site.url, language)
        expect(page.locator("h1")).to_have_text(form[1] if chinese else form[2])
        look_both_ways(page, name, language)
    invented_site.register.failing = RegistryUnavailable("no answer")
    try:
        page.goto(invented_site.url + exam.VALID.path)
    finally:
        invented_site.register.failing = None
    expect(page.locator("h1")).to_have_text("现在无法查验" if chinese else "Cannot check now")
    look_both_ways(page, "unavailable", language)
