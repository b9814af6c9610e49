"""The languages of the pages: which one an asker wants, and gettext catalogues for it.

Messages are written in English in code and templates.
"""

import functools
import gettext
import logging
from pathlib import Path
from typing import Final, Literal

from verify.core.fields import Names
from verify.http.asked.accept import LONGEST, weights

Language = Literal["zh-CN", "en"]

LANGUAGES: Final[dict[Language, str]] = {"zh-CN": "中文", "en": "English"}
"""Every language, by what it calls itself; the first is for askers who want none of them."""

_PRIMARY: Final[dict[str, Language]] = {"zh": "zh-CN", "en": "en"}
_CATALOGUES: Final = {"zh-CN": "zh"}
_log = logging.getLogger("yinjian.http")
_FOLDER: Final = Path(__file__).parents[1] / "locale"


def N_(message: str) -> str:  # noqa: N802 -- the name that message extractors know
    """Marks a message that is translated where it is shown."""
    return message


def known(text: str | None) -> Language | None:
    """The language of a ``lang`` parameter, None for one that nobody has here."""
    return next((language for language in LANGUAGES if language == text), None)


def negotiate(accept: str) -> Language:
    """The language for an Accept-Language header (RFC 9110 section 12.5.4), by primary subtags."""
    return _negotiated(accept[:LONGEST])  # bounded before it is remembered


@functools.lru_cache(maxsize=1024)
def _negotiated(accept: str) -> Language:
    best: Language = "zh-CN"
    best_weight = 0.0
    for tag, weight in weights(accept):
        language = _PRIMARY.get(tag.partition("-")[0])
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


@functools.cache
def catalogue(language: Language) -> gettext.NullTranslations:
    """The messages of a language, compiled when the project was set up; English ones are the messages themselves."""
    if language == "en":
        return gettext.NullTranslations()
    try:
        return gettext.translation("messages", _FOLDER, languages=[_CATALOGUES[language]])
    except FileNotFoundError:
        _log.warning("the catalogue of %s is not compiled (make setup): pages are in English", language)
        return gettext.NullTranslations()


def named(names: Names, language: Language) -> tuple[str, Language]:
    """A text of the centre in the language, or else in Chinese, and the language that it is in."""
    if language == "en" and names.en:
        return names.en, "en"
    return names.zh, "zh-CN"
