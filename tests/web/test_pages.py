"""The pages in a real browser, as people use them."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import PROJECT
from tests import invented_exam as exam
from tests.web.conftest import Site
from tests.web.looks import LOOKS, look
from tests.web.pages import check, search
from verify.registry.port import RegistryUnavailable

Start = Callable[..., Page]


def test_the_language_is_switched_and_kept(invented_site: Site, new_page: Start) -> None:
    """The switch leads to the same page in the other language, and links keep it."""
    page = new_page(**LOOKS["phone-zh"])
    page.goto(invented_site.url + exam.VALID.path)
    page.click("nav.languages a")
    expect(page.locator("h1")).to_have_text("Genuine and valid")
    page.click("nav >> text=Pass lists")
    expect(page.locator("h1")).to_have_text("Pass lists")
    page.click("text=Third Carbon Emission Manager exam of 2025")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.click("nav.languages a")
    expect(page.locator("h1")).to_have_text("2025年第三次碳排放管理师考试")


def test_the_language_switch_keeps_what_was_asked(invented_site: Site, new_page: Start) -> None:
    """The earlier day, the place in a list, the form's answer, the search, and an address that is none."""
    page = new_page(**LOOKS["phone-zh"])
    page.goto(f"{invented_site.url}{exam.REVOKED.path}?as_of=2022-06-01")
    page.click("nav.languages a")
    expect(page.locator("h1")).to_have_text("On 1 June 2022: Genuine and valid")
    expect(page.locator(".today.bad")).to_contain_text("Today: Revoked")
    expect(page.locator("#as-of")).to_have_value("2022-06-01")
    page.goto(f"{invented_site.url}/pass-lists/CEM-2025-09")
    page.click("a[rel=next]")
    page.click("nav.languages a")
    expect(page.locator(".people tbody td").first).to_have_text("101")
    check(page, invented_site.url, "zh-CN", exam.VALID.number, exam.VALID.name)
    page.click("nav.languages button")
    expect(page.locator("h1")).to_have_text("Genuine and valid")
    expect(page.locator(".holder")).to_have_text(exam.VALID.name)
    search(page, invented_site.url, "en", "阿依")
    page.click("nav.languages button")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("#find")).to_have_value("阿依")
    assert page.locator(".people tbody tr").count() == 24
    page.goto(f"{invented_site.url}/nowhere")
    page.click("nav.languages a")
    expect(page.locator("h1")).to_have_text("No such page")


@pytest.mark.parametrize("script", [True, False])
def test_nothing_is_typed_twice(invented_site: Site, new_page: Start, *, script: bool) -> None:
    """What had a slip is there to be corrected, and what could not be checked is sent again by one button."""
    page = new_page(**LOOKS["desk-en"], java_script_enabled=script)
    check(page, invented_site.url, "en", exam.VALID.number[:-1] + "A", exam.VALID.name)
    assert page.input_value("#holder") == exam.VALID.name
    page.fill("#number", page.input_value("#number")[:-1] + exam.VALID.number[-1])
    invented_site.register.failing = RegistryUnavailable("no answer")
    try:
        page.click("form.ask button[type=submit]")
        assert page.text_content("h1") == "Cannot check now"
    finally:
        invented_site.register.failing = None
    page.click("button:text('Try again')")
    assert page.text_content("h1") == "Genuine and valid"
    assert page.text_content(".holder") == exam.VALID.name


def test_a_signed_list_is_checked_as_its_page_says(invented_site: Site, new_page: Start, tmp_path: Path) -> None:
    """The two files and the lines of the page are enough; one changed byte is found."""
    page = new_page(**LOOKS["desk-en"])
    page.goto(f"{invented_site.url}/pass-lists/CEM-2022-04")
    page.click("summary")
    for link in ("As the signed list (COSE)", "jwks.json"):
        with page.expect_download() as download:
            page.click(f"a:text('{link}')")
        download.value.save_as(tmp_path / download.value.suggested_filename)
    command: list[str | Path] = [PROJECT / ".cose/bin/python", "-c", page.text_content("details pre") or ""]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("The signature is genuine")
    assert exam.VALID.name in done.stdout
    listing = next(tmp_path.glob("*.cbor"))
    data = listing.read_bytes()
    listing.write_bytes(data.replace(exam.VALID.name.encode(), "王丽".encode()))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_a_person_is_looked_up_with_a_proof_of_work(invented_site: Site, new_page: Start) -> None:
    """The page proves its work and finds the certificate; the address tells nothing; a second try works too."""
    page = new_page(**LOOKS["phone-zh"])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name, headline in ((exam.VALID.name, "查到 1 份证书"), ("王丽", "没有查到证书")):
        page.goto(invented_site.url + "/lookup")
        page.fill("#person", name)
        page.fill("#id-number", exam.VALID.id_number)
        page.click("form.ask button[type=submit]")
        expect(page.locator("h1")).to_have_text(headline, timeout=20_000)
        assert exam.VALID.id_number not in page.content()
        look(page, f"found-{len(asked)}")
    assert page.url == invented_site.url + "/lookup"
    assert not [url for url in asked if exam.VALID.id_number in url or "%E7%8E%8B" in url]


