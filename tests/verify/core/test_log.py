"""The log: proofs, tiles, checkpoints and receipts, against the definitions of RFC 6962 and the project's vectors."""

import base64
import hashlib
from typing import Any

import pytest

from tests.invented import ENTRIES, LOG, chain, keyring
from tests.vectors import logs
from tests.verify.core.test_project_vectors import load
from verify.core.chain import Chain
from verify.core.errors import LogRefused
from verify.core.log import checkpoint, receipt, tiles, tree
from verify.core.log import near as nears
from verify.core.log import view as views
from verify.core.log.checkpoint import Checkpoint, Signed
from verify.core.log.near import Near
from verify.core.log.tiles import Tile
from verify.core.log.view import TreeView

LOGS = load("log.json")


def the_chain() -> Chain:
    """The chain of log.json, whose places in the log nothing tells."""
    return Chain.follow([(bytes.fromhex(LOGS["keyring"]), None)], bytes.fromhex(LOGS["root"]))


def refusal_of(run: Any, *arguments: Any) -> str | None:
    """The code of a refusal, None where there is none."""
    try:
        run(*arguments)
    except LogRefused as error:
        return error.code
    return None


@pytest.mark.parametrize("case", LOGS["checkpoints"], ids=lambda case: case["name"])
def test_a_checkpoint_is_believed_or_refused_as_its_vector_says(case: dict[str, Any]) -> None:
    """A stranger's, another log's, an altered or a damaged one is refused by its code."""
    assert refusal_of(checkpoint.believed, case["note"], the_chain()) == case["refused"]


@pytest.mark.parametrize("case", LOGS["tlog_proofs"], ids=lambda case: case["name"])
def test_a_tlog_proof_proves_its_entry_alone(case: dict[str, Any]) -> None:
    """Another entry, tree, index or length is refused by its code."""
    entry = bytes.fromhex(case["entry"])
    assert refusal_of(receipt.check_tlog_proof, case["tlog_proof"], entry, the_chain()) == case["refused"]


@pytest.mark.parametrize("case", LOGS["cose_receipts"], ids=lambda case: case["name"])
def test_a_cose_receipt_proves_its_entry_alone(case: dict[str, Any]) -> None:
    """Another entry, signature or length is refused by its code."""
    data, entry = bytes.fromhex(case["cose"]), bytes.fromhex(case["entry"])
    assert refusal_of(receipt.check_cose, data, entry, the_chain()) == case["refused"]


def test_the_log_is_called_after_the_first_host_for_ever() -> None:
    """Of two hosts the oldest names it; the key is written as other tools take it."""
    assert LOGS["origin"] == checkpoint.origin_of(chain(keyring(hosts=("NEW.EXAMPLE.ORG", "VERIFY.EXAMPLE.ORG"))))
    name, hint, key = LOGS["verifier_key"].split("+", 2)
    raw = base64.b64decode(key)
    assert (name, raw[:1], hint) == (logs.ORIGIN, b"\x01", hashlib.sha256(f"{name}\n".encode() + raw).hexdigest()[:8])


