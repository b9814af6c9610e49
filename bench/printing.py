"""Printing certificates: with QR codes against without, over the processors, and 10,000 in one go."""

import contextlib
import os
import random
import re
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import psutil

from bench.figures import Figure, beside, limit
from signing.print import paper, press
from signing.print.paper import Printable
from signing.print.press import Plan
from signing.print.typesetter import OWN
from tests.invented import CERTIFICATE, ISSUED_AT
from tests.paper import HELD_ON, words
from verify.core.certificate import Certificate, default_number

PEOPLE = 10_000
SAMPLE = 300
MOST_MEMORY = 1 << 30
LEAST_RATIO = 0.5


def sources(count: int) -> list[Printable]:
    """Certificates of invented people with names of two to four characters."""
    random.seed(1)
    found = []
    for serial in range(1, count + 1):
        holder = "".join(chr(random.randrange(0x4E00, 0x9FA5)) for _ in range(random.choice((2, 3, 3, 3, 4))))  # noqa: S311 - no secret
        one = Certificate(
            number=default_number("CEM", "2022-04", serial),
            holder=holder,
            id_hint="002X",
            programme="CEM",
            term="2022-04",
            issued_at=ISSUED_AT,
        )
        found.append(Printable(statement=CERTIFICATE.sign(one.draft(CERTIFICATE.kid)), held_on=HELD_ON))
    return found


class Memory:
    """The most that this process and its workers had at once, in bytes: what is shared counts once (PSS)."""

    def __init__(self) -> None:
        self.most = 0

    def _look(self) -> None:
        me = psutil.Process()
        with contextlib.suppress(psutil.Error):
            together = sum(one.memory_full_info().pss for one in [me, *me.children(recursive=True)])
            self.most = max(self.most, together)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Looks every quarter of a second while the work goes on."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.25):
                self._look()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def with_and_without(folder: Path, people: Sequence[Printable]) -> Figure:
    """The rate with QR codes, drawing them included, over that without: one process, the same template, in turns."""
    template = (OWN / "certificate.typ").read_text("utf-8")
    bare, count = re.subn(r"  image\(\n    bytes\(it\.qr\.svg\).*?\n  \),\n", "  [],\n", template, flags=re.DOTALL)
    if count != 1:
        raise SystemExit("the template draws its QR code in another way now: see bench/printing.py")
    (folder / "bare.typ").write_text(bare, "utf-8")
    plain, _fonts = press.plan(words(template="bare.typ"), folder, people)
    full, _fonts = press.plan(words(), folder, people)
    ours, without = [], []
    for share in _shares(people, 25):
        ours.append(len(share) / _time(full, share))
        with mock.patch.object(paper, "code", _no_code):
            without.append(len(share) / _time(plain, share))
    work, against = "printing one file each, one process", "the same without QR code"
    return beside(work, ours, without, unit="/s", against=against, bound=LEAST_RATIO)


def _no_code(*_arguments: object) -> dict[str, Any]:
    return {"svg": "", "width": 34.0}


def _shares(people: Sequence[Printable], size: int) -> Iterator[Sequence[Printable]]:
    for start in range(0, len(people), size):
        yield people[start : start + size]


def _time(plan: Plan, share: Sequence[Printable]) -> float:
    with press.setter(plan) as one:
        one.single(share[0])  # what a job pays once
        start = time.perf_counter()
        for source in share:
            one.single(source)
        return time.perf_counter() - start


def run() -> list[Figure]:
    """The rate with QR codes, and the memory of 10,000."""
    people = sources(PEOPLE)
    with tempfile.TemporaryDirectory(prefix="yinjian-bench-") as name:
        folder = Path(name)
        print(f"printing: {SAMPLE} certificates with QR code and without, in turns")
        share = with_and_without(folder, people[:SAMPLE])
        plan, fonts = press.plan(words(), folder, people)
        print(f"printing: {PEOPLE} certificates, one file each, {len(os.sched_getaffinity(0))} processors; {fonts[0]}")
        each = Memory()
        with each.watched():
            start = time.perf_counter()
            press.print_each(plan, people, folder / "each", lambda _count: None)
            seconds = time.perf_counter() - start
        size = sum(path.stat().st_size for path in (folder / "each").iterdir())
        print(f"  {PEOPLE / seconds:.0f}/s, {seconds:.0f} s, {each.most >> 20} MiB, {size // PEOPLE >> 10} KiB a file")
        print(f"printing: {PEOPLE} certificates in one file for the printer")
        batch = Memory()
        with batch.watched():
            start = time.perf_counter()
            press.print_batch(plan, people, folder / "batch.pdf", lambda _count: None)
            seconds = time.perf_counter() - start
        size = (folder / "batch.pdf").stat().st_size
        print(f"  {PEOPLE / seconds:.0f}/s, {seconds:.0f} s, at most {batch.most >> 20} MiB, {size >> 20} MiB")
    return [
        share,
        limit(f"printing {PEOPLE:,}, one file each: memory", each.most >> 20, MOST_MEMORY >> 20, unit="MiB"),
        limit(f"printing {PEOPLE:,} in one file: memory", batch.most >> 20, MOST_MEMORY >> 20, unit="MiB"),
    ]
