"""Printing certificates: beside bare Typst, over the processors, and 10,000 in one go."""

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.figures import Figure, beside, limit
from bench.memory import apart
from signing.print import paper, press
from signing.print.paper import Printable
from signing.print.typesetter import Typesetter
from tests.invented import CERTIFICATE, ISSUED_AT
from tests.paper import HELD_ON, words
from verify.core.certificate import Certificate, default_number
from verify.shared import whole_files

PEOPLE = 10_000
SAMPLE = 300
MOST_MEMORY = 1 << 30
LEAST_RATIO = 0.7


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


def beside_typst(folder: Path, people: Sequence[Printable]) -> Figure:
    """The rate of pages that Typst is given whole, QR code and all, and ours from statement to file, in turns."""
    plan, _fonts = press.plan(words(), folder, people)
    ours, bare = [], []
    with press.setter(plan) as one, Typesetter.open(plan.template) as typesetter:
        one.single(people[0])  # what a job pays once
        typesetter.pdf(paper.document([paper.page(people[0], words())], words(), plan.fonts), ISSUED_AT)
        shares = list(_shares(people[1:], 20))
        for mine, theirs in zip(shares[::2], shares[1::2], strict=False):  # no page twice: Typst remembers
            begun = time.perf_counter()
            for source in mine:
                number, pdf = one.single(source)
                whole_files.write(folder / f"{number}.pdf", pdf)
            ours.append(len(mine) / (time.perf_counter() - begun))
            given = [paper.document([paper.page(source, words())], words(), plan.fonts) for source in theirs]
            begun = time.perf_counter()
            for page in given:
                typesetter.pdf(page, ISSUED_AT)
            bare.append(len(theirs) / (time.perf_counter() - begun))
    work, against = "printing one file each, one process", "bare Typst, the same pages, PDF/A-3a"
    return beside(work, ours, bare, unit="/s", against=against, bound=LEAST_RATIO)


def _shares(people: Sequence[Printable], size: int) -> Iterator[Sequence[Printable]]:
    for start in range(0, len(people), size):
        yield people[start : start + size]


def _each(folder: Path) -> float:
    """Seconds for one file each."""
    return _seconds(folder, f"one file each, {len(os.sched_getaffinity(0))} processors", press.print_each, "each")


def _batch(folder: Path) -> float:
    """Seconds for one file of all."""
    return _seconds(folder, "one file for the printer", press.print_batch, "batch.pdf")


def _seconds(folder: Path, told: str, prints: Callable[..., object], into: str) -> float:
    people = sources(PEOPLE)
    plan, fonts = press.plan(words(), folder, people)
    print(f"printing: {PEOPLE} certificates, {told}; {fonts[0]}")
    begun = time.perf_counter()
    prints(plan, people, folder / into, lambda _count: None)
    return time.perf_counter() - begun


def run() -> list[Figure]:
    """The rate beside Typst's own, and the memory of 10,000."""
    with tempfile.TemporaryDirectory(prefix="yinjian-bench-") as name:
        folder = Path(name)
        print(f"printing: {SAMPLE} certificates, ours and bare Typst in turns")
        share = beside_typst(folder, sources(SAMPLE))
        seconds, each = apart(_each, folder)
        size = sum(path.stat().st_size for path in (folder / "each").iterdir())
        print(f"  {PEOPLE / seconds:.0f}/s, {seconds:.0f} s, {each} MiB, {size // PEOPLE >> 10} KiB a file")
        seconds, batch = apart(_batch, folder)
        size = (folder / "batch.pdf").stat().st_size
        print(f"  {PEOPLE / seconds:.0f}/s, {seconds:.0f} s, at most {batch} MiB, {size >> 20} MiB")
    return [
        share,
        limit(f"printing {PEOPLE:,}, one file each: memory", each, MOST_MEMORY >> 20, unit="MiB"),
        limit(f"printing {PEOPLE:,} in one file: memory", batch, MOST_MEMORY >> 20, unit="MiB"),
    ]
