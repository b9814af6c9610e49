"""QR codes found in the bytes of an image or a PDF. Runs in a worker process, never in the service.

The type is judged by the first bytes, never by a name. A picture gets a plain look, and later looks while time is
left where nothing of ours was made out. In a PDF an attached signed statement serves where no picture does.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Final

import pypdfium2
from PIL import Image

from verify.files import codes, pictures
from verify.files.codes import Code
from verify.files.findings import Findings
from verify.files.refusals import FileRefused

MAX_PAGES: Final = 50
MAX_CODES: Final = 256
_MAX_ATTACHMENTS: Final = 20
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
    if kind == "PDF":
        sheets: Iterable[Image.Image] = _pages(data, attached)
    else:
        sheets = pictures.frames(data, kind)
    return _Search(end).through(sheets, attached)


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

    def through(self, sheets: Iterable[Image.Image], attached: list[Code]) -> Findings:
        found: list[Code] = []
        again: list[tuple[int, Image.Image]] = []
        page = 0
        for page, sheet in enumerate(sheets, 1):
            texts, hidden = pictures.plain_look(sheet)
            here = [codes.read(text, page) for text in texts]
            found += here
            # Only a few pages are kept for a second look, so that a long PDF costs no more memory than a photo.
            if (hidden or not any(code.kind == "certificate" for code in here)) and len(again) < 6:
                again.append((page, sheet))
        if not _ours(found):
            found += attached
        if not _ours(found):
            for number, sheet in again:
                found += self._more(number, sheet, found)
        return Findings(
            codes=tuple(sorted(found, key=lambda code: code.page)[:MAX_CODES]),
            pages=page,
            complete=self._in_time,
        )

    def _go_on(self) -> bool:
        self._in_time = time.monotonic() < self._end
        return self._in_time

    def _more(self, page: int, sheet: Image.Image, found: list[Code]) -> list[Code]:
        known = {code.text for code in found}
        kinds = {code.kind for code in found if code.page == page}
        more = [codes.read(text, page) for text in pictures.later_looks(sheet, self._go_on)]
        return [code for code in more if code.text not in known and (code.text or code.kind not in kinds)]


def _ours(found: list[Code]) -> bool:
    return any(code.kind == "certificate" for code in found)


def _pages(data: bytes, attached: list[Code]) -> Iterator[Image.Image]:
    """Each page in grey; signed statements among the PDF's attachments are added to ``attached`` first."""
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        wanted = getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD
        raise FileRefused("encrypted_pdf" if wanted else "damaged_file") from None
    try:
        if len(pdf) > MAX_PAGES:
            raise FileRefused("too_many_pages")
        attached += _attached(pdf)
        for number in range(len(pdf)):
            page = pdf[number]
            width, height = page.get_size()
            scale = min(_DPI / 72, (_PAGE_PIXELS / max(1.0, width * height)) ** 0.5, 10_000 / max(1.0, width, height))
            bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
            yield bitmap.to_pil().convert("L")
            bitmap.close()
            page.close()
    except pypdfium2.PdfiumError:
        raise FileRefused("damaged_file") from None
    finally:
        pdf.close()


def _attached(pdf: pypdfium2.PdfDocument) -> Iterator[Code]:
    for index in range(min(_MAX_ATTACHMENTS, pdf.count_attachments())):
        code = codes.read_attachment(bytes(pdf.get_attachment(index).get_data()))
        if code is not None:
            yield code
