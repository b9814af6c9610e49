"""What ``check`` is given: texts, pictures, PDFs, folders and spreadsheets, each taken apart into QR texts.

A file is what its bytes are, whatever its name says. Files are read in worker processes, confined as far as the system
lets them, one for each core: a bad one costs its own row. Nothing is left out without a word: what holds no
certificate's code, or cannot be read, is told with its place.
"""

import asyncio
import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from verify.core import qr_text
from verify.files import jobs
from verify.files.ahead import Line, Templates
from verify.files.findings import MAX_BYTES, Findings
from verify.files.refusals import FileRefused
from verify.files.tables.data import Texts
from verify.shared.command import LOCALE, joined, messages, why

_ = messages(LOCALE)

_SECONDS: Final = 5.0
"""For later looks at one picture."""
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
_IN_HEAD: Final = 1024


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A QR text, and where it was."""

    source: str
    text: str
    place: str | None = None
    """A page or a cell."""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """What gave no QR text, and why: a code and its sentence."""

    source: str
    code: str
    detail: str


Thing = Found | Unread


class Piped(msgspec.Struct, frozen=True):
    """What came by standard input: a file without a name."""

    data: bytes


Given = str | Path | Piped | Unread
"""A QR text, a file, or what cannot even be opened."""
TEXT: Final = "-"
"""The source of a text that was given as such."""
_INPUT: Final = "-"
_INPUT_NAME: Final = "stdin"


class NoThing(Exception):
    """An argument that is neither a file here nor a QR text."""


def names(arguments: tuple[str, ...]) -> tuple[list[Given], int]:
    """Each argument as a QR text or a file, folders taken apart; and how many hidden files were passed over.

    ``-`` is what comes by standard input. Raises NoThing.
    """
    found: list[Given] = []
    hidden = 0
    for argument in arguments:
        path = Path(argument) if len(argument.strip()) > 0 and len(argument) < _IN_HEAD else None
        if argument == _INPUT:
            found.append(Piped(sys.stdin.buffer.read(MAX_BYTES + 1)))
        elif path is not None and os.path.isdir(path):  # noqa: PTH112 -- pathlib raises where a name is too long
            within, seen = list(_inside(path)), len(found)
            for one in within:
                if isinstance(one, Path) and any(part.startswith(".") for part in one.relative_to(path).parts):
                    hidden += 1
                else:
                    found.append(one)
            if len(found) == seen:
                found.append(Unread(source=_named(path), code="no_file", detail=_("The folder has no files.")))
        elif path is not None and os.path.isfile(path):  # noqa: PTH113 -- as above
            found.append(path)
        elif qr_text.begins_as_ours(argument) or qr_text.is_ours(argument):
            found.append(argument)
        else:
            raise NoThing(argument)
    return found, hidden


def _named(path: Path) -> str:
    """A file's name as text, also where its bytes are none."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _inside(folder: Path) -> Iterator[Path | Unread]:
    """The files of a folder and its folders, by name. Links to folders are not followed: they may lead round."""
    closed: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=closed.append):
        yield from _closed(closed)
        folders.sort()
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in sorted([*files, *links]):
            path = Path(place, name)
            try:
                mode = path.stat().st_mode
            except FileNotFoundError:  # of a link
                mode = 0
            except OSError as error:
                closed.append(error)
                continue
            if stat.S_ISREG(mode):
                yield path
            else:
                yield Unread(source=_named(path), code="no_file", detail=_("It is a link or a device, not a file."))
    yield from _closed(closed)


def _closed(errors: list[OSError]) -> Iterator[Unread]:
    """Tells of the folders and files that could not be looked at since the last time."""
    while errors:
        error = errors.pop(0)
        yield Unread(source=_named(Path(error.filename)), code="closed", detail=why(error))


async def read_all(given: Sequence[Given], tell: Callable[[list[Thing]], None]) -> None:
    """Tells what each of these holds, in their order, as soon as it is known; some files are read at once."""
    reading = _Reading(given, tell)
    templates = Templates()
    places = min(_cores(), sum(isinstance(one, Path | Piped) for one in given))
    lines = [asyncio.create_task(reading.through(templates)) for _ in range(max(1, places))]
    try:
        await asyncio.gather(*lines)
    finally:
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)
        await templates.close()


