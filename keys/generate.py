"""A centre's first keys: made whole in a folder of their own, or not at all."""

import secrets
import shutil
import tempfile
from pathlib import Path

from keys import custody, folder, rotation
from keys.folder import KeyFolder
from keys.messages import _
from keys.programmes import Published
from verify.core.chain import Chain
from verify.core.keyring import Key, thumbprint
from verify.shared import whole_files
from verify.shared.command import Refusal


def init(path: Path, settings: Published, passphrase: bytes, now: int) -> tuple[KeyFolder, Chain]:
    """The key folder ``path`` with every key, the lookup secret and the first keyring, read back once.

    Raises Refusal where keys are there already. When anything fails, nothing is left.
    """
    path = path.absolute()
    check_absent(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))  # mode 0700
    try:
        signers = {use: custody.create(draft, use, passphrase) for use in rotation.USES}
        entries = tuple(
            Key(kid=signer.kid, public=signer.public, use=use, programmes=(), not_before=now)
            for use, signer in signers.items()
        )
        root = signers["root"]
        keyring = root.sign(rotation.first(entries, settings, now).draft(root.kid))
        folder.write_keyring(draft, keyring)
        custody.write_once(draft / folder.LOOKUP, f"{secrets.token_hex(32)}\n".encode())
        made = KeyFolder(draft, thumbprint(root.public))
        made.chain()
        for entry in entries:
            custody.load(draft, entry, passphrase)
        made.lookup_secrets()
        whole_files.to_disk(draft)
        draft.rename(path)  # over an empty folder too
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    whole_files.to_disk(path.parent)
    found = KeyFolder(path, made.root)
    chain = found.chain()
    folder.remember(found, chain)
    return found, chain


def check_absent(path: Path) -> None:
    """Refuses to make keys where keys, or anything else, are."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise Refusal(
            _("{folder} is not empty: keys are made in a new folder, and never over others").format(folder=path)
        )
