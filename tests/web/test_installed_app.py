"""The installed app: checks certificates without a network, and holds the server's word against its own."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, ViewportSize, expect, sync_playwright

from tests import PROJECT, http_service
from tests import invented_exam as exam
from tests.http_service import serving, settings
from tests.invented import ISSUED_AT, LOG, STATUS, TestKey
from tests.photos import qr_image
from tests.web.conftest import CHROMIUM, QUIET
from tests.web.looks import look
from tests.web.pages import VERDICTS, register
from tests.web.test_ways_in import camera_picture, film, png
from verify.core import statement
from verify.core.log import checkpoint, tree
from verify.core.log import receipt as receipts
from verify.core.snapshot import Snapshot
from verify.http.app import create
from verify.service import site as sites

DAY: Final = 86_400
NOW: Final = int(time.time())
PHONE: Final = ViewportSize(width=390, height=844)
SNAPSHOT: Final = "/.well-known/yinjian/snapshot"
KEYRING: Final = "/.well-known/yinjian/keyring"
VERIFY: Final = "/api/v1/verify"


class Centre:
    """The service, some of whose answers a test gives itself: ``says`` by path, a media type and bytes."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.says: dict[str, tuple[str, bytes]] = {SNAPSHOT: ("application/cose", snapshot())}
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers one request."""
        given = self.says.get(scope.get("path", ""))
        if given is None:
            await self.app(scope, receive, self._linking(send) if scope.get("path") == KEYRING else send)
            return
        headers = [(b"content-type", given[0].encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": given[1]})

    def _linking(self, send: Any) -> Any:
        """The keyring's answer names the snapshot that a test gives."""

        async def linked(message: Any) -> None:
            if message["type"] == "http.response.start" and SNAPSHOT in self.says:
                message["headers"] = [*message["headers"], (b"link", f'<{SNAPSHOT}>; rel="related"'.encode())]
            await send(message)

        return linked


def snapshot(taken_at: int = NOW - 3 * DAY, *, key: TestKey = STATUS) -> bytes:
    """What was not valid three days ago: one certificate was revoked."""
    standings: Any = {exam.REVOKED.named.short[:8]: "revoked"}
    made = Snapshot(taken_at=taken_at, log_size=20, standings=standings, issued_at=taken_at)
    return key.sign(made.draft(key.kid))


def note(size: int, root: bytes = bytes(32)) -> str:
    """The log's checkpoint."""
    said = checkpoint.Checkpoint(origin=f"{exam.HOST.lower()}/log", size=size, root=root)
    return checkpoint.note(said, LOG.public, LOG.private.sign(said.text.encode()))


def receipt() -> str:
    """The proof that a log, of a single entry, has the valid certificate."""
    root = tree.leaf(tree.entry_of(statement.decode(exam.VALID.data)))
    return receipts.tlog_proof(receipts.Proof(index=0, size=1, path=()), note(1, root))


@pytest.fixture(scope="module")
def centre(built_scripts: None) -> Iterator[Centre]:
    """The invented centre's service."""
    made: list[Centre] = []

    def remember(*parts: Any, **named: Any) -> Centre:
        made.append(Centre(create(*parts, **named)))
        return made[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http_service, "create", remember)
        with serving(register(NOW)) as url:
            made[0].url = url
            yield made[0]


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose camera sees the code of a valid certificate."""
    seen = film(tmp_path_factory.mktemp("camera") / "camera.y4m", camera_picture(exam.VALID.qr))
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_playwright() as playwright:
        args = [*QUIET, *fake, f"--use-file-for-fake-video-capture={seen}"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield browser
        browser.close()


Phone = Callable[..., BrowserContext]


@pytest.fixture
def phone(seeing: Browser, centre: Centre) -> Iterator[Phone]:
    """Phones on which the app was installed; ``script`` runs before every page's own. Scripts' errors fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def installed(script: str = "", language: str = "en") -> BrowserContext:
        contexts.append(seeing.new_context(viewport=PHONE, locale=language))
        context = contexts[-1]
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.add_init_script(f"if (isSecureContext) {{ {script} }}")
        page = context.new_page()
        page.goto(f"{centre.url}/app?lang={language}")
        page.wait_for_selector("[data-app][data-state=ready][data-installed=yes]")
        page.close()
        return context

    yield installed
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def honest(centre: Centre) -> Iterator[Centre]:
    """The centre, which is itself again after the test."""
    before = (centre.app, dict(centre.says))
    yield centre
    centre.app, centre.says = before[0], before[1]


