"""log.json: a log of twenty entries, its checkpoints, receipts and proofs, the good ones and those to be refused."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from tests.invented import CERTIFICATE, ENTRIES, LOG, TestKey, keyring
from verify.core.log import checkpoint, receipt, tree
from verify.core.log.checkpoint import Checkpoint
from verify.core.log.receipt import Proof

ORIGIN: Final = "verify.example.org/log"
SIZE: Final = 20
ENTRY: Final = [tree.entry(n % 8 + 1, hashlib.sha256(f"yinjian log vector {n}".encode()).digest()) for n in range(SIZE)]
LEAF: Final = [hashlib.sha256(b"\x00" + one).digest() for one in ENTRY]


def root_of(start: int, stop: int) -> bytes:
    """The Merkle Tree Hash of some entries."""
    return root_over(LEAF[start:stop])


def audit_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of a leaf, as RFC 6962 section 2.1.1 defines it."""
    if len(leaves) < 2:
        return []
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = leaves[:middle], leaves[middle:]
    if index < middle:
        return [*audit_path(left, index), root_over(right)]
    return [*audit_path(right, index - middle), root_over(left)]


def root_over(leaves: Sequence[bytes]) -> bytes:
    """The Merkle Tree Hash of entries with these hashes, as RFC 6962 section 2.1 defines it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root_over(leaves[:middle]) + root_over(leaves[middle:])).digest()


def note_of(size: int, key: TestKey = LOG, origin: str = ORIGIN) -> str:
    """The checkpoint of this size, signed by ``key``."""
    said = Checkpoint(origin=origin, size=size, root=root_of(0, size))
    return checkpoint.note(said, key.public, key.private.sign(said.text.encode()))


def proof_of(index: int, size: int) -> Proof:
    """The proof of an entry."""
    return Proof(index=index, size=size, path=tuple(audit_path(LEAF[:size], index)))


def cose_of(index: int, size: int, key: TestKey = LOG) -> bytes:
    """The COSE Receipt of an entry."""
    signature = key.private.sign(receipt.signed_root(key.kid, root_of(0, size)))
    return receipt.cose(proof_of(index, size), key.kid, signature)


def _notes() -> dict[str, tuple[str, str | None]]:
    stranger = TestKey("somebody else")
    good = note_of(SIZE)
    witness = "— witness.example/w AAAAAAECAwQFBgcICQ==\n"
    forged = Checkpoint(origin=ORIGIN, size=SIZE, root=root_of(0, SIZE))
    return {
        "good": (good, None),
        "empty": (note_of(0), None),
        "with a cosignature": (good + witness, None),
        "a stranger's": (note_of(SIZE, stranger), "stranger"),
        "signed by the certificate key": (note_of(SIZE, CERTIFICATE), "stranger"),
        "of another log": (note_of(SIZE, LOG, "verify.example.com/log"), "other_log"),
        "another size": (good.replace("\n20\n", "\n21\n"), "signature_bad"),
        "a stranger's signature under the log's ID": (
            checkpoint.note(forged, LOG.public, stranger.private.sign(forged.text.encode())),
            "signature_bad",
        ),
        "a leading zero": (good.replace("\n20\n", "\n020\n"), "not_a_checkpoint"),
        "no signature": (good.partition("\n\n")[0] + "\n", "not_a_note"),
        "a carriage return": (good.replace("\n20\n", "\r\n20\n"), "not_a_note"),
        "cut": (good[:-1], "not_a_note"),
    }


def _tlog_proofs() -> dict[str, tuple[str, int, str | None]]:
    good = receipt.tlog_proof(proof_of(7, SIZE), note_of(SIZE))
    first, *hashes = good.partition("\n\n")[0].split("\n")[1:]
    del first
    cases: dict[str, tuple[str, int, str | None]] = {
        f"entry {index} of {size}": (receipt.tlog_proof(proof_of(index, size), note_of(size)), index, None)
        for index, size in ((0, 1), (0, 2), (2, 3), (7, 20), (15, 16), (16, 17), (19, 20), (0, 20))
    }
    return cases | {
        "with extra data": (good.replace("index", "extra AAEC\nindex", 1), 7, None),
        "of another entry": (good, 8, "other_entry"),
        "another index": (good.replace("index 7", "index 6"), 7, "other_entry"),
        "an index of twenty digits": (good.replace("index 7", f"index {10**19}"), 7, "not_a_proof"),
        "beyond the tree": (good.replace("index 7", "index 20"), 7, "beyond_tree"),
        "another size": (receipt.tlog_proof(proof_of(7, SIZE), note_of(19)), 7, "other_entry"),
        "a hash too many": (good.replace(hashes[-1], f"{hashes[-1]}\n{hashes[-1]}"), 7, "proof_length"),
        "a hash too few": (good.replace(f"{hashes[-1]}\n", "", 1), 7, "proof_length"),
        "a hash changed": (good.replace(hashes[0], hashes[1], 1), 7, "other_entry"),
        "a hash of 31 bytes": (good.replace(hashes[0], "A" * 40 + "AA==", 1), 7, "not_a_note"),
        "a stranger's checkpoint": (
            receipt.tlog_proof(proof_of(7, SIZE), note_of(SIZE, TestKey("somebody else"))),
            7,
            "stranger",
        ),
        "another version": (good.replace("@v1", "@v2", 1), 7, "not_a_proof"),
    }


def _cose() -> dict[str, tuple[bytes, int, str | None]]:
    good = cose_of(7, SIZE)
    changed = good[:-1] + bytes([good[-1] ^ 1])
    wrong_path = receipt.cose(
        Proof(index=7, size=SIZE, path=(*audit_path(LEAF, 7), bytes(32))),
        LOG.kid,
        LOG.private.sign(receipt.signed_root(LOG.kid, root_of(0, SIZE))),
    )
    short_path = receipt.cose(
        Proof(index=7, size=SIZE, path=(*audit_path(LEAF, 7)[:-1], bytes(31))),
        LOG.kid,
        LOG.private.sign(receipt.signed_root(LOG.kid, root_of(0, SIZE))),
    )
    cases: dict[str, tuple[bytes, int, str | None]] = {
        f"entry {index} of {size}": (cose_of(index, size), index, None)
        for index, size in ((0, 2), (2, 3), (7, 20), (16, 17), (19, 20))
    }
    return cases | {
        "of another entry": (good, 8, "other_entry"),
        "a signature changed": (changed, 7, "other_entry"),
        "a hash too many": (wrong_path, 7, "proof_length"),
        "a hash of 31 bytes": (short_path, 7, "proof_length"),
        "a stranger's": (cose_of(7, SIZE, TestKey("somebody else")), 7, "stranger"),
        "signed by the certificate key": (cose_of(7, SIZE, CERTIFICATE), 7, "stranger"),
        "without the tag": (good[1:], 7, "not_a_receipt"),
        "cut": (good[:-1], 7, "not_a_receipt"),
        "a byte behind": (good + b"\x00", 7, "not_a_receipt"),
    }


def _consistency() -> list[dict[str, Any]]:
    """From each size to each: the two roots and the hashes between."""
    pairs = [(0, 1), (1, 1), (1, 2), (3, 7), (4, 7), (6, 7), (8, 20), (16, 20), (17, 20), (19, 20), (20, 20), (0, 20)]
    return [
        {
            "old": old,
            "old_root": root_of(0, old).hex(),
            "new": new,
            "new_root": root_of(0, new).hex(),
            "path": [one.hex() for one in (consistency_of(old, 0, new) if old else [])],
        }
        for old, new in pairs
    ]


def consistency_of(old: int, start: int, stop: int, whole: bool = True) -> list[bytes]:
    """SUBPROOF, as RFC 6962 section 2.1.2 defines it; ``old`` is an index of the whole tree."""
    if old == stop:
        return [] if whole else [root_of(start, stop)]
    middle = start + (1 << (stop - start - 1).bit_length() - 1)
    if old <= middle:
        return [*consistency_of(old, start, middle, whole), root_of(middle, stop)]
    return [*consistency_of(old, middle, stop, False), root_of(start, middle)]


def logs(first_keyring: bytes, root: bytes) -> dict[str, Any]:
    """The whole file; ``refused`` is the code of the refusal, or null."""
    assert keyring().keys == ENTRIES
    return {
        "format": 1,
        "runner": "receipts",
        "root": root.hex(),
        "keyring": first_keyring.hex(),
        "origin": ORIGIN,
        "verifier_key": checkpoint.verifier_key(ORIGIN, LOG.public),
        "entries": [one.hex() for one in ENTRY],
        "checkpoints": [{"name": name, "note": note, "refused": refused} for name, (note, refused) in _notes().items()],
        "tlog_proofs": [
            {"name": name, "tlog_proof": text, "entry": ENTRY[index].hex(), "refused": refused}
            for name, (text, index, refused) in _tlog_proofs().items()
        ],
        "cose_receipts": [
            {"name": name, "cose": data.hex(), "entry": ENTRY[index].hex(), "refused": refused}
            for name, (data, index, refused) in _cose().items()
        ],
        "consistency": _consistency(),
    }
