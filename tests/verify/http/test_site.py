"""Whose site this is: the operator's site.toml on every page, and the pages about it."""

import base64
import io
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image

from tests import PROJECT
from tests import invented_exam as exam
from tests.http_service import client, registry, settings
from tests.invented import ROOT
from verify.core.keyring import thumbprint
from verify.registry.port import RegistryUnavailable
from verify.service import site as sites
from verify.service.settings import SettingRefused
from verify.service.settings import read as read_settings
from verify.service.site import SiteRefused

EXAMPLE = sites.read(PROJECT / "examples" / "site.toml")
SAID = {
    "zh-CN": ("示例人才交流中心", "010-0000 0000", "certificates@example.org", "京ICP备00000000号-1"),
    "en": ("Example Talent Exchange Centre", "010-0000 0000", "certificates@example.org", "京ICP备00000000号-1"),
}
PAGES = ["/", "/about", "/help", "/privacy", "/pass-lists", exam.VALID.path, f"/c/{exam.VALID.number}", "/nowhere"]


def read_codes(address: str) -> list[str]:
    """The texts of the QR codes in a picture that is a PNG data: address, a pixel for each module."""
    drawn = Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/png;base64,"))))
    larger = drawn.convert("L").resize((drawn.width * 4, drawn.height * 4), Image.Resampling.NEAREST)
    return [found.text for found in zxingcpp.read_barcodes(larger)]


async def get(path: str, language: str, **other: Any) -> httpx.Response:
    """One page of the example's site."""
    async with client(**{"site": EXAMPLE} | other) as service:
        return await service.get(path, headers={"accept-language": language})


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("path", PAGES)
async def test_every_page_says_whose_it_is(path: str, language: str) -> None:
    """Name, telephone, e-mail and filing numbers, with links as the authorities want them, and the logo."""
    page = (await get(path, language)).text
    for said in SAID[language]:
        assert said in page
    assert 'href="https://beian.miit.gov.cn/"' in page
    assert "beian.mps.gov.cn/#/query/webSearch?code=00000000000000" in page
    assert "/static/site/logo.svg?v=" in page
    for address in ("/about", "/help", "/privacy", "/about#keys"):
        assert f'href="{address}"' in page
    assert 'href="/.well-known/yinjian/keyring"' not in page.partition("<footer")[2]


@pytest.mark.parametrize(("language", "ask"), [("zh-CN", "向发证中心核实："), ("en", "Ask the centre:")])
async def test_a_verdict_says_whom_to_ask(language: str, ask: str) -> None:
    """Whatever it is, and on paper too."""
    async with client(site=EXAMPLE) as service:
        pages = [
            await service.get(exam.VALID.path, headers={"accept-language": language}),
            await service.post("/check", data={"number": "Z123456"}, headers={"accept-language": language}),
        ]
    for page in pages:
        told = page.text.partition('<p class="contact line">')[2].partition("</p>")[0]
        assert ask in told
        assert "010-0000 0000" in told


@pytest.mark.parametrize("path", PAGES)
async def test_a_site_that_nobody_named_works_as_well(path: str) -> None:
    """Without site.toml nothing is invented."""
    page = await get(path, "en", site=sites.Site())
    assert page.status_code == (404 if path == "/nowhere" else 200)
    assert "None" not in page.text
    assert 'class="contact' not in page.text


async def test_about_shows_the_pinned_root_and_every_key_as_a_page() -> None:
    """The thumbprint in groups, to be compared with what the centre says."""
    page = (await get("/about", "en")).text
    digits = thumbprint(ROOT.public).hex()
    assert "".join(page.partition('<p class="thumbprint code">')[2].partition("</p>")[0].split()) == "".join(
        f"<span>{digits[at : at + 4]}</span>" for at in range(0, 64, 4)
    )
    assert ROOT.kid.hex() in page
    assert "certificates and lists" in page


