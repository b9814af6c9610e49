"""Messages for people, in Chinese or English by locale (LC_ALL, LC_MESSAGES, LANG)."""

import gettext
import os
from pathlib import Path

_locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
_catalogue = gettext.translation(
    "messages", Path(__file__).parent / "locale", ["zh_CN"] if _locale.startswith("zh") else [], fallback=True
)


def text(message: str) -> str:
    """``message`` in the reader's language."""
    return _catalogue.gettext(message)
