"""Pictures and PDFs over HTTP: every code judged, every bad file refused with its reason, nobody else disturbed."""

import asyncio
import gc
import io
import os
import random
import signal
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psutil
import pytest
from PIL import Image

from tests import invented_exam as exam
from tests.bad_files import BAD, Bad
from tests.http_service import client
from tests.photos import Shot, page, qr_image, take
from verify.files.workers import Workers
from verify.http.answers.assets import Files
from verify.http.files.intake import Intake, Readers


@pytest.fixture
async def intake() -> AsyncIterator[Intake]:
    """Workers of the test's own."""
    files_in = Intake(Workers(2))
    yield files_in
    await files_in.close()


@pytest.fixture
async def service(intake: Intake) -> AsyncIterator[httpx.AsyncClient]:
    """The service with those workers."""
    async with client(parts={"intake": intake}) as asked:
        yield asked


async def send(service: httpx.AsyncClient, data: bytes, name: str = "scan.png") -> httpx.Response:
    """The answer to one file."""
    return await service.post("/api/v1/verify/document", files={"file": (name, data)})


def pids(readers: Readers) -> tuple[int, ...]:
    """The processes of this service's own readers that wait."""
    assert isinstance(readers, Workers)
    return readers.pids


def png(picture: Image.Image) -> bytes:
    """The picture as PNG."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


async def test_each_code_of_a_picture_gets_its_verdict_in_one_list(service: httpx.AsyncClient) -> None:
    """A page with three certificates and a payment code gives four verdicts, the last with a word on what it is."""
    people = (exam.VALID, exam.REVOKED, exam.EXPIRED)
    sheet = page([person.qr for person in people], size=(1240, 900))
    sheet.paste(qr_image("wxp://f2f0payme", 6), (40, 40))
    answer = (await send(service, png(sheet))).json()
    got = {
        (code["kind"], verdict["outcome"], verdict["certificate"] and verdict["certificate"]["holder"])
        for code, verdict in zip(answer["codes"], answer["verdicts"], strict=True)
    }
    assert got == {
        ("certificate", "valid", exam.VALID.name),
        ("certificate", "revoked", exam.REVOKED.name),
        ("certificate", "expired", exam.EXPIRED.name),
        ("payment_weixin", "unreadable", None),
    }
    assert answer["complete"] is True


async def test_a_code_that_is_not_ours_is_named_and_its_text_is_told_nowhere(service: httpx.AsyncClient) -> None:
    """A health certificate's text may be somebody's illness."""
    answer = await send(service, png(qr_image("HC1:6BFOXN SECRETHEALTHDATA", 6)))
    assert answer.json()["codes"][0]["kind"] == "health_certificate"
    assert "SECRET" not in answer.text


async def test_a_forged_code_in_a_photo_is_forged(service: httpx.AsyncClient) -> None:
    """A photo of a code with one digit changed never comes out valid."""
    host, _, digits = exam.VALID.qr.rpartition("/")
    changed = f"{host}/{digits[:200]}{(int(digits[200]) + 1) % 10}{digits[201:]}"
    answer = (await send(service, png(qr_image(changed)))).json()
    assert [verdict["outcome"] for verdict in answer["verdicts"]] in (["forged"], ["unreadable"])


async def test_a_picture_of_nothing_has_no_verdicts_and_says_why(service: httpx.AsyncClient) -> None:
    """No code found is an answer, with advice."""
    answer = await send(service, png(Image.new("L", (400, 300), 200)))
    assert answer.status_code == 200
    assert answer.json()["verdicts"] == []
    assert "No QR code" in answer.json()["reason"]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
async def test_each_bad_file_is_refused_with_its_reason(service: httpx.AsyncClient, bad: Bad) -> None:
    """Problem details with the file's own code, and the service goes on."""
    answer = await send(service, bad.make(), bad.name)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (bad.status, bad.code)
    assert answer.json()["field"] == "file"


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        ({"json": {"file": "x"}}, "file_missing"),
        ({"data": {"file": "text"}}, "file_missing"),
        ({"files": {"other": ("a.png", b"x")}}, "file_missing"),
        ({"files": [("file", ("a.png", b"x")), ("file", ("b.png", b"y"))]}, "bad_form"),
    ],
)
async def test_a_request_without_its_one_file_is_refused(
    service: httpx.AsyncClient, request_body: dict[str, Any], code: str
) -> None:
    """The file is a multipart field named file, once."""
    answer = await service.post("/api/v1/verify/document", **request_body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_fifty_bad_files_at_once_are_all_refused_and_the_service_stays_ready(
    service: httpx.AsyncClient, intake: Intake
) -> None:
    """Each has its reason; meanwhile /health/ready answers at once, and more such rushes need no more memory."""
    *small, large = BAD
    files = [
        large,
        *(small[number % len(small)] for number in range(49)),
    ]  # bytes of one client have bounds of their own
    data = {bad.name: bad.make() for bad in BAD}
    clock = asyncio.get_running_loop().time

    async def rush() -> int:
        sending = asyncio.gather(*(send(service, data[bad.name], bad.name) for bad in files))
        slowest = 0.0
        while not sending.done():
            began = clock()
            assert (await service.get("/health/ready")).status_code == 200
            slowest = max(slowest, clock() - began)
            await asyncio.sleep(0.05)
        for bad, answer in zip(files, await sending, strict=True):
            assert (answer.status_code, answer.json()["code"]) == (bad.status, bad.code)
        assert slowest < 2
        gc.collect()
        readers = [psutil.Process(pid) for pid in (*pids(intake.pictures), *pids(intake.tables))]
        return psutil.Process().memory_info().rss + max(reader.memory_info().rss for reader in readers)

    before = await rush()
    after = [await rush() for _ in range(4)]
    assert min(after) - before < 40 << 20  # what was sent again and again is four times as much
    assert (await send(service, png(qr_image(exam.VALID.qr)))).json()["verdicts"][0]["outcome"] == "valid"


async def test_a_worker_killed_in_the_middle_costs_its_own_request_and_is_replaced(
    service: httpx.AsyncClient, intake: Intake
) -> None:
    """The sender is told to try again, and the next file is read."""
    noise = Image.frombytes("L", (2500, 2500), random.Random(1).randbytes(6_250_000))  # noqa: S311 -- noise
    await intake.pictures.start()
    reader, *_ready = pids(intake.pictures)
    sending = asyncio.create_task(send(service, png(noise)))
    await asyncio.sleep(0.5)
    os.kill(reader, signal.SIGKILL)
    answer = await sending
    assert (answer.status_code, answer.json()["code"]) == (503, "reader_lost")
    assert int(answer.headers["retry-after"]) > 0
    again = await send(service, png(qr_image(exam.VALID.qr)))
    assert again.json()["verdicts"][0]["outcome"] == "valid"


async def test_one_client_cannot_take_every_place(service: httpx.AsyncClient, intake: Intake) -> None:
    """Beyond 60 files at once a client waits; the others do not."""
    picture = png(qr_image(exam.VALID.qr))
    answers = await asyncio.gather(*(send(service, picture) for _ in range(70)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 1 <= len(refused) <= 10
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    async with client(parts={"intake": intake}, peer="192.0.2.9") as other:
        assert (await send(other, picture)).status_code == 200


async def test_a_single_certificate_leads_to_its_own_verdict_page(service: httpx.AsyncClient) -> None:
    """Without script: the form answers with a redirect to /Q/…, which keeps the chosen language."""
    photo = take(page([exam.VALID.qr]), Shot(turn=7, tilt=(12, 8)))
    answer = await service.post("/upload?lang=en", files={"file": ("photo.jpg", photo)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{exam.VALID.path}?lang=en")


async def test_several_codes_are_shown_on_one_page_with_links_to_their_verdicts(service: httpx.AsyncClient) -> None:
    """The page names each holder and what the other codes are, and never their text."""
    sheet = page([exam.VALID.qr, exam.REVOKED.qr], size=(1240, 700))
    sheet.paste(qr_image("https://qr.alipay.com/fkx0secret", 5), (40, 40))
    shown = await service.post("/upload", files={"file": ("scan.png", png(sheet))}, headers={"accept-language": "en"})
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "no-store"
    for text in (exam.VALID.path, exam.REVOKED.path, exam.REVOKED.name, "Alipay payment code"):
        assert text in shown.text
    assert "secret" not in shown.text


@pytest.mark.parametrize("bad", BAD[:3], ids=lambda bad: bad.name)
async def test_a_bad_file_brings_the_form_back_with_the_reason(service: httpx.AsyncClient, bad: Bad) -> None:
    """A page, with the problem's status and words."""
    answer = await service.post("/upload", files={"file": (bad.name, bad.make())}, headers={"accept": "text/html"})
    assert answer.status_code == bad.status
    assert answer.headers["content-type"].startswith("text/html")
    assert 'role="alert"' in answer.text


async def test_only_the_camera_page_may_run_web_assembly(service: httpx.AsyncClient) -> None:
    """Every other page keeps the stricter policy."""
    for path in ("/", "/upload", "/batch"):
        assert "wasm" not in (await service.get(path)).headers["content-security-policy"]
    policy = (await service.get("/scan")).headers["content-security-policy"]
    assert "'wasm-unsafe-eval'" in policy
    assert "'unsafe-eval'" not in policy
    assert "'unsafe-inline'" not in policy


async def test_ten_megabytes_of_nothing_are_answered_in_time(service: httpx.AsyncClient) -> None:
    """The worst photo, which looks like codes everywhere and holds none."""
    noise = Image.frombytes("L", (4000, 3000), random.Random(3).randbytes(12_000_000))  # noqa: S311 -- noise
    file = io.BytesIO()
    noise.save(file, "JPEG", quality=92)
    assert 9 << 20 < file.tell() <= 10 << 20
    began = asyncio.get_running_loop().time()
    answer = await send(service, file.getvalue())
    assert answer.json()["verdicts"] == []
    assert asyncio.get_running_loop().time() - began < 15


async def test_a_service_without_built_scripts_says_so_at_its_start_and_works(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The forms are there, and the camera page says that there is no camera."""
    had = Files.has
    monkeypatch.setattr(Files, "has", lambda files, name: not name.startswith("web/") and had(files, name))
    async with client(parts={"intake": intake}) as plain:
        assert "scripts are not built" in caplog.text
        for path in ("/", "/upload", "/batch"):
            shown = await plain.get(path)
            assert shown.status_code == 200
            assert "/static/web/" not in shown.text
            assert 'type="file"' in shown.text
        shown = await plain.get("/scan", headers={"accept-language": "en"})
        assert "not part of this installation" in shown.text
