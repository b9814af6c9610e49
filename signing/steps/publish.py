"""Publishing: which keyring a release is checked by, and its way into the registry."""

from pathlib import Path

from keys.folder import KeyFolder
from signing.centre.centre_toml import Centre
from signing.messages import _
from signing.release import publish as publishing
from signing.release.publish import Publication
from verify.shared import environment
from verify.shared.command import Refusal
from verify.shared.progress import Progress

_URL = "YINJIAN_SIGNER_DATABASE_URL"


def publish(release: Path, keyring: tuple[bytes, bytes], now: int, progress: Progress) -> Publication:
    """Publishes one release by ``keyring`` (of this module) to the registry that is set. Raises Refusal."""
    root, versions = keyring
    return publishing.publish(release, database_url(), keyring=versions, root=root, now=now, progress=progress)


def keyring(file: Path | None, centre_file: Path, keys_dir: Path | None) -> tuple[bytes, bytes]:
    """The pinned root's thumbprint and every keyring version, of ``file`` or of the key folder. Raises Refusal."""
    if file is None:
        beside = centre_file.absolute().parent / "keys"
        if centre_file.is_file():
            beside = centre_file.absolute().parent / Centre.load(centre_file).paths.keys
        folder = KeyFolder.find(keys_dir, beside=beside)
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


def database_url() -> str:
    """Where the registry is. Raises Refusal where nobody said."""
    url = environment.setting("YINJIAN_DATABASE_URL", "database.env") or environment.setting(_URL, "database.env")
    if url is None:
        raise Refusal(_("No registry is known: set YINJIAN_DATABASE_URL, or run `yinjian-migrate up` here first."))
    return url
