"""QR codes in photographs, scans and PDFs: found through every stated degradation, and named for what they are."""

import io
import zlib

import pypdfium2
import pytest
from PIL import Image

from tests import invented_exam as exam
from tests.paper import picture, printable, printed
from tests.photos import PRINT_DPI, Shot, page, qr_image, take
from verify.files import codes, documents
from verify.files.codes import CodeKind
from verify.files.refusals import FileRefused

QR = exam.holder(77, "阿卜杜热合曼·麦麦提").qr
"""A code of version 9: 150 bytes signed."""
SHEET = page([QR])

EASY = {
    "straight": Shot(),
    "12 megapixels": Shot(width=3000),
    "upside down": Shot(turn=171),
    "on its side": Shot(turn=90),
    "turned": Shot(turn=33),
    "leaning": Shot(tilt=(20, 10)),
    "blurred": Shot(blur=1.0),
    "shaken": Shot(shake=3),
    "noisy": Shot(noise=25),
    "dark": Shot(dark=0.25),
    "glare": Shot(glare=0.8),
    "in shadow": Shot(shadow=0.8),
    "moire": Shot(moire=0.2),
    "from a screen": Shot(screen=0.2),
    "much compressed": Shot(quality=15),
    "small": Shot(width=1000),
}
"""What a careful person's phone makes of a page printed at 150 dpi: all must be read."""

_HARD = (
    Shot(blur=1.8), Shot(blur=2.0), Shot(width=2400, blur=3.0), Shot(width=1200, blur=1.2),
    Shot(shake=5), Shot(width=1200, shake=4), Shot(width=2400, shake=7, turn=20),
    Shot(noise=60), Shot(noise=80), Shot(width=1200, noise=60), Shot(width=900, noise=25),
    Shot(tilt=(40, 20)), Shot(tilt=(0, 55)), Shot(tilt=(-35, 40)), Shot(width=1200, tilt=(35, 20), turn=100),
    Shot(glare=1.2), Shot(width=1200, glare=1.2), Shot(glare=1.0, dark=0.5, tilt=(20, 15)),
    Shot(moire=0.4), Shot(width=1200, moire=0.4), Shot(width=900, moire=0.3), Shot(moire=0.3, turn=40),
    Shot(screen=0.6), Shot(width=1200, screen=0.5), Shot(width=900, screen=0.2), Shot(screen=0.4, moire=0.2),
    Shot(width=800), Shot(width=750), Shot(width=700), Shot(width=900, quality=10),
    Shot(quality=4), Shot(width=1200, quality=5), Shot(dark=0.08, noise=8), Shot(shadow=0.95, dark=0.4),
    Shot(blur=1.2, noise=30, tilt=(15, 15), quality=40), Shot(width=2400, blur=1.5, noise=30, turn=63, quality=30),
    Shot(width=2400, blur=1.5, glare=1.0, tilt=(25, -20)), Shot(width=2000, screen=0.3, blur=1.2, turn=12),
    Shot(width=2000, moire=0.25, noise=20, tilt=(10, 25)), Shot(width=3000, blur=3.0, noise=20, quality=20),
)  # fmt: skip
HARD = tuple(Shot(**{name: getattr(shot, name) for name in shot.__struct_fields__} | {"seed": at})
             for at, shot in enumerate(_HARD))  # fmt: skip
"""Each degradation close to where no reader makes the code out any more, and several at once."""


def found(data: bytes, seconds: float = 10) -> list[str | None]:
    """The texts of the certificates' codes in a file."""
    return [code.text for code in documents.find(data, seconds).codes if code.kind == "certificate"]


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The picture in this format."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def pdf(*sheets: Image.Image, attached: bytes | None = None) -> bytes:
    """A PDF of these pages, as a scanner makes it, with a file attached to it."""
    first, *others = (sheet.copy() for sheet in sheets)  # Pillow leaves the options of one save on what is appended
    document = pypdfium2.PdfDocument(saved(first, "PDF", resolution=150, save_all=True, append_images=others))
    if attached is not None:
        document.new_attachment("certificate.cose").set_data(attached)
    file = io.BytesIO()
    document.save(file)
    document.close()
    return file.getvalue()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Image.Image, str]:
    """A certificate as it is printed at 150 dpi, on its side as a phone held upright sees it, and its code's text."""
    pdf_data = printed(printable("阿卜杜热合曼·麦麦提"), tmp_path_factory.mktemp("paper"))
    sheet = picture(pdf_data, PRINT_DPI).convert("L").rotate(90, expand=True)
    (text,) = found(pdf_data)
    assert text is not None
    return sheet, text


