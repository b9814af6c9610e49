"""Readers as the kernel sees them: who gives way, in a group of its own, and who stands still."""

import asyncio
import os
from collections import Counter
from pathlib import Path

import psutil

from tests.conftest import HANGS
from tests.verify.files.test_turns import Hall
from tests.verify.files.test_workers import CODE, NOISE, job
from verify.files.confinement.layers import NICE
from verify.files.findings import Findings
from verify.files.forked import Forked
from verify.files.template import Template
from verify.files.turns.windows import PERIOD
from verify.files.workers import Workers


async def test_a_worker_whose_job_gave_way_stands_still_and_is_for_quick_ones_again_after_it() -> None:
    """While it stands still, another is there for who comes next."""
    busy = True
    pool = Workers(1, busy=lambda: busy)
    try:
        await pool.start()
        slow = asyncio.create_task(pool.run(job(NOISE, seconds=1), "slow"))
        async with asyncio.timeout(HANGS):
            while not any(one.gave_way for one in pool._live):  # noqa: ASYNC110 -- it has had a quarter of a second
                await asyncio.sleep(0.01)
            (at_it,) = (one.pid for one in pool._live if one.gave_way)
            while psutil.Process(at_it).status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110 -- the template's doing
                await asyncio.sleep(0.001)
            assert isinstance(await pool.run(job(CODE), "other"), Findings)
            busy = False
            assert isinstance(await slow, Findings)
        assert at_it in pool.pids
        await weighs(at_it, NICE)
    finally:
        await pool.close()


async def test_of_jobs_that_are_not_short_one_goes_on_at_a_time_while_others_are_busy() -> None:
    """Several files of a tenth of a second each had as much of the processors, together, as those who answer."""
    room = Hall(4)
    had = room.had = Counter()

    async def ran(seconds: float, *names: str) -> None:
        for name in names:
            had[name] = seconds  # type: ignore[assignment]  # seconds
        for turn in room.turns._running:
            turn._look()
        await room.settle()

    try:
        await room.come("a0", "b0", "c0")
        await ran(0.04, "a0", "b0", "c0")
        assert not room.still
        await ran(0.06, "a0", "b0")
        assert room.still == {"b0"}
        await ran(0.24, "a0")
        assert room.still == {"b0"}
        await room.stop("a0")
        assert not room.still
        await ran(0.06, "c0")
        assert room.still == {"c0"}
        await ran(0.26, "b0")  # it gives way
        assert "c0" not in room.still
        room.busy = False
        await room.look_again(PERIOD / 1000)
        assert not room.still
    finally:
        await room.close()


def group_of(pid: int) -> str:
    """The nice of a process's group at the processor; empty where the machine has no such groups."""
    try:
        return Path(f"/proc/{pid}/autogroup").read_text("ascii").rpartition("nice ")[2].strip()
    except OSError:
        return ""


async def weighs(pid: int, nice: int) -> None:
    """Waits for a group's nice: the kernel lets one be set each tenth of a second."""
    async with asyncio.timeout(HANGS):
        while group_of(pid) not in ("", str(nice)):  # noqa: ASYNC110 -- the template's doing
            await asyncio.sleep(0.01)


async def test_each_reader_has_a_group_of_its_own_that_gives_way() -> None:
    """Who gives way in a group of processes does so beside that group alone: for others the group has had the time."""
    template = Template("pictures", 20, 1536 << 20)
    try:
        one = await Forked.start(template)
        assert os.getsid(one.pid) == one.pid
        assert (psutil.Process(one.pid).nice(), os.sched_getscheduler(one.pid)) == (NICE, os.SCHED_OTHER)
        await weighs(one.pid, NICE)
        assert one.ran() > 0
        await one.end()
    finally:
        await template.close()
