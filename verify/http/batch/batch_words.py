"""What the columns added to a spreadsheet say: codes and sentences for programs, plain words for people.

Every word here is ours: nothing out of a file, and no name out of the register, goes into the columns.
"""

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Final

from verify.core import china_time
from verify.core.answer import Verdict
from verify.core.personal import is_personal
from verify.files.tables.data import Listed, RowProblem, ToldCode, Triple, Verified
from verify.http.answers import phrases
from verify.http.answers.phrases import Phrase, Tone
from verify.http.asked import language as words
from verify.http.asked.language import N_, Language
from verify.http.batch.many import Checked
from verify.http.guard.lane import slices

CODED_HEADERS: Final[Triple] = ("outcome", "reason", "checked_at")
_HEADERS: Final = (N_("Result"), N_("Reason"), N_("Checked at (Beijing time)"))

PROBLEMS: Final[dict[RowProblem, str]] = {
    "number_missing": N_("There is no certificate number in this row."),
    "name_missing": N_("There is no name in this row."),
    "number_as_number": N_("Excel took the number for a quantity and changed its last digits. Enter it as text."),
    "number_shortened": N_("This is a number as a spreadsheet shortens it; its digits are lost. Enter it as text."),
    "number_format": N_("A cell format shows this number as something else. Enter it as text."),
    "not_text": N_("This is a date or a truth value, not a text."),
    "not_computed": N_("The formula here was never calculated. Open the file in the office program and save it."),
    "cell_error": N_("This cell shows an error."),
    "row_uneven": N_("This row has not as many cells as the header: something is missing or stands too much."),
    "name_unclear": N_("It is not clear which part of this line is the name. Leave only number and name."),
    "proof_wanted": N_("Many wrong names were tried: this name is compared only for a proof of work."),
}  # fmt: skip
TOLD: Final[dict[ToldCode, str]] = {
    "protection_off": N_("A mark that keeps the cell a text was taken off."),
    "shown_taken": N_("The number was taken as the cell shows it."),
    "qr_text": N_("The text of a QR code was checked as such."),
}
NOT_READ: Final = {
    "hidden": N_("hidden, and not checked."),
    "no_columns": N_("not checked: no columns for number and name."),
    "no_cells": N_("not checked: a chart or a dialogue."),
    "too_large": N_("not checked: more rows or columns than are read."),
}
_PERSONAL: Final = N_(
    "What stands here looks like somebody's ID number, passport or telephone, and the register holds no certificate of "
    "such a number."
)
_AT_ONCE: Final = 200
"""Rows whose words are found in one turn of the loop, a millisecond of work."""
_MOST_CELLS: Final = 20
"""Cells that are named of each kind; the file names all."""
_NOT_CHECKED: Final = Phrase(tone="unknown", mark="question", headline=N_("Not checked"), meaning="")


def phrase(item: Checked) -> Phrase:
    """How a row's outcome is put."""
    return phrases.of(item.verdict) if item.verdict else _NOT_CHECKED


def tone(item: Checked) -> Tone:
    """The colour of a row."""
    return phrase(item).tone


def headers(language: Language) -> Triple:
    """The columns' names for people."""
    say = words.catalogue(language).gettext
    return say(_HEADERS[0]), say(_HEADERS[1]), say(_HEADERS[2])


def all_headers() -> tuple[Triple, ...]:
    """The columns' names in every language and for programs: what an earlier check may have added."""
    return CODED_HEADERS, *(headers(language) for language in words.LANGUAGES)


def told(listed: Listed, language: Language) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What was put right or taken to mean something, in how many cells and in which."""
    say = words.catalogue(language).gettext
    cells: dict[ToldCode, list[str]] = {}
    for row in listed.rows:
        sheet = listed.sheets[row.sheet].name if len(listed.sheets) > 1 else ""
        for one in row.told:
            cells.setdefault(one.code, []).append(f"{sheet}!{one.cell}" if sheet else one.cell)
    return tuple(
        (f"{say(TOLD[code])} ({len(found)})", (*found[:_MOST_CELLS], *(["…"] if len(found) > _MOST_CELLS else [])))
        for code, found in cells.items()
    )


async def coded(checked: Sequence[Checked], now: int, language: Language) -> tuple[Verified, ...]:
    """The columns for programs: the outcome's code, a sentence, and an RFC 3339 time."""
    at = datetime.datetime.fromtimestamp(now, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return tuple(
        [
            _verified(item, item.outcome, _reason(item, language), at)
            async for some in slices(checked, _AT_ONCE)
            for item in some
        ]
    )


async def spoken(checked: Sequence[Checked], now: int, language: Language) -> tuple[Verified, ...]:
    """The columns for people, in their language and Beijing time."""
    say = words.catalogue(language).gettext
    at = china_time.local(now).strftime("%Y-%m-%d %H:%M:%S")
    return tuple(
        [
            _verified(item, say(phrase(item).headline), _reason(item, language), at)
            async for some in slices(checked, _AT_ONCE)
            for item in some
        ]
    )


async def counts(checked: Sequence[Checked]) -> list[tuple[Phrase, int]]:
    """How many rows have each outcome, the most frequent first."""
    by_headline: dict[str, Phrase] = {}
    tally: Counter[str] = Counter()
    async for some in slices(checked, _AT_ONCE):
        for put in map(phrase, some):
            by_headline[put.headline] = put
            tally[put.headline] += 1
    return [(by_headline[headline], count) for headline, count in tally.most_common()]


def _verified(item: Checked, outcome: str, reason: str, at: str) -> Verified:
    return Verified(row=item.row.row, sheet=item.row.sheet, good=item.outcome == "valid", words=(outcome, reason, at))


def _reason(item: Checked, language: Language) -> str:
    say = words.catalogue(language).gettext
    if item.verdict is None:
        where = f"{item.row.cell}: " if item.row.cell else ""
        return where + say(PROBLEMS[item.row.problem]) if item.row.problem else where
    between = " " if language == "en" else ""
    meaning = phrase(item).meaning
    if item.outcome == "not_found" and is_personal(item.row.number or ""):
        meaning = _PERSONAL  # the page hides such a number, so that the reason tells why
    notes = [f"{one.cell}: {say(TOLD[one.code])}" for one in item.row.told]
    return between.join([say(meaning), *_particulars(item.verdict, language), *notes])


def _particulars(verdict: Verdict, language: Language) -> list[str]:
    """Why the centre changed the certificate's status, and which certificate replaces it."""
    say = words.catalogue(language).gettext
    found = []
    certificate = verdict.certificate
    if certificate is not None and certificate.reason is not None:
        found.append(say("Reason: %(reason)s.") % {"reason": say(phrases.REASONS[certificate.reason])})
    if certificate is not None and certificate.replaced_by is not None:
        found.append(say("The new certificate's number: %(number)s") % {"number": certificate.replaced_by})
    return found