@pytest.mark.parametrize("name", EASY)
def test_every_easy_photo_is_read(certificate: tuple[Image.Image, str], name: str) -> None:
    """One degradation, of a strength that a careful person's photo has."""
    sheet, text = certificate
    assert found(take(sheet, EASY[name])) == [text]


def test_at_least_95_of_100_hard_photos_are_read(certificate: tuple[Image.Image, str]) -> None:
    """The strengths are those of HARD."""
    sheet, text = certificate
    missed = [shot for shot in HARD if found(take(sheet, shot)) != [text]]
    assert len(missed) <= 0.05 * len(HARD), missed


def test_a_wrong_code_is_never_read() -> None:
    """However bad the photo, what is read is what was printed, or nothing."""
    for blur in (2.5, 3.5, 5.0):
        assert found(take(SHEET, Shot(width=1200, blur=blur, noise=40)), 1) in ([], [QR])


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 60}),
        ("JPEG", {"progressive": True}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_each_format_is_read(kind: str, options: dict[str, object]) -> None:
    """By its bytes; there is no name to go by."""
    assert found(saved(SHEET, kind, **options)) == [QR]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_each_kind_of_png_is_read(mode: str) -> None:
    """Black and white, grey, palette and colour, with and without transparency, 8 and 16 bits."""
    code = qr_image(QR, 4)
    if mode == "I;16":
        picture = code.convert("I").point(lambda value: value * 257).convert("I;16")
    elif mode in ("LA", "RGBA"):
        picture = Image.new(mode, code.size)  # nothing but the dark modules is opaque
        picture.paste(Image.new(mode, code.size, "black"), mask=code.point(lambda value: 255 - value))
    else:
        picture = code.convert(mode)
    assert found(saved(picture, "PNG")) == [QR]


def test_a_light_code_on_dark_is_read() -> None:
    """As on a screen in dark mode."""
    assert found(saved(qr_image(QR, 4).point(lambda value: 255 - value), "PNG")) == [QR]


def test_fifty_codes_in_one_picture_are_all_found() -> None:
    """Each once."""
    people = [exam.holder(serial, f"人{serial}").qr for serial in range(100, 150)]
    assert sorted(map(str, found(saved(page(people, size=(1900, 1600)), "PNG")))) == sorted(people)


def test_every_page_of_a_pdf_is_looked_at() -> None:
    """A code on the last of twenty pages is found, and the page named."""
    empty = page([])
    findings = documents.find(pdf(*[empty] * 19, SHEET), 10)
    assert [(code.text, code.page) for code in findings.codes] == [(QR, 20)]
    assert (findings.pages, findings.complete) == (20, True)


def test_the_statement_attached_to_a_pdf_serves_where_the_picture_does_not() -> None:
    """A screen-resolution copy of the PDF still verifies; what the picture says goes first."""
    data = exam.VALID.data
    small = page([exam.VALID.qr]).resize((310, 438))
    findings = documents.find(pdf(small, attached=data), 10)
    assert [(code.source, int(code.text or 0).to_bytes(len(data))) for code in findings.codes] == [("attachment", data)]
    assert found(pdf(SHEET, attached=data)) == [QR]


@pytest.mark.parametrize("attached", [b"", b"\x84", b"%PDF-", b"\x84" + bytes(100_000), b"hello"])
def test_other_attachments_are_no_certificates(attached: bytes) -> None:
    """A forger's attachment is at most unreadable."""
    assert all(len(text or "") < 2000 for text in found(pdf(page([]), attached=attached), 0))


def test_only_the_first_frames_of_an_animation_are_looked_at() -> None:
    """A code in the third frame is found, one in the hundredth is not, and the size is bounded."""
    blank = Image.new("L", SHEET.size, 255)
    moving = [blank.point(lambda _, at=at: 255 - at) for at in range(30)]  # frames that differ are all kept
    for place, expected in ((2, [QR]), (29, [])):
        images = [*moving[:place], SHEET.copy(), *moving[place + 1 :]]
        data = saved(images[0], "WEBP", save_all=True, append_images=images[1:], quality=60)
        assert found(data, 0) == expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("wxp://f2f0abcdef", "payment_weixin"),
        ("weixin://wxpay/bizpayurl?pr=x", "payment_weixin"),
        ("134567890123456789", "payment_weixin"),
        ("HTTPS://QR.ALIPAY.COM/FKX1", "payment_alipay"),
        ("281234567890123456", "payment_alipay"),
        ("https://qr.95516.com/1", "payment_unionpay"),
        ("HC1:NCF", "health_certificate"),
        ("BEGIN:VCARD\nFN:x", "contact"),
        ("WIFI:S:x;;", "wifi"),
        ("https://verify.example.org/", "link"),
        ("https://verify.example.org/q/", "link"),
        ("12345", "other"),
        ("", "other"),
        ("HTTPS://ELSEWHERE.EXAMPLE/Q/123", "certificate"),
        (QR, "certificate"),
        (QR.rpartition("/")[2], "certificate"),
    ],
)
def test_codes_are_named_for_what_they_are(text: str, kind: CodeKind) -> None:
    """Only a certificate's code keeps its text."""
    code = codes.read(text, 1)
    assert code.kind == kind
    assert code.text == (text if kind == "certificate" else None)


