"""Honest questions while ten addresses try everything: how many are answered right, and as soon as without them.

The rate is a fixed half of what the service answers alone, from as many addresses as keep each within its limits, which
are on. Everything stays on the loopback address, and ends by itself after a minute and a half.

The ten stand for ten other machines, and who asks solves proofs of work on their own: here both have what is left of
the processors (SCHED_IDLE, in an idle control group where the user may make one). Beside other load they send next to
nothing, so that a figure is one of a quiet machine.
"""

import asyncio
import gc
import itertools
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Final

import httpx
import msgspec

from bench import publishing
from bench.apart import idle_group
from bench.figures import Figure, limit
from bench.hostile_asking import Place
from bench.hostile_attacks import attack
from bench.hostile_honest import PEOPLE, WITH_PROOF, Found, Honest, Kind
from bench.service_use import ServiceUse
from migrations import embedded
from tests import releases
from tests.invented import SECRET

ALONE: Final = 10.0
"""Seconds of asking without the ten, once before them and once after: together as many as beside them; and of these."""
ATTACK: Final = 25.0
BEGINNING: Final = 4.0
"""Seconds in which the ten begin: honest people ask all along, and are counted after these..."""
ENDING: Final = 2.0
"""...and until so long before the ten end."""
REST: Final = 20.0
WITHIN: Final = 3.0
"""Times the alone p99 of its kind, within which an answer counts."""
LEAST: Final = 0.99
LEAST_ASKED: Final = 10.0
"""Requests a second of the ten: where others have the processors, they send none at all and everything is in time."""
MOST_APART: Final = 3.0
"""Times that the two looks at a kind's alone time may be apart: what slowed one of them is no part of the bound."""
MOST_MIB: Final = 500
"""Of the service's own memory at its peak; its workers have their own bound."""
_LOOKUPS: Final = 10
"""In each time of asking; their proofs are made before, a second or two each."""
_SCARCE: Final = {"lookup": _LOOKUPS, WITH_PROOF: _LOOKUPS}
"""How many there are of these each time, evenly: this machine does the work that askers' own would do."""


async def _closed(honest: Honest, seconds: float) -> float:
    """Questions a second, four at a time, every kind in turn."""
    kinds = [asks for kind, asks in honest.kinds.items() if kind not in _SCARCE]
    until, done, turns = time.monotonic() + seconds, 0, itertools.cycle(kinds)

    async def one(at: int) -> None:
        nonlocal done
        while time.monotonic() < until:
            await next(turns)(f"127.1.{at}.{done % 200 + 1}")
            done += 1

    await asyncio.gather(*(one(at) for at in range(4)))
    return done / seconds


async def _open(honest: Honest, rate: float, seconds: float, uncounted: float = 0.0) -> dict[str, list[Found]]:
    """What questions at a fixed rate found, whether those before are answered or not, but for the first seconds'."""
    found: defaultdict[str, list[Found]] = defaultdict(list)
    left = dict(_SCARCE)
    kinds, tasks = itertools.cycle(honest.kinds.items()), []

    async def one(kind: str, asks: Kind, source: str, at: float) -> None:
        took = await asks(source)
        if at >= uncounted:
            found[took.kind or kind].append(msgspec.structs.replace(took, at=at))

    begun = time.monotonic()
    for turn in range(int(rate * seconds)):
        await asyncio.sleep(max(begun + turn / rate - time.monotonic(), 0))
        kind, asks = next(kinds)
        while kind in left and left[kind] * rate * seconds < _SCARCE[kind] * (rate * seconds - turn):
            kind, asks = next(kinds)
        if kind in left:
            left[kind] -= 1
        source = f"127.1.{turn // 200 % 8 + 10}.{turn % 200 + 1}"
        tasks.append(asyncio.create_task(one(kind, asks, source, turn / rate)))
    await asyncio.gather(*tasks)
    return found


