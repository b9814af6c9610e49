"""A 12-megapixel phone photo to its verdict over HTTP, beside zxing-cpp alone on the same image."""

import io
import statistics
import time
from collections.abc import Callable

import httpx
import zxingcpp
from PIL import Image

from bench.figures import Figure, beside
from tests import invented_exam as exam
from tests.http_service import registry, serving
from tests.photos import Shot, page, take

ROUNDS = 15
MOST_RATIO = 2.0
SHOT = Shot(width=3000, turn=4, tilt=(8, 6), blur=1.2, noise=6, shadow=0.3, quality=88)
"""3000 × 4000 pixels: a page held in hand, indoors."""


def _milliseconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def run() -> list[Figure]:
    """Sends the photo again and again."""
    photo = take(page([exam.VALID.qr]), SHOT)
    print(f"a photo of 3000 x 4000 pixels, {len(photo) / 2**20:.1f} MiB")

    def ours() -> None:
        answer = client.post("/api/v1/verify/document", files={"file": ("photo.jpg", photo)}).json()
        assert [verdict["outcome"] for verdict in answer["verdicts"]] == ["valid"]

    def peer() -> None:
        assert [code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(photo)))] == [exam.VALID.qr]

    qr_only = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

    def peer_told() -> None:
        grey = Image.open(io.BytesIO(photo)).convert("L")
        assert [code.text for code in zxingcpp.read_barcodes(grey, formats=qr_only)]

    with serving(registry()) as url, httpx.Client(base_url=url, timeout=120) as client:
        times = [tuple(map(_milliseconds, (ours, peer, peer_told))) for _ in range(ROUNDS + 1)]
    mine, theirs, told = zip(*times[1:], strict=True)
    qr_told = statistics.median(mine) / statistics.median(told)
    print(f"  beside zxing-cpp told to look for QR codes only, in grey: {qr_told:.2f} x")
    work = "a photo of 12 megapixels to its verdict over HTTP"
    return [beside(work, mine, theirs, unit="ms", against="zxing-cpp alone", bound=MOST_RATIO, side="at most")]
