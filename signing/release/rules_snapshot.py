"""What a snapshot must keep to be published: it says what the registry says, at a size that the log had."""

from typing import Any

from signing.messages import _
from signing.release.release_file import Entry, refuse
from verify.core.chain import Chain
from verify.core.snapshot import Snapshot
from verify.shared import not_valid


async def check(connection: Any, entry: Entry, snapshot: Snapshot, chain: Chain) -> None:
    """That ``snapshot`` is right, by ``chain``, the keyrings as they would be with it in. Raises ReleaseRefused."""
    if snapshot.taken_at > snapshot.issued_at:
        refuse("snapshot_ahead", _("the snapshot speaks of a time after it was signed"), entry.place)
    if snapshot.issued_at < chain.newest.issued_at:
        refuse("snapshot_before_keyring", _("the snapshot is older than the keyring: take a new one"), entry.place)
    if await not_valid.checkpoint_size(connection, chain, snapshot.log_size) != snapshot.log_size:
        refuse("snapshot_unproven", _("the snapshot is of a size that the log never had"), entry.place)
    before = await not_valid.newest(connection, chain)
    if before is not None and (snapshot.log_size < before.log_size or snapshot.taken_at < before.taken_at):
        refuse("snapshot_rolled_back", _("the registry has a newer snapshot"), entry.place)
    wanted = await not_valid.standings(connection, chain, snapshot.log_size, snapshot.taken_at)
    if wanted != snapshot.standings:
        lacking = len(wanted.items() - snapshot.standings.items())
        more = len(snapshot.standings.items() - wanted.items())
        words = _("the snapshot of what is not valid: certificates lacking {lacking}, not belonging there {more}")
        refuse("snapshot_differs", words.format(lacking=lacking, more=more), entry.place)
