"""QR codes of certificates: what a scanner reads back, and how big they get."""

import hashlib
import io
import re

import pytest
import zxingcpp
from PIL import Image

from signing.print import qr
from verify.core import qr_text

HOST = "VERIFY.EXAMPLE.ORG"


def text_of(size: int, host: str = HOST, seed: str = "a") -> str:
    """The QR text of ``size`` bytes that look like a statement."""
    return qr_text.write(b"\x84" + hashlib.shake_256(seed.encode()).digest(size - 1), host)


def decode(picture: Image.Image) -> list[str]:
    """Every QR code's text in a picture."""
    return [
        found.text
        for found in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    ]


def rasterised(svg: bytes, scale: int = 3) -> Image.Image:
    """The SVG's last path, which may hold nothing but filled runs, drawn pixel by pixel."""
    source = svg.decode("ascii")
    size = re.search(r'viewBox="0 0 (\d+) \1"', source)
    assert size
    picture = Image.new("L", (int(size[1]), int(size[1])), 255)
    path = re.findall(r'd="([^"]+)"', source)[-1]
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path)
    assert "".join(f"M{x} {y}h{n}v1h-{n}z" for x, y, n in runs) == path
    for x, y, length in (map(int, run) for run in runs):
        picture.paste(0, (x, y, x + length, y + 1))
    return picture.resize((picture.width * scale, picture.width * scale), Image.Resampling.NEAREST)


@pytest.mark.parametrize("size", [100, 140, 155, 240, 330])
def test_svg_and_png_read_back(size: int) -> None:
    """A scanner reads from the SVG and from the PNG the very text that went in."""
    text = text_of(size)
    assert decode(rasterised(qr.svg(text))) == [text]
    assert decode(Image.open(io.BytesIO(qr.png(text)))) == [text]


@pytest.mark.parametrize("seed", ["a", "b", "c", "d"])
def test_version_bound(seed: str) -> None:
    """155 bytes behind a host of 18 characters fit version 9 at level M (2-formats, QR text), and one more does not."""
    assert len(HOST) == 18
    assert qr.symbol(text_of(155, seed=seed)).version == 9
    assert qr.symbol(text_of(156, seed=seed)).version == 10


@pytest.mark.parametrize("host", ["A.CN", "VERIFY.12306123061230612306.CN"])
def test_address_stays_one_segment(host: str) -> None:
    """A short host, or one full of digits, reads back too."""
    text = text_of(120, host)
    assert decode(rasterised(qr.svg(text))) == [text]


@pytest.mark.parametrize("level", ["M", "Q"])
def test_level(level: qr.Level) -> None:
    """The symbol has the level of error correction that was asked for."""
    (found,) = zxingcpp.read_barcodes(
        rasterised(qr.svg(text_of(155), level)), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    )
    assert found.ec_level == level


def test_svg_is_small_and_one_path() -> None:
    """The largest of the common certificates stays below 12 kB, with one dark path."""
    svg = qr.svg(text_of(155))
    assert len(svg) < 12_000
    assert svg.count(b"<path") == 2  # the white ground and the code


def test_quiet_zone() -> None:
    """Four modules on each side are white."""
    picture = rasterised(qr.svg(text_of(155)), 1)
    box = Image.eval(picture, lambda value: 255 - value).getbbox()
    assert box == (4, 4, picture.width - 4, picture.width - 4)