def test_when_the_time_is_over_what_was_not_tried_is_owned_up_to() -> None:
    """A code that is seen and was not made out: an answer that is not complete says so."""
    findings = documents.find(take(SHEET, Shot(blur=1.8)), 0)
    assert (findings.codes, findings.complete) == ((), False)


@pytest.mark.filterwarnings("ignore:.*EXIF:UserWarning")  # Pillow's own, which nobody reads in a worker
def test_nothing_in_a_pictures_metadata_is_unpacked() -> None:
    """EXIF of directories that hold themselves, and a text of a PNG that unpacks to 256 MB, cost nothing."""
    entry = b"\x69\x87\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00"
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\x0f" + entry * 4095
    assert found(saved(qr_image(QR, 4), "JPEG", exif=exif)) == [QR]
    plain = saved(qr_image(QR, 4), "PNG")
    bomb = b"zTXt" + b"bomb\x00\x00" + zlib.compress(bytes(1 << 28), 9)
    chunk = (len(bomb) - 4).to_bytes(4, "big") + bomb + zlib.crc32(bomb).to_bytes(4, "big")
    assert found(plain[:33] + chunk + plain[33:]) == [QR]


def test_a_picture_that_says_that_it_is_too_large_is_refused_before_it_is_unpacked() -> None:
    """By its header alone."""
    with pytest.raises(FileRefused) as refused:
        documents.find(saved(Image.new("1", (8000, 7000)), "PNG"), 10)
    assert refused.value.code == "too_many_pixels"


@pytest.mark.parametrize("size", [(65_536, 3), (3, 65_536)])
def test_a_picture_longer_than_codes_are_read_in_is_refused_for_its_size(size: tuple[int, int]) -> None:
    """Its reader was said to have failed."""
    with pytest.raises(FileRefused) as refused:
        documents.find(saved(Image.new("1", size), "PNG"), 10)
    assert refused.value.code == "too_many_pixels"


@pytest.mark.parametrize("size", [(65_535, 20), (30_000, 60), (22_000, 8)])
def test_a_long_strip_is_looked_at_again_within_what_can_be(size: tuple[int, int]) -> None:
    """Enlarged, it was longer than the library takes, and its reader was said to have failed."""
    findings = documents.find(saved(Image.new("L", size, 255), "PNG"), 10)
    assert (findings.codes, findings.complete) == ((), True)
