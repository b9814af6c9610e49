"""Announcing: the notice as a release, and the paper that is hung up with it."""

from pathlib import Path

import msgspec

from signing.centre.room import Session
from signing.messages import _
from signing.print import desk as desks
from signing.print.desk import Desk
from signing.steps.making import drawing_up, notice
from signing.steps.making.drawing_up import Made
from signing.workbook.judging import Judged


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that was made."""

    made: Made
    papers: tuple[Path, ...]
    lacking: str | None
    """Why there is no PDF, where fonts are missing."""
    unknown_holidays: tuple[str, ...]
    """Warnings: a window that reaches into a year whose holidays are not known."""


def announce(session: Session, judged: Judged, term: str) -> Announced:
    """The notice of everybody who passed, for objections, and its announcement on paper. Raises Refusal."""
    made = drawing_up.announce(session, judged, term)
    with session.progress(_("Setting the announcement")):
        papers = desks.announce(Desk.of(session), made.path)
    warnings = (
        notice.unknown_holidays(listed.issued_at, listed.objections_until, session.room.working_days)
        for listed in made.lists
        if listed.objections_until is not None
    )
    return Announced(
        made=made, papers=papers.files, lacking=papers.lacking, unknown_holidays=tuple(filter(None, warnings))
    )
