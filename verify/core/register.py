"""What a register hands to a verdict: statements with their places in the log, and nothing to believe on its own."""

import msgspec

from verify.core.fields import Names


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One final list of the certificate's exam."""

    index: int
    """Its log index."""
    kid: bytes
    issued_at: int
    names_it: bool


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A statement's bytes and its log index."""

    data: bytes
    index: int


class ExamFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the exam's newest pass list calls it."""

    title: Names
    held_on: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """All that the register holds of one certificate."""

    certificate: Published
    lists: tuple[Listing, ...] = ()
    """Every final list of its exam, in the order published."""
    changes: tuple[Published, ...] = ()
    """Every change of it, in the order published."""
    named_by: tuple[Published, ...] = ()
    """Every change that names it as a replacement, in the order published."""
    exam: ExamFacts | None = None
