"""Holders' photos: found by name, looked at, turned upright and made small enough to print.

What is printed is always drawn anew from pixels: a photo's own metadata (place, camera, names) never gets into a PDF.
"""

import io
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from signing.messages import _
from verify.shared.command import Refusal, why

KINDS: Final = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
MOST_BYTES: Final = 40 * 1024 * 1024
MOST_PIXELS: Final = 64_000_000
"""A phone's 48-megapixel photo is taken and made small; what is larger is refused before it is read."""
LONGEST: Final = 700
"""Pixels of the longer side: 49 mm at about 360 dpi."""


class PhotoRefused(Refusal):
    """A photo that is missing or cannot be printed; the message names its file."""


def find(folder: Path, names: Iterable[str]) -> Path | None:
    """The photo in ``folder`` with the first of ``names`` (without extension) that has one, None where none has.

    Raises PhotoRefused for two photos of one name, and for a file of that name that is no photo.
    """
    for name in filter(_is_plain, names):
        found = [path for kind in KINDS for path in (folder / f"{name}{kind}", folder / f"{name}{kind.upper()}")]
        there = [path for path in found if path.is_file()]
        if len(there) > 1 and not there[0].samefile(there[1]):
            raise PhotoRefused(_("Two photos for one person: {}").format(", ".join(path.name for path in there)))
        if there:
            return there[0]
        if others := sorted(path.name for path in folder.glob(f"{name}.*")):
            raise PhotoRefused(_("The photo {} is of no kind that can be printed: use JPEG or PNG.").format(others[0]))
    return None


def _is_plain(name: str) -> bool:
    """Whether a name is one of a file in this folder, and no pattern."""
    return bool(name) and not set(name) & set("*?[/\\") and name not in (".", "..")


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
        raise PhotoRefused(_("The photo {} is damaged, or no picture.").format(path.name)) from None


def _drawn(data: bytes, name: str) -> bytes:
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "BMP", "TIFF")) as photo:
        if photo.width * photo.height > MOST_PIXELS:
            raise PhotoRefused(_("The photo {} has more than {} megapixels.").format(name, MOST_PIXELS // 1_000_000))
        if min(photo.size) < 100:
            raise PhotoRefused(_("The photo {} is too small to print: {} × {} pixels.").format(name, *photo.size))
        photo.draft("RGB", (LONGEST * 2, LONGEST * 2))  # a JPEG decodes at a fraction of its size
        upright = ImageOps.exif_transpose(photo)
        upright.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
        if upright.has_transparency_data:
            ground = Image.new("RGBA", upright.size, "white")
            upright = Image.alpha_composite(ground, upright.convert("RGBA"))
        out = io.BytesIO()
        # Typst takes an embedded profile for the colours of the page: the pixels are all that is kept.
        upright.convert("RGB").save(out, "JPEG", quality=90, subsampling=0, icc_profile=b"", exif=b"")
        return out.getvalue()
