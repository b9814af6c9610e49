"""The commands as a centre and its operator type them, from nothing to an answer over HTTP."""

import json
import urllib.parse
from pathlib import Path

import zxingcpp
from PIL import Image

from examples import make_workbook
from tests.integration.office import Office, audit, get, look_up, post
from verify.core import statement
from verify.core.statement import Kind


def test_an_exam_goes_from_the_workbook_to_an_answer_over_http(office: Office) -> None:
    """Init, check, announce, issue, publish, serve: each certificate verifies in every way, and nothing leaks."""
    thumbprint = json.loads(office.run("yinjian-keys init keys --json"))["root"]
    office.run("yinjian-migrate up")
    checked = json.loads(office.run("yinjian-sign check candidates.xlsx --json"))
    assert checked["totals"]["refused"] == 0
    passed = [row["row"] for row in checked["rows"] if row["outcome"] == "passed"]

    announced = json.loads(office.run("yinjian-sign announce candidates.xlsx --exam 2022-04 --json"))
    assert "--early" in office.run("yinjian-sign issue candidates.xlsx --exam 2022-04", code=1)
    issued = json.loads(office.run("yinjian-sign issue candidates.xlsx --exam 2022-04 --early test --json"))
    assert len(issued["certificates"]) == len(passed)
    for release in (announced["release"], issued["release"], issued["release"]):
        office.run(f"yinjian-sign publish {release}")

    with office.serving() as log:
        numbers = _check_everybody(office, Path(issued["release"]))
        assert set(numbers) == set(issued["certificates"])
        exams = get(f"{office.url}/api/v1/exams").json()["items"]
        assert {exam["code"]: exam["stage"] for exam in exams} == {"CEM-2022-04": "final", "CAM-2022-04": "final"}
        assert all(exam["planned_on"] == "2022-03-19" for exam in exams)
        keyring = get(f"{office.url}/.well-known/yinjian/keyring").content
        assert keyring == (office.folder / "keys" / "keyring.cbor").read_bytes()
        assert thumbprint == json.loads(office.run("yinjian-keys show --json"))["root"]
    audit(office, thumbprint)
    written = log.read_text("utf-8")
    assert not _digits_in(written)
    for row in make_workbook.rows():
        assert str(row[4]) not in written
        assert urllib.parse.quote(str(row[1])) not in written


def _digits_in(text: str) -> bool:
    """Whether a text holds a run of digits as long as a QR code's."""
    return any(len(run) > 40 for run in "".join(c if c.isdigit() else " " for c in text).split())


def _codes(picture: Path) -> list[zxingcpp.Barcode]:
    """The QR codes in a picture; looking for other kinds too, the reader now and then sees one in the noise."""
    return list(
        zxingcpp.read_barcodes(Image.open(picture), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    )


def _check_everybody(office: Office, release: Path) -> list[str]:
    """Checks every certificate by its QR picture's text and by number; some by name and ID number too."""
    numbers = []
    people = {str(row[1]): str(row[4]) for row in make_workbook.rows()}
    for item in statement.sequence(release.read_bytes()):
        if item.kind is not Kind.CERTIFICATE:
            continue
        number = item.claims[7].decode()
        holder = item.content[1]
        numbers.append(number)
        if len(numbers) % 10 != 1:
            continue
        (found,) = _codes(office.folder / "certificates" / f"{number}.png")
        verdict = post(f"{office.url}/api/v1/verify", {"qr": found.text})
        assert (verdict["outcome"], verdict["certificate"]["holder"]) == ("valid", holder)
        assert post(f"{office.url}/api/v1/verify", {"number": number, "name": holder})["outcome"] == "valid"
        assert post(f"{office.url}/api/v1/verify", {"number": number, "name": holder + "甲"})["outcome"] == "mismatch"
        digits = found.text.partition("/Q/")[2]
        slip = digits[:-3] + str((int(digits[-3]) + 1) % 10) + digits[-2:]
        assert post(f"{office.url}/api/v1/verify", {"qr": slip})["outcome"] == "forged"
        assert get(f"{office.url}/Q/{digits}", "text/html").is_success
        if len(id_number := people.get(holder, "")) == 18 and id_number.endswith(item.content[2]):
            assert number in look_up(office.url, holder, id_number)
    return numbers


def test_commands_refuse_in_words_and_with_exit_codes(office: Office) -> None:
    """What cannot be done ends with 1 and a reason; wrong usage with 2; help with 0."""
    assert "no such file" in office.here("yinjian-keys init keys --centre nowhere.toml")
    assert "yinjian-keys init" in office.here("yinjian-sign announce candidates.xlsx --exam 2022-04")
    office.run("yinjian-keys init keys")
    assert "not empty" in office.here("yinjian-keys init keys")
    assert "nothing to do" in office.here("yinjian-keys update", 0).lower()
    office.here("yinjian-sign announce candidates.xlsx --exam 1999-01")
    office.here("yinjian-sign check centre.toml")
    office.here("yinjian-sign publish centre.toml")
    for command in ("yinjian-keys", "yinjian-sign", "yinjian-verify", "yinjian-migrate"):
        assert "Usage" in office.here(f"{command} --help", 0)
        office.here(f"{command} --no-such-option", 2)
        office.here(f"{command} no-such-command", 2)
    office.environment["YINJIAN_PASSPHRASE"] = "wrong"
    assert "passphrase" in office.here("yinjian-sign announce candidates.xlsx --exam 2022-04")


def test_commands_speak_chinese_by_locale(office: Office) -> None:
    """LC_ALL names the language; without compiled catalogues it would be English."""
    office.environment["LC_ALL"] = "zh_CN.UTF-8"
    assert "生成中心的密钥" in office.run("yinjian-keys --help")
    assert "拒绝" in office.run("yinjian-keys init keys --centre nowhere.toml", code=1)
