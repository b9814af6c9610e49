"""The auditor's own derivation of the log: tree, tiles, checkpoints and their signatures; shared with nothing else."""

import base64
import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Row = dict[str, Any]


def hash_of(leaves: list[bytes]) -> bytes:
    """The Merkle Tree Hash (RFC 6962 section 2.1), of leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + hash_of(leaves[:half]) + hash_of(leaves[half:])).digest()


def check_log(
    log: list[Row], tiles: dict[tuple[int, int], bytes], checkpoints: list[Row], host: str, keys: dict[bytes, bytes]
) -> None:
    """Every tile is of the statements (C2SP tlog-tiles); every checkpoint's root too, and a log key signed it."""
    leaves = [hashlib.sha256(b"\x00" + bytes([row["kind"]]) + row["digest"]).digest() for row in log]
    wanted: dict[tuple[int, int], bytes] = {}
    row, level = leaves, 0
    while row:
        wanted |= {(level, at // 256): b"".join(row[at : at + 256]) for at in range(0, len(row), 256)}
        row, level = [hash_of(row[at : at + 256]) for at in range(0, len(row) - 255, 256)], level + 1
    assert tiles == wanted, "the tiles are not those of the statements"
    origin = f"{host.lower()}/log"
    for found in checkpoints:
        root = hash_of(leaves[: found["size"]])
        text, _, signature = found["note"].partition("\n\n")
        name, said = signature.removeprefix("\u2014 ").split(" ")
        raw, public = base64.b64decode(said), keys[found["kid"]]
        assert text == f"{origin}\n{found['size']}\n{base64.b64encode(root).decode()}", "a checkpoint of another tree"
        hint = hashlib.sha256(f"{origin}\n\x01".encode() + public).digest()[:4]
        assert (name, raw[:4]) == (origin, hint), "a checkpoint of another key"
        Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], f"{text}\n".encode())
        protected = b"\xa3\x01\x32\x04\x44" + found["kid"] + b"\x19\x01\x8b\x01"
        structure = b"\x84\x6aSignature1" + bytes([0x40 + len(protected)]) + protected + b"\x40\x58\x20" + root
        Ed25519PublicKey.from_public_bytes(public).verify(found["receipt"], structure)
