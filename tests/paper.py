"""Certificates to be printed in tests, and a look at what was printed."""

from pathlib import Path
from typing import Any

import msgspec
import pypdfium2
import zxingcpp
from PIL import Image

from signing.centre.print_settings import PrintSettings
from signing.print import press
from signing.print.paper import Printable, Words
from tests.invented import CERTIFICATE, ISSUED_AT, keyring
from verify.core.certificate import Certificate, default_number

HELD_ON = "2022-04-23"


def words(**settings: Any) -> Words:
    """The invented centre's, with these settings under [print]."""
    return Words(
        keyring=keyring(),
        settings=msgspec.convert(settings, PrintSettings),
        host="VERIFY.EXAMPLE.ORG",
        address="https://verify.example.org",
    )


def printable(holder: str, serial: int = 1, photo: Path | None = None, expires_at: int | None = None) -> Printable:
    """An issued certificate of ``holder``."""
    certificate = Certificate(
        number=default_number("CEM", "2022-04", serial),
        holder=holder,
        id_hint="002X",
        programme="CEM",
        term="2022-04",
        issued_at=ISSUED_AT,
        expires_at=expires_at,
    )
    statement = CERTIFICATE.sign(certificate.draft(CERTIFICATE.kid))
    return Printable(statement=statement, held_on=HELD_ON, photo=photo)


def printed(source: Printable, folder: Path, said: Words | None = None) -> bytes:
    """The PDF of one certificate."""
    plan, _fonts = press.plan(said or words(), folder, [source])
    press.print_each(plan, [source], folder / "out", lambda _count: None)
    (path,) = (folder / "out").iterdir()
    data = path.read_bytes()
    path.unlink()
    return data


def text(pdf: bytes, page: int = 0) -> str:
    """What copying a whole page gives."""
    with pypdfium2.PdfDocument(pdf) as document:
        return str(document[page].get_textpage().get_text_bounded())


def picture(pdf: bytes, dpi: int = 150, page: int = 0) -> Image.Image:
    """A page as a scanner sees it."""
    with pypdfium2.PdfDocument(pdf) as document:
        rendered: Image.Image = document[page].render(scale=dpi / 72).to_pil()
        return rendered.convert("RGB")


def codes(picture: Image.Image) -> list[str]:
    """The texts of the QR codes in a picture."""
    return [
        found.text
        for found in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    ]


def gap(pdf: bytes, before: str, after: str, page: int = 0) -> float:
    """How far ``after`` begins behind the end of ``before``, in points, where first they stand together."""
    with pypdfium2.PdfDocument(pdf) as document:
        copied = document[page].get_textpage()
        place = copied.get_text_bounded().index(before + after)
        left, right = copied.get_charbox(place + len(before) - 1), copied.get_charbox(place + len(before))
        return float(right[0] - left[2])