def test_proofs_are_those_of_the_rfc_for_every_entry_and_size() -> None:
    """Inclusion and consistency, for each tree of up to twenty entries, verify and have the defined hashes."""

    def hash_of(one: tree.Node) -> bytes:
        return logs.root_of(one[1] << one[0], one[1] + 1 << one[0])

    for size in range(1, logs.SIZE + 1):
        root = logs.root_of(0, size)
        assert tree.Frontier().add(logs.ENTRY[:size]).root == root
        view = TreeView(checkpoint.genuine(logs.note_of(size), the_chain()), [b"".join(logs.LEAF[:size])])
        for index in range(size):
            path = view.inclusion(index).path
            assert list(path) == logs.audit_path(logs.LEAF[:size], index)
            assert tree.root_of_inclusion(index, size, tree.leaf(logs.ENTRY[index]), path) == root
        for old in range(size + 1):
            path = tree.hashes(tree.consistency(old, size), hash_of)
            assert list(path) == (logs.consistency_of(old, 0, size) if old else [])
            tree.check_consistency(old, logs.root_of(0, old), size, root, path)
            wrong = [("inconsistent", (old, bytes(32), size, root, path))]
            wrong += [("proof_length", (old, logs.root_of(0, old), size, root, (*path, bytes(32))))]
            if path:
                wrong += [("proof_length", (old, logs.root_of(0, old), size, root, path[:-1]))]
                wrong += [("inconsistent", (old, logs.root_of(0, old), size, bytes(32), path))]
            for code, arguments in wrong:
                assert refusal_of(tree.check_consistency, *arguments) == code, arguments[:3]
    assert refusal_of(tree.check_consistency, 3, bytes(32), 2, bytes(32), ()) == "size_went_back"


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("0/000", Tile(level=0, index=0)),
        ("1/x001/x234/067", Tile(level=1, index=1234067)),
        ("0/x273/000.p/112", Tile(level=0, index=273000, width=112)),
        ("entries/001.p/1", Tile(level=tiles.ENTRIES, index=1, width=1)),
        ("00/000", None),
        ("8/000", None),
        ("0/0", None),
        ("0/x000/001", None),
        ("0/000.p/256", None),
        ("0/000.p/0", None),
        ("0/000.p/01", None),
        ("0/001/002", None),
        ("entries/000/", None),
        ("0/٠٠٠", None),
    ],
)
def test_a_tile_has_one_address(path: str, tile: Tile | None) -> None:
    """It is read and written in the one way that C2SP tlog-tiles has; anything else is refused."""
    if tile is None:
        assert refusal_of(tiles.named, path) == "not_a_tile"
    else:
        assert (tiles.named(path), tile.path) == (tile, path)


class Tiled:
    """A log of many entries with all its tiles, made plainly."""

    def __init__(self, size: int) -> None:
        self.entries = [tree.entry(1, hashlib.sha256(str(n).encode()).digest()) for n in range(size)]
        rows = [[tree.leaf(one) for one in self.entries]]
        while len(rows[-1]) >= tiles.WIDTH:
            full = len(rows[-1]) // tiles.WIDTH
            rows.append([tiles.root(b"".join(rows[-1][n * 256 : n * 256 + 256])) for n in range(full)])
        self.rows = rows
        said = Checkpoint(origin=logs.ORIGIN, size=size, root=tree.Frontier().add(self.entries).root)
        note = checkpoint.note(said, LOG.public, LOG.private.sign(said.text.encode()))
        self.signed = checkpoint.believed(note, the_chain())

    def bytes_of(self, tile: Tile) -> bytes:
        """A tile's hashes."""
        start = tile.index * tiles.WIDTH
        return b"".join(self.rows[tile.level][start : start + tile.width])

    def view(self, signed: Signed | None = None) -> TreeView:
        """The tree with its right edge alone."""
        return TreeView(signed or self.signed, map(self.bytes_of, tiles.edge(self.signed.size)))


@pytest.fixture(scope="module")
def tiled() -> Tiled:
    """Two levels of tiles, full and partial ones."""
    return Tiled(70_000)


def test_tiles_give_every_proof_and_no_more_are_asked_for_than_it_takes(tiled: Tiled) -> None:
    """As in the example of C2SP tlog-tiles, 70,000 entries; each tile comes from the top down and is checked."""
    assert [one.path for one in tiles.edge(70_000)] == ["0/273.p/112", "1/001.p/17", "2/000.p/1"]
    for index in (0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999):
        view = tiled.view()
        lacking = view.lacking([view.of_entry(index)])
        assert len(lacking) <= 2
        for tile in lacking:
            view.give(tile, tiled.bytes_of(tile))
        proof = view.inclusion(index)
        assert view.holds(index, tiled.entries[index])
        assert not view.holds(index, tiled.entries[index - 1])
        root = tree.root_of_inclusion(index, view.size, tree.leaf(tiled.entries[index]), proof.path)
        assert root == tiled.signed.root
        assert list(proof.path) == logs.audit_path(tiled.rows[0], index)
    for old in (1, 256, 4_097, 65_536, 69_999):
        view = tiled.view()
        for tile in view.lacking(view.of_consistency(old)):
            view.give(tile, tiled.bytes_of(tile))
        was = tree.Frontier().add(tiled.entries[:old]).root
        tree.check_consistency(old, was, view.size, tiled.signed.root, view.consistency(old))
    assert not tiled.view().holds(70_000, tiled.entries[0])
    assert tiled.view().frontier().add([tiled.entries[0]]).size == 70_001


