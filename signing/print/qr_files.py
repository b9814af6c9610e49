"""Each certificate's QR code as files: NUMBER.svg and NUMBER.png in the certificates folder."""

import os
from collections.abc import Sequence
from pathlib import Path

from keys.programmes import Published
from signing.ledger.values import Given
from signing.messages import _
from signing.spread import spread
from verify.core import qr_text
from verify.shared import whole_files
from verify.shared.progress import Progress


def draw(folder: Path, centre: Published, certificates: Sequence[Given], progress: Progress) -> int:
    """Draws what is not there yet; how many that were."""
    folder.mkdir(parents=True, exist_ok=True)
    there = {entry.name for entry in os.scandir(folder) if entry.stat().st_size}
    missing = [one for one in certificates if not {f"{one.number}.svg", f"{one.number}.png"} <= there]

    def some(given: Sequence[Given]) -> list[None]:
        for one in given:
            _draw(folder, centre, one)
        return [None] * len(given)

    if missing:
        with progress(_("Drawing QR codes"), len(missing)) as advance:
            spread(some, missing, advance)
    return len(missing)


def _draw(folder: Path, centre: Published, given: Given) -> None:
    if given.statement is None:
        raise ValueError("a certificate that is not signed")
    from signing.print import qr

    text = qr_text.write(given.statement, centre.host, centre.scheme)
    for suffix, picture in (("svg", qr.svg(text)), ("png", qr.png(text))):
        whole_files.write(folder / f"{given.number}.{suffix}", picture, among_many=True)
