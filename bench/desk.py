"""1,000 pictures of QR codes checked without a network, beside zxing-cpp alone on them; and how large a snapshot is."""

import hashlib
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import qrcode

from bench.figures import Figure, beside, limit
from tests import PROJECT
from tests.invented import ISSUED_AT, ROOT, STATUS
from tests.vectors import verdicts
from verify.core import qr_text
from verify.core.certificate import default_number
from verify.core.keyring import thumbprint
from verify.core.snapshot import Snapshot, Standing

PICTURES = 1_000
ROUNDS = 3
LEAST_RATIO = 0.8
CERTIFICATES = 1_000_000
NOT_VALID = CERTIFICATES // 100
MOST_BYTES = 200_000
PEER = """
import sys, pathlib, zxingcpp
from PIL import Image
formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
pictures = map(Image.open, sorted(pathlib.Path(sys.argv[1]).iterdir()))
found = [zxingcpp.read_barcodes(picture, formats=formats) for picture in pictures]
assert all(len(codes) == 1 for codes in found)
"""
"""All that a check does but judging: the files opened, and their codes read, by the library alone."""


def snapshot(not_valid: int) -> bytes:
    """A snapshot with so many certificates, of all four words."""
    words: tuple[Standing, ...] = ("revoked", "replaced", "suspended", "withdrawn")
    named = (hashlib.sha256(f"{n}".encode()).digest()[:8] for n in range(not_valid))
    held = dict(zip(named, itertools.cycle(words), strict=False))
    taken = Snapshot(taken_at=ISSUED_AT + 9, log_size=CERTIFICATES, standings=held, issued_at=ISSUED_AT + 9)
    return STATUS.sign(taken.draft(STATUS.kid))


def run() -> list[Figure]:
    """Both as commands of their own, start and all, in turns."""
    data = snapshot(NOT_VALID)
    print(f"a snapshot of {CERTIFICATES:,} certificates, {NOT_VALID:,} of them not valid: {len(data):,} bytes")
    with tempfile.TemporaryDirectory(prefix="yinjian-bench-") as place:
        folder = Path(place)
        pictures = folder / "pictures"
        pictures.mkdir()
        for serial in range(1, PICTURES + 1):
            paper = verdicts.made(number=default_number("CEM", "2022-04", serial), holder=f"候选人{serial}")
            text = qr_text.write(paper, verdicts.HOST)
            code = qrcode.make(text, error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=6).get_image()
            code.convert("L").save(pictures / f"{serial:04d}.png")
        (folder / "keyring").write_bytes(b"".join(verdicts.CHAINS["plain"]))
        (folder / "snapshot").write_bytes(data)
        known: list[str | Path] = [
            "--keyring",
            folder / "keyring",
            "--root",
            thumbprint(ROOT.public).hex(),
            "--snapshot",
            folder / "snapshot",
        ]
        ours = ["-m", "verify", "check", pictures, *known]
        times = [(_rate(ours), _rate(["-c", PEER, pictures])) for _ in range(ROUNDS)]
    mine, theirs = zip(*times, strict=True)
    return [
        beside(
            f"{PICTURES:,} pictures of codes checked without a network", mine, theirs, unit="/s",
            against="zxing-cpp alone, told to look for QR codes", bound=LEAST_RATIO,
        ),
        limit(f"snapshot of {CERTIFICATES:,} certificates, 1 % not valid", len(data), MOST_BYTES, unit="bytes"),
    ]  # fmt: skip


def _rate(arguments: Sequence[str | Path]) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *map(str, arguments)], cwd=PROJECT, check=True, capture_output=True)
    return PICTURES / (time.perf_counter() - begun)