def _p99(found: list[Found]) -> float:
    times = sorted(took.seconds for took in found)
    return times[min(len(times) * 99 // 100, len(times) - 1)]


def _two(before: dict[str, list[Found]], after: dict[str, list[Found]]) -> str:
    return ", ".join(f"{kind} {_p99(took) * 1e3:.0f} {_p99(after[kind]) * 1e3:.0f}" for kind, took in before.items())


def _stolen() -> float:
    """Seconds of this virtual machine's processors that its host gave to others (proc_stat(5))."""
    return int(Path("/proc/stat").read_text("ascii").split(maxsplit=9)[8]) / os.sysconf("SC_CLK_TCK")


async def _measure(place: Place, pid: int, group: Path | None) -> list[Figure]:
    honest = Honest(place, group)
    await _closed(honest, 2)
    rate = await _closed(honest, 4) / 2
    use = ServiceUse(pid)
    start, before_all = use.memory(), use.by_process()
    print(f"  alone {2 * rate:.0f} questions a second: asked at {rate:.1f}")
    await honest.prepare(_LOOKUPS)
    await honest.guessed()
    async with use.watched():
        before_them = await _open(honest, rate, ALONE)
    await honest.prepare(_LOOKUPS)
    honest.attacked()
    spawn = multiprocessing.get_context("spawn")
    told: multiprocessing.SimpleQueue[dict[str, int]] = spawn.SimpleQueue()
    process = spawn.Process(target=attack, args=(place, PEOPLE, ATTACK, group, told), daemon=True)
    process.start()
    async with use.watched():
        seconds = ATTACK - BEGINNING - ENDING
        # One asking: who waits for the first answers before he asks on leaves a service that has nothing else to do.
        asking = asyncio.create_task(_open(honest, rate, BEGINNING + seconds, uncounted=BEGINNING))
        await asyncio.sleep(BEGINNING)
        before, stolen = use.time(), _stolen()
        found = await asking
        spent, stolen = use.time() - before, (_stolen() - stolen) / seconds / (os.cpu_count() or 1)
        await asyncio.to_thread(process.join, 30)
        await asyncio.sleep(REST)
        end, after_all = use.memory(), use.by_process()
    asked = 0.0
    if not told.empty():
        sent = Counter(told.get())
        asked = (sent.total() - sent["MB a second"]) / ATTACK
        print(f"  the ten sent {sent.pop('MB a second')} MB and {sent.total() / ATTACK:.0f} requests a second")
        print("  the ten: " + ", ".join(f"{name} ×{count}" for name, count in sent.most_common()))
    print(f"  memory of the service: {start} MiB at the start, {use.peak} at its peak, {end} at the end")
    print(f"  by process, MiB: {before_all}; at the end {after_all}")
    print(
        f"  while both asked, the service ran for {spent.ran:.1f} s and waited {spent.waited:.1f} s for a processor; "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    )
    print(f"  the machine's own host took {stolen:.1%} of its processors meanwhile")
    print(f"  names that cost honest askers a proof of work: {honest.worked}")
    await honest.prepare(_LOOKUPS)
    honest.alone_again()
    after_them = await _open(honest, rate, ALONE)
    honest.close()
    alone = {kind: _p99(took + after_them[kind]) for kind, took in before_them.items()}
    print("  alone p99 before and after, ms: " + _two(before_them, after_them))
    good = total = 0
    late: Counter[int] = Counter()
    for kind, took in found.items():
        late.update(int(one.at) for one in took if not one.right or one.seconds > WITHIN * alone[kind])
        right = sum(one.right and one.seconds <= WITHIN * alone[kind] for one in took)
        wrong = sum(not one.right for one in took)
        p99, median = _p99(took), statistics.median(one.seconds for one in took)
        print(
            f"  {kind}: alone p99 {alone[kind] * 1000:.0f} ms; attacked median {median * 1000:.0f}, "
            f"p99 {p99 * 1000:.0f} ms; {right} of {len(took)} in time, {wrong} not right"
        )
        good, total = good + right, total + len(took)
    print("  not in time, by the second of asking: " + ", ".join(f"{at} ×{late[at]}" for at in sorted(late)))
    share = Figure(
        work="honest questions while ten addresses try everything",
        ours=100 * good / total,
        unit="%",
        against=f"right within {WITHIN:g} × the alone p99",
        theirs=100,
        ratios=(good / total,),
        bound=LEAST,
    )
    attacked = Figure(
        work="what the ten asked in a second, without which the share says nothing",
        ours=asked,
        unit="/s",
        against="an attack that is one",
        theirs=LEAST_ASKED,
        ratios=(asked / LEAST_ASKED,),
        bound=1,
    )
    plain = [kind for kind in honest.kinds if kind not in _SCARCE]
    apart = max(max(two) / min(two) for kind in plain for two in [(_p99(before_them[kind]), _p99(after_them[kind]))])
    return [
        share,
        attacked,
        limit("the alone p99 before and after, apart", apart, MOST_APART, unit="times"),
        limit("the service's memory at the attack's peak", use.peak, MOST_MIB, unit="MiB"),
        limit("the service's memory after it", end, start + 150, unit="MiB"),
    ]


def run() -> list[Figure]:
    """Publishes a small register, serves it with its limits on, and asks with and without the ten."""
    print(f"honest questions while ten addresses try everything for {ATTACK:.0f} s")
    with tempfile.TemporaryDirectory(prefix="yinjian-bench-") as folder, idle_group() as group:
        print("  the ten stand apart " + ("in an idle control group" if group else "as far as their nice lets them"))
        var = Path(folder)
        try:
            database, _ = publishing.run(var, PEOPLE)
            (var / "lookup.secret").write_text(SECRET.hex(), "ascii")
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                place = Place(host="127.0.0.1", port=free.getsockname()[1])
            environ = os.environ | {
                "YINJIAN_DATABASE_URL": database.reader_url,
                "YINJIAN_ROOT": releases.ROOT_THUMBPRINT.hex(),
                "YINJIAN_LOOKUP_SECRET_FILE": str(var / "lookup.secret"),
                "YINJIAN_PORT": str(place.port),
                "YINJIAN_VAR": folder,
            }
            command = [sys.executable, "-m", "verify", "serve"]
            # In a session of its own, as its system starts it: who asks has no part of its group's processors (ADR 57).
            with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL, start_new_session=True) as server:
                try:
                    _wait(place)
                    gc.collect()
                    gc.disable()  # a look at all that this process holds is a tenth of a second in which it asks nobody
                    return asyncio.run(_measure(place, server.pid, group))
                finally:
                    gc.enable()
                    server.terminate()
        finally:
            embedded.stop(var)


def _wait(place: Place) -> None:
    for _ in range(200):
        try:
            httpx.get(f"http://{place.host}:{place.port}/health/ready").raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.1)
