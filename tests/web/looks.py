"""What holds for every page however it is looked at: it fits the screen, and axe-core finds nothing."""

from collections.abc import Mapping
from typing import Any, Final

from playwright.sync_api import Page, ViewportSize, expect

from tests import PROJECT
from tests.web.conftest import ARTEFACTS

PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
DESK: Final[ViewportSize] = {"width": 1280, "height": 900}
AXE: Final = PROJECT / "verify/web/node_modules/axe-core/axe.min.js"
LOOKS: Final[dict[str, dict[str, Any]]] = {
    "phone-zh": {"viewport": PHONE, "locale": "zh-CN", "color_scheme": "light"},
    "phone-en-dark": {"viewport": PHONE, "locale": "en", "color_scheme": "dark"},
    "desk-zh-dark": {"viewport": DESK, "locale": "zh-CN", "color_scheme": "dark"},
    "desk-en": {"viewport": DESK, "locale": "en", "color_scheme": "light"},
}
VIEWS: Final = {"zh-CN": ("phone-zh", "desk-zh-dark"), "en": ("phone-en-dark", "desk-en")}
"""Every pair of screen, language and theme stands in one of these four."""
NARROW: Final[ViewportSize] = {"width": 320, "height": 640}
"""To which every page must flow back without scrolling sideways (WCAG 2.2, 1.4.10)."""
OUTSIDE: Final = """
[...document.querySelectorAll('main *')]
    .filter((element) => !element.closest('pre') && element.getBoundingClientRect().right > innerWidth + 1)
    .map((element) => element.outerHTML.slice(0, 200))
"""


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page, by every one of its rules."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text("utf-8"))
    # Of what is in order it need not write down where that stands.
    wanted = "axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations)"
    found: list[Any] = page.evaluate(wanted)
    return [f"{item['id']}: {node['html']}: {node['failureSummary']}" for item in found for node in item["nodes"]]


def look(page: Page, name: str) -> None:
    """What holds for every page: it fits wide and narrow screens, and axe-core finds nothing; or a picture is kept."""
    try:
        assert page.evaluate(OUTSIDE) == []
        assert violations(page) == []
        if page.viewport_size == PHONE:
            page.set_viewport_size(NARROW)
            assert page.evaluate(OUTSIDE) == []
            page.set_viewport_size(PHONE)
    except AssertionError:
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)
        raise


def look_both_ways(page: Page, name: str, language: str) -> None:
    """The same page on a phone and at a desk, the one light and the other dark."""
    for how in VIEWS[language]:
        page.set_viewport_size(LOOKS[how]["viewport"])
        page.emulate_media(color_scheme=LOOKS[how]["color_scheme"])
        look(page, f"{name}-{how}")


def look_at_addresses(page: Page, url: str, pages: Mapping[str, tuple[str, str, str]], language: str) -> None:
    """Each has its headline in the browser's language, and looks right both ways."""
    for name, texts in pages.items():
        page.goto(url + texts[0])
        expect(page.locator("h1")).to_have_text(texts[1 if language == "zh-CN" else 2])
        assert page.locator("html").get_attribute("lang") == language
        look_both_ways(page, name, language)
