"""Codes where programs put them and people do not look: form fields, stamps, transparent grounds, odd PNGs."""

import io
import struct
import zlib
from typing import Any

import pypdfium2
import pytest
from PIL import Image, PngImagePlugin

from tests.bad_files import chunk
from tests.pdf_objects import document, form
from tests.photos import Shot, page, qr_image, take
from tests.verify.files.test_documents import QR, SHEET, found, pdf, saved
from verify.files import documents, pictures

CODE = qr_image(QR, 4)
DARK = CODE.point(lambda value: 255 - value)
"""255 where the code is dark."""
RAW = CODE.tobytes()
IMAGE = (
    b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
    b"/Filter/FlateDecode/Length %d>>stream\n%b\nendstream"
)
IMAGE %= (*CODE.size, len(zlib.compress(RAW)), zlib.compress(RAW))
DRAW = b"q 200 0 0 200 50 50 cm /I Do Q"
LOOKS = b"/Resources<</XObject<</I 5 0 R>>>>"


def with_field(entries: bytes) -> bytes:
    """A page on which nothing but a form field or annotation shows the code."""
    return document([
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]>>",
        b"<</Type/Annot/F 4/P 3 0 R/Rect[0 0 595 842]" + entries + b">>",
        IMAGE,
        form(LOOKS, DRAW),
    ])  # fmt: skip


def with_page(entries: bytes, content: bytes, *more: bytes) -> bytes:
    """A page of this content; objects beyond the fourth are IMAGE and ``more``."""
    return document([
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R" + entries + b">>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(content), content),
        IMAGE,
        *more,
    ])  # fmt: skip


@pytest.mark.parametrize(
    "entries",
    [
        b"/Subtype/Widget/FT/Sig/T(s)/AP<</N 6 0 R>>",
        b"/Subtype/Widget/FT/Btn/Ff 65536/T(b)/MK<</I 6 0 R>>/AP<</N 6 0 R>>",
        b"/Subtype/Widget/FT/Tx/T(t)/AP<</N 6 0 R>>",
        b"/Subtype/Widget/FT/Btn/T(c)/AS/On/AP<</N<</On 6 0 R>>>>",
        b"/Subtype/Widget/FT/Ch/T(l)/AP<</N 6 0 R>>",
        b"/Subtype/Stamp/AP<</N 6 0 R>>",
        b"/Subtype/FreeText/Contents(x)/AP<</N 6 0 R>>",
    ],
    ids=["signature", "button", "text", "check box", "choice", "stamp", "free text"],
)
def test_a_code_in_a_form_field_or_annotation_is_read(entries: bytes) -> None:
    """As every viewer shows it."""
    assert found(with_field(entries)) == [QR]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_code_on_a_turned_page_is_read(turn: int) -> None:
    """Of a page that is to be shown turned."""
    assert found(with_page(b"/Rotate %d" % turn + LOOKS, DRAW)) == [QR]


def test_a_code_in_forms_within_forms_and_in_a_pattern_of_one_is_read() -> None:
    """Nested form XObjects, as layout programs write them."""
    inner = b"/Resources<</XObject<</I 7 0 R>>>>"
    outer = b"/Resources<</XObject<</I 6 0 R>>>>"
    assert found(with_page(outer, b"/I Do", form(inner, b"/I Do"), form(LOOKS, DRAW))) == [QR]


def on_clear(ink: int, mask: Image.Image) -> Image.Image:
    """``ink`` where the mask is white, and nothing elsewhere."""
    picture = Image.new("RGBA", CODE.size, (255 - ink, 255 - ink, 255 - ink, 0))
    picture.paste((ink, ink, ink, 255), mask=mask)
    return picture


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("PNG", "RGBA", {}),
        ("PNG", "LA", {}),
        ("PNG", "P", {}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("WEBP", "RGBA", {"quality": 80}),
    ],
)
@pytest.mark.parametrize(
    ("ink", "mask"), [(0, DARK), (255, DARK), (255, CODE), (90, DARK), (160, CODE)],
    ids=["dark", "white", "light modules only", "dark grey", "light grey modules"],
)  # fmt: skip
def test_a_code_without_a_ground_is_read(kind: str, mode: str, options: dict[str, Any], ink: int, mask: Any) -> None:
    """Whether its dark or its light modules are drawn, and in what."""
    picture = on_clear(ink, mask)
    assert found(saved(picture.quantize(4) if mode == "P" else picture.convert(mode), kind, **options)) == [QR]


def png(bits: int, kind: int, rows: list[bytes], clear: bytes) -> bytes:
    """A PNG of these rows with one colour transparent (tRNS)."""
    head = struct.pack(">IIBBBBB", *CODE.size, bits, kind, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = ((b"IHDR", head), (b"tRNS", clear), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, part) for name, part in parts)


