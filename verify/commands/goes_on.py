"""That a log goes on from the tree that was known before (RFC 6962 section 2.1.2), proved by its tiles.

No proof of the service's own is wanted: each tile is checked against the new root before it counts, and the proof is
made of them here. A log of a million entries gives some ten tiles of 8 KiB for it.
"""

from collections.abc import Callable

from verify.core.errors import LogRefused
from verify.core.log import tiles, tree
from verify.core.log.checkpoint import Signed
from verify.core.log.tiles import Tile
from verify.core.log.tree import HASH_BYTES
from verify.core.log.view import TreeView
from verify.shared.command import LOCALE, Refusal, messages

_ = messages(LOCALE)

Ask = Callable[[str, int], bytes | None]
"""What the service has at a path, at most so many bytes; None where it has nothing. Raises Refusal."""


def check(ask: Ask, old: Signed, new: Signed) -> None:
    """That ``new`` is the same log as ``old``, grown or not. Raises Refusal, with both notes where they show a lie."""
    if new.size < old.size:
        text = _("The service gives an older log than the one known here (size {} after {}).")
        raise Refusal(text.format(new.size, old.size) + _both(old, new))
    if new.size == old.size and new.root != old.root:
        text = _("The service gives another log of the same size than the one known here: it was rewritten.")
        raise Refusal(text + _both(old, new))
    if old.size in (0, new.size):
        return
    try:
        view = TreeView(new, [_tile(ask, one) for one in tiles.edge(new.size)])
        for one in view.lacking(view.of_consistency(old.size)):
            view.give(one, _tile(ask, one))
        tree.check_consistency(old.size, old.root, new.size, new.root, view.consistency(old.size))
    except LogRefused as error:
        if error.code == "inconsistent":
            text = _("The log of size {} does not go on from that of size {} known here: it was rewritten.")
            raise Refusal(text.format(new.size, old.size) + _both(old, new)) from None
        text = _("The log's tiles do not give its checkpoint's tree ({}); fetch again, or ask the operator.")
        raise Refusal(text.format(error.code)) from None


def _tile(ask: Ask, tile: Tile) -> bytes:
    data = ask(f"/log/tile/{tile.path}", tile.width * HASH_BYTES)
    if data is None:
        text = _("The service does not give tile {}, though its checkpoint is signed over it.")
        raise Refusal(text.format(tile.path))
    return data


def _both(old: Signed, new: Signed) -> str:
    """The two signed notes, which show it to anybody."""
    lines = [f"  | {line}" for note in (old.note, new.note) for line in note.splitlines()]
    return "\n".join(["", _("Keep both notes, show them to the centre and to others who follow this log."), *lines])
