"""Where the passphrases of the private keys come from; never an argument, which every process list shows."""

import functools
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from keys.key_problems import WrongPassphrase
from keys.messages import _
from verify.core.keyring import Use
from verify.shared.command import Refusal

T = TypeVar("T")

FILE: Final = "YINJIAN_PASSPHRASE_FILE"
TEXT: Final = "YINJIAN_PASSPHRASE"
_WEAK_GUESSES: Final = 1e10
"""Guesses below which zxcvbn calls a passphrase weak against an offline attack, by its scale of 0 to 4."""
_MEASURED: Final = 72
"""Characters that zxcvbn measures; it takes too long over more."""


class Passphrases:
    """The passphrases of one command: one for all keys, or one for each purpose where somebody set it so.

    For the use log, say: from the file that ``YINJIAN_PASSPHRASE_FILE_LOG`` names, or from ``YINJIAN_PASSPHRASE_LOG``;
    else from ``YINJIAN_PASSPHRASE_FILE`` or ``YINJIAN_PASSPHRASE``; else from the keyboard, asked once for as many keys
    as it opens.
    """

    def __init__(self, *, each: bool = False, tell: Callable[[str], None] | None = None) -> None:
        """``each`` asks at the keyboard for a new one for each purpose; ``tell`` is told how strong a new one is."""
        self._each = each
        self._tell = tell
        self._typed: list[bytes] = []
        self._told: set[str] = set()

    def __repr__(self) -> str:
        return "Passphrases()"

    def find(self, use: Use) -> bytes | None:
        """The passphrase of ``use`` that the environment names, None where it names none. Raises Refusal, OSError."""
        return _set(use)

    def new(self, use: Use) -> bytes:
        """The passphrase for a new key, its strength told. Raises Refusal where there is none."""
        found = self.find(use)
        if found is None:
            if self._typed and not self._each:
                return self._typed[0]
            found = _ask(use, self._each, confirm=True)
            self._typed.append(found)
        words = strength(found, use if self._each else None) if self._tell is not None else ""
        if self._tell is not None and words not in self._told:  # one passphrase for all is measured once
            self._tell(words)
            self._told.add(words)
        return found

    def open(self, use: Use, opened: Callable[[bytes], T]) -> T:
        """What ``opened`` makes of the passphrase of ``use``. Raises Refusal, WrongPassphrase."""
        found = self.find(use)
        if found is not None:
            return opened(found)
        for typed in self._typed:
            try:
                return opened(typed)
            except WrongPassphrase:
                continue
        typed = _ask(use, bool(self._typed) or self._each, confirm=False)
        done = opened(typed)
        self._typed.append(typed)
        return done


class Known(Passphrases):
    """One passphrase for every key, known already."""

    def __init__(self, passphrase: bytes) -> None:
        super().__init__()
        self._passphrase = passphrase

    def find(self, use: Use) -> bytes | None:  # noqa: ARG002 - the same for all
        """The passphrase."""
        return self._passphrase


def _set(use: Use) -> bytes | None:
    """The passphrase that the environment names for ``use``. Raises Refusal."""
    own = f"_{use.upper()}"
    for file, text in ((FILE + own, TEXT + own), (FILE, TEXT)):
        if name := os.environ.get(file):
            return _checked(_read(file, Path(name)))
        if found := os.environ.get(text):
            return _checked(os.fsencode(found))  # as it stands there, whatever encoding it is of
    return None


def _read(setting: str, path: Path) -> bytes:
    """What the file says, which nobody but its owner may read. Raises Refusal, OSError."""
    with path.open("rb") as file:  # what is looked at is what is read
        mode = os.fstat(file.fileno()).st_mode
        others = stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO)
        if others and stat.S_ISREG(mode) and os.name != "nt":  # no regular file: a pipe from a keeper of secrets
            text = _("{setting}: others may read the passphrase in {file}: `chmod 600` it, and think who may have")
            raise Refusal(text.format(setting=setting, file=path))
        return file.read().rstrip(b"\r\n")


def _ask(use: Use, name_it: bool, *, confirm: bool) -> bytes:
    if not sys.stdin.isatty():
        raise Refusal(_("no passphrase: set YINJIAN_PASSPHRASE_FILE, or run this at a terminal"))
    prompt = _("Passphrase of the key “{use}”").format(use=use) if name_it else _("Passphrase of the keys")
    again: Any = _("The same passphrase again") if confirm else False
    return _checked(
        click.prompt(prompt, hide_input=True, confirmation_prompt=again, err=True).encode("utf-8", "surrogateescape")
    )


def _checked(found: bytes) -> bytes:
    if not found:
        raise Refusal(_("the passphrase is empty"))
    return found


@functools.cache
def strength(passphrase: bytes, use: Use | None = None) -> str:
    """How long a thief of the files would guess, for people: by zxcvbn, at scrypt's pace on many machines."""
    from zxcvbn import zxcvbn  # heavy, and new keys are rare

    measured = zxcvbn(passphrase.decode("utf-8", "replace")[:_MEASURED])
    score, guesses = int(measured["score"]), float(measured["guesses"])
    words = [_("very weak"), _("weak"), _("fair"), _("good"), _("strong")][score]
    text = _("The passphrase is {words}: about 10^{power} guesses (zxcvbn, {score} of 4).")
    if use is not None:
        text = _("The passphrase of “{use}” is {words}: about 10^{power} guesses (zxcvbn, {score} of 4).")
    told = text.format(use=use, words=words, power=len(str(int(guesses))) - 1, score=score)
    if guesses < _WEAK_GUESSES:
        told += " " + _("Who steals the files finds it: five or six words drawn by dice are better.")
    return told
