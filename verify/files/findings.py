"""What was found in a picture or PDF, as plain data. Its readers (documents) run in workers only."""

from typing import Final

import msgspec

from verify.files.codes import Code

MAX_BYTES: Final = 10 * 1024 * 1024
"""Of a file."""


class Findings(msgspec.Struct, frozen=True, kw_only=True, tag="findings"):
    """What was found in a file, in the order of its pages."""

    codes: tuple[Code, ...]
    pages: int
    """Pages or frames looked at."""
    complete: bool
    """False where the time was over before every page or every code seen had been tried in every way."""