def opened(context: BrowserContext, address: str, at: float | None = None) -> Page:
    """A page of the app at an address, by a clock that stands where a test wants it."""
    page = context.new_page()
    if at is not None:
        page.clock.set_fixed_time(at)
    page.goto(address)
    page.wait_for_selector("[data-app][data-state=ready]")
    return page


def check(page: Page, text: str) -> None:
    """Pastes a code's text and waits until the server was asked, or could not be."""
    result = page.locator("[data-part=result]")
    result.evaluate("element => delete element.dataset.asked")
    page.get_by_label("The code's text").fill(text)
    page.get_by_role("button", name="Check", exact=True).click()
    page.wait_for_selector("[data-part=result][data-asked]")


def answer(page: Page) -> Any:
    """The answer's headline."""
    return page.locator("[data-part=result] h2")


def test_without_a_network_the_camera_still_checks_and_says_as_of_when(phone: Phone, centre: Centre) -> None:
    """Any page of the site gives the app; a valid certificate is valid as of the snapshot, a revoked one revoked."""
    context = phone()
    context.set_offline(True)
    page = opened(context, f"{centre.url}/scan")
    expect(page.locator("[data-part=version]")).to_contain_text("This app is shown in its place")
    page.get_by_role("button", name="Open the camera").click()
    expect(answer(page)).to_contain_text("Genuine, and valid as of", timeout=15_000)
    expect(page.locator("[data-part=status]")).to_have_text("Read: see above.")
    result = page.locator("[data-part=result]")
    expect(result).to_contain_text("is not known here. Days since then: 3.")
    expect(result).to_contain_text("The register could not be asked")
    expect(result).to_contain_text(exam.VALID.name)
    look(page, "app-offline-390")
    page.goto(f"{centre.url}{exam.REVOKED.path}?lang=en")
    expect(answer(page)).to_have_text("Revoked")
    expect(page.locator("[data-part=result]")).to_contain_text("signed snapshot")
    context.set_offline(False)
    page.goto(f"{centre.url}{exam.REVOKED.path}?lang=en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Revoked")  # the server's own page, and nothing kept


def test_the_verifier_is_light(built_scripts: None) -> None:
    """With app and scanner at most 25 kB compressed; the library for browsers without Ed25519 is a file of its own."""
    app = PROJECT / "verify" / "http" / "static" / "web" / "app"
    at_start = [app / "installed.js", *app.glob("chunk-*.js")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in at_start) <= 25_000
    assert b"ed25519-" in (app / "installed.js").read_bytes()


def test_an_answer_names_the_snapshot_only_where_that_tells(phone: Phone, centre: Centre) -> None:
    """Without a network: what the code or its dates say is not laid to the snapshot, and is put as on the site."""
    context = phone()
    context.set_offline(True)
    page = context.new_page()
    asked = {
        exam.REVOKED.path: ("Revoked", 1),
        exam.EXPIRED.path: ("Genuine, but expired", 0),
        VERDICTS["unknown_key"][0]: ("Not from this centre", 0),
        VERDICTS["altered"][0]: ("Altered or incomplete", 0),
    }
    for path, (headline, named) in asked.items():
        page.goto(f"{centre.url}{path}?lang=en")
        expect(answer(page)).to_have_text(headline)
        assert page.inner_text("[data-part=result]").count("signed snapshot") == named