def test_a_tile_that_was_changed_cut_or_moved_is_refused(tiled: Tiled) -> None:
    """Nothing of it is taken, so that the right one still can be."""
    view, tile = tiled.view(), Tile(level=1, index=0)
    data = tiled.bytes_of(tile)
    other = data[:-1] + bytes([data[-1] ^ 1])
    assert refusal_of(view.give, tile, other) == "other_tree"
    assert refusal_of(view.give, tile, data[:-1]) == "tile_cut"
    assert refusal_of(view.give, Tile(level=0, index=0), data) == "tile_order"
    view.give(tile, data)
    assert refusal_of(view.give, Tile(level=0, index=1), tiled.bytes_of(Tile(level=0, index=0))) == "other_tree"
    assert refusal_of(view.inclusion, 5) == "tile_lacking"
    edge = [tiled.bytes_of(one) for one in tiles.edge(70_000)]
    assert refusal_of(TreeView, tiled.signed, [edge[0][:-32] + bytes(32), *edge[1:]]) == "other_tree"
    assert refusal_of(TreeView, tiled.signed, [edge[0][:-32], *edge[1:]]) == "tile_cut"


def test_an_entry_is_proved_by_its_surroundings_as_by_its_tile(tiled: Tiled) -> None:
    """With the tile above at hand nothing else is asked for, and the proof is the same, hash for hash."""
    view, whole = tiled.view(), tiled.view()
    for index in (0, 15, 16, 255, 256, 4_095, 65_535, 65_536, 69_887, 69_888, 69_999):
        tile = Tile(level=0, index=index >> 8)
        near = nears.near(tiled.bytes_of(tile), index) if index < 69_888 else None
        for lacking in whole.lacking([whole.of_entry(index)]):
            whole.give(lacking, tiled.bytes_of(lacking))
        lacks = view.lacking([view.of_entry(index, near)])
        assert [one.path for one in lacks] == (["1/000"] if index == 0 else [])
        for one in lacks:
            view.give(one, tiled.bytes_of(one))
        assert view.holds(index, tiled.entries[index], near)
        assert not view.holds(index, tiled.entries[index ^ 1], near)
        assert view.inclusion(index, near) == whole.inclusion(index)
    assert view.kept == 1


def test_surroundings_that_are_not_the_entrys_are_refused(tiled: Tiled) -> None:
    """Of another group or tile, changed anywhere, cut, or beside a tile that is not full yet."""
    view = tiled.view()
    view.give(Tile(level=1, index=0), tiled.bytes_of(Tile(level=1, index=0)))
    tile = tiled.bytes_of(Tile(level=0, index=3))
    index = 3 * 256 + 37
    good = nears.near(tile, index)
    assert refusal_of(view.holds, index, tiled.entries[index], good) is None
    for at in range(0, 512, 32):
        for wrong in (Near(_changed(good.leaves, at), good.middle), Near(good.leaves, _changed(good.middle, at))):
            assert refusal_of(view.holds, index, tiled.entries[index], wrong) == "other_tree"
    for other in (index + 16, index - 256, index + 256):
        assert refusal_of(view.holds, other, tiled.entries[other], good) == "other_tree"
    for cut in (
        Near(good.leaves[:-32], good.middle),
        Near(good.leaves, b""),
        Near(good.leaves, good.middle + good.middle),
    ):
        assert refusal_of(view.holds, index, tiled.entries[index], cut) == "tile_cut"
    # Since the checkpoint the tile became full: its edge tells, whatever stands beside it.
    assert view.holds(69_999, tiled.entries[69_999], good)


