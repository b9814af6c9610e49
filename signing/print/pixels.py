"""A picture's pixels as they look: whatever it holds made 8 bits of sRGB, upright, on white.

What cannot be told from the file is not guessed: Unclear is raised.
"""

import io
import sys
from typing import Final, Literal, TypeAlias

from PIL import Image, ImageCms, ImageMath, ImageOps, TiffImagePlugin

_UNSIGNED: Final = 1  # TIFF 6.0, SampleFormat
_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_SPACES: Final = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK"}
"""By mode, how ICC profiles call its colours (ICC.1:2022, 7.2.6)."""
_DARK: Final = 16
"""Of 255: a picture of more than 8 bits that has nothing lighter holds smaller numbers than it says."""


Doubt: TypeAlias = Literal["numbers", "dark", "profile"]
"""Numbers of which nobody says what is white; numbers far smaller than their kind; a profile that is none."""


class Unclear(Exception):
    """A picture that does not say how it looks."""

    def __init__(self, code: Doubt) -> None:
        super().__init__(code)
        self.code = code


def eight_bits(picture: Image.Image) -> Image.Image:
    """``picture`` upright, in 8 bits: L, RGB, RGBA or CMYK. Raises Unclear, and what Pillow raises."""
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    if upright.mode == "F" or upright.mode.startswith("I"):
        return _deep(upright, picture)
    if upright.has_transparency_data:
        return upright.convert("RGBA")
    return upright if upright.mode in ("L", "RGB", "CMYK") else upright.convert("RGB")


def _deep(upright: Image.Image, picture: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits, which convert() would cut off at 255 rather than scale. ``picture`` has the tags."""
    bits, dark_is_high = 16, False
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        if picture.tag_v2.get(TiffImagePlugin.SAMPLEFORMAT, (_UNSIGNED,))[0] != _UNSIGNED:
            raise Unclear("numbers")
        bits = picture.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (16,))[0]
        dark_is_high = picture.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0
    whole = upright.convert("I")
    if bits == 32:  # Pillow takes them for signed ones: the highest byte of each, as they lie in memory
        grey = Image.frombytes("L", whole.size, whole.tobytes()[3 if sys.byteorder == "little" else 0 :: 4])
    else:
        grey = whole.point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if not any(grey.histogram()[_DARK:]):
        raise Unclear("dark")
    if dark_is_high:
        grey = ImageOps.invert(grey)
    clear = picture.info.get("transparency")
    if isinstance(clear, int):  # PNG, tRNS: one grey of 16 bits
        grey.putalpha(ImageMath.lambda_eval(lambda of: of["convert"]((of["whole"] != clear) * 255, "L"), whole=whole))
        return grey.convert("RGBA")
    return grey


def srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """A picture of eight_bits as RGB on white, by its colour ``profile`` where it has one. Raises Unclear."""
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    colours = picture.convert("RGB") if alpha else picture
    if profile:
        colours = _by_profile(colours, profile)
    colours = colours.convert("RGB")
    if alpha is None:
        return colours
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(colours, mask=alpha)
    return ground


def _by_profile(colours: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space
        if colours.mode == "L" and space == "RGB ":  # as scanners write greys
            colours = colours.convert("RGB")
        if space != _SPACES[colours.mode]:  # it is not of this picture, and every viewer passes over it
            return colours
        made = ImageCms.profileToProfile(colours, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        raise Unclear("profile") from None
    return colours if made is None else made
