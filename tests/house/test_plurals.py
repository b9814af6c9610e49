"""One thing is not said in the plural: a count stands behind its noun, or the message has both forms (ngettext)."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tests import PROJECT

CATALOGUES = sorted(
    path for room in ("signing", "keys", "verify", "migrations") for path in (PROJECT / room).rglob("*.po")
)
PLACE = re.compile(r"(?<!\^)(\{[\w:,.]*\}|%\(\w+\)[sd])(?=((?: [a-z]+)+))", re.IGNORECASE)
AFTER_ANOTHER_THING = {
    "answers", "are", "differs", "does", "expires", "gives", "goes", "has", "holds", "is", "keeps", "lacks",
    "makes", "names", "says", "stands", "uses", "was",
    "of", "in", "and", "or", "that", "which", "by", "with", "for", "to", "on", "from", "the",
    "a", "at", "not", "more", "its", "this", "as", "already",
}  # fmt: skip
"""Words after which nothing is counted by the place before them: it holds a name."""
LIMITS = (["than"], ["most"], ["first"])
"""Words before a place that holds a limit of the program's, which is never one."""


def counted(message: str) -> str | None:
    """What a message counts with a noun in the plural behind the number, if it does."""
    for place in PLACE.finditer(message):
        if message[: place.start()].split()[-1:] in LIMITS:
            continue
        for word in place[2].split()[:3]:
            if word in AFTER_ANOTHER_THING:
                break
            if re.search("[^s]s$", word):
                return word
    return None


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("{} rows are refused", "rows"),
        ("names {count} signed certificates that", "certificates"),
        ("%(found)s rows found", "rows"),
        ("Rows found: {}.", None),
        ("{exam} names a certificate twice", None),
        ("has more than {} characters", None),
    ],
)
def test_what_is_looked_for(message: str, found: str | None) -> None:
    """A number before its noun is found, a limit or a name is none."""
    assert counted(message) == found


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: str(path.relative_to(PROJECT).parts[0:2]))
def test_no_message_counts_one_of_something_in_the_plural(catalogue: Path) -> None:
    """Each catalogue holds every message of its room, which other tests see to."""
    with catalogue.open("rb") as file:
        messages = [message.id for message in read_po(file) if isinstance(message.id, str)]
    assert len(messages) > 20
    assert {message: word for message in messages if (word := counted(message))} == {}
