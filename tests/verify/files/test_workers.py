"""Worker processes: bounded in time, memory and number, with no secret of the service, and replaced when lost."""

import asyncio
import io
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import openpyxl
import psutil
import pytest
from PIL import Image

from tests.conftest import HANGS
from tests.photos import qr_image
from verify.files.findings import Findings
from verify.files.forked import Forked
from verify.files.jobs import FindCodes, ReadTable
from verify.files.refusals import FileRefused
from verify.files.tables.data import Listed
from verify.files.workers import Workers


def png(picture: Image.Image) -> bytes:
    """The picture as PNG."""
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


CODE = png(qr_image("https://a.example/", 4))
NOISE = png(Image.frombytes("L", (2500, 2500), random.Random(2).randbytes(6_250_000)))  # noqa: S311 -- noise
LARGE = png(Image.new("RGBA", (7000, 7000), (0, 0, 0, 255)))


def job(data: bytes = CODE, seconds: float = 60) -> FindCodes:
    """Look at this picture, by default with no hurry."""
    return FindCodes(data=data, seconds=seconds)


@pytest.fixture
async def made() -> AsyncIterator[Any]:
    """Makes pools that are closed after the test."""
    pools = []

    def make(count: int = 1, **limits: Any) -> Workers:
        pools.append(Workers(count, **limits))
        return pools[-1]

    yield make
    for pool in pools:
        await pool.close()


async def gone(pid: int) -> None:
    """Waits for a process to be no more: one whose job took long ends after its turn is over."""
    async with asyncio.timeout(HANGS):
        while psutil.pid_exists(pid):  # noqa: ASYNC110 -- nothing of ours waits for its end
            await asyncio.sleep(0.01)


async def refusal(pool: Workers, data: bytes) -> str:
    """The code with which the pool refuses ``data``."""
    with pytest.raises(FileRefused) as refused:
        await pool.run(job(data))
    return refused.value.code


async def test_a_worker_is_used_again(made: Any) -> None:
    """A good file leaves its worker as it was."""
    pool = made()
    assert isinstance(await pool.run(job()), Findings)
    first, *_ready = pool.pids
    await pool.run(job())
    assert first in pool.pids


async def test_workers_are_forks_of_one_template_which_is_replaced_when_it_is_lost(made: Any) -> None:
    """What readers have loaded is loaded once; with the template its workers end, and the next job finds others."""
    pool = made()
    await pool.run(job())
    first, *_ready = pool.pids
    template = psutil.Process(first).parent()
    assert template is not None
    assert "verify.files.worker" in template.cmdline()
    assert template.ppid() == os.getpid()
    await pool.run(job(LARGE, 0))  # after which a worker makes room
    await pool.run(job())
    assert first not in pool.pids
    assert {psutil.Process(pid).ppid() for pid in pool.pids} == {template.pid}
    template.kill()
    await gone(template.pid)
    async with asyncio.timeout(HANGS):
        while pool.pids:  # noqa: ASYNC110 -- those that were ready end with it
            await asyncio.sleep(0.01)
    assert isinstance(await pool.run(job()), Findings)
    living = {psutil.Process(pid).ppid() for pid in pool.pids if psutil.pid_exists(pid)}
    assert living
    assert template.pid not in living


async def test_a_job_that_takes_too_long_is_ended_and_its_worker_replaced(made: Any) -> None:
    """The sender is told why, and the next file is read."""
    pool = made(seconds=1)
    await pool.run(job())
    old, *_ready = pool.pids
    assert await refusal(pool, NOISE) == "took_too_long"
    await gone(old)
    assert isinstance(await pool.run(job()), Findings)


async def test_a_job_that_wants_too_much_memory_is_refused(made: Any) -> None:
    """The bound is the worker's own address space."""
    pool = made(memory=300 << 20)
    assert await refusal(pool, LARGE) in ("took_too_much_memory", "reader_failed")
    assert isinstance(await pool.run(job()), Findings)


async def test_a_worker_that_needed_much_memory_gives_it_back(made: Any) -> None:
    """It ends after its answer, and a fresh one takes its place."""
    pool = made()
    await pool.run(job())
    old, *_ready = pool.pids
    assert isinstance(await pool.run(job(LARGE, 0)), Findings)
    await gone(old)