def test_old_knowledge_and_wrong_clocks_are_said(phone: Phone, centre: Centre) -> None:
    """Three hundred days later, a year before, and a code of another centre."""
    context = phone()
    context.set_offline(True)
    page = opened(context, f"{centre.url}/app?lang=en", NOW + 300 * DAY)
    expect(page.locator("[data-part=knowledge]")).to_contain_text("Days since then: 303.")
    check(page, exam.VALID.qr)
    expect(page.locator("[data-part=result] .verdict")).to_contain_text("is not known here. Days since then: 303.")
    expect(page.locator("[data-part=result] .verdict.caution")).to_be_visible()
    page = opened(context, f"{centre.url}/app?lang=en", NOW - 365 * DAY)
    expect(page.locator("[data-part=knowledge]")).to_contain_text("clock is behind the newest time")
    check(page, exam.VALID.qr)
    expect(answer(page)).to_contain_text("Genuine, and valid as of")
    page.get_by_label("The code's text").fill(exam.VALID.qr.replace(exam.HOST.upper(), "OTHER.EXAMPLE.NET"))
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("[data-part=result]")).to_contain_text("other.example.net, which is not this centre")
    expect(answer(page)).to_have_count(0)


def test_a_clock_a_year_ahead_is_said_when_the_centre_was_asked(phone: Phone, centre: Centre) -> None:
    """And what runs out by date is judged by the newest known time."""
    page = opened(phone(), f"{centre.url}/app?lang=en", NOW + 365 * DAY)
    expect(page.locator("[data-part=knowledge]")).to_contain_text("more than a day ahead of the centre's")


def test_a_server_that_lies_is_contradicted_loudly(phone: Phone, honest: Centre) -> None:
    """Under the installed app: another outcome, another name; and an honest server is agreed with."""
    page = opened(phone(), f"{honest.url}/app?lang=en")
    check(page, exam.VALID.qr)
    expect(answer(page)).to_have_text("Genuine and valid")
    expect(page.locator("[data-part=result]")).to_contain_text("comes to the same")
    look(page, "app-agrees-390")
    true = httpx.post(honest.url + VERIFY, json={"qr": exam.VALID.qr}).json()
    honest.says[VERIFY] = ("application/json", json.dumps(true | {"receipt": {"tlog_proof": receipt()}}).encode())
    check(page, exam.VALID.qr)
    expect(page.locator(".steps li").nth(8)).to_contain_text("passed")
    forged = {**true, "outcome": "forged", "certificate": None}
    renamed = {**true, "certificate": {**true["certificate"], "holder": "王丽"}}
    for lie, said in ((forged, "The server: Forged or altered."), (renamed, "Fields that differ: Holder.")):
        honest.says[VERIFY] = ("application/json", json.dumps(lie).encode())
        check(page, exam.VALID.qr)
        expect(answer(page)).to_have_text("The two answers differ: do not rely on either")
        expect(page.get_by_role("alert")).to_contain_text(said)
        expect(page.get_by_role("alert")).to_contain_text("This app: Genuine and valid.")
    look(page, "app-differs-390")
    # A forged code that the server calls valid.
    digits = exam.VALID.path.rpartition("/")[2]
    honest.says[VERIFY] = ("application/json", json.dumps(true).encode())
    check(page, digits[:-1] + str((int(digits[-1]) + 1) % 10))
    expect(page.get_by_role("alert")).to_contain_text("This app: Forged or altered.")


