"""Pictures for the demo's paper: red seals of invented bodies, and portraits of people who do not exist."""

import math
import random
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from signing.print.fonts import Face

SEAL_PIXELS: Final = 600
"""38 mm on paper, as certificate.typ prints it: 400 to the inch."""
PORTRAIT: Final = (590, 826)
"""One inch in the trade's words, 25 × 35 mm, at 600 to the inch."""

_SEAL_RED: Final = (196, 22, 28, 230)
_GROUND: Final = (178, 24, 32)
_SKIN: Final = ((241, 206, 178), (232, 190, 160), (222, 178, 146), (205, 158, 124))
_HAIR: Final = ((28, 24, 22), (44, 34, 28), (62, 46, 36), (96, 96, 98))
_CLOTHES: Final = ((38, 50, 72), (30, 30, 34), (70, 70, 78), (52, 74, 66), (236, 236, 232))


def seal(name: str, face: Face, path: Path) -> None:
    """A round seal with a star: ``name`` along its upper edge, on a transparent ground, as PNG."""
    size = SEAL_PIXELS
    picture = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    middle, edge = size / 2, size / 90
    draw.ellipse((edge, edge, size - edge, size - edge), outline=_SEAL_RED, width=round(size * 0.024))
    points = [
        (
            middle + size * (0.135 if corner % 2 == 0 else 0.0516) * math.sin(math.pi * corner / 5),
            middle - size * (0.135 if corner % 2 == 0 else 0.0516) * math.cos(math.pi * corner / 5),
        )
        for corner in range(10)
    ]
    draw.polygon(points, fill=_SEAL_RED)
    height = round(size * 0.13)
    font = ImageFont.truetype(face.path, height, index=face.index)
    span = min(250.0, 27.0 * (len(name) - 1))
    for place, character in enumerate(name):
        degrees = -span / 2 + (span * place / (len(name) - 1) if len(name) > 1 else span / 2)
        tile = Image.new("RGBA", (height * 2, height * 2), (0, 0, 0, 0))
        ImageDraw.Draw(tile).text((height, height), character, font=font, fill=_SEAL_RED, anchor="mm")
        tile = tile.rotate(-degrees, resample=Image.Resampling.BICUBIC)
        radius = size * 0.375
        left = middle + radius * math.sin(math.radians(degrees)) - height
        top = middle - radius * math.cos(math.radians(degrees)) - height
        picture.alpha_composite(tile, (round(left), round(top)))
    picture.save(path, dpi=(400, 400))


def portrait(seed: str, path: Path) -> None:
    """A drawn face on a red ground, the same for the same ``seed``, as JPEG."""
    chance = random.Random(seed)  # noqa: S311 - a drawing, the same every time
    width, height = PORTRAIT
    skin, hair, clothes = chance.choice(_SKIN), chance.choice(_HAIR), chance.choice(_CLOTHES)
    long_hair = chance.random() < 0.5
    picture = Image.new("RGB", PORTRAIT, _GROUND)
    draw = ImageDraw.Draw(picture)
    middle = width / 2 + chance.uniform(-6, 6)
    face_width = width * chance.uniform(0.195, 0.22)
    top, chin = height * 0.235, height * 0.60

    if long_hair:
        draw.rounded_rectangle((middle - face_width * 1.3, top, middle + face_width * 1.3, chin * 1.18), 120, fill=hair)
    shade = tuple(round(part * 0.86) for part in skin)
    draw.rounded_rectangle(
        (middle - face_width * 0.42, chin - 60, middle + face_width * 0.42, chin + 130), 30, fill=shade
    )
    draw.ellipse((middle - width * 0.44, height * 0.70, middle + width * 0.44, height * 1.4), fill=clothes)
    draw.polygon(
        [(middle - 74, height * 0.705), (middle + 74, height * 0.705), (middle, height * 0.83)], fill=(240, 240, 240)
    )
    draw.polygon([(middle - 46, height * 0.70), (middle + 46, height * 0.70), (middle, height * 0.765)], fill=shade)
    ear = height * 0.43
    for side in (-1, 1):
        x = middle + side * face_width
        draw.ellipse((x - 20, ear - 36, x + 20, ear + 36), fill=shade)
    draw.ellipse((middle - face_width, top + 14, middle + face_width, chin), fill=skin)
    draw.chord((middle - face_width * 1.1, top - 26, middle + face_width * 1.1, height * 0.52), 182, 358, fill=hair)
    parting = chance.uniform(-0.5, 0.5) * face_width
    draw.ellipse((middle - face_width * 0.86, height * 0.315, middle + parting, height * 0.42), fill=skin)
    draw.ellipse((middle + parting - 30, height * 0.325, middle + face_width * 0.86, height * 0.42), fill=skin)
    eyes = height * 0.425
    for side in (-1, 1):
        x = middle + side * face_width * 0.42
        draw.line((x - 32, eyes - 34, x + 32, eyes - 36), fill=hair, width=9)
        draw.ellipse((x - 25, eyes - 11, x + 25, eyes + 11), fill=(250, 250, 250))
        draw.ellipse((x - 11, eyes - 11, x + 11, eyes + 11), fill=(40, 28, 22))
    draw.line((middle, eyes + 20, middle - 9, height * 0.495, middle + 9, height * 0.498), fill=shade, width=6)
    smile = chance.uniform(16, 30)
    draw.arc(
        (middle - 44, height * 0.515, middle + 44, height * 0.515 + smile * 1.6), 15, 165, fill=(164, 74, 70), width=8
    )
    picture.resize((width // 2, height // 2), Image.Resampling.LANCZOS).save(path, quality=90, dpi=(300, 300))
