"""The marks that keep a text a text in spreadsheets and CSV files: ``="…"``, and ``'`` or a backtick before it."""

import re
from typing import Final

_EQUALS: Final = re.compile(r'=\s*"((?:[^"]|"")*)"\s*')
_BEFORE: Final = {"'": "'", "`": "`'", "’": "’", "‘": "’‘", "＇": "＇", "｀": "｀＇"}
"""What stands before a protected text, and what may then close it."""


def off(text: str) -> str:
    """``text`` without such marks, itself where it has none. Twice protected is protected still."""
    for _turn in range(3):
        bare = text.strip()
        if equals := _EQUALS.fullmatch(bare):
            text = equals[1].replace('""', '"')
        elif len(bare) > 1 and bare[0] in _BEFORE:
            text = bare[1:]
            if len(text) > 1 and text[-1] in _BEFORE[bare[0]]:  # 'both sides'
                text = text[:-1]
        else:
            return text
    return text
