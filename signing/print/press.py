"""Printing many certificates: one file each, or one file for the printer, spread over the processors."""

import concurrent.futures
import contextlib
import itertools
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pikepdf

from signing.messages import _
from signing.print import paper, photos
from signing.print.fonts import FontBook
from signing.print.paper import Printable, Words
from signing.print.typesetter import OWN, PRESS, Typesetter
from signing.spread import processors
from verify.shared import fresh_workers, whole_files
from verify.shared.command import Refusal

_SHARE: Final = 20
"""Certificates handed to a worker at a time."""
_VOLUME: Final = 20
"""Pages that Typst sets in one go. It needs about a megabyte for each, and keeps what it did for the last ten goes."""
_OPEN: Final = 64
"""Files joined in one go."""
_FEW: Final = 8
"""As many are printed sooner here than by workers that must start first."""

Advance = Callable[[int], None]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What every worker needs to know."""

    words: Words
    template: Path
    seals: dict[str, Path]
    """Pictures by issuer id."""
    fonts: list[str]


def plan(words: Words, folder: Path, sources: Sequence[Printable]) -> tuple[Plan, list[str]]:
    """Finds template, seals (relative to ``folder``) and fonts for these certificates, and says which fonts it took.

    Raises Refusal for anything that is not there.
    """
    settings = words.settings
    template = folder / settings.template if settings.template else OWN / "certificate.typ"
    if not template.is_file():
        raise Refusal(_("The template {} is not there.").format(template))
    seals = {issuer: folder / path for issuer, path in settings.seals.items()}
    known = {issuer.id for issuer in words.keyring.issuers}
    for issuer, path in seals.items():
        if issuer not in known:
            raise Refusal(_("[print] seals: no issuing body has the id “{}”.").format(issuer))
        if path.suffix.lower() not in (".png", ".svg", ".jpg", ".jpeg"):
            raise Refusal(_("The seal {} is of no kind that can be printed: use PNG or SVG.").format(path.name))
        if not path.is_file():
            raise Refusal(_("The seal {} is not there.").format(path))
    book = FontBook.find(settings.fonts)
    fonts = book.families(itertools.chain.from_iterable(paper.characters(sources, words)))
    return Plan(words=words, template=template, seals=seals, fonts=fonts), book.taken(fonts)


class Setter:
    """One process's typesetter for a plan."""

    def __init__(self, plan: Plan, typesetter: Typesetter) -> None:
        self._typesetter = typesetter
        self._fonts = plan.fonts
        seals = {
            issuer: typesetter.add(f"seal-{issuer}{path.suffix.lower()}", path.read_bytes())
            for issuer, path in plan.seals.items()
        }
        self._words = msgspec.structs.replace(plan.words, seals=seals)

    def single(self, source: Printable) -> tuple[str, bytes]:
        """The number and the PDF of one certificate, as it is kept."""
        shown = paper.read(source.statement)
        with self._photo(source, shown.number) as photo:
            page = paper.page(source, self._words, photo)
            data = paper.document([page], self._words, self._fonts)
            return shown.number, self._typesetter.pdf(data, shown.issued_at)

    def volume(self, sources: Sequence[Printable], title: str) -> bytes:
        """The PDF of many certificates, as a printer gets it: without the statements as files."""
        with contextlib.ExitStack() as laid:
            pages, issued_at = [], 0
            for source in sources:
                shown = paper.read(source.statement)
                photo = laid.enter_context(self._photo(source, shown.number))
                pages.append(paper.page(source, self._words, photo) | {"statement": None})
                issued_at = max(issued_at, shown.issued_at)
            data = paper.document(pages, self._words, self._fonts) | {"document_title": title}
            return self._typesetter.pdf(data, issued_at, PRESS)

    @contextlib.contextmanager
    def _photo(self, source: Printable, number: str) -> Iterator[str | None]:
        if source.photo is None:
            yield None
            return
        name = f"{number}.jpg"
        try:
            yield self._typesetter.add(name, photos.ready(source.photo))
        finally:
            self._typesetter.drop(name)


