"""QR codes in one picture: a plain look first, then looks at it enlarged, smoothed, sharpened or reduced.

What each later look rescues was measured on photographs made by tests/photos.py: enlarging and sharpening undoes
blur and low resolution, smoothing undoes noise, a screen's grid and moiré.
"""

import io
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
import zxingcpp
from PIL import Image, ImageChops, ImageFilter, ImageMath, ImageOps

from verify.files.refusals import FileRefused
from verify.shared import png

MAX_PIXELS: Final = 50_000_000
"""Of a picture as it is held: 1 byte a pixel in grey, 4 in colour with transparency."""
MAX_JPEG_PIXELS: Final = 210_000_000
"""Of a JPEG, which is unpacked at a half, quarter or eighth of its size where it is larger than MAX_PIXELS / 2."""
MAX_FRAMES: Final = 4
_MAX_SIDE: Final = 65_535
"""The library that reads codes takes no longer ones."""
_BARE_PIXELS: Final = 1_000_000
"""A picture that a program drew of one code and nothing else is no larger."""
_WORKING_PIXELS: Final = 12_000_000
"""A later look's picture is at most about this large."""

Image.MAX_IMAGE_PIXELS = None  # the bounds above are checked before a pixel is unpacked, without Pillow's warning


class _Look(msgspec.Struct, frozen=True):
    """One way to look again: enlarge, smooth, sharpen (radius), and where the line between dark and light is drawn."""

    scale: float
    smooth: float
    sharpen: float
    binarizer: zxingcpp.Binarizer


_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_LOCAL: Final = zxingcpp.Binarizer.LocalAverage
_GLOBAL: Final = zxingcpp.Binarizer.GlobalHistogram
_LOOKS: Final = (
    _Look(2.0, 0.0, 4.0, _LOCAL),
    _Look(1.0, 0.0, 0.0, _GLOBAL),
    _Look(2.0, 1.0, 0.0, _GLOBAL),
    _Look(2.0, 2.0, 0.0, _LOCAL),
    _Look(1.0, 0.0, 2.0, _LOCAL),
    _Look(0.75, 0.0, 0.0, _GLOBAL),
    _Look(1.5, 1.5, 4.0, _LOCAL),
    _Look(1.0, 1.0, 0.0, _LOCAL),
    _Look(1.0, 0.0, 1.5, _GLOBAL),
    _Look(3.0, 0.0, 6.0, _LOCAL),
    _Look(2.0, 1.5, 4.0, _GLOBAL),
    _Look(0.5, 0.0, 0.0, _LOCAL),
)


def frames(data: bytes, kind: str) -> Iterator[tuple[Image.Image, ...]]:
    """The picture in grey, on each ground that it may want; of an animation its first MAX_FRAMES. Raises FileRefused.

    ``kind`` is Pillow's name of the format.
    """
    data = png.drawn(data)
    try:
        with Image.open(io.BytesIO(data), formats=(kind,)) as picture:
            pixels = picture.width * picture.height
            if pixels > (MAX_JPEG_PIXELS if kind == "JPEG" else MAX_PIXELS) or max(picture.size) > _MAX_SIDE:
                raise FileRefused("too_many_pixels")
            if kind == "JPEG":
                shrink = 2 if pixels > MAX_PIXELS / 2 else 1
                picture.draft("L", (picture.width // shrink, picture.height // shrink))
                if picture.width * picture.height > MAX_PIXELS:
                    picture.draft("L", (picture.width // 2, picture.height // 2))
            for frame in range(min(MAX_FRAMES, getattr(picture, "n_frames", 1)) if kind == "WEBP" else 1):
                picture.seek(frame)
                yield _greys(picture, png.depth(data))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        raise FileRefused("damaged_file") from None


def _greys(picture: Image.Image, depth: int) -> tuple[Image.Image, ...]:
    """``picture`` in 8 bits of grey; where it is transparent, on white and on black: its code may be of either."""
    picture.load()
    clear = png.clear(picture.info.get("transparency"), depth)
    if clear is not None:
        picture.info["transparency"] = clear
    if picture.mode.startswith("I"):
        grey, alpha = _deep(picture)
    elif picture.has_transparency_data:
        both = picture.convert("RGBA").convert("LA")
        grey, alpha = both.getchannel("L"), both.getchannel("A")
    else:
        return (picture.convert("L"),)
    if alpha is None or alpha.getextrema() == (255, 255):
        return (grey,)
    return _on(255, grey, alpha), _on(0, grey, alpha)


def _deep(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """16 bits, which convert() would cut off rather than scale: the grey, and where it is transparent."""
    whole = picture.convert("I")
    grey = whole.point(lambda value: value * (1 / 256)).convert("L")
    clear = picture.info.get("transparency")
    if not isinstance(clear, int):
        return grey, None
    return grey, ImageMath.lambda_eval(lambda of: of["convert"]((of["whole"] != clear) * 255, "L"), whole=whole)


def _on(ground: int, grey: Image.Image, alpha: Image.Image) -> Image.Image:
    sheet = Image.new("L", grey.size, ground)
    sheet.paste(grey, mask=alpha)
    return sheet


def plain_look(picture: Image.Image) -> tuple[list[str], bool]:
    """The texts of the QR codes in ``picture`` as it is, and whether there is one that could not be made out."""
    pixels = memoryview(picture.tobytes()).cast("B", (picture.height, picture.width))
    bare = _bare_code(picture, pixels)
    if bare is not None:
        return [bare], False
    found = zxingcpp.read_barcodes(pixels, formats=_QR, return_errors=True)
    return [code.text for code in found if code.valid], any(not code.valid for code in found)


def _bare_code(picture: Image.Image, pixels: memoryview) -> str | None:
    """The text of the code that a program drew on white with nothing beside it, read in a third of the time.

    That nothing is beside it is seen here: the library tells the first code that it meets.
    """
    box = ImageChops.invert(picture).getbbox() if picture.width * picture.height <= _BARE_PIXELS else None
    if box is None or box[0] == 0 or box[2] - box[0] != box[3] - box[1]:
        return None
    found = zxingcpp.read_barcodes(pixels, formats=_QR, is_pure=True)
    if not found:
        return None
    ends = (found[0].position.top_left, found[0].position.bottom_right)
    drawn = zip(box, (at for end in ends for at in (end.x, end.y)), strict=True)
    return found[0].text if all(abs(one - other) <= 1 for one, other in drawn) else None


def later_looks(picture: Image.Image, go_on: Callable[[], bool]) -> list[str]:
    """The texts of the codes in the first look that makes any out, while ``go_on`` says so."""
    for look in _LOOKS:
        if not go_on():
            break
        seen = _seen(picture, look)
        found = zxingcpp.read_barcodes(seen, formats=_QR, binarizer=look.binarizer)
        if found:
            return [code.text for code in found]
    return []


def _seen(picture: Image.Image, look: _Look) -> Image.Image:
    largest = (_WORKING_PIXELS / (picture.width * picture.height)) ** 0.5
    scale = min(look.scale, max(largest, 0.01), _MAX_SIDE / max(picture.size))
    if scale != 1.0:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    if look.smooth:
        picture = picture.filter(ImageFilter.GaussianBlur(look.smooth))
    if look.smooth or look.binarizer is _GLOBAL:  # what little contrast a dark picture has is worth raising
        picture = ImageOps.autocontrast(picture, cutoff=1)
    if look.sharpen:
        picture = picture.filter(ImageFilter.UnsharpMask(look.sharpen, 400, 0))
    return picture
