"""A centre's first keys: made whole in a folder of their own, or not at all; the root on a medium of its own."""

import secrets
import shutil
from pathlib import Path

from keys import custody, folder, rotation
from keys.folder import KeyFolder
from keys.passphrase import Passphrases
from keys.programmes import Published
from keys.root_medium import RootMedium, check_absent
from verify.core.chain import Chain
from verify.core.keyring import Key, thumbprint
from verify.shared import whole_files


def init(
    path: Path, settings: Published, passphrases: Passphrases, now: int, root_on: Path | None = None
) -> tuple[KeyFolder, RootMedium, Chain]:
    """The key folder ``path`` with every key but the root, the lookup secret and the first keyring, read back once.

    The root is made at ``root_on``, or in the folder ``PATH-root`` beside. Raises Refusal where keys are there already.
    When anything fails, nothing is left.
    """
    path = path.absolute()
    place = beside(path) if root_on is None else root_on.absolute()
    RootMedium.check_apart(place, path)
    check_absent(path)
    check_absent(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_files.aside(path) as draft:
        made = _made(draft, place, settings, passphrases, now)
        try:
            draft.rename(path)  # over an empty folder too
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
    for parent in (place.parent, path.parent):
        whole_files.to_disk(parent)
    found = KeyFolder(path, made.root)
    chain = found.chain()
    folder.remember(found, chain)
    return found, RootMedium(place), chain


def _made(draft: Path, place: Path, settings: Published, passphrases: Passphrases, now: int) -> KeyFolder:
    """Everything in ``draft``, and then the root on its medium in its place: until then a kill leaves drafts alone."""
    with RootMedium.drafted(place, passphrases) as (medium, root):
        others = [use for use in rotation.USES if use != "root"]
        signers = {"root": root} | {use: custody.create(draft, use, passphrases.new(use)) for use in others}
        entries = tuple(
            Key(kid=signers[use].kid, public=signers[use].public, use=use, programmes=(), not_before=now)
            for use in rotation.USES
        )
        keyring = root.sign(rotation.first(entries, settings, now).draft(root.kid))
        folder.write_keyring(draft, keyring)
        custody.write_once(draft / folder.LOOKUP, f"{secrets.token_hex(32)}\n".encode())
        (draft / folder.LOG_STATE).touch(0o600)
        made = KeyFolder(draft, thumbprint(root.public))
        made.chain()
        for entry in entries[1:]:
            made.load(entry, passphrases)
        made.lookup_secrets()
        whole_files.to_disk(draft)
        medium.keep(keyring)
    return made


def beside(path: Path) -> Path:
    """Where the root is made when no medium is named: a folder beside the keys, to be carried away."""
    return path.with_name(f"{path.name}-root")
