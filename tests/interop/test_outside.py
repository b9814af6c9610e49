"""Other people's programs, aics-tlog, aics-witness, scitt-cose and cwt, on a log of ours and its receipts."""

import base64
import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

from tests import PROJECT, releases
from tests.interop.judged import tell
from tests.invented import CERTIFICATE, LOG
from tests.vectors import logs
from tests.verify.monitor.invented_site import ORIGIN, Site, people
from verify.core.log import checkpoint, receipt, tiles, tree
from verify.core.log.receipt import Proof

JUDGES = PROJECT / ".judges" / "bin" / "python"
SMALL, LARGE = 300, 700
WANTED = {
    "aics-tlog": {"notes": 2, "tiles": 7, "inclusions": 70, "consistencies": 1, "refused": 70},
    "aics-witness": {"cosigned": 2, "refused": 2},
    "scitt-cose and cwt": {"taken": 7, "refused": 7},
}
"""How many things of ours each takes, and how many broken ones it refuses."""
KEYRING = releases.keyrings()


def proof_of(entries: list[bytes], index: int) -> Proof:
    """The inclusion proof of an entry, by the definition."""
    path = tuple(logs.audit_path([tree.leaf(one) for one in entries], index))
    return Proof(index=index, size=len(entries), path=path)


def receipts(site: Site) -> list[dict[str, str]]:
    """COSE Receipts of some entries, signed as the log signs each root."""
    found = []
    signature = LOG.private.sign(receipt.signed_root(LOG.kid, site.root))
    for index in (0, 1, 255, 256, 511, 698, 699):
        made = receipt.cose(proof_of(site.entries, index), LOG.kid, signature)
        found.append(
            {"entry": site.entries[index].hex(), "cose": octets(made), "key": octets(LOG.public), "kid": LOG.kid.hex()}
        )
    return found


def octets(data: bytes) -> str:
    """Base64."""
    return base64.b64encode(data).decode()


def asked(folder: Path) -> dict[str, Any]:
    """A log of ours, as it is served, with what is to be refused."""
    statements = [KEYRING, *people(LARGE - 1)]
    small, large = (Site(statements[:size], keyring=KEYRING, lists={}) for size in (SMALL, LARGE))
    fork = Site([KEYRING, *people(LARGE - 1, first=2)], keyring=KEYRING, lists={})
    for path, data in large.files.items():
        if path.startswith("/log/tile/"):
            file = folder / path.removeprefix("/log/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    for level in range(1, 3):  # the levels above, which a monitor of ours does not need
        for index in range(-(-(LARGE >> 8 * level) // 256)):
            wide = tiles.width(level, index, LARGE)
            leaves = [tree.leaf(one) for one in large.entries]
            hashes = [tiles.root(b"".join(leaves[place << 8 : (place + 1) << 8])) for place in range(wide)]
            file = folder / "tile" / tiles.Tile(level=level, index=index, width=wide).path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"".join(hashes))
    good = receipts(large)
    swapped = [{**one, "entry": other["entry"]} for one, other in itertools.pairwise(good)]
    forged = [{**good[0], "key": octets(CERTIFICATE.public)}]
    return {
        "folder": str(folder),
        "vkey": checkpoint.verifier_key(ORIGIN, LOG.public),
        "origin": ORIGIN,
        "notes": [one.files["/log/checkpoint"].decode() for one in (small, large)],
        "fork": fork.files["/log/checkpoint"].decode(),
        "receipts": good,
        "broken": [*swapped, *forged],
    }


def test_other_peoples_programs_take_our_log(tmp_path: Path) -> None:
    """Every note, tile, proof, cosignature and receipt is taken, and every broken one refused."""
    question = asked(tmp_path)
    done = subprocess.run(
        [str(JUDGES), str(PROJECT / "tests" / "interop" / "outside.py")],
        input=json.dumps(question), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for judge, wanted in WANTED.items():
        have = found[judge]
        wrong = sum(abs(count - have[what]) for what, count in wanted.items())
        tell(f"{judge} (PyPI)", sum(wanted.values()), wrong, ", ".join(f"{have[what]} {what}" for what in wanted))
    assert found == WANTED
