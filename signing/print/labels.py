"""Sheets of QR labels, for certificates whose paper is printed elsewhere."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from signing.print import paper
from signing.print.fonts import FontBook
from signing.print.paper import Printable, Words
from signing.print.typesetter import ARCHIVE, OWN, Typesetter

SIZE: Final = 32.0
"""Millimetres of a label's QR code, quiet zone included; the longest names need 34."""


def pdf(sources: Sequence[Printable], words: Words, folder: Path) -> bytes:
    """Labels in the order of ``sources``; ``folder`` is where the centre's own template is found. Raises Refusal."""
    settings = msgspec.structs.replace(words.settings, qr_size=SIZE)
    small = msgspec.structs.replace(words, settings=settings)
    template = folder / settings.labels_template if settings.labels_template else OWN / "labels.typ"
    fonts = FontBook.find(settings.fonts).families(itertools.chain.from_iterable(paper.characters(sources, words)))
    pages = [paper.page(source, small) | {"statement": None} for source in sources]
    data = paper.document(pages, words, fonts)
    data["document_title"] = f"{paper.title([sources[0], sources[-1]], words)} 二维码标签"
    issued_at = max(paper.read(source.statement).issued_at for source in sources)
    with Typesetter.open(template) as typesetter:
        return typesetter.pdf(data, issued_at, ARCHIVE)
