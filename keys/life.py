"""The life of a key: added, retired, declared compromised; and the root's successor.

Each step says before it signs what will and will not verify afterwards, and wants somebody to agree. Where a registry
is known, that is counted in it; what is published keeps its keyring, and nothing here is in force before the next
release is published with it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from keys import custody, forecast, rotation, waiting
from keys.folder import KeyFolder
from keys.forecast import Forecast, Held, Notes
from keys.messages import _
from keys.passphrase import Passphrases
from keys.root_medium import RootMedium
from verify.core.chain import Chain
from verify.core.keyring import Key, Keyring, Use
from verify.shared.agreement import NotAgreed
from verify.shared.command import Refusal, joined

ROTATED: Final[tuple[Use, ...]] = ("certificate", "status", "credential", "log")
"""The uses of keys that are added one by one; the root has its own step."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A step that was taken."""

    chain: Chain
    changes: list[str]
    key: Key
    """The key that is new or was changed."""
    forecast: Forecast | None = None
    notes: Notes | None = None
    """Of a log key that is declared compromised."""


class Life:
    """One command's step in the life of a key."""

    def __init__(
        self, folder: KeyFolder, medium: RootMedium, passphrases: Passphrases, now: int, *, url: str | None = None
    ) -> None:
        """``url`` is the registry's, in which is counted; None where none is known here."""
        self._folder = folder
        self._medium = medium
        self._passphrases = passphrases
        self._now = now
        self._url = url

    def rotate(self, use: Use, programmes: Sequence[str], *, agreed: bool) -> Done:
        """A new key for ``use``, of some programmes or all, which signs from then on. Raises Refusal, NotAgreed."""
        chain = self._folder.chain()
        if unknown := [code for code in programmes if chain.newest.programme(code) is None]:
            raise Refusal(_("the keyring has no programme {code}").format(code=joined(unknown)))
        if not agreed:
            told = [
                _("A new key for “{use}” is added; it signs everything new from then on.").format(use=use),
                _("All that older keys signed stays as valid as it is, with and without a network."),
            ]
            raise NotAgreed("\n".join(told), use)
        signer = custody.create(self._folder.path, use, self._passphrases.new(use))
        key = Key(kid=signer.kid, public=signer.public, use=use, programmes=tuple(programmes), not_before=self._now)
        return self._signed(rotation.with_key(chain, key, self._now), key)

    def retire(self, name: str, releases: Sequence[Path], *, all_published: bool, agreed: bool) -> Done:
        """A key signs nothing more; what it signed stays. Raises Refusal while any release of it waits, NotAgreed."""
        chain = self._folder.chain()
        key = rotation.named(chain.newest, name)
        keyring = rotation.retired(chain, key, self._now)
        waiting.check_none(releases, key, self._url, sure=all_published)
        told = [
            _("Key {kid} ({use}) is retired: it signs nothing more.").format(kid=key.kid.hex(), use=key.use),
            _("What it signed and is published stays as it is; a check without a network says of it “key_retired”."),
        ]
        seen = self._forecast(keyring, key, told)
        if not agreed:
            raise NotAgreed("\n".join(told), key.kid.hex())
        return self._signed(keyring, key, seen)

    def compromise(self, name: str, below: int, *, agreed: bool) -> Done:
        """What a key signed is believed below the log size ``below`` alone. Raises Refusal, NotAgreed."""
        chain = self._folder.chain()
        key = rotation.named(chain.newest, name)
        keyring = rotation.compromised(chain, key, below, self._now)
        if key.use == "log":
            return self._log_compromised(keyring, key, below, agreed=agreed)
        text = _("Key {kid} ({use}) is compromised: of what it signed only the log below {size} is believed, for ever.")
        told = [text.format(kid=key.kid.hex(), use=key.use, size=below)]
        told.append(_("A check without a network and without a receipt trusts nothing that it signed."))
        seen = self._forecast(keyring, key, told, below)
        told.append(_("What should go on to hold, `yinjian-sign resign` makes anew: publish nothing before that."))
        if not agreed:
            raise NotAgreed("\n".join(told), key.kid.hex())
        return self._signed(keyring, key, seen)

    def _log_compromised(self, keyring: Keyring, key: Key, below: int, *, agreed: bool) -> Done:
        """A log key signs trees and no statement: what is told are its checkpoints of trees beyond ``below``."""
        text = _("Key {kid} (log) is compromised: its checkpoints are believed up to a tree of {size}, for ever.")
        told = [text.format(kid=key.kid.hex(), size=below)]
        notes = None
        if self._url is None:
            told.append(_("No registry is known here: what it holds was not counted."))
        else:
            notes = forecast.doubtful(self._url, key, below)
            _check_below(below, notes.size)
            told.append(_("By the registry, whose size is {size}:").format(size=notes.size))
            told += [f"  {line}" for line in notes.lines()]
        told.append(_("The next release is published with a checkpoint of everything by a good key."))
        if not agreed:
            raise NotAgreed("\n".join(told), key.kid.hex())
        return msgspec.structs.replace(self._signed(keyring, key), notes=notes)

    def rotate_root(self, place: Path, *, agreed: bool) -> Done:
        """A new root on a new medium at ``place``; the one before signs this and then nothing more."""
        RootMedium.check_apart(place, self._folder.path)
        if not agreed:
            told = [
                _("A new root is made on {place}; the one before is retired with it.").format(place=place),
                _("Verifiers go on pinning the thumbprint of the first root, and nothing that is signed changes."),
                _("From then on a keyring is signed by the new root alone: keep the old medium, as a record."),
            ]
            raise NotAgreed("\n".join(told), "root")
        made, root = RootMedium.make(place, self._passphrases)
        key = Key(kid=root.kid, public=root.public, use="root", programmes=(), not_before=self._now)
        done = self._signed(rotation.with_root(self._folder.chain(), key, self._now), key)
        made.keep(self._folder.keyring())
        return done

    def _signed(self, keyring: Keyring, key: Key, seen: Forecast | None = None) -> Done:
        old = self._folder.chain().newest
        chain = self._medium.sign(self._folder, keyring, self._passphrases)
        now = chain.newest.key(key.public) or key
        return Done(chain=chain, changes=rotation.differences(old, keyring), key=now, forecast=seen)

    def _forecast(self, keyring: Keyring, key: Key, told: list[str], below: int | None = None) -> Forecast | None:
        """What the registry would say, told too. Raises Refusal where ``below`` is more than it has."""
        if self._url is None:
            told.append(_("No registry is known here: what it holds was not counted."))
            return None
        held = forecast.load(self._url, [key])
        _check_below(below, held.size)
        return self._counted(held, keyring, told)

    def _counted(self, held: Held, keyring: Keyring, told: list[str]) -> Forecast:
        root, versions = self._folder.root, [version.statement.data for version in self._folder.chain().versions]
        after = held.chain_with(keyring, root, versions)
        seen = forecast.forecast(held, held.chain(root) or after, after, self._now)
        told.append(_("By the registry, whose size is {size}, with nothing made anew:").format(size=held.size))
        told += [f"  {line}" for line in seen.lines()] or [_("  nothing there was signed by this key")]
        return seen


def _check_below(below: int | None, size: int) -> None:
    if below is not None and below > size:
        raise Refusal(_("the log is of size {size}: --below says at most that").format(size=size))
