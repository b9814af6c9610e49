"""Every page that has an address, in a real browser: both languages, phone and desk, light and dark."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.web.conftest import Site
from tests.web.looks import VIEWS, look_at_addresses
from tests.web.pages import PAGES


@pytest.mark.parametrize("language", VIEWS)
def test_every_page_is_clear_in_both_languages(
    invented_site: Site, new_page: Callable[..., Page], language: str
) -> None:
    """Each has its headline, fits every screen and passes axe-core, light and dark."""
    look_at_addresses(new_page(locale=language), invented_site.url, PAGES, language)
