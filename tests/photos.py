"""Photographs that a camera never took: a printed page with our QR code, degraded by known amounts.

Every strength is a field of ``Shot``; the same shot always gives the same bytes.
"""

import io
import math
import random
from collections.abc import Sequence

import msgspec
import qrcode
from PIL import Image, ImageChops, ImageFilter

PRINT_DPI = 150
"""The printer's resolution: a module of 3 dots is 0.5 mm, and a version 9 code with its quiet zone 31 mm."""
PAGE = (1240, 1754)
"""An A4 page at 150 dpi."""


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """How a page is photographed. Lengths are pixels of the photograph, brightness runs from 0 to 255."""

    seed: int = 0
    width: int = 1600
    """Width of the photograph, a 4:3 upright frame that the turned page fills but for a margin of a tenth."""
    turn: float = 0.0
    """Degrees by which the camera is turned in its own plane."""
    tilt: tuple[float, float] = (0.0, 0.0)
    """Degrees by which the page leans away about the horizontal and the vertical axis."""
    blur: float = 0.0
    """Standard deviation of a Gaussian blur."""
    shake: int = 0
    """Length of a horizontal motion blur."""
    noise: float = 0.0
    """Standard deviation of grey noise."""
    dark: float = 1.0
    """Exposure: 1 is right, less is darker."""
    glare: float = 0.0
    """Strength at its centre, 0 to 1, of a white reflection that reaches over the code's corner."""
    shadow: float = 0.0
    """How much darker, 0 to 1, one side of the page is than the other."""
    moire: float = 0.0
    """Amplitude, as a part of full brightness, of two crossed slow waves."""
    screen: float = 0.0
    """Amplitude of the fine grid of a screen's pixels, as a part of full brightness."""
    quality: int = 85
    """JPEG quality."""


