"""The ways in, in a real browser: the camera, dropping, pasting, choosing, and whole lists, with and without script."""

import base64
import io
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests import invented_exam as exam
from tests.photos import Shot, page, qr_image, take
from tests.web.conftest import CHROMIUM, QUIET, Site
from tests.web.looks import DESK, PHONE, look


@pytest.fixture
def site(invented_site: Site) -> str:
    """The address of the service."""
    return invented_site.url


@pytest.fixture
def open_page(new_page: Callable[..., Page], site: str) -> Callable[..., Page]:
    """Opens pages of the site, by default in Chinese at a desk."""

    def opened(path: str, **options: Any) -> Page:
        shown = new_page(**{"locale": "zh-CN", "viewport": DESK} | options)
        shown.goto(site + path)
        return shown

    return opened


def png(picture: Image.Image) -> bytes:
    """The picture as PNG."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def film(path: Path, picture: Image.Image) -> Path:
    """A camera's picture as a film of one frame, which Chromium repeats: YUV4MPEG2."""
    grey = picture.convert("L")
    chroma = bytes([128]) * (grey.width * grey.height // 4)
    head = f"YUV4MPEG2 W{grey.width} H{grey.height} F10:1 Ip A1:1 C420mpeg2\n".encode()
    path.write_bytes(head + (b"FRAME\n" + grey.tobytes() + chroma + chroma) * 2)
    return path


def camera_picture(text: str) -> Image.Image:
    """What a camera sees of a certificate held before it: 1280 × 960, leaning, a little blurred and noisy."""
    photo = take(page([text], size=(420, 420)), Shot(width=900, tilt=(15, 10), turn=8, blur=0.8, noise=8))
    frame = Image.new("L", (1280, 960), 90)
    frame.paste(Image.open(io.BytesIO(photo)).convert("L").crop((0, 150, 900, 1050)), (190, 30))
    return frame


@pytest.fixture
def with_camera(chromium: Browser, tmp_path: Path) -> Iterator[Callable[[Image.Image], Browser]]:
    """Starts browsers whose camera sees a picture."""
    started = []

    def start(picture: Image.Image) -> Browser:
        seen = film(tmp_path / "camera.y4m", picture)
        fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        args = [*QUIET, *fake, f"--use-file-for-fake-video-capture={seen}"]
        started.append(chromium.browser_type.launch(executable_path=CHROMIUM, args=args))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_the_camera_reads_our_code_and_opens_its_verdict(
    with_camera: Callable[[Image.Image], Browser], site: str
) -> None:
    """End to end under the real content security policy, and the decoder is not loaded before it is wanted."""
    shown = with_camera(camera_picture(exam.VALID.qr)).new_page(viewport=PHONE, locale="zh-CN")
    loaded: list[str] = []
    errors: list[str] = []
    shown.on("request", lambda request: loaded.append(request.url))
    shown.on("pageerror", lambda error: errors.append(str(error)))
    shown.goto(f"{site}/scan?lang=en")
    assert not any("wasm" in url or "reader" in url for url in loaded)
    shown.get_by_role("button", name="Open the camera").click()
    shown.wait_for_url(re.compile(r"/Q/[0-9]+\?lang=en$"), timeout=15_000)
    assert any(url.startswith(site) and "zxing_reader.wasm" in url for url in loaded)
    assert all(url.startswith(site) for url in loaded)
    expect(shown.get_by_role("heading", level=1)).to_have_text("Genuine and valid")
    expect(shown.locator("main")).to_contain_text(exam.VALID.name)
    assert errors == []


def test_the_camera_goes_on_looking_after_another_kind_of_code(
    with_camera: Callable[[Image.Image], Browser], site: str
) -> None:
    """A payment code is named, and nothing is opened."""
    frame = Image.new("L", (1280, 960), 90)
    frame.paste(qr_image("wxp://f2f0abcdef", 12), (350, 200))
    shown = with_camera(frame).new_page(viewport=PHONE, locale="en")
    shown.goto(f"{site}/scan")
    shown.get_by_role("button", name="Open the camera").click()
    expect(shown.get_by_role("status")).to_contain_text("payment code", timeout=15_000)
    look(shown, "camera-390")
    assert shown.url == f"{site}/scan"
    shown.get_by_role("button", name="Close the camera").click()
    expect(shown.get_by_role("button", name="Open the camera")).to_be_visible()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("Object.defineProperty(window, 'isSecureContext', {value: false})", "https"),
        ("Object.defineProperty(navigator, 'mediaDevices', {value: undefined})", "does not let pages use the camera"),
        ("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))",
         "not allowed"),
        ("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotReadableError'))",
         "another program"),
        ("", "This device has no camera"),
    ],
)  # fmt: skip
def test_why_there_is_no_camera_is_said_plainly(chromium: Browser, site: str, script: str, said: str) -> None:
    """Each cause in its own words, with another way to go."""
    context = chromium.new_context(locale="en", viewport=PHONE)
    if script:
        context.add_init_script(script)
    shown = context.new_page()
    shown.goto(f"{site}/scan")
    start = shown.get_by_role("button", name="Open the camera")
    if start.is_visible():
        start.click()
    expect(shown.get_by_role("status")).to_contain_text(said, timeout=15_000)
    expect(shown.get_by_role("link", name="Send a photo or PDF")).to_be_visible()
    context.close()


GIVE = """([data, name, type, how]) => {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    const carrier = new DataTransfer();
    carrier.items.add(new File([bytes], name, {type}));
    const options = {bubbles: true, cancelable: true};
    if (how === 'paste') {
        document.body.dispatchEvent(new ClipboardEvent('paste', {...options, clipboardData: carrier}));
    } else {
        document.body.dispatchEvent(new DragEvent('dragover', {...options, dataTransfer: carrier}));
        document.body.dispatchEvent(new DragEvent('drop', {...options, dataTransfer: carrier}));
    }
}"""


