"""Files that do harm to careless readers, each with the refusal that it must get."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Final

import msgspec
import pypdfium2
from PIL import Image

from verify.files.findings import MAX_BYTES


class Bad(msgspec.Struct, frozen=True, kw_only=True):
    """One bad file and its refusal."""

    name: str
    make: Callable[[], bytes]
    status: int
    code: str


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of black pixels that is a thousand times as large unpacked."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def pdf(pages: int) -> bytes:
    """A PDF of empty pages."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842).close()
    file = io.BytesIO()
    document.save(file)
    document.close()
    return file.getvalue()


def encrypted_pdf() -> bytes:
    """A PDF that asks for a password: the standard handler, revision 2, with keys of nobody's password."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        b"<</Filter/Standard/V 1/R 2/O<" + b"5a" * 32 + b">/U<" + b"a5" * 32 + b">/P -44>>",
    ]
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]>>"
    return (
        out + b"xref\n0 5\n0000000000 65535 f \n" + table + b"trailer\n%s\nstartxref\n%d\n%%%%EOF" % (trailer, len(out))
    )


def cut_jpeg() -> bytes:
    """A JPEG whose second half is missing."""
    file = io.BytesIO()
    Image.effect_noise((600, 600), 80).save(file, "JPEG")
    return file.getvalue()[: len(file.getvalue()) // 2]


BAD: Final = (
    Bad(
        name="svg-as.png",
        make=lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        status=415,
        code="unsupported_type",
    ),
    Bad(name="html-as.png", make=lambda: b"<!doctype html><p>hello", status=415, code="unsupported_type"),
    Bad(name="bomb.png", make=lambda: png_bomb(30_000, 30_000), status=422, code="too_many_pixels"),
    Bad(name="empty.png", make=lambda: b"", status=400, code="empty_file"),
    Bad(name="cut.jpg", make=cut_jpeg, status=422, code="damaged_file"),
    Bad(name="broken.png", make=lambda: b"\x89PNG\r\n\x1a\n" + bytes(500), status=422, code="damaged_file"),
    Bad(name="broken.webp", make=lambda: b"RIFF\x00\x01\x00\x00WEBPVP8 " + bytes(300), status=422, code="damaged_file"),
    Bad(name="broken.pdf", make=lambda: b"%PDF-1.7\n" + bytes(500), status=422, code="damaged_file"),
    Bad(name="encrypted.pdf", make=encrypted_pdf, status=422, code="encrypted_pdf"),
    Bad(name="long.pdf", make=lambda: pdf(2000), status=422, code="too_many_pages"),
    Bad(name="photo.heic", make=lambda: b"\x00\x00\x00\x18ftypheic" + bytes(64), status=415, code="heic_picture"),
    Bad(name="large.png", make=lambda: b"\x89PNG\r\n\x1a\n" + bytes(MAX_BYTES), status=413, code="file_too_large"),
)
