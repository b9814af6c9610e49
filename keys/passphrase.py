"""Where the passphrase of the private keys comes from; never an argument, which every process list shows."""

import os
import sys
from pathlib import Path

import click

from keys.messages import _
from verify.shared.command import Refusal


def ask(*, confirm: bool = False) -> bytes:
    """The passphrase, from the file that YINJIAN_PASSPHRASE_FILE names, YINJIAN_PASSPHRASE, or the keyboard.

    ``confirm`` asks at the keyboard twice. Raises Refusal where there is none.
    """
    if name := os.environ.get("YINJIAN_PASSPHRASE_FILE"):
        found = Path(name).read_bytes().rstrip(b"\r\n")
    elif text := os.environ.get("YINJIAN_PASSPHRASE"):
        found = text.encode()
    elif sys.stdin.isatty():
        prompt, again = _("Passphrase of the keys"), _("The same passphrase again")
        found = click.prompt(
            prompt, hide_input=True, confirmation_prompt=again if confirm else False, err=True
        ).encode()
    else:
        raise Refusal(_("no passphrase: set YINJIAN_PASSPHRASE_FILE, or run this at a terminal"))
    if not found:
        raise Refusal(_("the passphrase is empty"))
    return found