def qr_image(text: str, module: int = 3) -> Image.Image:
    """The QR code of ``text`` at level M with its quiet zone, ``module`` pixels a module, in grey."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, box_size=module)
    code.add_data(text, optimize=20)
    code.make(fit=True)
    return code.make_image().get_image().convert("L")


def page(texts: Sequence[str], size: tuple[int, int] = PAGE) -> Image.Image:
    """A printed page with a grey border, some lines of "writing" and these codes, the first at the lower right."""
    sheet = Image.new("L", size, 250)
    width, height = size
    for line in range(12):
        top = 260 + line * 60
        if top + 20 < height:
            sheet.paste(70, (150, top, width - 150 - 37 * (line % 5), top + 14))
    for place, text in enumerate(texts):
        code = qr_image(text)
        columns = (width - 100) // (code.width + 10)
        right = width - 60 - (place % columns) * (code.width + 10)
        bottom = height - 60 - (place // columns) * (code.height + 10)
        sheet.paste(code, (right - code.width, bottom - code.height))
    return sheet


def take(sheet: Image.Image, shot: Shot) -> bytes:
    """The JPEG of ``sheet`` photographed as ``shot`` says."""
    rng = random.Random(shot.seed)  # noqa: S311 -- noise that is the same every time
    size = (shot.width, shot.width * 4 // 3)
    photo = sheet.transform(
        size,
        Image.Transform.PERSPECTIVE,
        _camera(sheet.size, size, shot),
        resample=Image.Resampling.BICUBIC,
        fillcolor=95,
    )
    if sheet.width > 1.3 * shot.width:  # a lens averages what transform would skip over
        photo = photo.filter(ImageFilter.GaussianBlur(0.4 * sheet.width / shot.width))
    if shot.screen:
        photo = ImageChops.multiply(photo, _waves(size, 3.0, 0.0, shot.screen))
        photo = ImageChops.multiply(photo, _waves(size, 3.0, 90.0, shot.screen))
    if shot.moire:
        photo = ImageChops.multiply(photo, _waves(size, 17.0, 25.0, shot.moire))
        photo = ImageChops.multiply(photo, _waves(size, 29.0, 110.0, shot.moire))
    if shot.blur:
        photo = photo.filter(ImageFilter.GaussianBlur(shot.blur))
    if shot.shake:
        photo = _shaken(photo, shot.shake)
    if shot.shadow:
        ramp = Image.linear_gradient("L").rotate(90).resize(size)
        photo = ImageChops.multiply(photo, ramp.point(lambda value: 255 - shot.shadow * value))
    if shot.glare:
        photo = _glared(photo, shot.glare)
    photo = photo.point(lambda value: value * shot.dark)
    if shot.noise:
        photo = ImageChops.add(photo, _noise(size, shot.noise, rng), offset=-128)
    file = io.BytesIO()
    photo.convert("RGB").save(file, "JPEG", quality=shot.quality)
    return file.getvalue()


def _camera(sheet: tuple[int, int], photo: tuple[int, int], shot: Shot) -> tuple[float, ...]:
    """The eight numbers that take a pixel of the photograph to its place on the sheet.

    A pinhole camera looks at the middle of the sheet from twice its height; the sheet leans by ``tilt`` and is
    turned by ``turn``. The plane's homography is inverted by its adjugate.
    """
    lean, pan, turn = (math.radians(angle) for angle in (*shot.tilt, shot.turn))
    x_axis = _rotate((math.cos(turn), math.sin(turn), 0.0), lean, pan)
    y_axis = _rotate((-math.sin(turn), math.cos(turn), 0.0), lean, pan)
    distance = 2.0 * sheet[1]
    sine, cosine = abs(math.sin(turn)), abs(math.cos(turn))
    across, down = sheet[0] * cosine + sheet[1] * sine, sheet[0] * sine + sheet[1] * cosine
    reach = 0.9 * min(photo[0] / across, photo[1] / down) * distance
    rows = [[reach * x_axis[k], reach * y_axis[k], 0.0] for k in (0, 1)]
    rows.append([x_axis[2], y_axis[2], distance])
    for k in (0, 1):  # the sheet's own origin is its corner, the photograph's its corner too
        rows[k] = [value + photo[k] / 2 * far for value, far in zip(rows[k], rows[2], strict=True)]
    for row in rows:
        row[2] -= row[0] * sheet[0] / 2 + row[1] * sheet[1] / 2
    a, b, c = rows[0]
    d, e, f = rows[1]
    g, h, i = rows[2]
    inverse = (
        e * i - f * h, c * h - b * i, b * f - c * e,
        f * g - d * i, a * i - c * g, c * d - a * f,
        d * h - e * g, b * g - a * h, a * e - b * d,
    )  # fmt: skip
    return tuple(value / inverse[8] for value in inverse[:8])


def _rotate(point: tuple[float, float, float], lean: float, pan: float) -> tuple[float, float, float]:
    x, y, z = point
    y, z = y * math.cos(lean) - z * math.sin(lean), y * math.sin(lean) + z * math.cos(lean)
    x, z = x * math.cos(pan) + z * math.sin(pan), -x * math.sin(pan) + z * math.cos(pan)
    return x, y, z


def _waves(size: tuple[int, int], period: float, angle: float, amplitude: float) -> Image.Image:
    """A grating that darkens by up to ``amplitude``, its lines at ``angle`` degrees."""
    side = int(math.hypot(*size)) + 2
    line = bytes(int(255 * (1 - amplitude * (0.5 + 0.5 * math.sin(2 * math.pi * at / period)))) for at in range(side))
    grating = Image.frombytes("L", (side, 1), line).resize((side, side))
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    return grating.rotate(angle).crop((left, top, left + size[0], top + size[1]))


def _shaken(photo: Image.Image, length: int) -> Image.Image:
    """Each pixel the mean of ``length`` neighbours."""
    total = photo
    for step in range(1, length):
        total = Image.blend(total, ImageChops.offset(photo, step, 0), 1 / (step + 1))
    return total


def _glared(photo: Image.Image, strength: float) -> Image.Image:
    """A round reflection about the lower right corner of the code."""
    width = photo.width
    side = int(0.55 * width)
    spot = ImageChops.invert(Image.radial_gradient("L")).resize((side, side))
    mask = Image.new("L", photo.size, 0)
    mask.paste(spot.point(lambda value: min(255.0, value * strength)), (int(0.68 * width), int(0.98 * width)))
    return Image.composite(Image.new("L", photo.size, 255), photo, mask)


def _noise(size: tuple[int, int], sigma: float, rng: random.Random) -> Image.Image:
    """Grey noise about 128, from one tile laid at random offsets and turns so that it does not repeat in a line."""
    tile = Image.frombytes(
        "L", (256, 256), bytes(min(255, max(0, round(rng.gauss(128, sigma)))) for _ in range(256 * 256))
    )
    noise = Image.new("L", size)
    for top in range(0, size[1], 256):
        for left in range(0, size[0], 256):
            noise.paste(ImageChops.offset(tile, rng.randrange(256), rng.randrange(256)), (left, top))
    return noise
