"""Whether a text typed where a certificate number or a name belongs is somebody's own number instead.

People type their ID number, passport or telephone into the first box they see. Such a text is never shown again.
It is asked only of what the register does not hold: a centre's own numbers may look like any of these.
"""

import re
from typing import Final

from verify.core import identity

_DAY: Final = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_PATTERNS: Final = (
    # GB 11643: region, date of birth, sequence, check; one character too many or too few is a slip, and as personal.
    rf"[1-9][0-9]{{5}}(?:1[89]|20)[0-9]{{2}}{_DAY}[0-9]{{2,4}}[0-9X]?",
    rf"[1-9][0-9]{{7}}{_DAY}[0-9]{{3}}",  # its 15 digits of before 1999
    r"[0-9]{17}X",  # whatever day it says
    rf"[A-Z]{{3}}[0-9]{{6}}{_DAY}[0-9]{{2}}",  # permanent residents from abroad, before 2023
    r"[EG][0-9]{8}|E[A-Z][0-9]{7}",  # Chinese passports
    r"[HM][0-9]{8}(?:[0-9]{2})?",  # travel permits of Hong Kong and Macau
    r"(?:\+|00)?(?:86)?1[3-9][0-9]{9}",  # mobile telephones
)
_PERSONAL: Final = re.compile(rf"(?<![0-9A-Z])(?:{'|'.join(_PATTERNS)})(?![0-9A-Z])")


_PART: Final = identity.MAX_TEXT
_LONGEST: Final = 10 * _PART
"""Characters of a text that is looked through."""


def is_personal(text: str) -> bool:
    """Whether a text looks like an ID number, a passport, a permit or a telephone, also among other words.

    So does one that is longer than anything that is asked for: whole rows and letters may hold whatever they like.
    """
    if len(text) > _LONGEST:
        return True
    parts = (text[start : start + _PART] for start in range(0, max(len(text), 1), _PART // 2))
    return any(_PERSONAL.search(identity.compact(part)) for part in parts)


def unless_personal(text: str) -> str:
    """``text``, or an empty one where it looks like somebody's own number."""
    return "" if is_personal(text) else text
