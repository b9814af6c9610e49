"""The pages' words: everything that is said in English is said in Chinese too."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests import PROJECT
from verify.core.answer import DETAILS
from verify.files import refusals
from verify.http.asked import language as words
from verify.http.description import openapi

HTTP = PROJECT / "verify" / "http"
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%?\w")


def messages() -> Iterator[str | tuple[str, ...]]:
    """Everything that code and templates of the service say."""
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    for found in extract_from_dir(HTTP, methods, keywords=KEYWORDS):
        yield found[2]
    yield from DETAILS.values()
    yield from refusals.DETAILS.values()
    for schema in openapi.document("en")["components"]["schemas"].values():
        yield from (schema[key] for key in ("description",) if key in schema)


CATALOGUE: dict[Any, Any] = {
    message.id: message for message in read_po(io.BytesIO((HTTP / "locale/zh/LC_MESSAGES/messages.po").read_bytes()))
}


def test_every_message_has_its_chinese() -> None:
    """No message lacks a translation, and none is marked as doubtful."""
    missing = [m for m in dict.fromkeys(messages()) if m not in CATALOGUE or not CATALOGUE[m].string]
    assert missing == []
    assert [id_ for id_, message in CATALOGUE.items() if id_ and message.fuzzy] == []


def test_translations_keep_the_places_of_values() -> None:
    """A translation has the same placeholders as its message."""
    for id_, message in CATALOGUE.items():
        if id_:
            source, string = (id_[1], message.string[0]) if isinstance(id_, tuple) else (id_, message.string)
            assert sorted(PLACES.findall(source)) == sorted(PLACES.findall(string)), id_


def test_nothing_is_translated_that_nobody_says() -> None:
    """The catalogue holds no message that has gone."""
    said = set(messages())
    assert [id_ for id_ in CATALOGUE if id_ and id_ not in said] == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_both_catalogues_load(language: words.Language) -> None:
    """English is the messages themselves."""
    said = words.catalogue(language).gettext("Genuine and valid")
    assert said == {"zh-CN": "真实有效", "en": "Genuine and valid"}[language]


def test_templates_keep_to_120_columns() -> None:
    """As every other source does."""
    templates = sorted((HTTP / "templates").glob("*.html"))
    assert len(templates) > 20
    long = [(path.name, at) for path in templates for at, line in enumerate(path.read_text("utf-8").splitlines(), 1)
            if len(line) > 120]  # fmt: skip
    assert long == []


def test_pages_speak_chinese_where_babel_is_not_installed() -> None:
    """Catalogues are compiled when the project is set up; the service reads them with Python's own gettext."""
    program = """
import sys
sys.modules["babel"] = None
import verify.http.app
from verify.http.asked import language
print(language.catalogue("zh-CN").gettext("Genuine and valid"))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True, cwd=PROJECT
    )
    assert done.stdout == "真实有效\n"