def test_what_plain_http_keeps_from_a_page_is_said_at_once(invented_site: Site, chromium: Browser) -> None:
    """As on a phone at the demo's address: no cryptography for lookups, no camera; each page says what to do."""
    context = chromium.new_context(locale="en")  # not new_page: the browser itself complains of http in its console
    page = context.new_page()
    plain = invented_site.url.replace("127.0.0.1", "plain.example.org")
    for address, status in (("/lookup", '[data-part="work"]'), ("/scan", '[data-part="status"]')):
        page.goto(plain + address)
        expect(page.locator(status)).to_contain_text("https", timeout=20_000)
    context.close()


def test_slips_are_caught_while_typing(invented_site: Site, new_page: Start) -> None:
    """A wrong check character of a number or an ID number is said before anything is sent."""
    page = new_page(**LOOKS["phone-en-dark"])
    page.goto(invented_site.url + "/")
    number, person = page.locator("#number-help + .slip"), page.locator("#id-help + .slip")
    page.fill("#number", exam.VALID.number[:-1])
    expect(number).to_be_hidden()
    page.fill("#number", " cem-2204 000001 a")
    expect(number).to_be_visible()
    page.fill("#number", exam.VALID.number.lower())
    expect(number).to_be_hidden()
    page.fill("#number", "Z123456789012345")
    expect(number).to_be_hidden()
    wrong = exam.VALID.id_number[:-1] + ("1" if exam.VALID.id_number[-1] != "1" else "2")
    page.fill("#id-number", wrong)
    expect(person).to_be_visible()
    page.select_option("#id-type", "passport")
    expect(person).to_be_hidden()
    page.select_option("#id-type", "resident")
    page.fill("#id-number", exam.VALID.id_number)
    expect(person).to_be_hidden()
    for id_number in ("11010519491231002X", "440524188001010014"):  # the examples of GB 11643
        page.fill("#id-number", id_number)
        expect(person).to_be_hidden()


def test_a_long_list_is_paged_and_counted_down(invented_site: Site, new_page: Start) -> None:
    """240 people on three pages, and the time left for objections."""
    page = new_page(**LOOKS["desk-en"])
    page.goto(f"{invented_site.url}/pass-lists/CEM-2025-09")
    expect(page.locator(".left")).to_have_text(re.compile(r"^3 d 2 h [12][0-9] min left$"))
    seen = []
    while True:
        seen += page.locator(".people tbody td:first-child").all_text_contents()
        if not page.locator("a[rel=next]").count():
            break
        page.click("a[rel=next]")
    assert seen == [str(serial) for serial in range(1, 241)]


def test_the_keyboard_reaches_everything_and_skips_the_head(invented_site: Site, new_page: Start) -> None:
    """The first Tab offers to skip to the content, and Enter in a field sends its form."""
    page = new_page(**LOOKS["desk-en"])
    page.goto(invented_site.url + "/check")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#number")).to_be_focused()
    page.keyboard.type(exam.VALID.number)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Genuine and valid")


def test_a_verdict_prints_with_its_time(invented_site: Site, new_page: Start) -> None:
    """On paper: the verdict, its time and the fields, black on white, without what only a screen needs."""
    page = new_page(**LOOKS["phone-en-dark"])
    page.goto(invented_site.url + exam.VALID.path)
    expect(page.locator("[data-print]")).to_be_visible()
    page.emulate_media(media="print")
    for hidden in ("nav", "footer", "#as-of", "[data-print]"):
        assert not page.locator(hidden).first.is_visible()
    expect(page.locator("text=Checked").first).to_be_visible()
    expect(page.locator(".certificate")).to_contain_text(exam.VALID.number)
    colours = page.evaluate("[...document.querySelectorAll('.verdict, body')].map((e) => getComputedStyle(e).color)")
    assert set(colours) == {"rgb(0, 0, 0)"}
    ground = page.evaluate("getComputedStyle(document.querySelector('.verdict')).backgroundColor")
    assert ground == "rgba(0, 0, 0, 0)"
    expect(page.locator(".asked-again img")).to_be_visible()


@pytest.mark.parametrize("address", ["/", exam.VALID.path, "/pass-lists/CEM-2022-04"])
def test_a_first_view_is_light(invented_site: Site, new_page: Start, address: str) -> None:
    """Page, style, script and pictures together are under 60 kB, and nothing comes from elsewhere."""
    page = new_page(**LOOKS["phone-zh"])
    sizes: list[int] = []
    hosts: set[str] = set()

    def received(response: Any) -> None:
        sizes.append(len(response.body()) + sum(len(k) + len(v) + 4 for k, v in response.headers.items()))
        hosts.add(response.url.split("/")[2])

    page.on("response", received)
    page.goto(invented_site.url + address, wait_until="networkidle")
    assert 0 < sum(sizes) < 60_000
    assert hosts == {invented_site.url.removeprefix("http://")}


def test_number_and_name_answer_at_an_address_that_holds_neither(invented_site: Site, new_page: Start) -> None:
    """The form's answer stays at /check."""
    page = new_page(**LOOKS["phone-zh"])
    check(page, invented_site.url, "zh-CN", exam.VALID.number, exam.VALID.name)
    assert page.url == f"{invented_site.url}/check?lang=zh-CN"
