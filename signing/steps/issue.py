"""Issuing: certificates and final lists as a release, their QR codes as pictures, and papers where they are wanted."""

from pathlib import Path

import msgspec

from signing.centre.room import Session
from signing.print import desk as desks
from signing.print import qr_files
from signing.print.desk import Desk, Printed
from signing.release import rebuild
from signing.release.rebuild import Unexplained
from signing.steps import printing
from signing.steps.making import drawing_up
from signing.steps.making.drawing_up import Made
from signing.workbook.judging import Judged


class Papers(msgspec.Struct, frozen=True, kw_only=True):
    """How certificates are to be printed with their issue."""

    photos: Path | None = None
    some_photos: bool = False
    """Whether those without a photo are printed too."""
    batch: Path | None = None
    """One file for the printer."""


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """Certificates that were issued."""

    made: Made
    unexplained: tuple[Unexplained, ...]
    """What a rebuilt ledger does not know of these exams' notices."""
    printed: Printed | None
    printed_before: int
    """How many were not printed, as they had been before."""
    told: tuple[str, ...]
    """What keeps some from their photos."""


def issue(
    session: Session,
    judged: Judged,
    term: str,
    *,
    early: str | None = None,
    papers: Papers | None = None,
    agreed: bool = False,
) -> Issued:
    """Certificates and final lists of everybody who passed, drawn, and printed where ``papers`` says how.

    ``early`` says why not to wait for objections. Raises Refusal, and NotAgreed where certificates would be taken
    away and nobody ``agreed``.
    """
    if papers is not None and papers.photos is not None:
        printing.check_photos(session, judged, papers.photos)
    made = drawing_up.issue(session, judged, term, early, agreed=agreed)
    exams = {listed.exam for listed in made.lists}
    unexplained = [one for one in rebuild.unexplained(session.ledger) if one.exam in exams]
    qr_files.draw(session.room.certificates, session.room.centre, made.certificates, session.progress)
    printed, before = None, 0
    told: tuple[str, ...] = ()
    if papers is not None:
        desk = Desk.of(session)
        new = printing.unprinted(desk.ledger, made.certificates, batch=papers.batch is not None)
        named, told = printing.admissions(session, judged) if papers.photos else ({}, ())
        sources = desks.printables(desk.ledger, new, papers.photos, named, some_missing=papers.some_photos)
        before = len(made.certificates) - len(new)
        if new:
            printed = desks.print_certificates(desk, sources, [one.number for one in new], papers.batch)
    return Issued(made=made, unexplained=tuple(unexplained), printed=printed, printed_before=before, told=told)