def test_keys_that_do_not_carry_on_and_old_snapshots_are_not_taken(phone: Phone, honest: Centre) -> None:
    """The server may say what it likes; what is kept here stays."""
    context = phone()
    honest.says[KEYRING] = ("application/cbor-seq", exam.VALID.data)
    page = opened(context, f"{honest.url}/app?lang=en")
    expect(page.locator("[data-part=knowledge]")).to_contain_text("does not carry on from the one that is kept here")
    del honest.says[KEYRING]
    bad = {
        "rolled back": snapshot(NOW - 30 * DAY),
        "older than the keyring": snapshot(ISSUED_AT - DAY),
        "half downloaded": snapshot(NOW)[:-30],
        "by a key of one programme": snapshot(NOW, key=TestKey("CEM")),
        "of a size that no checkpoint proves": snapshot(NOW),
    }
    honest.says["/log/checkpoint"] = ("text/plain", note(19).encode())
    for what, data in bad.items():
        honest.says[SNAPSHOT] = ("application/cose", data)
        page = opened(context, f"{honest.url}/app?lang=en")
        known = page.locator("[data-part=knowledge]")
        expect(known, what).to_contain_text("than what is kept here")
        expect(known, what).to_contain_text("days since then: 3.")
        page.close()
    honest.says["/log/checkpoint"] = ("text/plain", note(20).encode())
    known = opened(context, f"{honest.url}/app?lang=en").locator("[data-part=knowledge]")
    expect(known).to_contain_text("days since then: 0.")


def test_a_page_with_another_root_is_told_as_that(phone: Phone, centre: Centre) -> None:
    """The app goes on with the root that it was installed with."""
    context = phone()
    other = 'document.querySelector("[data-app]").dataset.root = "00".repeat(32)'
    context.add_init_script(f'document.addEventListener("readystatechange", () => {{ {other} }}, {{ once: true }})')
    page = opened(context, f"{centre.url}/app?lang=en")
    expect(page.locator("[data-part=knowledge]")).to_contain_text("names another root key")
    check(page, exam.VALID.qr)
    expect(answer(page)).to_have_text("Genuine and valid")


def test_two_centres_apps_live_beside_one_another(phone: Phone, centre: Centre) -> None:
    """Two addresses, two apps: what one forgets the other keeps, and each works without a network."""
    context = phone()
    theirs = centre.url.replace("127.0.0.1", "localhost")
    page = opened(context, f"{theirs}/app?lang=en")
    page.wait_for_selector("[data-installed=yes]")
    context.set_offline(True)
    page.get_by_role("button", name="Forget everything here").click()
    expect(page.locator("[data-part=knowledge]")).to_contain_text("is gone")
    page = opened(context, f"{centre.url}/app?lang=en")
    check(page, exam.VALID.qr)
    expect(answer(page)).to_contain_text("Genuine, and valid as of")


def test_without_ed25519_in_the_browser_the_kept_library_judges(phone: Phone, centre: Centre) -> None:
    """It is loaded only there, and without a network from what was kept."""
    lacking = """
const own = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = (format, key, name, ...rest) => name === "Ed25519"
  ? Promise.reject(new DOMException("", "NotSupportedError")) : own(format, key, name, ...rest);"""
    for script, loads in ((lacking, 1), ("", 0)):
        context = phone(script)
        context.set_offline(True)
        page = opened(context, f"{centre.url}/app?lang=en")
        check(page, exam.VALID.qr)
        expect(answer(page)).to_contain_text("Genuine, and valid as of")
        kept_library = "performance.getEntriesByType('resource').filter(one => one.name.includes('ed25519')).length"
        assert page.evaluate(kept_library) == loads


def test_the_servers_page_says_what_it_cannot_and_leads_to_the_app(phone: Phone, centre: Centre) -> None:
    """A page just loaded proves nothing against its server; its certificate is handed to the app, which judges it."""
    page = phone().new_page()
    page.goto(f"{centre.url}{exam.VALID.path}?lang=en")
    expect(page.locator("main")).to_contain_text("a server that lies could make it say anything")
    page.get_by_role("link", name="Let the app check this by itself").click()
    expect(answer(page)).to_have_text("Genuine and valid")
    expect(page.locator("[data-part=result]")).to_contain_text("comes to the same")


def test_a_browser_that_is_too_old_is_told_so(seeing: Browser, centre: Centre) -> None:
    """The script does not start there, and the other pages work."""
    context = seeing.new_context(locale="en")
    page = context.new_page()
    page.route("**/installed.js*", lambda route: route.fulfill(body="not for you (", content_type="text/javascript"))
    page.goto(f"{centre.url}/app")
    expect(page.locator("[data-part=knowledge]")).to_contain_text("too old for this page")
    context.close()