async def test_about_tells_of_the_public_log_and_every_page_leads_there() -> None:
    """Its size, name and checkpoint; where there is none, that."""
    page = (await get("/about", "en")).text
    assert 'id="log"' in page
    assert 'href="/log/checkpoint"' in page
    assert "there is no checkpoint" in page
    assert 'href="/about#log"' in (await get("/", "en")).text


@pytest.mark.parametrize("path", ["/about", "/help", "/privacy", "/robots.txt"])
async def test_pages_about_the_site_are_shown_while_the_register_cannot_be_asked(path: str) -> None:
    """Whom to ask is wanted most when something does not work."""
    register: Any = registry()
    register.failing = RegistryUnavailable("no answer")
    async with client(register, site=EXAMPLE) as service:
        assert (await service.get(path)).status_code == 200


async def test_robots_keep_out_of_what_names_people() -> None:
    """Verdicts, lists and forms; the pages about the site may be found."""
    robots = await get("/robots.txt", "en")
    assert robots.headers["content-type"].startswith("text/plain")
    for path in ("/Q/", "/c/", "/pass-lists/", "/api/"):
        assert f"Disallow: {path}\n" in robots.text
    for path, found in (("/", True), ("/about", True), (exam.VALID.path, False), ("/pass-lists/CEM-2022-04", False)):
        assert ("x-robots-tag" not in (await get(path, "en")).headers) is found


async def test_link_previews_describe_the_page_and_name_nobody() -> None:
    """A title and a description, without the holder's name."""
    head = (await get(exam.VALID.path, "zh-CN")).text.partition("</head>")[0]
    assert '<meta property="og:title" content="真实有效">' in head
    assert '<meta property="og:site_name" content="示例人才交流中心">' in head
    assert '<meta name="description" content="查验证书：' in head
    assert exam.VALID.name not in head


async def test_a_logo_runs_nothing_when_it_is_opened() -> None:
    """An SVG has a policy of its own that sandboxes it."""
    async with client(site=EXAMPLE) as service:
        logo = await service.get("/static/site/logo.svg")
        seal = await service.get("/static/seal.svg")
    for picture in (logo, seal):
        assert picture.headers["content-type"].startswith("image/svg+xml")
        assert "sandbox" in picture.headers["content-security-policy"]
        assert "script-src" not in picture.headers["content-security-policy"]
        assert picture.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_numbers_verdict_has_an_address_that_shows_what_a_stranger_sees() -> None:
    """Masked, 404 where there is nothing, as JSON for programs, and nothing personal in what it says."""
    async with client(site=EXAMPLE) as service:
        page = await service.get(f"/c/{exam.REVOKED.number}?lang=en")
        typed = await service.get(f"/c/{exam.REVOKED.number.lower()}?lang=en")
        data = await service.get(f"/c/{exam.REVOKED.number}", headers={"accept": "application/json"})
        nobody = await service.get("/c/Z123456?lang=en")
        slip = await service.get(f"/c/{exam.REVOKED.number[:-1]}A?lang=en")
        personal = await service.get("/c/990101199001010015?lang=en")
        told = await service.get(personal.headers["location"])
    assert page.status_code == typed.status_code == 200
    assert "<h1>Revoked</h1>" in page.text
    assert "买＊＊" in page.text
    assert exam.REVOKED.name not in page.text
    assert data.json()["certificate"]["holder"] == "买＊＊"
    assert nobody.status_code == 404
    assert "No certificate with this number" in nobody.text
    assert slip.status_code == 400  # as its address for programs has it: nothing can ever be there
    assert "The number has a slip in it" in slip.text
    assert personal.status_code == 303
    assert "990101" not in personal.headers["location"] + told.text
    assert "looks like somebody" in told.text