class _Reading:
    """Everything that is given on its way to being told."""

    def __init__(self, given: Sequence[Given], tell: Callable[[list[Thing]], None]) -> None:
        self._tell = tell
        self._files = self._read(given)
        self._known: dict[int, list[Thing]] = {}
        """By place in the order, what is not told yet."""
        self._told = 0

    async def through(self, templates: Templates) -> None:
        """Has files read, one after another, until none is left."""
        if sys.platform == "win32":  # which neither forks nor confines
            for (at, source), job in self._files:
                self._note(at, _things(source, await asyncio.to_thread(answer_here, job)))
            return
        async with contextlib.aclosing(Line(templates, self._files).answers()) as answers:
            async for (at, source), answer in answers:
                self._note(at, _things(source, answer))

    def _read(self, given: Sequence[Given]) -> Iterator[tuple[tuple[int, str], jobs.Job]]:
        """A job for each file that can be read, with its place; all else is known at once."""
        for at, one in enumerate(given):
            if isinstance(one, Unread):
                self._note(at, [one])
            elif isinstance(one, str):
                self._note(at, [Found(source=TEXT, text=one)])
            else:
                source = _named(one) if isinstance(one, Path) else _INPUT_NAME
                try:
                    job = _job(one)
                except OSError as error:
                    self._note(at, [Unread(source=source, code="closed", detail=why(error))])
                except FileRefused as refused:
                    self._note(at, _things(source, refused))
                else:
                    yield (at, source), job

    def _note(self, at: int, things: Iterable[Thing]) -> None:
        self._known[at] = list(things)
        while self._told in self._known:
            self._tell(self._known.pop(self._told))
            self._told += 1


def _job(file: Path | Piped) -> jobs.Job:
    """What is to be done with a file, which is what its bytes are. Raises OSError, FileRefused."""
    if (len(file.data) if isinstance(file, Piped) else file.stat().st_size) > MAX_BYTES:
        raise FileRefused("file_too_large")
    data = file.data if isinstance(file, Piped) else file.read_bytes()
    if data.startswith(_PICTURES) or b"%PDF-" in data[:_IN_HEAD] or data[4:8] == b"ftyp":
        return jobs.FindCodes(data=data, seconds=_SECONDS)
    return jobs.FindTexts(data=data)


def answer_here(job: jobs.Job) -> jobs.Answer | FileRefused:
    """The answer to a job, in this process."""
    try:
        answer = jobs.do(job)
    except Exception:  # noqa: BLE001 -- whatever a stranger's file does to a reader costs its own row
        return FileRefused("reader_failed")
    if isinstance(answer, jobs.Declined):
        return FileRefused(answer.code, line=answer.line)
    return answer


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _things(source: str, answer: jobs.Answer | FileRefused) -> Iterable[Thing]:
    if isinstance(answer, FileRefused):
        other = _("It is neither a picture (PNG, JPEG, WebP) nor a PDF, a spreadsheet or a text.")
        detail = other if answer.code == "not_a_table" else answer.detail
        yield Unread(source=source, code=answer.code, detail=detail)
    elif isinstance(answer, Texts):
        if not answer.found:
            yield Unread(source=source, code="no_code", detail=_("It holds no certificate's QR text."))
        for placed in answer.found:
            yield Found(source=source, text=placed.text, place=placed.place)
        for lacking in answer.without:
            cells = joined(lacking.cells) + (" …" if len(lacking.cells) < lacking.rows else "")
            detail = _("Beside {} its column has rows without a certificate's QR text: {} ({}).")
            yield Unread(source=source, code="cells_without", detail=detail.format(lacking.beside, lacking.rows, cells))
    elif isinstance(answer, Findings):
        found = [code for code in answer.codes if code.text is not None]
        for code in found:
            yield Found(source=source, text=code.text or "", place=f"{code.page}" if answer.pages > 1 else None)
        if not found and answer.codes:
            detail = "The file has a QR code, but no certificate's."
            yield Unread(source=source, code="other_code", detail=detail)
        elif not found:
            yield Unread(source=source, code="no_code", detail="The file has no QR code that can be made out.")
