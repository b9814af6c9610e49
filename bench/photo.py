"""A 12-megapixel phone photo to its verdict over HTTP, beside zxing-cpp alone on the same image."""

import io
import statistics
import time
from collections.abc import Callable

import httpx
import zxingcpp
from PIL import Image

from tests import invented_exam as exam
from tests.http_service import registry, serving
from tests.photos import Shot, page, take

ROUNDS = 15
MOST_RATIO = 2.0
SHOT = Shot(width=3000, turn=4, tilt=(8, 6), blur=1.2, noise=6, shadow=0.3, quality=88)
"""3000 × 4000 pixels: a page held in hand, indoors."""


def _median(work: Callable[[], object]) -> float:
    """The median time of one round in milliseconds, after a first round that is not counted."""
    times = []
    for _ in range(ROUNDS + 1):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times[1:])


def run() -> None:
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

    with serving(registry()) as url, httpx.Client(base_url=url) as client:
        mine, theirs, told = _median(ours), _median(peer), _median(peer_told)
    print(f"  to its verdict over HTTP: {mine:.0f} ms")
    print(f"  zxing-cpp alone: {theirs:.0f} ms (ratio {mine / theirs:.2f})")
    print(f"  zxing-cpp told to look for QR codes only, in grey: {told:.0f} ms (ratio {mine / told:.2f})")
    if mine / theirs > MOST_RATIO:
        raise SystemExit(f"more than {MOST_RATIO}x")
