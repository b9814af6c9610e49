"""Holders' photos: found by name, looked at, turned upright and made small enough to print.

What is printed is always drawn anew from pixels: a photo's own metadata (place, camera, names) never gets into a PDF.
"""

import io
import unicodedata
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError

from signing.messages import _
from signing.print import pixels
from verify.shared import png
from verify.shared.command import Refusal, joined, why

KINDS: Final = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
MOST_BYTES: Final = 40 * 1024 * 1024
MOST_PIXELS: Final = 64_000_000
"""A phone's 48-megapixel photo is taken and made small; what is larger is refused before it is read."""
LONGEST: Final = 700
"""Pixels of the longer side: 49 mm at about 360 dpi."""


class PhotoRefused(Refusal):
    """A photo that is missing or cannot be printed; the message names its file."""


def listed(folder: Path) -> dict[str, list[Path]]:
    """The files of ``folder``, for ``find``: by name without extension, whatever its letters' case and composition.

    Raises PhotoRefused where there is no such folder.
    """
    if not folder.is_dir():
        raise PhotoRefused(_("There is no folder {}.").format(folder))
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file():
            found.setdefault(_key(path.stem), []).append(path)
    return found


def find(files: Mapping[str, list[Path]], names: Iterable[str]) -> Path | None:
    """The photo among ``files`` (see ``listed``) with the first of ``names`` that has one, None where none has.

    Raises PhotoRefused for two photos of one name, and for a file of that name that is no photo.
    """
    for name in filter(None, names):
        there = files.get(_key(name), [])
        found = [path for path in there if path.suffix.lower() in KINDS]
        if len(found) > 1:
            raise PhotoRefused(_("Two photos for one person: {}").format(joined(path.name for path in found)))
        if found:
            return found[0]
        if there:
            raise PhotoRefused(
                _("The photo {} is of no kind that can be printed: use JPEG or PNG.").format(there[0].name)
            )
    return None


def check(files: Mapping[str, list[Path]], names: Iterable[str]) -> None:
    """Draws each photo that one of ``names`` has. Raises PhotoRefused that names every one that cannot be printed."""
    refused: list[str] = []
    for name in names:
        try:
            if (photo := find(files, [name])) is not None:
                ready(photo)
        except PhotoRefused as refusal:
            refused.append(str(refusal))
    if refused:
        raise PhotoRefused("\n".join(refused))


def _key(name: str) -> str:
    """What a file's name and a number are compared by: systems differ in the form of names, and people in case."""
    return unicodedata.normalize("NFC", name[:200]).casefold()


def ready(path: Path) -> bytes:
    """The photo at ``path`` as a baseline JPEG in RGB, upright, at most LONGEST pixels a side, without metadata.

    Raises PhotoRefused.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PhotoRefused(_("The photo {} is larger than {} MB.").format(path.name, MOST_BYTES >> 20))
        data = path.read_bytes()
    except OSError as error:
        raise PhotoRefused(_("The photo {} cannot be read: {}").format(path.name, why(error))) from None
    if data.lstrip()[:5] == b"%PDF-":
        raise PhotoRefused(_("The photo {} is a PDF file: save the picture in it as JPEG or PNG.").format(path.name))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _drawn(data, path.name)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise PhotoRefused(
            _("The photo {} is damaged, or no picture that can be printed: save it as JPEG.").format(path.name)
        ) from None


def _drawn(data: bytes, name: str) -> bytes:
    data = png.drawn(data, more=(b"iCCP", b"eXIf"))
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "BMP", "TIFF")) as photo:
        if photo.width * photo.height > MOST_PIXELS:
            raise PhotoRefused(_("The photo {} has more than {} megapixels.").format(name, MOST_PIXELS // 1_000_000))
        if min(photo.size) < 100:
            raise PhotoRefused(_("The photo {} is too small to print: {} × {} px.").format(name, *photo.size))
        photo.draft("RGB", (LONGEST * 2, LONGEST * 2))  # a JPEG decodes at a fraction of its size
        if (clear := png.clear(photo.info.get("transparency"), png.depth(data))) is not None:
            photo.info["transparency"] = clear
        try:
            plain = pixels.eight_bits(photo)
            plain.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
            drawn = pixels.srgb(plain, photo.info.get("icc_profile"))
        except pixels.Unclear as unclear:
            raise PhotoRefused(_said(unclear.code).format(name)) from None
        out = io.BytesIO()
        # Typst takes an embedded profile for the colours of the page: the pixels are all that is kept.
        drawn.save(out, "JPEG", quality=90, subsampling=0, icc_profile=b"", exif=b"")
        return out.getvalue()


def _said(code: pixels.Doubt) -> str:
    match code:
        case "numbers":
            return _("The photo {} says its brightness in signed or fractional numbers: save it as JPEG.")
        case "dark":
            return _("The photo {} uses only the darkest part of its range and would print black: save it as JPEG.")
        case "profile":
            return _("The photo {} has a colour profile that cannot be read: save it as JPEG in sRGB.")
