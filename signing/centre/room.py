"""What every command of the signing room works with: the centre's settings, keys and folders."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from keys.custody import Signer
from keys.folder import KeyFolder
from keys.passphrase import Passphrases
from signing.centre.calendar import WorkingDays
from signing.centre.centre_toml import Centre
from signing.ledger import opening
from signing.ledger.book import Ledger
from signing.messages import _
from verify.core import identity
from verify.core.chain import Chain
from verify.core.keyring import Keyring, Use
from verify.shared.command import Refusal, joined
from verify.shared.progress import Progress


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """The centre's settings and where its files are. Nothing here is secret."""

    centre: Centre
    folder: Path
    """Where centre.toml is."""
    keys_dir: Path | None = None
    """The key folder that the command was told of."""

    @classmethod
    def open(cls, centre_file: Path, keys_dir: Path | None = None) -> "Room":
        """The room that ``centre_file`` describes. Raises Refusal."""
        return cls(centre=Centre.load(centre_file), folder=centre_file.absolute().parent, keys_dir=keys_dir)

    def keys(self) -> KeyFolder:
        """The key folder. Raises Refusal."""
        return KeyFolder.find(self.keys_dir, beside=self.folder / self.centre.paths.keys)

    def ledger(self, at: int, keys: KeyFolder | None = None, *, complete: bool = True) -> Ledger:
        """The ledger for this command alone, begun ``at`` where it may begin (signing.ledger.opening). Raises Refusal.

        With ``complete`` it is refused where it does not know a release that lies here.
        """
        path, releases = self.ledger_path, self.releases
        ledger = opening.opened(path, releases, self.keys if keys is None else lambda: keys, at)
        try:
            if complete:
                opening.check_complete(ledger, releases)
        except BaseException:
            ledger.close()
            raise
        return ledger

    @property
    def ledger_path(self) -> Path:
        """Where the ledger is: of a link what it leads to, beside which are lock and drafts of all who use it."""
        path = self.folder / self.centre.paths.ledger
        return Path(os.path.realpath(path)) if path.is_symlink() else path

    @property
    def releases(self) -> Path:
        """The folder of releases."""
        return self.folder / self.centre.paths.releases

    @property
    def certificates(self) -> Path:
        """The folder of drawn and printed certificates."""
        return self.folder / self.centre.paths.certificates

    @property
    def working_days(self) -> WorkingDays:
        """The centre's working days."""
        known = self.centre.calendar
        return WorkingDays(holidays=frozenset(known.holidays), workdays=frozenset(known.workdays))


class Unlocked(msgspec.Struct, frozen=True, kw_only=True):
    """The key folder and who knows its passphrase, for one command. Its repr shows none of it."""

    folder: KeyFolder
    chain: Chain
    passphrases: Passphrases
    """Asked when the first key is opened."""
    secrets: tuple[bytes, ...]
    _signers: dict[bytes, Signer] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        return "Unlocked()"

    @classmethod
    def of(cls, folder: KeyFolder, passphrases: Passphrases) -> "Unlocked":
        """Reads the keyring and the lookup secrets. Raises Refusal and KeyringRefused."""
        return cls(folder=folder, chain=folder.chain(), passphrases=passphrases, secrets=folder.lookup_secrets())

    def newest_signer(self, use: Use, programme_codes: Sequence[str], now: int) -> Signer:
        """The signer that ``use`` takes now for these programmes. Raises KeyProblem, KeyringRefused."""
        signer = self.folder.signer(use, self.passphrases, now, programme_codes)
        return self._signers.setdefault(signer.kid, signer)

    def signer(self, kid: bytes) -> Signer:
        """The signer of a key that was recorded; opening its file takes a while, so it is done once. Raises Refusal."""
        if kid not in self._signers:
            entry = next((key for key in self.chain.newest.with_kid(kid) if key.state == "active"), None)
            if entry is None:
                raise Refusal(_("The key {} that was recorded for this release is no longer active.").format(kid.hex()))
            self._signers[kid] = self.folder.load(entry, self.passphrases)
        return self._signers[kid]

    def secret(self, secret_id: bytes | None) -> bytes:
        """The lookup secret of this id, the newest for None. Raises Refusal."""
        for secret in self.secrets:
            if secret_id is None or identity.secret_id(secret) == secret_id:
                return secret
        raise Refusal(
            _("The lookup secret {} of this exam is not in the key folder any more.").format((secret_id or b"").hex())
        )


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One command at work: the room, its keys and ledger, and the time that the command began."""

    room: Room
    unlocked: Unlocked
    ledger: Ledger
    now: int
    progress: Progress


def check_keyring(centre: Centre, keyring: Keyring, programmes: list[str]) -> None:
    """That certificates will say what centre.toml says. Raises Refusal.

    A programme's entry in the keyring never changes, so that old certificates never change their words.
    """
    entries = {entry.code: entry for entry in centre.programme_entries}
    for code in programmes:
        known = keyring.programme(code)
        if known is None:
            raise Refusal(_("The keyring has no programme {} yet: run `yinjian-keys update`.").format(code))
        changed = [field for field in known.__struct_fields__ if getattr(known, field) != getattr(entries[code], field)]
        if changed:
            raise Refusal(
                _(
                    "Programme {} differs from the keyring in: {}. It can never change; what is new takes a new code."
                ).format(code, joined(changed))
            )
        for issuer in known.issuers:
            ours = next((entry for entry in centre.issuer_entries if entry.id == issuer), None)
            if ours != next(entry for entry in keyring.issuers if entry.id == issuer):
                raise Refusal(
                    _("The issuing body “{}” differs from the keyring, where it can never change.").format(issuer)
                )
    if centre.host not in (host.upper() for host in keyring.hosts):
        raise Refusal(_("The keyring does not name the host {} yet: run `yinjian-keys update`.").format(centre.host))


def now() -> int:
    """The time of day, in seconds since 1970: the one place that asks the clock."""
    return int(time.time())
