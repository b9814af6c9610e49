"""The key folder: the keyring's chain, the private keys' files and the lookup secret, and where commands find it.

keyring.cbor is the CBOR sequence of every keyring version; USE-KID.pem are private keys; lookup-secret holds the
lookup secrets in hex, one a line, newest first.
"""

import contextlib
import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

from keys import custody
from keys.custody import KeySigner
from keys.key_problems import KeyProblem
from keys.messages import _
from keys.passphrase import Passphrases
from verify.core import cbor
from verify.core.chain import Chain
from verify.core.errors import CoreError, KeyringRefused
from verify.core.keyring import Key, Use
from verify.shared import environment, locks, whole_files
from verify.shared.command import Refusal, joined

KEYRING: Final = "keyring.cbor"
LOOKUP: Final = "lookup-secret"
LOG_STATE: Final = "log-state"
"""Every tree that the log key signed (signing.release.log_state); made with the keys, so that it is never missing."""
BEGUN: Final = "ledger-begun"
"""The mark that the signing room's ledger was begun: from then on its absence is a loss, never a first day."""
SETTINGS: Final = "keys.env"
"""The file of the ``var`` folder that says where the keys are."""
SEEN: Final = "YINJIAN_KEYRING_SEEN"
"""The newest keyring that this working folder has had, ``VERSION:SHA256``: it never goes back from there."""