def packed(bits: int, kind: int) -> list[bytes]:
    """The code's rows, each sample 0 or the highest of so many bits."""
    rows = []
    for top in range(CODE.height):
        row = RAW[top * CODE.width : (top + 1) * CODE.width]
        samples = [int(value > 127) for value in row for _ in range(3 if kind == 2 else 1)]
        if bits >= 8:
            rows.append(b"".join((value * ((1 << bits) - 1)).to_bytes(bits // 8) for value in samples))
        else:
            text = "".join(format(value * ((1 << bits) - 1), f"0{bits}b") for value in samples)
            text += "0" * (-len(text) % 8)
            rows.append(int(text, 2).to_bytes(len(text) // 8))
    return rows


@pytest.mark.parametrize(("bits", "kind"), [(1, 0), (2, 0), (4, 0), (8, 0), (16, 0), (8, 2), (16, 2)])
@pytest.mark.parametrize("light", [False, True], ids=["dark clear", "light clear"])
def test_one_transparent_colour_of_any_depth_is_seen_as_such(bits: int, kind: int, light: bool) -> None:
    """Greys of 1 to 16 bits and colours of 8 and 16; the value in tRNS has the file's own depth (PNG, 11.3.1.1)."""
    value = (1 << bits) - 1 if light else 0
    clear = struct.pack(">H", value) * (3 if kind == 2 else 1)
    assert found(png(bits, kind, packed(bits, kind), clear)) == [QR]


def test_megabytes_of_packed_text_in_a_png_are_passed_over() -> None:
    """Drawing programs keep their whole document there; it is not even unpacked."""
    text = PngImagePlugin.PngInfo()
    text.add_text("a", "x" * 90_000_000, zip=True)
    text.add_itxt("b", "y" * 3_000_000, zip=True)
    text.add_text("c", "z" * 2_000_000)
    assert found(saved(SHEET, "PNG", pnginfo=text)) == [QR]


def test_a_code_in_a_later_frame_of_an_animation_is_read() -> None:
    """On a transparent ground, too."""
    blank = Image.new("RGBA", CODE.size, (0, 0, 0, 0))
    frames = [on_clear(255, CODE), blank]
    assert QR in found(saved(blank, "WEBP", save_all=True, append_images=frames, lossless=True, duration=100))


@pytest.mark.parametrize("options", [{}, {"quality": 30}, {"progressive": True}])
def test_a_jpeg_for_the_press_is_read(options: dict[str, Any]) -> None:
    """Four inks, as printers' programs save it."""
    assert found(saved(SHEET.convert("CMYK"), "JPEG", **options)) == [QR]


@pytest.mark.parametrize("size", [(14_400, 14_400), (200_000, 200), (1, 30_000), (0.01, 0.01)])
def test_a_page_of_any_size_is_drawn_within_bounds(size: tuple[float, float]) -> None:
    """Banners and the sizes that no paper has."""
    made = pypdfium2.PdfDocument.new()
    made.new_page(*size).close()
    file = io.BytesIO()
    made.save(file)
    made.close()
    findings = documents.find(file.getvalue(), 5)
    assert (findings.codes, findings.pages) == ((), 1)


def text_page(lines: int = 55) -> bytes:
    """A page full of text, without a code."""
    text = b"".join(
        b"(%b) ' " % (b"the quick brown fox jumps over the lazy dog %d " % number) for number in range(lines)
    )
    content = b"BT /F 11 Tf 14 TL 40 810 Td " + text + b"ET"
    return with_page(b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>", content)


def test_a_page_of_text_has_no_code_and_time_enough() -> None:
    """However little time there was: there is nothing on it to look at again."""
    for seconds in (0.0, 5.0):
        findings = documents.find(text_page(), seconds)
        assert (findings.codes, findings.complete) == ((), True)


def test_pictures_of_no_code_have_no_code_and_time_enough() -> None:
    """A scan of a text, a plain photo and a white sheet: nothing that could be a code was left unread."""
    scan = pypdfium2.PdfDocument(text_page())[0].render(scale=150 / 72).to_pil().convert("L")
    for data in (saved(scan, "PNG"), pdf(scan), saved(page([]), "JPEG"), take(page([]), Shot(noise=5))):
        findings = documents.find(data, 0)
        assert (findings.codes, findings.complete) == ((), True)


def beside(one: Image.Image, other: Image.Image) -> Image.Image:
    """Both on white; square, as a picture of one code is."""
    sheet = Image.new("L", (one.width + other.width,) * 2, 255)
    sheet.paste(one, (0, 0))
    sheet.paste(other, (one.width, one.height))
    return sheet


@pytest.mark.parametrize("ink", [0, 215, None], ids=["black", "faint", "light on dark"])
def test_a_bare_code_is_not_all_where_another_is_beside_it(ink: int | None) -> None:
    """The quick look at a picture of nothing but one code is for such pictures alone."""
    first, second = (qr_image(f"HTTPS://EXAMPLE.ORG/{name}" * 5, 6) for name in "AB")
    other = second.point([255 - value if ink is None else max(value, ink) for value in range(256)])
    texts, hidden = pictures.plain_look(beside(first, other))
    assert sorted(texts) == [f"HTTPS://EXAMPLE.ORG/{name}" * 5 for name in "AB"]
    assert not hidden
    assert pictures.plain_look(first) == (["HTTPS://EXAMPLE.ORG/A" * 5], False)
