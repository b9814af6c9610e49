"""The public half as files that others can be handed."""

from pathlib import Path

import msgspec

from keys.folder import KeyFolder
from verify.core.chain import Chain
from verify.core.public_keys import did_document, jwk_set
from verify.shared import whole_files


def export(folder: KeyFolder, chain: Chain, to: Path) -> list[Path]:
    """Writes keyring.cbor, jwks.json and did.json into the folder ``to``, each whole, over older ones; the files.

    Raises Refusal.
    """
    to.mkdir(parents=True, exist_ok=True)
    contents = {
        "keyring.cbor": folder.keyring(),
        "jwks.json": _json(jwk_set(chain.newest)),
        "did.json": _json(did_document(chain.newest)),
    }
    for name, data in contents.items():
        whole_files.write(to / name, data)
    return [to / name for name in contents]


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