@contextlib.contextmanager
def setter(plan: Plan) -> Iterator[Setter]:
    """A setter for as long as it is needed."""
    with Typesetter.open(plan.template) as typesetter:
        yield Setter(plan, typesetter)


_setter: list[Setter] = []


def _start(plan: Plan) -> None:
    # The folder of the typesetter goes when the worker ends.
    opened = contextlib.ExitStack()
    _setter[:] = [opened.enter_context(setter(plan))]
    multiprocessing.util.Finalize(None, opened.close, exitpriority=10)


def _print_share(sources: Sequence[Printable], folder: Path) -> int:
    for source in sources:
        number, pdf = _setter[0].single(source)
        whole_files.write(folder / f"{number}.pdf", pdf, among_many=True)
    return len(sources)


def _print_volume(sources: Sequence[Printable], path: Path, title: str) -> int:
    path.write_bytes(_setter[0].volume(sources, title))
    return len(sources)


def print_each(plan: Plan, sources: Sequence[Printable], folder: Path, advance: Advance, workers: int = 0) -> None:
    """Writes NUMBER.pdf for each certificate into ``folder``, by ``workers`` processes (0: one for each processor).

    Raises Refusal for the first that cannot be printed; what is printed by then stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if len(sources) <= _FEW:
        with setter(plan) as one:
            for source in sources:
                number, pdf = one.single(source)
                whole_files.write(folder / f"{number}.pdf", pdf, among_many=True)
                advance(1)
        return
    _spread(plan, [(share, folder) for share in _cut(sources, _SHARE)], _print_share, advance, workers)


def print_batch(plan: Plan, sources: Sequence[Printable], path: Path, advance: Advance, workers: int = 0) -> None:
    """Writes all certificates, in this order, as one file for the printer: PDF/A-3b, no statements attached.

    Raises Refusal, and then writes nothing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="yinjian-") as folder:
        volumes = [Path(folder) / f"{index}.pdf" for index in range(-(-len(sources) // _VOLUME))]
        title = paper.title([sources[0], sources[-1]], plan.words)
        tasks = [(part, volume, title) for part, volume in zip(_cut(sources, _VOLUME), volumes, strict=True)]
        _spread(plan, tasks, _print_volume, advance, workers)
        with whole_files.whole(path) as draft:
            _join(volumes, draft)


def _join(volumes: Sequence[Path], path: Path) -> None:
    """One PDF of all volumes' pages, which keeps the first one's title, language and declarations."""
    while len(volumes) > _OPEN:
        parts = [volumes[start : start + _OPEN] for start in range(0, len(volumes), _OPEN)]
        volumes = [part[0].with_suffix(".joined.pdf") for part in parts]
        for part, joined in zip(parts, volumes, strict=True):
            _join(part, joined)
    with contextlib.ExitStack() as opened:
        whole = opened.enter_context(pikepdf.open(volumes[0]))
        for volume in volumes[1:]:
            whole.pages.extend(opened.enter_context(pikepdf.open(volume)).pages)
        whole.save(path, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def _cut(sources: Sequence[Printable], size: int) -> Iterator[Sequence[Printable]]:
    for start in range(0, len(sources), size):
        yield sources[start : start + size]


def _spread(
    plan: Plan,
    tasks: Sequence[tuple[Any, ...]],
    work: Callable[..., int],
    advance: Advance,
    workers: int,
) -> None:
    count = min(workers or processors(), len(tasks))
    with fresh_workers.pool(count, _start, plan) as pool:
        jobs = [pool.submit(work, *task) for task in tasks]
        try:
            for job in concurrent.futures.as_completed(jobs):
                advance(job.result())
        except concurrent.futures.process.BrokenProcessPool:
            raise Refusal(_("A process that was printing has died; is there enough memory?")) from None
        finally:
            pool.shutdown(cancel_futures=True)
