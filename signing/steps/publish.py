"""Publishing: which keyring a release is checked by, and its way into the registry."""

from pathlib import Path

import msgspec

from keys.folder import KeyFolder
from keys.passphrase import Passphrases
from signing.centre.centre_toml import Centre
from signing.centre.room import Room
from signing.ledger import ledger_file
from signing.messages import _
from signing.release import into_registry as publishing
from signing.release import taking_log
from signing.release.into_log import Logbook
from signing.release.into_registry import Publication
from signing.release.log_state import LogState
from verify.core.china_time import local_text
from verify.shared import environment
from verify.shared.command import Refusal
from verify.shared.progress import Progress

_URL = "YINJIAN_SIGNER_DATABASE_URL"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A release that is to be published."""

    path: Path
    room: Room | None = None
    """Whose ledger is to learn of it."""


def waiting(room: Room, now: int) -> list[Waiting]:
    """The releases of which the ledger does not know that they are published, in their order. Raises Refusal."""
    with room.ledger(now) as ledger:
        return [Waiting(path=room.releases / job.release, room=room) for job in ledger.waiting()]


def named(path: Path, centre_file: Path, now: int) -> Waiting:
    """The release at ``path``, of the room there may be here. Raises Refusal where it was withdrawn."""
    if not centre_file.is_file():
        return Waiting(path=path)
    room = Room.open(centre_file)
    if not ledger_file.is_there(room.ledger_path):
        return Waiting(path=path)
    with room.ledger(now, complete=False) as ledger:
        for job in ledger.jobs():
            if job.release == path.name and job.withdrawn_at is not None:
                text = _("{} was withdrawn on {}: it is not published.")
                raise Refusal(text.format(path.name, local_text(job.withdrawn_at)))
    return Waiting(path=path, room=room)


def publish(
    release: Waiting,
    keyring: tuple[bytes, bytes],
    log: Logbook,
    now: int,
    progress: Progress,
    *,
    agreed: bool = False,
) -> Publication:
    """Publishes one release by ``keyring`` and ``log`` (of this module) to the registry that is set.

    Raises Refusal, NotAgreed.
    """
    root, versions = keyring
    done = publishing.publish(
        release.path,
        database_url(),
        keyring=versions,
        root=root,
        log=log,
        now=now,
        standbys=_standbys(),
        progress=progress,
        agreed=agreed,
    )
    if release.room is not None:
        with release.room.ledger(now, complete=False) as ledger:
            ledger.mark_published(release.path.name, now)
    return done


def give_back(
    keyring: tuple[bytes, bytes], log: Logbook, now: int, progress: Progress, *, agreed: bool = False
) -> tuple[str, ...]:
    """Publishes what the registry has lost, by the log's file; the names of those releases.

    Raises Refusal, NotAgreed.
    """
    root, versions = keyring
    return publishing.give_back(
        database_url(),
        keyring=versions,
        root=root,
        log=log,
        now=now,
        standbys=_standbys(),
        progress=progress,
        agreed=agreed,
    )


def take_log(
    public: str, keyring: tuple[bytes, bytes], log: Logbook, now: int, *, lost: bool = False, agreed: bool = False
) -> None:
    """Makes this machine publish, where key, file, registry and the checkpoint ``public`` agree.

    ``lost`` begins a file anew that is lost. Raises Refusal, NotAgreed.
    """
    root, versions = keyring
    taking_log.take_log(database_url(), public, keyring=versions, root=root, log=log, now=now, lost=lost, agreed=agreed)


def logbook(
    centre_file: Path, keys_dir: Path | None, passphrases: Passphrases, now: int, *, lost: bool = False
) -> Logbook:
    """The log's key and file in the key folder of this machine; the file may lack where it is ``lost``.

    Raises Refusal.
    """
    folder = _folder(centre_file, keys_dir)
    state = LogState(folder.log_state)
    if not lost:
        state.check_there()
    return Logbook(signer=folder.signer("log", passphrases, now), state=state)


def _folder(centre_file: Path, keys_dir: Path | None) -> KeyFolder:
    beside = centre_file.absolute().parent / "keys"
    if centre_file.is_file():
        beside = centre_file.absolute().parent / Centre.load(centre_file).paths.keys
    return KeyFolder.find(keys_dir, beside=beside)


def keyring(file: Path | None, centre_file: Path, keys_dir: Path | None) -> tuple[bytes, bytes]:
    """The pinned root's thumbprint and every keyring version, of ``file`` or of the key folder. Raises Refusal."""
    if file is None:
        folder = _folder(centre_file, keys_dir)
        folder.chain()  # refuses one that was altered or is older than one seen here
        return folder.root, folder.keyring()
    root = environment.setting("YINJIAN_ROOT", "keys.env")
    try:
        thumbprint = bytes.fromhex(root or "")
    except ValueError:
        thumbprint = b""
    if len(thumbprint) != 32:
        raise Refusal(_("Set YINJIAN_ROOT to the root's thumbprint, 64 hex digits, which `yinjian-keys init` printed."))
    return thumbprint, file.read_bytes()


def _standbys() -> tuple[str, ...]:
    """Those that publish waits for."""
    return environment.names("YINJIAN_STANDBYS", "database.env")


def database_url() -> str:
    """Where the registry is. Raises Refusal where nobody said."""
    url = environment.database_url("YINJIAN_DATABASE_URL", _URL)
    if url is None:
        raise Refusal(_("No registry is known: set YINJIAN_DATABASE_URL, or run `yinjian-migrate up` here first."))
    return url
