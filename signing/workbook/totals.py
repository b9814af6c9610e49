"""The words for what was found in a workbook, and how often each rule spoke."""

from typing import Literal

import msgspec

from signing.messages import _
from signing.workbook.judging import Judged


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule and how often it spoke."""

    code: str
    kind: Literal["refusal", "correction", "remark"]
    text: str
    count: int


def words(name: str) -> str:
    """A result, an outcome or a total, in the reader's language."""
    return {
        "rows": _("Rows"),
        "accepted": _("accepted"),
        "corrected": _("corrected"),
        "refused": _("refused"),
        "passed": _("passed"),
        "failed": _("failed"),
        "absent": _("absent"),
        "disqualified": _("disqualified"),
        "ineligible": _("ineligible"),
        "struck": _("struck out"),
    }[name]


def rules(judged: Judged) -> list[Rule]:
    """Every rule that spoke: refusals first, then corrections and remarks, the most frequent first."""
    general = {
        "id_shared": _("Rows have the same ID number."),
        "number_shared": _("Rows have the same certificate number."),
        "id_length": _("A resident ID number is not 17 digits and a check digit or X."),
        "id_type_unknown": _("This type of ID is not known."),
        "name_unknown_character": _("A character of the name has no known meaning."),
        "mark_too_high": _("A mark is beyond the most there is."),
        "paper_below_pass": _("A paper is below its pass mark."),
        "below_pass": _("The total is below the pass mark."),
        "hours_short": _("Fewer class hours than are wanted."),
        "struck": _("Struck out on purpose."),
    }
    found: dict[str, Rule] = {}
    for reason in (reason for row in judged.rows for reason in row.reasons):
        text = general.get(reason.code, reason.message)
        before = found.get(reason.code)
        found[reason.code] = Rule(
            code=reason.code, kind=reason.kind, text=text, count=before.count + 1 if before is not None else 1
        )
    kinds = ("refusal", "correction", "remark")
    return sorted(found.values(), key=lambda rule: (kinds.index(rule.kind), -rule.count))
