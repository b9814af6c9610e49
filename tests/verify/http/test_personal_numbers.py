"""People's own numbers typed where a certificate number belongs: recognised, blanked, and shown nowhere."""

import logging
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from tests import invented_exam as exam
from tests.http_service import client, registry
from tests.invented import CERTIFICATE, ROOT, keyring
from tests.memory_registry import MemoryRegistry
from verify.core.personal import is_personal
from verify.registry.port import RegistryUnavailable

PERSONAL = [
    "990101199001010015",
    " 990101 19900101 0015 ",
    "９９０１０１１９９００１０１００１５",
    "990101-19900101-0015",
    "99010119491231002x",
    "990101199001010010",  # a slip in it
    "99010119900101001",  # one digit short
    "990101900101001",  # 15 digits
    "身份证号：990101199001010015",
    "E12345678",
    "ea1234567",
    "G 1234 5678",
    "H12345678",
    "M1234567801",
    "USA310080010112",
    "13800000000",
    "+86 138 0000 0000",
    "138-0000-0000",
]


def digits_of(text: str) -> str:
    """What must not come back, in its plainest form."""
    return "".join(character for character in text if character.isdigit())


@pytest.mark.parametrize("typed", PERSONAL)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_it_is_recognised_and_not_printed_back(
    typed: str, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in the page and its hidden fields, nor in problem details, verdicts or logs."""
    with caplog.at_level(logging.DEBUG):
        async with client() as service:
            page = await service.post(f"/check?lang={language}", data={"number": typed, "name": "王莉"})
            problem = await service.post("/check", data={"number": typed}, headers={"accept": "application/json"})
            judged = await service.post("/api/v1/verify", json={"number": typed})
            found = await service.get(f"/api/v1/certificates/{quote(typed, safe='')}")
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")
    assert "POST /check" in logged
    assert page.status_code == 400
    assert {"en": "Not a certificate number", "zh-CN": "不是证书编号"}[language] in page.text
    assert f'href="/lookup?lang={language}"' in page.text
    assert "王莉" in page.text
    told = [page.text, problem.text, judged.text, found.text, logged, str(page.headers)]
    for text in told:
        assert typed not in text
        assert digits_of(typed) not in text
        assert quote(typed) not in text


@pytest.mark.parametrize("place", ["name", "find"])
async def test_it_is_not_printed_back_from_the_name_either(place: str) -> None:
    """In the check's name field and in the search of a list."""
    typed = "990101199001010015"
    async with client() as service:
        if place == "name":
            page = await service.post("/check?lang=en", data={"number": "990101199001010015", "name": typed})
        else:
            page = await service.post("/pass-lists/CEM-2022-04?lang=en", data={"name": typed})
            assert "No name on this list begins so" in page.text
    assert typed not in page.text


async def test_it_is_not_kept_for_another_try() -> None:
    """While the register cannot be asked, a form is kept to be sent again, but not with such a number in it."""
    register: Any = registry()
    register.failing = RegistryUnavailable("no answer")
    async with client(register) as service:
        personal = await service.post("/check", data={"number": "990101199001010015"})
        name = await service.post("/check", data={"number": exam.VALID.number, "name": "990101199001010015"})
        other = await service.post("/check", data={"number": exam.VALID.number})
    assert personal.status_code == name.status_code == other.status_code == 503
    assert "990101199001010015" not in name.text
    assert "990101199001010015" not in personal.text
    assert exam.VALID.number in other.text


@pytest.mark.parametrize("before", [0, 150, 199, 1000])
async def test_in_a_whole_row_it_is_not_shown_again(before: int) -> None:
    """However long the text is that was pasted for a number, and wherever in it an ID number stands."""
    text = "，" * before + "990101199001010015" + "，" * 300
    async with client() as service:
        page = await service.post("/check", data={"number": text, "name": ""})
    assert page.status_code == 400
    assert "990101199001010015" not in page.text


@pytest.mark.parametrize(
    "text",
    [exam.VALID.number, "Z123456", "A1234567", "20220001", "ZB202200012345678901", "CEM-2022-04", "张三", "", "1" * 30],
)
def test_certificate_numbers_are_not_taken_for_personal_ones(text: str) -> None:
    """Of the default shape, and of centres' own."""
    assert not is_personal(text)


async def test_a_centres_own_number_that_looks_personal_is_answered() -> None:
    """What the register holds is a certificate number, whatever it looks like."""
    plain = exam.holder(77, "吴用")
    certificate = msgspec.structs.replace(plain.certificate, number="990101202204230012")
    data = CERTIFICATE.sign(certificate.draft(CERTIFICATE.kid))
    own = exam.Holder(name=plain.name, id_number=plain.id_number, certificate=certificate, data=data)
    assert is_personal(own.number)
    statements = [ROOT.sign(keyring().draft(ROOT.kid)), own.data, exam.pass_list(own)]
    async with client(MemoryRegistry(statements, exam.NOW)) as service:
        page = await service.post("/check?lang=en", data={"number": own.number, "name": own.name})
    assert "Genuine and valid" in page.text
