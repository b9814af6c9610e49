"""The whole ceremony on copies: every key opened, added, ended, declared stolen, and the root handed over.

Nothing of the centre's own is written but the mark of the day; what the copies sign leaves nothing behind.
"""

import datetime
import functools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from keys import custody
from keys.folder import KeyFolder
from keys.key_problems import KeyProblem
from keys.life import ROTATED, Life
from keys.messages import _
from keys.passphrase import Passphrases
from keys.root_medium import RootMedium
from verify.core.chain import Chain
from verify.shared import whole_files
from verify.shared.command import joined

DRILLED: Final = "drilled"
"""The mark of the last drill, a day."""


def drill(folder: KeyFolder, medium: RootMedium, passphrases: Passphrases, now: int) -> Iterator[str]:
    """Rehearses everything, and says each step once it was taken. Raises Refusal or KeyringRefused at what fails."""
    with tempfile.TemporaryDirectory(prefix="yinjian-drill-") as place:  # mode 0700, and gone at the end
        keys, root = Path(place) / "keys", Path(place) / "keys-root"
        shutil.copytree(folder.path, keys, ignore=shutil.ignore_patterns(".lock"))
        shutil.copytree(medium.path, root)
        copy, its_medium = KeyFolder(keys, folder.root, rehearsal=True), RootMedium(root)
        yield from _opened(copy, its_medium, passphrases)
        yield from _lived(copy, its_medium, passphrases, now, Path(place) / "keys-root-2")
        chain = Chain.follow(((version.statement.data, None) for version in copy.chain().versions), folder.root)
        yield _("versions of the keyring followed from the pinned root on: {count}").format(count=len(chain.versions))
    day = datetime.datetime.fromtimestamp(now, datetime.UTC).date().isoformat()
    with whole_files.whole(folder.path / DRILLED, durable=True) as draft:
        draft.write_text(f"{day}\n", "ascii")


def _opened(copy: KeyFolder, medium: RootMedium, passphrases: Passphrases) -> Iterator[str]:
    """Every active key is opened from its file, and signs."""
    lacking = []
    for entry in copy.chain().newest.keys:
        if entry.state != "active":
            continue
        place = medium.path if entry.use == "root" else copy.path
        name = custody.file_name(entry.use, entry.kid)
        if not (place / name).is_file():
            lacking.append(name)
            continue
        passphrases.open(entry.use, functools.partial(custody.load, place, entry))
        yield _("{file}: opened, and what it signs verifies").format(file=name)
    if lacking:
        text = _("these keys are not here, and no copy of them was tried: {files}")
        raise KeyProblem(text.format(files=joined(lacking)))
    copy.lookup_secrets()


def _lived(copy: KeyFolder, medium: RootMedium, passphrases: Passphrases, now: int, place: Path) -> Iterator[str]:
    """Each key has a successor; then one is ended, one declared stolen, and the root handed over."""
    life = Life(copy, medium, passphrases, now)
    before = {key.use: key for key in copy.chain().newest.keys if key.state == "active"}
    for use in ROTATED:
        done = life.rotate(use, (), agreed=True)
        yield _("a new key for “{use}”: {kid}").format(use=use, kid=done.key.kid.hex())
    for key in (before[use] for use in ("status", "log")):
        life.retire(key.kid.hex(), (), all_published=True, agreed=True)
        yield _("{use} {kid}: retired").format(use=key.use, kid=key.kid.hex())
    stolen = before["certificate"]
    life.compromise(stolen.kid.hex(), 0, agreed=True)
    yield _("{use} {kid}: declared compromised").format(use=stolen.use, kid=stolen.kid.hex())
    done = life.rotate_root(place, agreed=True)
    yield _("a new root: {kid}").format(kid=done.key.kid.hex())
    new = RootMedium.find(place, copy)
    life = Life(copy, new, passphrases, now)
    life.rotate("status", (), agreed=True)
    yield _("the new root signs: version {version}").format(version=copy.chain().newest.version)
