"""Adopting papers from before: certificates of earlier years, registered under the numbers they have always had."""

from signing.centre.room import Session
from signing.ledger.book import Ledger
from signing.ledger.values import Given
from signing.messages import _
from signing.steps.making import drawing_up
from signing.steps.making.drawing_up import Made
from signing.workbook.judging import Candidate, Judged
from verify.core import exam_code, identity
from verify.shared.command import Refusal, clauses

_SHOWN = 10


def adopt(session: Session, judged: Judged, term: str, *, agreed: bool = False) -> Made:
    """Statements of every paper in ``judged`` (old_papers), the list that names them, and its index, as a release.

    Nobody is announced before: these papers were given out long ago. Raises Refusal, with the rows, for a number that
    is taken, and for an exam that was held here; and NotAgreed where papers would be taken away.
    """
    ledger = session.ledger
    for exam in {exam_code.join(candidate.programme, term) for candidate in judged.candidates}:
        if ledger.newest_list(exam, "notice") is not None or _issued(ledger, exam):
            raise Refusal(_("{} was held here: its certificates are issued, not adopted.").format(exam))
    _refuse_taken(ledger, judged.candidates, term)
    return drawing_up.adopt_papers(session, judged, term, agreed=agreed)


def _issued(ledger: Ledger, exam: str) -> bool:
    """Whether certificates of the exam were issued here, and not only put in an adopted one's place."""
    return any(one.paper_date is None and one.replaces is None for one in ledger.of_exam(exam))


def _refuse_taken(ledger: Ledger, candidates: tuple[Candidate, ...], term: str) -> None:
    """Raises Refusal that names the rows whose number was given to something else before."""
    taken = []
    for candidate in candidates:
        given = ledger.given(candidate.number or "")
        if given is not None and given.job is not None and not _same(given, candidate, term):
            taken.append(_("row {}: {}").format(candidate.row, given.number))
    if taken:
        text = _("Numbers that were given to something else before: {} ({}). Nothing was registered.")
        shown = clauses(taken[:_SHOWN]) + (" …" if len(taken) > _SHOWN else "")
        raise Refusal(text.format(len(taken), shown))


def _same(given: Given, candidate: Candidate, term: str) -> bool:
    """Whether a number stands for this very paper: then adopting it again changes nothing."""
    return (given.exam, given.holder, given.id_hint, given.paper_date) == (
        exam_code.join(candidate.programme, term),
        candidate.name,
        identity.id_hint(candidate.id_key),
        candidate.paper_date,
    )
