"""Papers of an invented centre, what is known of them, and ``yinjian-verify`` run on them."""

from pathlib import Path

import click.testing
import qrcode

from tests.invented import LOG, ROOT
from tests.vectors import verdicts
from verify.__main__ import command
from verify.core import qr_text
from verify.core.keyring import thumbprint
from verify.core.log import checkpoint
from verify.core.log.checkpoint import Checkpoint

PIN = thumbprint(ROOT.public).hex()
GOOD = verdicts.made()
GOOD_TEXT = qr_text.write(GOOD, verdicts.HOST)
REVOKED = verdicts.made(holder="别人")
REVOKED_TEXT = qr_text.write(REVOKED, verdicts.HOST)
SNAPSHOT = verdicts.snapshot((REVOKED, "revoked"))
PLAIN = b"".join(verdicts.CHAINS["plain"])
Answer = click.testing.Result


def note(size: int, root: bytes = bytes(32)) -> bytes:
    """A checkpoint of this size."""
    said = Checkpoint(origin=f"{verdicts.HOST}/log", size=size, root=root)
    return checkpoint.note(said, LOG.public, LOG.private.sign(said.text.encode())).encode()


def run(*arguments: str | Path) -> Answer:
    """What a command says and its exit code."""
    return click.testing.CliRunner().invoke(command, list(map(str, arguments)), standalone_mode=False)


def code(answer: Answer) -> int | str:
    """The exit code, or the refusal's name."""
    if answer.exception is not None:
        return type(answer.exception).__name__
    return answer.return_value or 0


def drawn(path: Path, text: str) -> Path:
    """A picture or PDF with this QR code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = qrcode.make(text, error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=3).get_image()
    picture.convert("L").save(path)
    return path
