"""The root's own medium: its private key, and every keyring version that it signed. Never part of a key folder.

The medium's copy of the keyring makes the root remember: from a key folder that was rolled back it signs no second
version of one number, and a version that it signed and a killed command did not file is filed by the next one.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from keys import custody
from keys.custody import KeySigner
from keys.folder import KEYRING, KeyFolder, split, write_keyring
from keys.key_problems import KeyProblem
from keys.messages import _
from keys.passphrase import Passphrases
from verify.core.chain import Chain
from verify.core.errors import KeyringRefused
from verify.core.keyring import Key, Keyring
from verify.shared import whole_files
from verify.shared.command import Refusal, joined

SETTING: Final = "YINJIAN_ROOT_MEDIUM"


class RootMedium:
    """A folder on a medium that is put in for as long as the root signs."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @classmethod
    def find(cls, chosen: Path | None, folder: KeyFolder) -> Self:
        """The medium that the command, or YINJIAN_ROOT_MEDIUM, names, or a folder ``KEYS-root…`` beside the keys.

        Raises Refusal where no active root's file is there.
        """
        named = os.environ.get(SETTING)
        beside = sorted(folder.path.parent.glob(f"{folder.path.name}-root*"))
        places = [chosen] if chosen else [Path(named)] if named else beside
        roots = [key for key in folder.chain().newest.keys if key.use == "root" and key.state == "active"]
        for place in places:
            if any((place / custody.file_name("root", key.kid)).is_file() for key in roots):
                cls.check_apart(place, folder.path)
                return cls(place)
        files = joined(custody.file_name("root", key.kid) for key in roots)
        text = _("the root's medium is not here ({files}): put it in, and name its folder with --root-on")
        raise KeyProblem(text.format(files=files))

    @staticmethod
    def check_apart(path: Path, keys: Path) -> None:
        """That the medium is not in the key folder, which goes to the signing machine. Raises Refusal."""
        if path.resolve() == keys.resolve() or keys.resolve() in path.resolve().parents:
            raise Refusal(_("the root's medium is not the key folder: the root is never on the signing machine"))

    @classmethod
    def make(cls, path: Path, passphrases: Passphrases) -> tuple[Self, KeySigner]:
        """A new root on a new medium at ``path``, whole or not at all. Raises Refusal where anything is there."""
        with cls.drafted(path, passphrases) as (_draft, signer):
            pass
        whole_files.to_disk(path.absolute().parent)
        return cls(path), signer

    @classmethod
    @contextlib.contextmanager
    def drafted(cls, path: Path, passphrases: Passphrases) -> Iterator[tuple[Self, KeySigner]]:
        """A new root on a medium that takes its place at ``path`` when the block ends without a fault, or not at all.

        Its name there is for the caller to have on disk. What a killed command left of one goes. Raises Refusal where
        anything is there.
        """
        path = path.absolute()
        check_absent(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_files.aside(path) as draft:
            yield cls(draft), custody.create(draft, "root", passphrases.new("root"))
            whole_files.to_disk(draft)
            draft.rename(path)  # over an empty folder too

    def settle(self, folder: KeyFolder) -> int:
        """Files in the key folder what the root had signed and the folder lacks; how many versions that were.

        Raises KeyringRefused where the two part ways.
        """
        file = self.path / KEYRING
        ours = list(split(file.read_bytes())) if file.is_file() else []
        theirs = [version.statement.data for version in folder.chain().versions]
        for mine, other in zip(ours, theirs, strict=False):
            if mine != other:
                raise KeyringRefused("altered", "another keyring than the one that the root signed")
        for statement in ours[len(theirs) :]:
            folder.append(statement)
        return max(len(ours) - len(theirs), 0)

    def sign(self, folder: KeyFolder, keyring: Keyring, passphrases: Passphrases) -> Chain:
        """Signs ``keyring`` as the next version, kept on the medium first and then in the key folder.

        Raises KeyProblem, KeyringRefused.
        """
        chain = folder.chain()
        entry = self._root(chain.newest)
        root = passphrases.open("root", lambda passphrase: custody.load(self.path, entry, passphrase))
        statement = root.sign(keyring.draft(root.kid))
        chain.extend(statement)
        self.keep(folder.keyring() + statement)
        folder.append(statement)
        return folder.chain()

    def keep(self, keyring: bytes) -> None:
        """Puts every version of the keyring on the medium, on disk when this returns."""
        write_keyring(self.path, keyring)

    def _root(self, keyring: Keyring) -> Key:
        found = [key for key in keyring.keys if key.use == "root" and key.state == "active"]
        return next(key for key in reversed(found) if (self.path / custody.file_name("root", key.kid)).is_file())


def check_absent(path: Path) -> None:
    """Refuses to make keys where keys, or anything else, are."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise Refusal(
            _("{folder} is not empty: keys are made in a new folder, and never over others").format(folder=path)
        )