class KeyFolder:
    """A key folder whose keyring is followed from one pinned root."""

    def __init__(
        self, path: Path, root: bytes, seen: tuple[int, bytes] | None = None, *, rehearsal: bool = False
    ) -> None:
        """``rehearsal`` is of copies, of which nothing is remembered."""
        self.path = path
        self.root = root
        self._seen = seen
        self._rehearsal = rehearsal

    @classmethod
    def find(cls, chosen: Path | None = None, beside: Path | None = None) -> Self:
        """The key folder that the command was told of (``chosen``), YINJIAN_KEYS or var/keys.env name, or ``beside``.

        The root's thumbprint comes from YINJIAN_ROOT or var/keys.env. Raises Refusal where either is not known.
        """
        named = environment.setting("YINJIAN_KEYS", SETTINGS)
        path = chosen or (Path(named) if named else beside)
        if path is None or not (path / KEYRING).is_file():
            raise Refusal(_("no keys here: make them with `yinjian-keys init`, or say in YINJIAN_KEYS where they are"))
        root = environment.setting("YINJIAN_ROOT", SETTINGS)
        if root is None:
            raise Refusal(_("set YINJIAN_ROOT to the root's thumbprint, which `yinjian-keys init` printed"))
        try:
            thumbprint = bytes.fromhex(root)
        except ValueError:
            thumbprint = b""
        if len(thumbprint) != 32:
            raise Refusal(_("YINJIAN_ROOT is not a thumbprint of 64 hex digits"))
        return cls(path.absolute(), thumbprint, _seen(path.absolute()))

    def keyring(self) -> bytes:
        """Every version's statement, as one CBOR sequence."""
        return (self.path / KEYRING).read_bytes()

    def versions(self) -> list[bytes]:
        """Every version's statement, checked as ``chain`` checks them."""
        return [version.statement.data for version in self.chain().versions]

    def chain(self) -> Chain:
        """The keyring's versions, checked from the pinned root on.

        Raises KeyringRefused for one that was altered, is of another root, or is older than one seen here.
        """
        chain = Chain.follow([(data, None) for data in split(self.keyring())], self.root)
        if self._seen:
            version, digest = self._seen
            if len(chain.versions) < version:
                raise KeyringRefused("wrong_version", "a keyring older than one that was in force here")
            if chain.versions[version - 1].statement.digest != digest:
                raise KeyringRefused("altered", "another keyring than the one that was in force here")
        return chain

    def signer(self, use: Use, passphrases: Passphrases, now: int, programmes: Sequence[str] = ()) -> KeySigner:
        """The signer of ``use`` for all of ``programmes``.

        Of the keys that may sign now it is the newest whose file is here. Raises KeyProblem, KeyringRefused.
        """
        entries = [key for key in self.chain().newest.keys if _may_sign(key, use, now, programmes)]
        for entry in reversed(entries):
            if self.has(entry):
                return self.load(entry, passphrases)
        if not entries:
            raise KeyProblem(_("the keyring has no active key for “{use}” that may sign this").format(use=use))
        names = joined(custody.file_name(use, entry.kid) for entry in entries)
        raise KeyProblem(_("the private key is not in {folder}: {files}").format(folder=self.path, files=names))

    def load(self, entry: Key, passphrases: Passphrases) -> KeySigner:
        """The signer of one entry. Raises KeyProblem, WrongPassphrase."""
        return passphrases.open(entry.use, lambda passphrase: custody.load(self.path, entry, passphrase))

    def has(self, entry: Key) -> bool:
        """Whether the private key's file of a keyring's entry is here."""
        return (self.path / custody.file_name(entry.use, entry.kid)).exists()

    def lookup_secrets(self) -> tuple[bytes, ...]:
        """The lookup secrets, newest first. Raises KeyProblem."""
        try:
            secrets = tuple(map(bytes.fromhex, custody.read_private(self.path / LOOKUP).decode("ascii").split()))
        except ValueError:
            secrets = ()
        if not secrets or any(len(secret) != 32 for secret in secrets):
            raise KeyProblem(_("{file}: not 64 hex digits a line").format(file=LOOKUP))
        return secrets

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other commands from changing the folder meanwhile. Raises Refusal where one is at it."""
        try:
            lock = locks.take(self.path / ".lock")
        except locks.Held:
            raise Refusal(_("another command is changing the key folder just now")) from None
        try:
            yield
        finally:
            lock.release()

    @property
    def log_state(self) -> Path:
        """The file beside the log key that says what it signed."""
        return self.path / LOG_STATE

    def has_begun(self) -> bool:
        """Whether the ledger of this centre was begun, here or in the folder that this one is a copy of."""
        return (self.path / BEGUN).exists()

    def mark_begun(self, at: int) -> None:
        """Sets the mark that the ledger was begun, on disk when this returns. Raises OSError."""
        day = datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat().replace("+00:00", "Z")
        with contextlib.suppress(FileExistsError):
            custody.write_once(self.path / BEGUN, f"{day}\n".encode("ascii"))
        whole_files.to_disk(self.path)

    def is_remembered(self) -> bool:
        """Whether var/keys.env names this folder, or nothing at all."""
        named = environment.read(environment.var_folder() / SETTINGS).get("YINJIAN_KEYS")
        return named is None or named == str(self.path)

    def append(self, statement: bytes) -> None:
        """Adds the next keyring version, if it follows: wholly there and on disk, or not at all."""
        chain = self.chain().extend(statement)
        write_keyring(self.path, self.keyring() + statement)
        if not self._rehearsal:
            remember(self, chain)


def write_keyring(folder: Path, data: bytes) -> None:
    """Replaces keyring.cbor whole, on disk before this returns. Raises Refusal."""
    with whole_files.whole(folder / KEYRING, durable=True) as draft:
        draft.write_bytes(data)


def split(data: bytes) -> Iterator[bytes]:
    """The versions that the bytes of a keyring.cbor hold. Raises KeyringRefused."""
    try:
        yield from cbor.split(data)
    except CoreError as error:
        raise KeyringRefused(error.code, f"keyring.cbor: {error.detail}") from None


def _may_sign(key: Key, use: Use, now: int, programmes: Sequence[str]) -> bool:
    within = key.not_before <= now and (key.not_after is None or now <= key.not_after)
    return key.use == use and key.state == "active" and within and all(map(key.may_sign_for, programmes))


def _seen(path: Path) -> tuple[int, bytes] | None:
    settings = environment.read(environment.var_folder() / SETTINGS)
    version, colon, digest = settings.get(SEEN, "").partition(":")
    if not colon or Path(settings.get("YINJIAN_KEYS", "")) != path:
        return None
    try:
        return int(version), bytes.fromhex(digest)
    except ValueError:
        raise Refusal(_("{file}: damaged at {name}").format(file=SETTINGS, name=SEEN)) from None


def remember(folder: KeyFolder, chain: Chain) -> None:
    """Says in var/keys.env where this working folder's keys are, and which keyring is the newest.

    A file that names other keys is left as it is.
    """
    var = environment.var_folder()
    if not folder.is_remembered():
        return
    var.mkdir(parents=True, exist_ok=True)
    newest = chain.versions[-1]
    settings = {
        "YINJIAN_KEYS": str(folder.path),
        "YINJIAN_ROOT": folder.root.hex(),
        "YINJIAN_LOOKUP_SECRET_FILE": str(folder.path / LOOKUP),
        SEEN: f"{newest.keyring.version}:{newest.statement.digest.hex()}",
    }
    environment.write(var / SETTINGS, settings)
