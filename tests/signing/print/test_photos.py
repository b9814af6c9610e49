"""Photos print as they look, whatever kind of numbers and colours they hold, or are refused by name."""

import array
import io
import struct
import unicodedata
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat
from PIL.PngImagePlugin import PngInfo

from signing.print import photos
from signing.print.photos import PhotoRefused
from tests.bad_files import chunk

SIZE = (120, 150)
PIXELS = SIZE[0] * SIZE[1]
SKIN = (222, 180, 150)


def grey(data: bytes) -> float:
    """The mean brightness of what is printed, 0 to 255."""
    return float(ImageStat.Stat(Image.open(io.BytesIO(data)).convert("L")).mean[0])


def colour(data: bytes) -> tuple[int, ...]:
    """The middle pixel of what is printed."""
    made = Image.open(io.BytesIO(data))
    assert made.mode == "RGB"
    pixel = made.getpixel((made.width // 2, made.height // 2))
    assert isinstance(pixel, tuple)
    return tuple(int(value) for value in pixel)


def tiff(bits: int, sample_format: int, data: bytes, *, photometric: int = 1, turn: int = 1) -> bytes:
    """A TIFF of one sample a pixel (TIFF 6.0): unsigned (1), signed (2), floating (3); 0 is black (1) or white (0)."""
    width, height = SIZE
    entries = (
        (256, width), (257, height), (258, bits), (259, 1), (262, photometric), (273, 8 + 2 + 12 * 11 + 4), (274, turn),
        (277, 1), (278, height), (279, len(data)), (339, sample_format),
    )  # fmt: skip
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    return head + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries) + bytes(4) + data


def numbers(code: str, *values: float) -> bytes:
    """The picture's pixels, each of ``values`` for as many rows as the others."""
    return b"".join(array.array(code, [value]).tobytes() * (PIXELS // len(values)) for value in values)


def png(bits: int, kind: int, row: bytes, *more: bytes) -> bytes:
    """A PNG all of whose rows are ``row``."""
    head = struct.pack(">IIBBBBB", *SIZE, bits, kind, 0, 0, 0)
    data = zlib.compress((b"\0" + row) * SIZE[1])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture in this format."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def ready(data: bytes, tmp_path: Path, name: str = "a.tif") -> bytes:
    """What is printed of a photo of these bytes."""
    (tmp_path / name).write_bytes(data)
    return photos.ready(tmp_path / name)


@pytest.mark.parametrize(
    ("data", "mean"),
    [
        (tiff(16, 1, numbers("H", 32896)), 128),
        (tiff(16, 1, numbers("H", 0, 65535)), 127.5),
        (tiff(16, 1, numbers("H", 20000), photometric=0), 255 - 20000 / 257),
        (tiff(32, 1, numbers("I", 0x80808080)), 128),
        (tiff(32, 1, numbers("I", 0xFFFFFFFF, 0x40404040)), (255 + 64) / 2),
        (tiff(8, 1, numbers("B", 77), photometric=0), 178),
        (png(16, 0, struct.pack(">H", 51400) * SIZE[0]), 200),
        (png(16, 4, struct.pack(">HH", 51400, 65535) * SIZE[0]), 200),
        (png(16, 4, struct.pack(">HH", 0, 0) * SIZE[0]), 255),
        (png(16, 0, struct.pack(">HH", 9999, 51400) * (SIZE[0] // 2), chunk(b"tRNS", struct.pack(">H", 9999))), 227.5),
        (png(16, 2, struct.pack(">HHH", 51400, 51400, 51400) * SIZE[0]), 200),
        (png(2, 0, b"\xaa" * (SIZE[0] // 4)), 170),
        (png(1, 0, b"\xf0" * (SIZE[0] // 8)), 127.5),
    ],
    ids=["16", "16 both ends", "16 white is 0", "32", "32 both ends", "8 white is 0", "png 16", "png 16 opaque",
         "png 16 clear", "png 16 one grey clear", "png 16 colours", "png 2", "png 1"],
)  # fmt: skip
def test_greys_of_every_depth_print_as_bright_as_they_are(data: bytes, mean: float, tmp_path: Path) -> None:
    """Within two of 255."""
    assert grey(ready(data, tmp_path)) == pytest.approx(mean, abs=2)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (tiff(16, 2, numbers("h", 128)), "signed"),
        (tiff(32, 2, numbers("i", 128)), "signed"),
        (tiff(32, 3, numbers("f", 0.5)), "signed or fractional"),
        (tiff(64, 3, numbers("d", 0.5)), "damaged, or no picture that can be printed"),
        (tiff(16, 1, numbers("H", 100, 250)), "darkest"),
        (tiff(32, 1, numbers("I", 100, 250)), "darkest"),
        (saved(Image.new("I", SIZE, 128), "TIFF"), "signed"),
        (saved(Image.new("F", SIZE, 128.0), "TIFF"), "signed"),
        (saved(Image.new("RGB", SIZE, SKIN), "JPEG", icc_profile=b"no profile at all"), "profile"),
    ],
    ids=["signed 16", "signed 32", "float", "double", "8 bits in 16", "8 bits in 32", "Pillow's I", "Pillow's F",
         "no profile"],
)  # fmt: skip
def test_what_does_not_say_how_it_looks_is_refused_by_name(data: bytes, reason: str, tmp_path: Path) -> None:
    """Nobody gets a certificate with a portrait all white or black."""
    with pytest.raises(PhotoRefused, match=rf"20220001\.tif.*{reason}"):
        ready(data, tmp_path, "20220001.tif")


def wide() -> bytes:
    """A profile with the primaries of Display P3, as phones embed it."""
    return _profile(b"RGB ", _P3)


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


_P3 = ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))
"""The three columns of the matrix to XYZ under D50."""


def _profile(space: bytes, columns: tuple[tuple[float, ...], ...], gamma: float = 2.2) -> bytes:
    """A matrix and curve profile (ICC.1:2001-04, version 2)."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    white = b"XYZ " + bytes(4) + b"".join(map(_fixed, (0.9642, 1.0, 0.8249)))
    text = b"desc" + bytes(4) + struct.pack(">I", 2) + b"x\0" + bytes(78 + 2)
    parts = {b"desc": text, b"cprt": b"text" + bytes(4) + b"x\0\0\0", b"wtpt": white}
    if space == b"GRAY":
        parts[b"kTRC"] = curve
    else:
        for name, column in zip((b"r", b"g", b"b"), columns, strict=True):
            parts[name + b"XYZ"] = b"XYZ " + bytes(4) + b"".join(map(_fixed, column))
            parts[name + b"TRC"] = curve
    place = 128 + 4 + 12 * len(parts)
    table, body = struct.pack(">I", len(parts)), b""
    for name, data in parts.items():
        table += name + struct.pack(">II", place + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = 128 + len(table) + len(body)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, b"mntr", space, b"XYZ ") + bytes(12) + b"acsp"
    return head + bytes(28) + b"".join(map(_fixed, (0.9642, 1.0, 0.8249))) + bytes(48) + table + body


def test_one_transparent_grey_of_few_bits_and_colour_of_many(tmp_path: Path) -> None:
    """The value in tRNS has the depth of the file (PNG, 11.3.1.1)."""
    two = png(2, 0, b"\x0f" * (SIZE[0] // 4), chunk(b"tRNS", struct.pack(">H", 0)))
    assert grey(ready(two, tmp_path)) == pytest.approx(255, abs=2)
    row = struct.pack(">HHHHHH", 10, 20, 30, 51400, 51400, 51400) * (SIZE[0] // 2)
    many = png(16, 2, row, chunk(b"tRNS", struct.pack(">HHH", 10, 20, 30)))
    assert grey(ready(many, tmp_path)) == pytest.approx(227.5, abs=2)


def test_megabytes_of_packed_text_in_a_png_are_passed_over(tmp_path: Path) -> None:
    """Its picture and its profile are printed."""
    text = PngInfo()
    text.add_text("a", "x" * 3_000_000, zip=True)
    data = saved(Image.new("RGB", SIZE, SKIN), "PNG", pnginfo=text, icc_profile=wide())
    assert colour(ready(data, tmp_path)) == pytest.approx((229, 179, 147), abs=4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_an_embedded_profile_is_followed(kind: str, tmp_path: Path) -> None:
    """A skin in Display P3 prints redder than its bare numbers say; without a profile it prints as they say."""
    options: dict[str, Any] = {"quality": 100} if kind in ("JPEG", "WEBP") else {}
    picture = Image.new("RGB", SIZE, SKIN)
    plain = colour(ready(saved(picture, kind, **options), tmp_path))
    assert plain == pytest.approx(SKIN, abs=3)
    shown = colour(ready(saved(picture, kind, icc_profile=wide(), **options), tmp_path))
    assert shown == pytest.approx((229, 179, 147), abs=4)


def test_a_grey_with_a_profile_of_its_own_or_of_colours(tmp_path: Path) -> None:
    """A grey of gamma 1 is lighter than its numbers; a scanner's RGB profile on a grey holds for each colour."""
    picture = Image.new("L", SIZE, 128)
    linear = _profile(b"GRAY", (), 1.0)
    assert grey(ready(saved(picture, "JPEG", icc_profile=linear), tmp_path)) == pytest.approx(188, abs=3)
    linear = _profile(b"RGB ", _P3, 1.0)
    assert grey(ready(saved(picture, "JPEG", icc_profile=linear), tmp_path)) == pytest.approx(188, abs=3)


def test_a_profile_of_another_kind_of_picture_is_passed_over(tmp_path: Path) -> None:
    """As every viewer does: a grey's profile on a colour picture."""
    data = saved(Image.new("RGB", SIZE, SKIN), "PNG", icc_profile=_profile(b"GRAY", ()))
    assert colour(ready(data, tmp_path)) == pytest.approx(SKIN, abs=3)


def test_a_transparent_palette_and_its_profile(tmp_path: Path) -> None:
    """What is opaque has the profile's colour, what is transparent is white."""
    picture = Image.new("RGBA", SIZE, (*SKIN, 255))
    picture.paste((0, 0, 0, 0), (0, 0, SIZE[0], 20))
    data = saved(picture.quantize(4), "PNG", icc_profile=wide())
    made = ready(data, tmp_path)
    assert colour(made) == pytest.approx((229, 179, 147), abs=4)
    assert Image.open(io.BytesIO(made)).convert("RGB").getpixel((60, 5)) == pytest.approx((255, 255, 255), abs=3)


def test_a_tiff_that_lies_on_its_side_is_printed_upright(tmp_path: Path) -> None:
    """Orientation 6, with greys of 16 bits: the left of what is stored is the top of what is seen."""
    row = array.array("H", [10_000] * (SIZE[0] // 2) + [60_000] * (SIZE[0] // 2)).tobytes()
    made = Image.open(io.BytesIO(ready(tiff(16, 1, row * SIZE[1], turn=6), tmp_path)))
    assert made.size == (SIZE[1], SIZE[0])
    top, bottom = made.getpixel((75, 10)), made.getpixel((75, 110))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert (top[0], bottom[0]) == pytest.approx((39, 233), abs=4)


@pytest.mark.parametrize("suffix", [".Jpg", ".JPEG", ".jPg", ".Jpeg", ".Tif", ".TIFF", ".Png", ".WebP", ".BMP"])
def test_an_extension_counts_in_any_case(suffix: str, tmp_path: Path) -> None:
    """As cameras, phones and people write them."""
    (tmp_path / f"20220001{suffix}").write_bytes(b"x")
    assert photos.find(photos.listed(tmp_path), ["20220001"]) == tmp_path / f"20220001{suffix}"


def test_a_name_counts_in_any_case_and_composition(tmp_path: Path) -> None:
    """X of a number in small letters; a name that macOS has taken apart."""
    (tmp_path / "cem2204000123x.jpg").write_bytes(b"x")
    (tmp_path / unicodedata.normalize("NFD", "Müller.jpg")).write_bytes(b"x")
    files = photos.listed(tmp_path)
    assert photos.find(files, ["CEM2204000123X"]) is not None
    assert photos.find(files, ["Müller"]) is not None
    (tmp_path / "CEM2204000123X.png").write_bytes(b"x")
    with pytest.raises(PhotoRefused, match="Two photos"):
        photos.find(photos.listed(tmp_path), ["CEM2204000123X"])


def test_found_by_number_or_admission(tmp_path: Path) -> None:
    """A photo is found by the first of its names; two of one name, or a PDF, are refused; no name leads elsewhere."""
    (tmp_path / "20220001.JPG").write_bytes(b"x")
    assert photos.find(photos.listed(tmp_path), ["CEM1", "20220001"]) == tmp_path / "20220001.JPG"
    assert photos.find(photos.listed(tmp_path), ["CEM2", ""]) is None
    assert photos.find(photos.listed(tmp_path), ["*", "../20220001", "."]) is None
    (tmp_path / "20220001.png").write_bytes(b"x")
    with pytest.raises(PhotoRefused, match="Two photos"):
        photos.find(photos.listed(tmp_path), ["20220001"])
    (tmp_path / "CEM3.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(PhotoRefused, match=r"CEM3\.pdf"):
        photos.find(photos.listed(tmp_path), ["CEM3"])
