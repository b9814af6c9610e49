"""What a worker process is asked to do, and what it answers: plain data, so that a taken-over worker says no more.

Every job is bytes of a stranger's in, bounded plain data out.
"""

import importlib
import io
from typing import Final, Literal, TypeAlias

import msgspec

from verify.files.findings import Findings
from verify.files.refusals import FileRefused
from verify.files.tables.data import Filled, Listed, Texts, Triple, Verified


class FindCodes(msgspec.Struct, frozen=True, kw_only=True, tag="find_codes"):
    """The QR codes of an image or PDF; see documents.find."""

    data: bytes
    seconds: float


class ReadTable(msgspec.Struct, frozen=True, kw_only=True, tag="read_table"):
    """The rows of a spreadsheet, or of text that somebody typed; see verify.files.tables.formats.read."""

    data: bytes
    ours: tuple[Triple, ...] = ()
    typed: bool = False


class FindTexts(msgspec.Struct, frozen=True, kw_only=True, tag="find_texts"):
    """The QR texts in a table's cells; see verify.files.tables.texts.find."""

    data: bytes


class FillTable(msgspec.Struct, frozen=True, kw_only=True, tag="fill_table"):
    """The spreadsheet with columns added; see verify.files.tables.formats.fill. Empty ``data`` makes a new workbook."""

    data: bytes
    listed: Listed
    headers: Triple
    results: tuple[Verified, ...]


class ReadJson(msgspec.Struct, frozen=True, kw_only=True, tag="read_json"):
    """A large body of JSON; see json_trees."""

    data: bytes
    rows: int


class Tree(msgspec.Struct, frozen=True, kw_only=True, tag="tree"):
    """What it is, as json_trees.packed; or why it is none: see JsonRefused."""

    packed: bytes = b""
    code: Literal["bad_json", "too_many_rows"] | None = None
    twice: bool = False


class Declined(msgspec.Struct, frozen=True, kw_only=True, tag="declined"):
    """The file was refused; ``code`` is one of refusals.DETAILS, ``line`` a line of a text."""

    code: str
    line: int | None = None


Job = FindCodes | ReadTable | FindTexts | FillTable | ReadJson
Answer = Findings | Listed | Texts | Filled | Tree | Declined

Reads: TypeAlias = Literal["pictures", "tables"]
"""What a worker is for: pictures made to be slow never stand before somebody's table."""
_READERS: Final[dict[Reads, tuple[str, ...]]] = {
    "pictures": ("verify.files.documents", "PIL.JpegImagePlugin", "PIL.MpoImagePlugin", "PIL.PngImagePlugin",
                 "PIL.WebPImagePlugin"),
    "tables": ("verify.files.tables.formats", "verify.shared.spreadsheet.xlsx", "encodings.gb18030", "encodings.cp437",
               "verify.files.json_trees"),
}  # fmt: skip


def reads(job: Job) -> Reads:
    """Which workers do this job."""
    return "pictures" if isinstance(job, FindCodes) else "tables"


def load(reads: Reads) -> None:
    """Loads the readers, before a worker gives up what it takes to load them."""
    for name in _READERS[reads]:
        importlib.import_module(name)


def warm(reads: Reads) -> None:
    """Does what every first job of a fresh process does besides: pages of memory that are its own from now on."""
    if reads == "tables":
        do(ReadTable(data=b"number,name\nx,y\n"))
        return
    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (64, 64), 255).save(file, "PNG")
    do(FindCodes(data=file.getvalue(), seconds=0.0))


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's answer; ``last`` when the worker ends after it, to give its memory back."""

    answer: Answer
    last: bool


def do(job: Job) -> Answer:
    """Does the job here and now, with the readers that it needs: the service itself never loads them."""
    try:
        match job:
            case FindCodes():
                from verify.files import documents

                return documents.find(job.data, job.seconds)
            case ReadTable():
                from verify.files.tables import formats

                return formats.read(job.data, ours=job.ours, typed=job.typed)
            case FindTexts():
                from verify.files.tables import texts

                return texts.find(job.data)
            case FillTable():
                from verify.files.tables import formats

                return formats.fill(job.data, job.listed, job.headers, job.results)
            case ReadJson():
                from verify.files import json_trees

                try:
                    return Tree(packed=json_trees.packed(job.data, job.rows))
                except json_trees.JsonRefused as none:
                    return Tree(code=none.code, twice=none.twice)
    except FileRefused as refused:
        return Declined(code=refused.code, line=refused.line)
    except MemoryError:
        return Declined(code="took_too_much_memory")