@pytest.mark.parametrize("path", ["/", "/upload"])
@pytest.mark.parametrize("how", ["drop", "paste"])
def test_a_picture_dropped_on_or_pasted_into_the_page_is_checked_at_once(
    open_page: Callable[..., Page], path: str, how: str
) -> None:
    """Anywhere on the page, without another click."""
    shown = open_page(path)
    data = base64.b64encode(take(page([exam.REVOKED.qr]), Shot(turn=5))).decode()
    with shown.expect_navigation():
        shown.evaluate(GIVE, [data, "photo.jpg", "image/jpeg", how])
    expect(shown).to_have_url(re.compile(re.escape(exam.REVOKED.path)))
    expect(shown.get_by_role("heading", level=1)).to_have_text("已撤销")


@pytest.mark.parametrize("script", [True, False])
def test_a_picture_chosen_on_the_home_page_is_checked(open_page: Callable[..., Page], *, script: bool) -> None:
    """With script at once, without it by the button."""
    shown = open_page("/", java_script_enabled=script, viewport=PHONE)
    shown.set_input_files("#file", {"name": "扫描.png", "mimeType": "image/png", "buffer": png(page([exam.VALID.qr]))})
    if not script:
        shown.get_by_role("button", name="查验图片").click()
    shown.wait_for_url(re.compile("/Q/"))
    expect(shown.get_by_role("heading", level=1)).to_have_text("真实有效")


def test_several_codes_of_one_picture_are_shown_together(open_page: Callable[..., Page]) -> None:
    """Each certificate with a link to its verdict, and other codes named."""
    sheet = page([exam.VALID.qr, exam.EXPIRED.qr], size=(1240, 700))
    sheet.paste(qr_image("https://qr.alipay.com/fkx0", 5), (40, 40))
    shown = open_page("/upload", viewport=PHONE)
    shown.set_input_files("#file", {"name": "scan.png", "mimeType": "image/png", "buffer": png(sheet)})
    expect(shown.get_by_role("link", name="查看完整结论")).to_have_count(2)
    expect(shown.locator("main")).to_contain_text("支付宝")
    look(shown, "several-390")


def roster() -> bytes:
    """A clerk's workbook."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["部门", "姓名", "证书编号"])
    for person in (exam.VALID, exam.REVOKED, exam.EXPIRED):
        sheet.append(["人事部", person.name, person.number])
    sheet.append(["人事部", "王丽", exam.VALID.number])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(("script", "viewport"), [(True, PHONE), (True, DESK), (False, PHONE)])
def test_a_clerk_sends_a_workbook_and_saves_it_with_the_results(
    open_page: Callable[..., Page], tmp_path: Path, *, script: bool, viewport: ViewportSize
) -> None:
    """The summary, the rows to look at, and the file under its own name, opened and read."""
    shown = open_page("/batch", java_script_enabled=script, viewport=viewport)
    shown.set_input_files("#file", {"name": "名单 2022.xlsx", "mimeType": "application/zip", "buffer": roster()})
    shown.get_by_role("button", name="开始查验").click()
    expect(shown.get_by_role("heading", name="共 4 份")).to_contain_text("1 份真实有效")
    if script:
        look(shown, f"list-{viewport['width']}")
    with shown.expect_download() as download:
        shown.get_by_role("link", name="保存带结果的表格").click()
    assert download.value.suggested_filename == "名单 2022-checked.xlsx"
    download.value.save_as(tmp_path / "back.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "back.xlsx").worksheets[0].values)
    assert rows[0][:5] == ("部门", "姓名", "证书编号", "查验结果", "原因")
    assert [row[3] for row in rows[1:]] == ["真实有效", "已撤销", "证书真实，但已过有效期", "编号与姓名不符"]


def test_progress_is_shown_while_a_long_list_runs(open_page: Callable[..., Page]) -> None:
    """A bar and the rows done, then the result, announced and focused."""
    shown = open_page("/batch", locale="en")
    shown.evaluate("""() => {
        window.seen = [];
        const bar = document.querySelector('progress');
        new MutationObserver(() => window.seen.push(bar.value)).observe(bar, {attributes: true});
    }""")
    shown.fill("#rows", "\n".join(f"{exam.VALID.number} 王莉" for _ in range(300)))
    shown.get_by_role("button", name="Check the list").click()
    heading = shown.get_by_role("heading", name="All 300 certificates are genuine and valid.")
    expect(heading).to_be_focused(timeout=15_000)
    assert len({value for value in shown.evaluate("window.seen") if value}) >= 3
    expect(shown.locator("progress")).to_be_hidden()


def test_a_list_dropped_on_the_page_is_checked_and_a_bad_one_explained(open_page: Callable[..., Page]) -> None:
    """In the page's language, without leaving it."""
    shown = open_page("/batch", locale="en")
    csv = base64.b64encode(f"number,name\n{exam.VALID.number},王莉\n".encode()).decode()
    shown.evaluate(GIVE, [csv, "list.csv", "text/csv", "drop"])
    expect(shown.get_by_role("heading", name="The one certificate is genuine and valid.")).to_be_visible()
    bad = base64.b64encode(b"a,b\n1,2\n").decode()
    with shown.expect_response("**/batch"):
        shown.evaluate(GIVE, [bad, "list.csv", "text/csv", "drop"])
    expect(shown.get_by_role("status")).to_contain_text("No sheet has, in one row among its first ten")


def test_the_scripts_hold_their_own_tests() -> None:
    """Types are checked, and the unit tests of the scripts pass."""
    subprocess.run(["bash", "verify/web/build", "check"], check=True, capture_output=True)
