"""The installed app without a network: its first paint from what is kept, and one check beyond decoding the picture."""

import gzip
import statistics
import subprocess
import time
from typing import Final

from playwright.sync_api import Page, sync_playwright

from bench.figures import Figure, limit
from tests import PROJECT
from tests import invented_exam as exam
from tests.http_service import serving
from tests.web.conftest import CHROMIUM, QUIET
from tests.web.pages import register

THROTTLE: Final = 4
"""By how much the processor is slowed, as Lighthouse's phone is."""
ROUNDS: Final = 7
CHECKS: Final = 50
PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
JUDGED: Final = "performance.getEntriesByName('judged').map(one => one.duration)"


def run() -> list[Figure]:
    """Medians; the processor is slowed for the paint alone, as the bound for a check names no phone."""
    subprocess.run(["bash", PROJECT / "verify/web/build"], check=True)
    with serving(register(int(time.time()))) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = browser.new_context(viewport={"width": 412, "height": 823}, locale="zh-CN")
        page = context.new_page()
        _open(page, f"{url}/app")
        context.set_offline(True)
        slowed = context.new_cdp_session(page)
        slowed.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
        paints = [_open(page, f"{url}/app") for _ in range(ROUNDS)]
        slowed.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        _open(page, f"{url}/app")
        field, button = page.locator("[data-part=text]"), page.locator("[data-part=paste] button")
        for _ in range(CHECKS):
            field.fill(exam.VALID.qr)
            button.click()
            page.wait_for_selector("[data-part=result][data-asked]")
            page.locator("[data-part=result]").evaluate("element => delete element.dataset.asked")
        checks: list[float] = page.evaluate(JUDGED)
        browser.close()
    scripts = (PROJECT / "verify/http/static/web/app/installed.js").read_bytes()
    return [
        limit("App without a network: first paint", statistics.median(paints), 1000, unit="ms"),
        limit("App: one check beyond decoding the picture", statistics.median(checks), 5, unit="ms"),
        limit("App: its script with the verifier, gzip", len(gzip.compress(scripts)) / 1000, 25, unit="kB"),
    ]


def _open(page: Page, address: str) -> float:
    """Milliseconds until something is painted."""
    page.goto(address)
    page.wait_for_selector("[data-app][data-state=ready][data-installed=yes]")
    painted: float = page.evaluate(PAINT)
    return painted
