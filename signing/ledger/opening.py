"""When a ledger may begin, and when its absence is a loss.

A ledger is made by the first command in a folder that has neither releases nor, in its key folder, the mark
``ledger-begun``, which is set with the first ledger. Anywhere else a missing ledger, one of another centre, or one
that does not know a release that lies there is refused: numbers would be given twice (docs/adr/0008).
"""

import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from keys.folder import KeyFolder
from signing.ledger.book import Ledger
from signing.ledger.ledger_file import Origin, is_there, make
from signing.messages import _
from verify.shared.command import Refusal, joined, why
from verify.shared.whole_files import ending


class LedgerLost(Refusal):
    """There should be a ledger and there is none, or not the one of this centre."""


def opened(path: Path, releases: Path, keys: Callable[[], KeyFolder], now: int) -> Ledger:
    """The ledger at ``path`` for this command alone, begun where it may begin. Raises Refusal.

    ``keys`` finds the key folder; a ledger that is there is opened without one too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = Ledger.lock(path)
    try:
        try:
            folder: KeyFolder | None = keys()
        except Refusal:
            if not is_there(path) and not ending(releases, ".release"):
                raise
            folder = None
        if not is_there(path):
            check_may_begin(path, releases, folder)
            if folder is not None:
                make(path, Origin(root=folder.root, begun_at=now))
        ledger = Ledger(path, lock)
    except BaseException:
        lock.release()
        raise
    try:
        if folder is not None:
            check_own(ledger, folder)
            mark(folder, now)
    except BaseException:
        ledger.close()
        raise
    return ledger


def check_may_begin(path: Path, releases: Path, folder: KeyFolder | None) -> None:
    """That a ledger may begin at ``path``. Raises LedgerLost."""
    found = [release.name for release in ending(releases, ".release")]
    if found:
        why_not = _("releases are here, {} among them").format(found[-1])
    elif folder is not None and folder.has_begun():
        why_not = _("the ledger of these keys was begun before")
    else:
        return
    raise LedgerLost(
        _(
            "The ledger {} is not here, and {}: without it numbers would be given twice. `yinjian-sign ledger restore "
            "FILE` puts a backup in its place (of `ledger backup`); where there is none, `yinjian-sign ledger rebuild` "
            "makes it from all the releases, which belong into {}."
        ).format(path, why_not, releases)
    )


def check_own(ledger: Ledger, folder: KeyFolder) -> None:
    """That ``ledger`` is of the centre whose keys these are. Raises LedgerLost."""
    if ledger.origin.root != folder.root:
        text = _("{} is the ledger of another centre: it was begun with other keys than those in {}.")
        raise LedgerLost(text.format(ledger.path.name, folder.path))


def check_complete(ledger: Ledger, releases: Path) -> None:
    """That the ledger knows every release that lies here. Raises LedgerLost."""
    known = {job.release for job in ledger.jobs()}
    unknown = [path for path in ending(releases, ".release") if path.name not in known]
    digests = {job.digest for job in ledger.jobs()} if unknown else set()
    unknown = [path for path in unknown if hashlib.sha256(path.read_bytes()).digest() not in digests]  # no mere copies
    if unknown:
        text = _(
            "The ledger does not know {}: it is older than the releases here, and would give numbers twice. "
            "`yinjian-sign ledger rebuild` completes it from them; `ledger restore FILE` puts a newer backup there."
        )
        raise LedgerLost(text.format(joined(path.name for path in unknown[:5])))


def mark(folder: KeyFolder, now: int) -> None:
    """Sets the mark where it is lacking. Raises Refusal: without it a loss would be taken for a first day."""
    if folder.has_begun():
        return
    try:
        folder.mark_begun(now)
    except OSError as error:
        text = _("The key folder {} does not take the mark that the ledger was begun: {}.")
        raise Refusal(text.format(folder.path, why(error))) from None


def put_right(ledger: Path, *folders: Path, files: Sequence[Path] = ()) -> int:
    """Takes from others what rights they had to ledger, files, and folders with their files; how many had them.

    Raises Refusal for what is another user's.
    """
    if os.name == "nt":
        return 0  # there folders hand their rights down, and modes say nothing of others
    found = 0
    copies = ledger.parent.glob(f"{ledger.name}*")
    beside = (path for path in files if path.exists())
    for path in (*copies, *beside, *(path for folder in folders for path in _open_to_others(folder))):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            try:
                path.chmod(mode & stat.S_IRWXU)
            except PermissionError:
                text = _(
                    "Others on this machine can read {}, which belongs to another user: its owner has to change that."
                )
                raise Refusal(text.format(path)) from None
            found += 1
    return found


def _open_to_others(folder: Path) -> list[Path]:
    """The folder and its files, where others may look into it at all."""
    if not folder.is_dir() or not folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return []
    return [*(path for path in folder.iterdir() if not path.is_symlink()), folder]
