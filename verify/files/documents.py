"""QR codes found in the bytes of an image or a PDF. Runs in a worker process, never in the service.

The type is judged by the first bytes, never by a name. A picture gets a plain look, and later looks while time is
left where nothing of ours was made out. In a PDF an attached signed statement serves where no picture does.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import pypdfium2
from PIL import Image

from verify.files import codes, pictures
from verify.files.codes import Code
from verify.files.findings import Findings
from verify.files.refusals import FileRefused

MAX_PAGES: Final = 50
MAX_CODES: Final = 256
_MAX_ATTACHMENTS: Final = 20
_MOST_AGAIN: Final = 6
_MOST_OBJECTS: Final = 20_000
_MOST_NESTED: Final = 5
_FEW_LINES: Final = 400
"""Segments of paths: rules, frames and tables have few, a code that is drawn has thousands."""
_DPI: Final = 200
_PAGE_PIXELS: Final = 9_000_000
_MAGIC: Final = (
    ("PNG", b"\x89PNG\r\n\x1a\n"),
    ("JPEG", b"\xff\xd8\xff"),
    ("PDF", b"%PDF-"),
)
_HEIC: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")


def find(data: bytes, seconds: float) -> Findings:
    """The QR codes of an image or PDF. Later looks begin only within ``seconds`` of the start. Raises FileRefused."""
    end = time.monotonic() + seconds
    kind = _kind(data)
    attached: list[Code] = []
    sheets = _pages(data, attached) if kind == "PDF" else (Sheet(on, exact=False) for on in pictures.frames(data, kind))
    return _Search(end).through(sheets, attached)


class Sheet(NamedTuple):
    """A page or frame in grey, on each ground that it may want."""

    grounds: tuple[Image.Image, ...]
    exact: bool
    """Nothing but letters and a few lines: where no code is seen, there is none to look for again."""


def _kind(data: bytes) -> str:
    if not data:
        raise FileRefused("empty_file")
    for kind, magic in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if b"%PDF-" in data[:1024]:  # PDF 32000 annex H: readers accept leading bytes
        return "PDF"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        raise FileRefused("heic_picture")
    raise FileRefused("unsupported_type")


class _Search:
    """One file's search: every page once, then the pages again that may hide a code."""

    def __init__(self, end: float) -> None:
        self._end = end
        self._in_time = True

    def through(self, sheets: Iterable[Sheet], attached: list[Code]) -> Findings:
        found: list[Code] = []
        again: list[tuple[int, Image.Image, bool]] = []
        page = 0
        for page, sheet in enumerate(sheets, 1):
            here: list[Code] = []
            unclear = []
            for ground in sheet.grounds:
                texts, hidden = pictures.plain_look(ground)
                here += [code for text in texts if (code := codes.read(text, page)) not in here]
                if hidden or not sheet.exact:
                    unclear.append((page, ground, hidden))
            found += here
            # Only a few pages are kept for a second look, so that a long PDF costs no more memory than a photo.
            if not _ours(here) or any(hidden for _, _, hidden in unclear):
                again += unclear[: max(0, _MOST_AGAIN - len(again))]
        if not _ours(found):
            found += attached
        if not _ours(found):
            for number, ground, hidden in sorted(again, key=lambda one: not one[2]):
                found += self._more(number, ground, found, hidden=hidden)
        return Findings(
            codes=tuple(sorted(found, key=lambda code: code.page)[:MAX_CODES]),
            pages=page,
            complete=self._in_time,
        )

    def _more(self, page: int, ground: Image.Image, found: list[Code], *, hidden: bool) -> list[Code]:
        def go_on() -> bool:
            in_time = time.monotonic() < self._end
            self._in_time = self._in_time and (in_time or not hidden)  # of a code that nobody sees none is missing
            return in_time

        known = {code.text for code in found}
        kinds = {code.kind for code in found if code.page == page}
        more = [codes.read(text, page) for text in pictures.later_looks(ground, go_on)]
        return [code for code in more if code.text not in known and (code.text or code.kind not in kinds)]


def _ours(found: list[Code]) -> bool:
    return any(code.kind == "certificate" for code in found)


def _pages(data: bytes, attached: list[Code]) -> Iterator[Sheet]:
    """Each page as it is seen; signed statements among the PDF's attachments are added to ``attached`` first."""
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        wanted = getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD
        raise FileRefused("encrypted_pdf" if wanted else "damaged_file") from None
    try:
        if len(pdf) > MAX_PAGES:
            raise FileRefused("too_many_pages")
        attached += _attached(pdf)
        pdf.init_forms()  # before any page is loaded: signatures, buttons and texts are drawn by it
        for number in range(len(pdf)):
            page = pdf[number]
            width, height = page.get_size()
            scale = min(_DPI / 72, (_PAGE_PIXELS / max(1.0, width * height)) ** 0.5, 10_000 / max(1.0, width, height))
            bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=True)
            yield Sheet((bitmap.to_pil().convert("L"),), exact=_only_text(page))
            bitmap.close()
            page.close()
    except pypdfium2.PdfiumError:
        raise FileRefused("damaged_file") from None
    finally:
        pdf.close()


def _only_text(page: pypdfium2.PdfPage) -> bool:
    """Whether there is nothing on the page but letters and a few lines: neither pictures, fields nor drawings."""
    raw = pypdfium2.raw
    lines = 0
    if raw.FPDFPage_GetAnnotCount(page) > 0:
        return False
    for count, thing in enumerate(page.get_objects(max_depth=_MOST_NESTED)):
        if thing.type == raw.FPDF_PAGEOBJ_PATH:
            lines += raw.FPDFPath_CountSegments(thing)
        elif thing.type not in (raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_FORM):
            return False
        if lines > _FEW_LINES or count > _MOST_OBJECTS:
            return False
    return True


def _attached(pdf: pypdfium2.PdfDocument) -> Iterator[Code]:
    for index in range(min(_MAX_ATTACHMENTS, pdf.count_attachments())):
        code = codes.read_attachment(bytes(pdf.get_attachment(index).get_data()))
        if code is not None:
            yield code
