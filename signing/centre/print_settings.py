"""``[print]`` of centre.toml: the paper's templates, seals, wording, fonts and sizes."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from keys.programmes import Text, Words

Wording = Annotated[str, Meta(min_length=1, max_length=1000)]
"""A longer text for people."""


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sentence under the holder's name; a line break in it is one on the paper.

    ``{programme}``, ``{level}``, ``{occupation}``, ``{held_on}`` and ``{issued_on}`` stand for the certificate's own.
    """

    zh: Wording = "于{held_on}参加{programme}（{level}）考试，成绩合格，\n特发此证。"
    en: Wording | None = (
        "has passed the {programme} ({level}) examination held on {held_on},\nand is awarded this certificate."
    )


class PrintSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How certificates, labels and announcements look. Paths are relative to centre.toml's folder."""

    template: str | None = None
    """A Typst file of the centre's own instead of signing/print/certificate.typ."""
    announcement_template: str | None = None
    labels_template: str | None = None
    seals: dict[str, str] = {}
    """Pictures of seals (PNG with transparent ground, or SVG) by issuer id."""
    title: Words = Words(zh="证书", en="Certificate")
    text: Statement = Statement()
    fonts: tuple[Text, ...] = ()
    """Font families in order of preference, instead of signing.print.fonts.FAMILIES."""
    qr_size: Annotated[float, Meta(ge=20, le=80)] = 34.0
    """Millimetres, quiet zone included; more where a module would be smaller than 0.4 mm."""
    qr_level: Literal["M", "Q"] = "M"
    """Q is taken where its modules still measure 0.4 mm within ``qr_size``, else M."""
    names: Literal["serial", "pinyin"] = "serial"
    """The order of names in an announcement."""
    columns: Annotated[int, Meta(ge=1, le=12)] = 8
    """Columns of names in an announcement."""
    english: bool = False
    """Whether an announcement says in English, too, what was held, how many passed, and until when to object."""
