"""A release taken back before it is published: it stays on record, and its numbers stay given."""

from pathlib import Path

import msgspec

from signing.centre.room import Room
from signing.ledger import compare
from signing.ledger.book import Ledger
from signing.ledger.compare import Registered
from signing.ledger.values import Given, Job
from signing.messages import _
from signing.print import printed
from signing.release.log_state import LogState
from verify.core.china_time import local_text
from verify.shared import whole_files
from verify.shared.command import Refusal


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """A release that was taken back."""

    release: str
    kept: Path
    """Where its file lies now."""
    numbers: tuple[str, ...]
    """Certificates that it issued for the first time; their numbers stay given to the same people."""
    printed: tuple[str, ...]
    """Those of them whose papers were printed and must not be handed out."""


def withdraw(
    room: Room, ledger: Ledger, release: str, reason: str, *, registry: Registered | None, now: int
) -> Withdrawn:
    """Takes the release of this file name back. Raises Refusal where it is published or later ones build on it.

    ``registry`` is what is published; None only where the release is known never to have left the room.
    """
    job = _waiting(room, ledger, Path(release).name)
    check_not_logged(room, job)
    if not reason.strip():
        raise Refusal(_("--reason wants the reason."))
    if registry is not None:
        waiting = {found.subject for found in compare.differences(ledger, registry) if not found.is_fault}
        if job.release not in waiting:
            ledger.mark_published(job.release, now)
            raise Refusal(_published(job.release))
    exams = ledger.exams_of(job.id)
    later = [other for other in ledger.jobs() if other.id > job.id and other.withdrawn_at is None]
    if built := [other.release for other in later if exams & ledger.exams_of(other.id)]:
        raise Refusal(_("{} was made after {}: withdraw that first.").format(built[-1], job.release))
    issued = ledger.of_job(job.id)
    papers = printed.printed(ledger)
    with ledger.transaction():
        ledger.withdraw(job.id, now)
        ledger.note(now, "withdrawn", [job.release], reason.strip())
    kept = put_away(room, job.release)
    _take_pictures_away(room, issued)
    return Withdrawn(
        release=job.release,
        kept=kept,
        numbers=tuple(one.number for one in issued),
        printed=tuple(one.number for one in issued if one.number in papers),
    )


def _waiting(room: Room, ledger: Ledger, release: str) -> Job:
    job = next((job for job in ledger.jobs() if job.release == release), None)
    if job is None or job.digest is None:
        raise Refusal(_("The ledger knows no release {}.").format(release))
    if job.withdrawn_at is not None:
        put_away(room, release)  # the command that withdrew it may have been stopped
        raise Refusal(_("{} was withdrawn on {}.").format(release, local_text(job.withdrawn_at)))
    if job.published_at is not None:
        raise Refusal(_published(release))
    return job


def check_not_logged(room: Room, job: Job) -> None:
    """A release that the log's key signed stays, whether the registry has it or not."""
    if job.digest is not None and LogState(room.keys().log_state).has(job.digest):
        text = _("{} was signed for the log, which nothing takes back: publish it.")
        raise Refusal(text.format(job.release))


def _published(release: str) -> str:
    text = _("{} is published, which nothing takes back: correct it by another list, or by `yinjian-sign status`.")
    return text.format(release)


def put_away(room: Room, release: str) -> Path:
    """Moves a withdrawn release out of the way of publishing; where it lies then."""
    source, folder = room.releases / release, room.releases / "withdrawn"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / release
    if source.is_file():
        source.rename(kept)
        whole_files.to_disk(folder)
        whole_files.to_disk(room.releases)
    return kept


def _take_pictures_away(room: Room, issued: list[Given]) -> None:
    """The QR codes and papers of what is no certificate any more; the next issue makes its own under these numbers."""
    for one in issued:
        for suffix in (".svg", ".png", ".pdf"):
            (room.certificates / f"{one.number}{suffix}").unlink(missing_ok=True)