def test_a_photo_does_where_the_camera_is_refused(phone: Phone, centre: Centre) -> None:
    """The cause is said, and a picture that was taken before is read here, without sending it."""
    refused = """navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"))"""
    context = phone(refused)
    context.set_offline(True)
    page = opened(context, f"{centre.url}/app?lang=en")
    page.get_by_role("button", name="Open the camera").click()
    expect(page.locator("[data-part=status]")).to_contain_text("not allowed to use the camera")
    code = FilePayload(name="code.png", mimeType="image/png", buffer=png(qr_image(exam.REVOKED.qr, 6)))
    page.get_by_label("A photo of the code").set_input_files(code)
    expect(answer(page)).to_have_text("Revoked", timeout=15_000)


def test_a_full_or_cleared_store_is_said_and_one_button_forgets_everything(phone: Phone, centre: Centre) -> None:
    """What could not be kept is known until the page is closed."""
    full = """
const put = Cache.prototype.put;
Cache.prototype.put = function (key, answer) {
  return String(key).startsWith("/kept") ? Promise.reject(new DOMException("", "QuotaExceededError"))
    : put.call(this, key, answer);
};"""
    context = phone(full)
    page = opened(context, f"{centre.url}/app?lang=en")
    expect(page.locator("[data-part=knowledge]")).to_contain_text("no room left")
    check(page, exam.VALID.qr)
    expect(answer(page)).to_have_text("Genuine and valid")
    context.set_offline(True)
    page = opened(context, f"{centre.url}/app?lang=en")
    expect(page.locator("[data-part=knowledge]")).to_contain_text("Nothing is kept on this device")
    page.get_by_label("The code's text").fill(exam.VALID.qr)
    page.get_by_role("button", name="Forget everything here").click()
    expect(page.locator("[data-part=knowledge]")).to_contain_text("is gone")
    expect(page.get_by_label("The code's text")).to_have_value("")
    left = "Promise.all([caches.keys(), navigator.serviceWorker.getRegistrations()]).then(all => all.flat().length)"
    assert page.evaluate(left) == 0


def test_a_new_version_waits_until_it_is_taken_and_is_taken_whole(phone: Phone, honest: Centre, tmp_path: Path) -> None:
    """The installed version goes on whole; pages of the server are never kept, so that none is stale."""
    context = phone()
    (tmp_path / "site.toml").write_text('[name]\nzh = "新名中心"\nen = "Renamed Centre"\n', "utf-8")
    honest.app = create(register(NOW), settings(rate_limits=False, site=sites.read(tmp_path / "site.toml")))
    page = opened(context, f"{honest.url}/app?lang=en")
    expect(page.locator("header")).not_to_contain_text("Renamed Centre")
    other = context.new_page()
    other.goto(f"{honest.url}/?lang=en")
    expect(other.locator("header")).to_contain_text("Renamed Centre")
    other.close()
    page.get_by_role("button", name="Use the new version").click()
    expect(page.locator("header")).to_contain_text("Renamed Centre")
    assert sum(name.startswith("shell-") for name in page.evaluate("caches.keys()")) == 1
    manifest = page.request.get(f"{honest.url}/manifest.webmanifest?lang=en").json()
    assert (manifest["name"], manifest["short_name"]) == ("Renamed Centre · Certificate check", "Renamed Centre")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_app_looks_right_and_has_its_icons(phone: Phone, centre: Centre, language: str) -> None:
    """In both languages, on a phone and on a desk; without an operator's name it bears the host's."""
    page = opened(phone(language=language), f"{centre.url}/app?lang={language}")
    look(page, f"app-{language}-390")
    page.set_viewport_size({"width": 1280, "height": 900})
    look(page, f"app-{language}-1280")
    manifest = page.request.get(f"{centre.url}/manifest.webmanifest?lang={language}").json()
    assert manifest["short_name"] == "testserver"
    assert {page.request.get(centre.url + icon["src"]).status for icon in manifest["icons"]} == {200}
