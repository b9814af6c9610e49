"""transparency-dev/merkle's proofs, 98 of inclusion and 98 of consistency, and Tessera's log, by our own code."""

import base64
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.interop.judged import read, tell
from verify.core.errors import LogRefused
from verify.core.log import checkpoint, tiles, tree
from verify.core.log.tiles import ENTRIES, WIDTH, Tile

FROM_NOTHING = {
    "additional/size1-is-zero-and-size2-is-not-zero.json",
    "additional/sizes-are-equal-zero-and-proof-is-empty.json",
}
"""With the root of the empty tree and no hashes (C2SP tlog-checkpoint has size 0; a monitor begins there)."""


def octets(text: str | None) -> bytes:
    """The bytes in base64, none for null."""
    return base64.b64decode(text or "")


def path(case: dict[str, Any]) -> list[bytes]:
    """A proof's hashes."""
    return [octets(one) for one in case["proof"] or ()]


def inclusion_holds(case: dict[str, Any]) -> bool:
    """Whether the proof shows the leaf in the tree."""
    try:
        root = checkpoint.base64_of(case["root"] or "", 32)  # as it comes to us, in a note
        return tree.root_of_inclusion(case["leafIdx"], case["treeSize"], octets(case["leafHash"]), path(case)) == root
    except LogRefused:
        return False


def consistency_holds(case: dict[str, Any]) -> bool:
    """Whether the proof shows that one tree goes on from the other."""
    try:
        tree.check_consistency(case["size1"], octets(case["root1"]), case["size2"], octets(case["root2"]), path(case))
    except LogRefused:
        return False
    return True


def test_inclusion_proofs_are_judged_as_theirs() -> None:
    """98 of 98."""
    cases = read("merkle")["inclusion"]
    wrong = {name for name, case in cases.items() if inclusion_holds(case) is case["wantErr"]}
    tell("transparency-dev/merkle, inclusion proofs", len(cases), len(wrong))
    assert wrong == set()
    assert len(cases) == 98


def test_consistency_proofs_are_judged_as_theirs() -> None:
    """96 of 98; two are decided otherwise: theirs proves nothing of size 0, here every tree goes on from nothing."""
    cases = read("merkle")["consistency"]
    otherwise = {name for name, case in cases.items() if consistency_holds(case) is case["wantErr"]}
    more = f"{len(otherwise & FROM_NOTHING)} from size 0 decided otherwise (tests/interop/README.md)"
    tell("transparency-dev/merkle, consistency proofs", len(cases), len(otherwise ^ FROM_NOTHING), more)
    assert otherwise == FROM_NOTHING
    assert len(cases) == 98


@pytest.fixture(scope="module")
def tessera() -> dict[str, bytes]:
    """Tessera's test log, by path."""
    return {name: base64.b64decode(data) for name, data in read("tessera_log")["files"].items()}


def test_every_checkpoint_of_tesseras_log_is_read_and_its_tree_rebuilt(tessera: dict[str, bytes]) -> None:
    """The note's signature, its root from the tile, the tile from the entries, and its consistency with the end."""
    wrong = {}
    for size in range(16):
        try:
            check_checkpoint(tessera, size)
        except (AssertionError, LogRefused, InvalidSignature) as error:
            wrong[size] = error
    tell("Tessera's signed test log, checkpoints", 16, len(wrong))
    assert wrong == {}


def check_checkpoint(tessera: dict[str, bytes], size: int) -> None:
    """One checkpoint of theirs. Raises AssertionError, LogRefused or InvalidSignature."""
    name, _key_id, public = read("tessera_log")["public_key"].split("+", 2)
    key = base64.b64decode(public)[1:]
    text = tessera[f"checkpoint.{size}"].decode()
    found = checkpoint.read(text)
    assert (found.origin, found.size) == (name, size)
    body, _gap, line = text.rpartition("\n\n— ")
    said = base64.b64decode(line.split(" ")[1])
    assert said[:4] == checkpoint.key_id(name, key)
    Ed25519PublicKey.from_public_bytes(key).verify(said[4:], f"{body}\n".encode())
    hashes = leaves(tessera, size)
    assert tree.fold([top(hashes, one) for one in tree.subtrees(0, size)]) == found.root
    last = checkpoint.read(tessera["checkpoint.15"].decode())
    all_leaves = leaves(tessera, 15)
    proof = tree.hashes(tree.consistency(size, 15), lambda one: top(all_leaves, one))
    tree.check_consistency(size, found.root, 15, last.root, proof)


def leaves(log: dict[str, bytes], size: int) -> list[bytes]:
    """The leaf hashes of the tree, from its tile; held to be those of the entries."""
    if not size:
        return []
    tile = log[f"tile/{Tile(level=0, index=0, width=size).path}"]
    tiles.check_shape(Tile(level=0, index=0, width=size), tile)
    found = [tile[place : place + 32] for place in range(0, len(tile), 32)]
    bundle, entries = log[f"tile/{Tile(level=ENTRIES, index=0, width=size).path}"], []
    while bundle:
        length = int.from_bytes(bundle[:2])
        entries.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    assert [tree.leaf(entry) for entry in entries] == found
    assert size < WIDTH
    return found


def top(hashes: list[bytes], one: tuple[int, int]) -> bytes:
    """The hash of a complete subtree over these leaves."""
    level, index = one
    return tiles.root(b"".join(hashes[index << level : (index + 1) << level]))