def test_sixteen_entries_share_what_proves_them(tiled: Tiled, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group is hashed once a checkpoint, as long as no more groups were asked for since than are kept."""
    view = tiled.view()
    view.give(Tile(level=1, index=0), tiled.bytes_of(Tile(level=1, index=0)))
    tile = tiled.bytes_of(Tile(level=0, index=3))
    hashed: list[bytes] = []
    levels = tree.levels

    def counted(row: bytes) -> tree.Levels:
        hashed.append(row)
        return levels(row)

    monkeypatch.setattr(tree, "levels", counted)
    monkeypatch.setattr(views, "MOST_GROUPS", 2)

    def asked(*places: int) -> int:
        hashed.clear()
        nears_of = [(3 * 256 + place, Near(tile[place // 16 * 512 :][:512], middle)) for place in places]
        assert all(view.holds(index, tiled.entries[index], near) for index, near in nears_of)
        return len(hashed)

    middle = nears.middle(tile)
    assert asked(*range(16)) == 2  # the tile's middle and the group
    assert asked(16, 0, 31, 15) == 1
    assert asked(32) == 1
    assert asked(16, 32) == 0
    assert asked(0) == 1  # it had made room


def _changed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_tree_takes_from_the_one_before_what_is_the_same(tiled: Tiled) -> None:
    """So that a new checkpoint asks for no tile that was at hand; one of another tree is asked for anew."""
    before = tiled.view()
    node = before.of_entry(5)
    for tile in before.lacking([node]):
        before.give(tile, tiled.bytes_of(tile))
    edge = [tiled.bytes_of(one) for one in tiles.edge(70_000)]
    assert TreeView(tiled.signed, edge, b"", before.full).lacking([node]) == []
    altered = {place: _changed(data, 0) for place, data in before.full.items()}
    fresh = TreeView(tiled.signed, edge, b"", altered)
    assert [one.path for one in fresh.lacking([node])] == ["1/000", "0/000"]
    assert (before.kept, before.emptied().kept, before.emptied().full) == (2, 0, {})


def test_bundles_hold_entries_of_33_bytes_and_nothing_else() -> None:
    """They come back as they went in; a cut one, and one entry too few, are refused."""
    tile = Tile(level=tiles.ENTRIES, index=0, width=20)
    data = tiles.bundled(logs.ENTRY)
    assert tiles.unbundled(tile, data) == logs.ENTRY
    for wrong in (data[:-1], data[:-35], data + data[:35], data.replace(b"\x00\x21", b"\x00\x20", 1)):
        assert refusal_of(tiles.unbundled, tile, wrong) == "tile_cut"


def test_a_log_key_is_believed_where_it_was_active_and_up_to_its_size() -> None:
    """Compromised, up to the size its entry gives; retired, offline, nothing tells; before its keyring, never."""
    others, note = [one for one in ENTRIES if one.use != "log"], logs.note_of(5)

    def told(**changes: Any) -> str | None:
        ring = keyring([*others, LOG.entry("log", **changes)])
        return refusal_of(
            checkpoint.believed, note, Chain.follow([(chain(ring).versions[0].statement.data, None)], root)
        )

    root = bytes.fromhex(LOGS["root"])
    assert told() is None
    assert told(state="compromised", believed_below=5) is None
    assert told(state="compromised", believed_below=4) == "key_compromised"
    assert told(state="retired") == "key_retired"
    first = chain().versions[0].statement
    assert refusal_of(checkpoint.believed, note, Chain.follow([(first.data, 4)], root)) is None
    assert refusal_of(checkpoint.believed, note, Chain.follow([(first.data, 5)], root)) == "key_not_active"