@pytest.mark.parametrize(
    ("path", "asks"),
    [
        (exam.VALID.path, f"http://testserver{exam.VALID.path}"),
        (f"/c/{exam.VALID.number}", f"http://testserver/c/{exam.VALID.number}"),
    ],
)
async def test_a_printed_verdict_carries_time_address_and_a_code_that_asks_again(path: str, asks: str) -> None:
    """The code on the paper is read back."""
    page = (await get(path, "en")).text
    printed = page.partition('<div class="print-only asked-again">')[2].partition("</div>")[0]
    assert f"http://testserver/c/{exam.VALID.number}" in printed
    assert "Checked on 9 Oct 2025 16:53" in printed
    assert read_codes(printed.partition('src="')[2].partition('"')[0]) == [asks]


@pytest.mark.parametrize("digits", ["1" * 3000, "9" * 2001, "x" * 9000, "1" * 2000])
async def test_an_address_too_long_for_a_code_is_answered_without_one(digits: str) -> None:
    """Whatever stands behind /Q/ is a verdict, never a fault of ours."""
    async with client(site=EXAMPLE) as service:
        answer = await service.get(f"/Q/{digits}", headers={"accept": "text/html"})
    assert answer.status_code < 500


async def test_a_verdict_by_form_prints_the_numbers_address() -> None:
    """And says it on the screen, to be passed on."""
    async with client(site=EXAMPLE) as service:
        page = (await service.post("/check?lang=en", data={"number": exam.VALID.number, "name": exam.VALID.name})).text
        nobody = (await service.post("/check?lang=en", data={"number": "Z123456"})).text
    assert f'<a href="/c/{exam.VALID.number}?lang=en">' in " ".join(page.split())
    assert "asked-again" in page
    assert "asked-again" not in nobody


GOOD = 'name = "示例中心"\n'
REFUSED = {
    "no name": ('telephone = "1"', "name"),
    "not TOML": ("name = “示例”", "line 1"),
    "an unknown key": (GOOD + 'phone = "1"', "phone"),
    "no Chinese": ('name = { en = "Example" }', "zh"),
    "no address": (GOOD + 'email = "nobody"', "email"),
    "no logo there": (GOOD + 'logo = "none.svg"', "none.svg"),
    "a logo of another kind": (GOOD + 'logo = "site.toml"', "site.toml"),
    "a document type": (GOOD + 'logo = "entities.svg"', "entities.svg"),
    "too large": (GOOD + 'logo = "large.png"', "large.png"),
    "a filing that is none": (GOOD + 'icp = "none"', "icp"),
    "a mark that is none": (GOOD + '[lists]\nmarks = "yes"', "marks"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_site_toml_that_is_wrong_is_refused_at_the_start_with_the_place(case: str, tmp_path: Path) -> None:
    """By the setting's name, and what is wrong in the file."""
    text, said = REFUSED[case]
    (tmp_path / "site.toml").write_text(text, "utf-8")
    (tmp_path / "entities.svg").write_text('<!DOCTYPE svg [<!ENTITY a "b">]><svg/>')
    (tmp_path / "large.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(300_000))
    environ = {
        "YINJIAN_DATABASE_URL": "postgresql://nowhere", "YINJIAN_ROOT": "00" * 32,
        "YINJIAN_SITE": str(tmp_path / "site.toml"),
    }  # fmt: skip
    with pytest.raises(SettingRefused, match="YINJIAN_SITE") as refused:
        read_settings(environ, tmp_path)
    assert said in str(refused.value)


def test_texts_may_be_chinese_alone_and_a_logo_png(tmp_path: Path) -> None:
    """The least that an operator says."""
    file = io.BytesIO()
    Image.new("1", (8, 8)).save(file, "PNG")
    (tmp_path / "logo.png").write_bytes(file.getvalue())
    (tmp_path / "site.toml").write_text(GOOD + 'logo = "logo.png"', "utf-8")
    found = sites.read(tmp_path / "site.toml")
    assert found.name is not None
    assert (found.name.zh, found.name.en) == ("示例中心", None)
    assert found.logo is not None
    assert found.logo.name == "logo.png"
    with pytest.raises(SiteRefused):
        sites.read(tmp_path / "nowhere.toml")
    assert settings(site=found).site.logo == found.logo
