"""What ``check`` is given: texts, pictures, PDFs, folders and spreadsheets, each taken apart into QR texts.

A file is what its bytes are, whatever its name says. Files are read in worker processes, confined as far as the system
lets them, one for each core: a bad one costs its own row. Nothing is left out without a word: what holds no
certificate's code, or cannot be read, is told with its place.
"""

import asyncio
import os
import sys
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from verify.core import qr_text
from verify.files import jobs
from verify.files.findings import MAX_BYTES, Findings
from verify.files.refusals import FileRefused
from verify.files.tables.data import Texts
from verify.shared.command import LOCALE, messages, why

_ = messages(LOCALE)

_SECONDS: Final = 5.0
"""For later looks at one picture."""
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
_IN_HEAD: Final = 1024
_AHEAD: Final = 64
"""Files that may be read before the one whose turn it is to be told: a slow one does not hold the others up."""


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
Given = str | Path | Unread
"""A QR text, a file, or what cannot even be opened."""


class NoThing(Exception):
    """An argument that is neither a file here nor a QR text."""


def names(arguments: tuple[str, ...]) -> tuple[list[Given], int]:
    """Each argument as a QR text or a file, folders taken apart; and how many hidden files were passed over.

    Raises NoThing.
    """
    found: list[Given] = []
    hidden = 0
    for argument in arguments:
        path = Path(argument) if len(argument) < _IN_HEAD else None
        if path is not None and path.is_dir():
            for one in _inside(path):
                if isinstance(one, Path) and any(part.startswith(".") for part in one.relative_to(path).parts):
                    hidden += 1
                else:
                    found.append(one)
        elif path is not None and path.is_file():
            found.append(path)
        elif qr_text.begins_as_ours(argument) or qr_text.is_ours(argument):
            found.append(argument)
        else:
            raise NoThing(argument)
    return found, hidden


def _inside(folder: Path) -> Iterator[Path | Unread]:
    """The files of a folder and its folders, by name. Links to folders are not followed: they may lead round."""
    closed: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=closed.append):
        folders.sort()
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in sorted([*files, *links]):
            path = Path(place, name)
            if path.is_file():
                yield path
            else:
                yield Unread(source=str(path), code="no_file", detail=_("It is a link or a device, not a file."))
        yield from (Unread(source=str(one.filename), code="closed", detail=why(one)) for one in closed)
        closed.clear()


async def read_all(given: Sequence[Given]) -> AsyncGenerator[list[Thing], None]:
    """What each of these holds, in their order; some files are read at once."""
    readers = _Readers(min(_cores(), sum(isinstance(one, Path) for one in given)))
    ahead: deque[asyncio.Task[list[Thing]]] = deque()
    try:
        for one in given:
            ahead.append(asyncio.create_task(readers.read(one)))
            if len(ahead) == _AHEAD:
                yield await ahead.popleft()
        while ahead:
            yield await ahead.popleft()
    finally:
        for task in ahead:
            task.cancel()
        await asyncio.gather(*ahead, return_exceptions=True)
        await readers.close()


class _Readers:
    """So many worker processes; those that read pictures and those that read tables are not the same."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._places = asyncio.Semaphore(max(1, count))
        self._workers: dict[jobs.Reads, Any] = {}
        self._files = 0

    async def read(self, one: Given) -> list[Thing]:
        """The QR texts of one text or file, or why there are none."""
        if isinstance(one, Unread):
            return [one]
        if isinstance(one, str):
            return [Found(source="-", text=one)]
        async with self._places:
            try:
                if one.stat().st_size > MAX_BYTES:
                    raise FileRefused("file_too_large")
                data = one.read_bytes()
                if data.startswith(_PICTURES) or b"%PDF-" in data[:_IN_HEAD] or data[4:8] == b"ftyp":
                    answer = await self._ask("pictures", jobs.FindCodes(data=data, seconds=_SECONDS))
                else:
                    answer = await self._ask("tables", jobs.FindTexts(data=data))
            except OSError as error:
                return [Unread(source=str(one), code="closed", detail=why(error))]
            except FileRefused as refused:
                return [Unread(source=str(one), code=refused.code, detail=refused.detail)]
        return list(_things(str(one), answer))

    async def _ask(self, reads: jobs.Reads, job: jobs.Job) -> jobs.Answer:
        if sys.platform == "win32":  # which neither forks nor confines
            return await asyncio.to_thread(read_here, job)
        from verify.files.workers import Workers

        workers = self._workers.setdefault(reads, Workers(self._count, reads=reads))
        self._files += 1
        # All are one person's: no file waits for another's sake.
        answer: jobs.Answer = await workers.run(job, f"{self._files}")
        return answer

    async def close(self) -> None:
        for one in self._workers.values():
            await one.close()


def read_here(job: jobs.Job) -> jobs.Answer:
    """The answer to a job, in this process. Raises FileRefused."""
    try:
        answer = jobs.do(job)
    except Exception:  # noqa: BLE001 -- whatever a stranger's file does to a reader costs its own row
        raise FileRefused("reader_failed") from None
    if isinstance(answer, jobs.Declined):
        raise FileRefused(answer.code, line=answer.line)
    return answer


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _things(source: str, answer: jobs.Answer) -> Iterable[Thing]:
    if isinstance(answer, Texts):
        if not answer.found:
            yield Unread(source=source, code="no_code", detail=_("No cell holds a certificate's QR text."))
        for placed in answer.found:
            yield Found(source=source, text=placed.text, place=placed.place)
    elif isinstance(answer, Findings):
        found = [code for code in answer.codes if code.text is not None]
        for code in found:
            yield Found(source=source, text=code.text or "", place=f"{code.page}" if answer.pages > 1 else None)
        if not found and answer.codes:
            detail = "The file has a QR code, but no certificate's."
            yield Unread(source=source, code="other_code", detail=detail)
        elif not found:
            yield Unread(source=source, code="no_code", detail="The file has no QR code that can be made out.")
