"""The marks that keep a text a text in spreadsheets and CSV files: ``="…"``, and ``'`` or a backtick before it.

Spreadsheet programs take a field of a CSV for a formula by its first character (OWASP, CSV injection), the wide forms
of East Asian keyboards among them; white space before it does not hinder all of them.
"""

import re
from typing import Final

_EQUALS: Final = re.compile(r'=\s*"((?:[^"]|"")*)"\s*')
_BEFORE: Final = {"'": "'", "`": "`'", "’": "’", "‘": "’‘", "＇": "＇", "｀": "｀＇"}
"""What stands before a protected text, and what may then close it."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """``text`` as a field of a CSV: with an apostrophe where a spreadsheet program might take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


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
