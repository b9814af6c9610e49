"""A QR code in which something was changed, or of which something is missing, in words."""

import re
from urllib.parse import quote

import pytest

from tests import invented_exam as exam
from tests.http_service import client

DIGITS = exam.VALID.path.removeprefix("/Q/")
WORDS = {"en": {"Forged or altered", "Altered or incomplete"}, "zh-CN": {"伪造或被改动", "被改动或不完整"}}


def headline(page: str) -> str:
    """What the page says first."""
    found = re.search("<h1>(.*)</h1>", page)
    assert found
    return found[1]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("step", [1, 4])
async def test_one_changed_digit_is_forged_or_altered_wherever_it_is(language: str, step: int) -> None:
    """At each of 42 places of the code, and never "more than one certificate"."""
    places = range(0, len(DIGITS), 8)
    assert len(places) == 42
    async with client() as service:
        for place in places:
            changed = str((int(DIGITS[place]) + step) % 10)
            text = DIGITS[:place] + (changed if place or changed != "0" else "1") + DIGITS[place + 1 :]
            page = (await service.get(f"/Q/{text}?lang={language}")).text
            assert headline(page) in WORDS[language], place
            assert "more than one certificate" not in page
            assert "不止一份证书" not in page


@pytest.mark.parametrize(
    "text",
    [
        exam.VALID.qr[:-1],
        exam.VALID.qr[:-90],
        exam.VALID.qr + "7",
        exam.VALID.qr + "x",
        exam.VALID.qr.replace("/Q/", "/Q/0"),
        exam.VALID.qr[:-40] + "O" + exam.VALID.qr[-39:],
        exam.VALID.qr[:-40] + " " + exam.VALID.qr[-40:],
        exam.VALID.qr + exam.VALID.qr,
        exam.VALID.qr + " 请查验",
        DIGITS + DIGITS,
        DIGITS[:200] + "…",
        "https://VERIFY.EXAMPLE.ORG/Q/",
    ],
    ids=range(12),
)
async def test_what_begins_as_a_code_of_ours_and_does_not_decode_is_said_to_be_altered_or_incomplete(text: str) -> None:
    """In the number's place of the form, and by the API as unreadable."""
    async with client() as service:
        page = (await service.post("/check?lang=en", data={"number": text})).text
        judged = (await service.post("/api/v1/verify", json={"qr": text})).json()
    assert headline(page) == "Altered or incomplete"
    assert judged["outcome"] == "unreadable"
    failed = [check for check in judged["checks"] if check["result"] == "fail"]
    assert [check["step"] for check in failed] in ([1], [2])
    assert re.search("altered|incomplete", failed[0]["detail"])


@pytest.mark.parametrize("text", ["example.org", "你好", "hello"])
async def test_what_is_no_code_at_all_cannot_be_read(text: str) -> None:
    """Nothing is said of a certificate where there is none."""
    async with client() as service:
        page = (await service.get(f"/Q/{quote(text, safe='')}?lang=en")).text
        judged = (await service.post("/api/v1/verify", json={"qr": text})).json()
    assert headline(page) == "Cannot be read"
    assert judged["checks"][0]["code"] == "not_a_qr_text"


@pytest.mark.parametrize(
    "added",
    ["?from=timeline", "&from=groupmessage", "#wechat_redirect", "/", "\ufeff", "\u200b", "/?x=1#y"],
)
async def test_a_link_with_what_messengers_add_is_read_in_the_form(added: str) -> None:
    """Also behind a second scheme."""
    async with client() as service:
        for text in (exam.VALID.qr + added, f"https://{exam.VALID.qr}{added}"):
            page = (await service.post("/check?lang=en", data={"number": text})).text
            assert headline(page) == "Genuine and valid", text[:30]
