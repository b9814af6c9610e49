"""Fixtures of the browser tests: the invented site on a port of its own, and Debian's Chromium."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests import PROJECT
from tests.http_service import serving
from tests.memory_registry import MemoryRegistry
from tests.web.pages import register
from verify.service import site as sites

CHROMIUM: Final = "/usr/bin/chromium"
QUIET: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP plain.example.org 127.0.0.1",  # an address that no browser trusts without https
]
ARTEFACTS: Final = PROJECT / "artefacts"


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A running service and its register."""

    url: str
    register: MemoryRegistry


@pytest.fixture(scope="module")
def invented_site(built_scripts: None) -> Iterator[Site]:
    """The service over the invented register."""
    registry = register(int(time.time()))
    with serving(registry, site=sites.read(PROJECT / "examples" / "site.toml")) as url:
        yield Site(url=url, register=registry)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, quiet."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages of one context each; one that reports an error of its script or policy fails the test."""
    contexts = []
    errors: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # Pages of a status that is an error are asked for on purpose.
        if message.type == "error" and "Failed to load resource" not in message.text:
            errors.append(message.text)

    def start(**options: Any) -> Page:
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield start
    for context in contexts:
        context.close()
    assert errors == []
