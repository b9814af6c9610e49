"""Other people's programs on our log: runs in .judges, not in .venv, and shares no code with the project.

Standard input is a JSON object: ``folder`` of the log's files by their addresses, ``vkey``, ``origin``, two ``notes``,
``fork``, ``receipts`` [{entry, cose, key, kid}] and ``broken`` of the same, which are to be refused. Standard output
says of each judge how many things it took and how many it refused.
"""

import base64
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import aics_tlog
import cwt
import scitt_cose
from aics_witness import LogConfig, Witness, WitnessError, WitnessStore
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def tlog(asked: dict[str, Any]) -> dict[str, int]:
    """aics-tlog: notes, every tile and bundle, inclusion of every tenth entry, consistency."""
    key = aics_tlog.parse_vkey(asked["vkey"])
    reader = aics_tlog.FileSystemTileReader(asked["folder"])
    small, large = (aics_tlog.parse_note(note) for note in asked["notes"])
    found = {"notes": 0, "tiles": 0, "inclusions": 0, "consistencies": 0, "refused": 0}
    heads = []
    for note in (small, large):
        done = aics_tlog.verify_checkpoint(note, key, expected_origin=asked["origin"])
        found["notes"] += bool(done.ok)
        heads.append(aics_tlog.parse_checkpoint(note.text))
    old, new = heads
    root, old_root = new.root, old.root
    report = aics_tlog.audit_tiles(reader, new.size, root)
    found["tiles"] = report.tiles + report.bundles
    for index in range(0, new.size, 10):
        entry = aics_tlog.read_entry(reader, index, new.size)
        proof = aics_tlog.inclusion_proof_from_tiles(reader, index, new.size)
        leaf = aics_tlog.leaf_hash(entry)
        found["inclusions"] += aics_tlog.verify_inclusion(leaf, index, new.size, proof, root)
        found["refused"] += not aics_tlog.verify_inclusion(leaf, index + 1, new.size, proof, root)
    proof = aics_tlog.consistency_proof_from_tiles(reader, old.size, new.size)
    found["consistencies"] = int(aics_tlog.verify_consistency(old.size, new.size, old_root, root, proof))
    asked["proof"] = [base64.b64encode(one).decode() for one in proof]
    asked["heads"] = [old.size, new.size]
    return found


def witness(asked: dict[str, Any]) -> dict[str, int]:
    """aics-witness: cosigns the first checkpoint and what goes on from it, and refuses what does not."""
    found = {"cosigned": 0, "refused": 0}
    with tempfile.TemporaryDirectory() as folder:
        store = WitnessStore(Path(folder) / "state.sqlite", create=True)
        log = LogConfig(origin=asked["origin"], vkeys=(aics_tlog.parse_vkey(asked["vkey"]),))
        judge = Witness("witness.example.net", Ed25519PrivateKey.generate(), store, [log])
        small, large = asked["notes"]
        bodies = [
            f"old 0\n\n{small}",
            "".join([f"old {asked['heads'][0]}\n", *(f"{one}\n" for one in asked["proof"]), "\n", large]),
            f"old {asked['heads'][1]}\n\n{small}",
            f"old {asked['heads'][1]}\n\n{asked['fork']}",
        ]
        for body in bodies:
            try:
                found["cosigned"] += bool(judge.add_checkpoint(body.encode()))
            except WitnessError:
                found["refused"] += 1
        store.close()
    return found


def receipts(asked: dict[str, Any]) -> dict[str, int]:
    """scitt-cose computes each receipt's root, and cwt checks the signature over it.

    scitt-cose 0.5 knows Ed25519 as EdDSA (-8) alone, not yet by RFC 9864 (-19): it stops at the signature, with the
    root that it found; cwt knows it.
    """
    found = {"taken": 0, "refused": 0}
    for one in (*asked["receipts"], *asked["broken"]):
        public, data = base64.b64decode(one["key"]), base64.b64decode(one["cose"])
        pem = Ed25519PublicKey.from_public_bytes(public).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        done = scitt_cose.verify_receipt(data, leaf_entry_hex=one["entry"], log_public_key_pem=pem)
        key = cwt.COSEKey.new({1: 1, 3: -19, -1: 6, -2: public, 2: bytes.fromhex(one["kid"])})
        try:
            cwt.COSE.new().decode(data, key, detached_payload=bytes.fromhex(done.root or ""))
        except (cwt.VerifyError, cwt.DecodeError, ValueError):
            found["refused"] += 1
            continue
        found["taken"] += 1
    return found


def main() -> None:
    """Asks all three."""
    asked = json.load(sys.stdin)
    told = {"aics-tlog": tlog(asked)}
    told["aics-witness"] = witness(asked)
    told["scitt-cose and cwt"] = receipts(asked)
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
