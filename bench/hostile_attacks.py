"""What ten addresses do to the service in the hostile benchmark: each fault that a request was once able to make.

They run in a process of their own, end by themselves after their seconds, and send nothing but to the loopback address
they are given.
"""

import asyncio
import contextlib
import json
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from bench.apart import stand_apart
from bench.hostile_asking import Place, ask, form, request
from tests import releases, slow_files

SOURCES: Final = tuple(f"127.2.0.{at}" for at in range(1, 11))
MARKS: Final = "\u0315\u0300"
MEGABYTES: Final = 10 << 20
URLENCODED: Final = "application/x-www-form-urlencoded"
GUESSED: Final = 2
"""The first certificates, whose names are guessed by all of them: more often than is free for anybody."""
_PAUSE: Final = 0.05
"""Seconds between two requests of one kind from one address."""
_LINK: Final = 4e6
"""Bytes a second of one kind from one address: three kinds of ten megabytes from ten addresses fill a gigabit."""
_GUESSES: Final = 5
"""Wrong names that cost one address nothing; of ten, as many as have everybody work for that number."""


def _rows(draw: random.Random, people: int) -> bytes:
    rows = [
        {"number": releases.number(draw.randint(1, people)), "name": f"猜{draw.randint(1, 10**6)}"} for _ in range(3000)
    ]
    return json.dumps(rows).encode()


def attacks(people: int) -> dict[str, Callable[[random.Random], bytes]]:
    """Each attack's next request, by its name."""
    pdf, pdf_type = form(slow_files.nested_groups(), "x.pdf")
    parts, parts_type = (
        b'--b\r\ncontent-disposition: form-data; name="a"\r\n\r\nx\r\n' * 20_000,
        "multipart/form-data; boundary=b",
    )
    long_name = json.dumps({"number": releases.number(1), "name": MARKS * 20_000}).encode()
    long_number = json.dumps({"number": MARKS * 200_000}).encode()
    names = json.dumps([{"number": releases.number(at), "name": MARKS * 300} for at in range(1, 1000)]).encode()
    lookup = json.dumps({"name": MARKS * 5000, "id_number": MARKS * 5000, "altcha": "e30="}).encode()
    return {
        "marks in a name": lambda _: request("POST", "/api/v1/verify", long_name),
        "marks in a number": lambda _: request("POST", "/api/v1/verify", long_number),
        "marks in rows": lambda _: request("POST", "/api/v1/verify/batch", names),
        "marks in a lookup": lambda _: request("POST", "/api/v1/lookup", lookup),
        "fields to /upload": lambda _: request("POST", "/upload", b"a&" * (MEGABYTES // 2), URLENCODED),
        "fields to /batch": lambda _: request("POST", "/batch", b"a&" * (MEGABYTES // 2), URLENCODED),
        "empty rows": lambda _: request("POST", "/api/v1/verify/batch", b"[" + b"{}," * (MEGABYTES // 3) + b"{}]"),
        "brackets": lambda _: request("POST", "/api/v1/verify/batch", b"[" * (3 << 20)),
        "parts": lambda _: request("POST", "/upload", parts, parts_type),
        "nested groups": lambda _: request("POST", "/api/v1/verify/document", pdf, pdf_type),
        "wrong names": lambda draw: request("POST", "/api/v1/verify/batch", _rows(draw, people)),
        "one wrong name": lambda draw: request(
            "POST",
            "/api/v1/verify",
            json.dumps(
                {"number": releases.number(draw.randint(1, GUESSED)), "name": f"猜{draw.randint(1, 10**6)}"}
            ).encode(),
        ),
    }


class _Ten(msgspec.Struct, kw_only=True):
    """What all of them share."""

    place: Place
    until: float
    sent: Counter[str]
    bytes: int = 0


async def _again(ten: _Ten, source: str, name: str, make: Callable[[random.Random], bytes]) -> None:
    draw = random.Random(f"{source} {name}")  # noqa: S311 -- the same draw every time
    while time.monotonic() < ten.until:
        begun, data = time.monotonic(), make(draw)
        reply = await ask(ten.place, source, data, patience=max(ten.until - begun, 0.1))
        ten.sent[f"{name}: {reply.status}"] += 1
        ten.bytes += len(data)
        await asyncio.sleep(max(_PAUSE, begun + len(data) / _LINK - time.monotonic()))


async def guess(place: Place, source: str, first: int = 1) -> None:
    """The wrong names that are free, before anything else, so that honest askers of these numbers have to work."""
    for serial in range(first, first + GUESSED):
        for at in range(_GUESSES):
            asked = {"number": releases.number(serial), "name": f"猜{source}之{at}"}
            await ask(place, source, request("POST", "/api/v1/verify", json.dumps(asked).encode()))


async def _hold(ten: _Ten, source: str, beginning: bytes, drip: bytes) -> None:
    """Holds a connection open with half a request, and begins anew when it is let go."""
    while time.monotonic() < ten.until:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(ten.place.host, ten.place.port, local_addr=(source, 0))
            ten.sent["half a request"] += 1
            try:
                writer.write(beginning)
                while time.monotonic() < ten.until and not writer.is_closing():
                    await asyncio.sleep(1)
                    writer.write(drip)
            finally:
                writer.transport.abort()
        await asyncio.sleep(_PAUSE)


async def _attack(place: Place, people: int, seconds: float) -> Counter[str]:
    begun = time.monotonic()
    ten = _Ten(place=place, until=time.monotonic() + seconds, sent=Counter())
    upload = (
        b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\n"
        b"content-length: 9000000\r\n\r\n"
    )
    halves = [(b"GET / HTTP/1.1\r\nx: ", b"y")] * 10 + [(upload + b"x" * 2_000_000, b"x")] * 6
    await asyncio.gather(*(guess(place, source) for source in SOURCES))
    tasks = []
    for source in SOURCES:
        tasks += [_again(ten, source, name, make) for name, make in attacks(people).items()]
        tasks += [_hold(ten, source, beginning, drip) for beginning, drip in halves]
    await asyncio.gather(*tasks, return_exceptions=True)
    ten.sent["MB a second"] = int(ten.bytes / 1e6 / (time.monotonic() - begun))
    return ten.sent


def attack(
    place: Place,
    people: int,
    seconds: float,
    group: Path | None,
    told: "multiprocessing.SimpleQueue[dict[str, int]]",
) -> None:
    """Everything at once for some seconds; what was answered how often goes into ``told``.

    The ten are other machines, so that they stand apart, in ``group`` where there is one.
    """
    stand_apart(group)
    told.put(dict(asyncio.run(_attack(place, people, seconds))))