async def test_who_is_next_does_not_wait_for_a_worker_to_be_dead(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a killed process takes a tenth of a second to end: its place is free before that."""
    pool = made(aside=0, beside=0)
    await pool.run(job())
    send, killed = pool._template.send, []

    def late(one: Any, what: signal.Signals) -> None:
        if what == signal.SIGKILL:
            killed.append(one)
        else:
            send(one, what)

    monkeypatch.setattr(pool._template, "send", late)
    slow = asyncio.create_task(pool.run(job(NOISE), "slow"))
    async with asyncio.timeout(HANGS):
        for other in ("other", "another"):
            assert isinstance(await pool.run(job(), other), Findings)
        assert killed
        assert not any(one.ended.done() for one in killed)
        slow.cancel()
        monkeypatch.undo()
        for one in killed:
            send(one, signal.SIGKILL)
        await asyncio.gather(slow, return_exceptions=True)


async def test_who_goes_away_leaves_no_worker_at_work(made: Any) -> None:
    """A cancelled job's worker is ended, and its place is free again."""
    pool = made()
    await pool.run(job())
    old, *_ready = pool.pids
    asking = asyncio.create_task(pool.run(job(NOISE)))
    await asyncio.sleep(0.3)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await gone(old)
    assert isinstance(await pool.run(job()), Findings)


async def test_too_many_jobs_are_told_to_come_back(made: Any) -> None:
    """What does not fit the queue, or waits in it too long, is refused as busy and not as bad."""
    pool = made(queue=1, patience=0.2, aside=0)  # nothing that takes long makes room
    first = asyncio.create_task(pool.run(job(NOISE, 1)))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(refusal(pool, CODE))
    await asyncio.sleep(0.05)
    assert await refusal(pool, CODE) == "busy"
    assert await second == "busy"
    assert isinstance(await first, Findings)


async def test_less_time_is_spent_on_each_file_the_more_wait(made: Any) -> None:
    """So that a rush of pictures of nothing is over in time."""
    pool = made()
    assert pool.share(3.0) == 3.0
    running = [asyncio.create_task(pool.run(job())) for _ in range(6)]
    await asyncio.sleep(0)
    assert pool.share(3.0) < 1.0
    await asyncio.gather(*running)


async def test_a_worker_has_no_secret_of_the_service_and_can_write_no_file(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its environment is empty but for the path, and its file size limit is nothing."""
    monkeypatch.setenv("YINJIAN_DATABASE_URL", "postgresql://user:secret@host/db")
    pool = made()
    await pool.run(job())
    pid, *_ready = pool.pids
    environment = str(psutil.Process(pid).environ())
    assert "YINJIAN" not in environment
    assert "secret" not in environment
    assert psutil.Process(pid).rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
    assert psutil.Process(pid).rlimit(psutil.RLIMIT_AS)[0] == 1536 << 20
    assert psutil.Process(pid).cwd() == "/"


def test_workers_end_with_a_service_that_was_killed() -> None:
    """No worker outlives its service, however that went."""
    code = """
import asyncio, os, sys
from tests.verify.files.test_workers import CODE, job
from verify.files.workers import Workers
async def main():
    pool = Workers(1)
    await pool.run(job())
    print(*pool.pids, flush=True)
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pids = {int(pid) for pid in run.stdout.split()}  # one more may have been made ready meanwhile
    assert pids
    for _ in range(100):
        if not any(lives(pid) for pid in pids):
            return
        time.sleep(0.1)
    raise AssertionError("a worker lives on")


def lives(pid: int) -> bool:
    """Whether there is such a process, and not only what is left to be told of one."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_the_service_itself_loads_no_reader_of_strangers_files() -> None:
    """Image, PDF and spreadsheet libraries are in the workers alone; zxing-cpp draws codes here, and reads there."""
    readers = ("PIL", "pypdfium2", "openpyxl", "xlrd", "verify.files.pictures")
    code = f"import sys, verify.http.app; print([name for name in {readers} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def lying_workbook() -> bytes:
    """A workbook of a few kilobytes whose sheet unpacks to 600 MB, and whose directory says that it is small."""
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        source = io.BytesIO()
        openpyxl.Workbook().save(source)
        for name in zipfile.ZipFile(source).namelist():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, zipfile.ZipFile(source).read(name))
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(b"<worksheet><sheetData>")
            for _ in range(60):
                sheet.write(b'<row><c t="inlineStr"><is><t>' + b"x" * 10_000_000 + b"</t></is></c></row>")
    data = bytearray(book.getvalue())
    place = data.rindex(b"xl/worksheets/sheet1.xml") - 46
    assert data[place : place + 4] == b"PK\x01\x02"
    data[place + 24 : place + 28] = (1000).to_bytes(4, "little")
    return bytes(data)


async def test_a_zip_bomb_that_lies_about_its_size_meets_the_workers_limits(made: Any) -> None:
    """Whatever its directory says, no more than the worker may take is unpacked."""
    pool = made(reads="tables", seconds=10, memory=400 << 20)
    bomb = lying_workbook()
    assert len(bomb) < 10 << 20
    with pytest.raises(FileRefused) as refused:
        await pool.run(ReadTable(data=bomb))
    assert refused.value.code in ("damaged_file", "no_columns", "took_too_much_memory", "took_too_long")
    rows = "证书编号,姓名\nCEM2204000123X,张三\n".encode()
    assert isinstance(await pool.run(ReadTable(data=rows)), Listed)


async def test_a_service_that_has_grown_large_keeps_its_workers(made: Any) -> None:
    """A worker counts its own memory, not that of the process it was started from."""
    ballast = b"\x01" * (400 << 20)
    pool = made()
    await pool.run(job())
    assert pool.pids
    assert len(ballast) > 0


@pytest.mark.parametrize("said", [b"\xa1\xff", b"\xc1", b"\x91" * 100_000, b"", b"\x01\x02"])
async def test_whatever_a_worker_says_that_is_no_answer_is_as_if_it_were_gone(said: bytes) -> None:
    """A text that is no UTF-8 and nesting without end too: what a file took over costs its sender, and nobody else."""
    one = Forked.__new__(Forked)
    one._source = asyncio.StreamReader()
    one._source.feed_data(len(said).to_bytes(4, "big") + said)
    with pytest.raises(EOFError):
        await one.hear()
