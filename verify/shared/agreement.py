"""What cannot be taken back is not begun before somebody has agreed to it, at the keyboard or by ``--yes``."""

import sys
from collections.abc import Callable
from typing import Final, TypeVar

import click

from verify.core.identity import name_key
from verify.shared.command import LOCALE, Refusal, messages

_ = messages(LOCALE)
T = TypeVar("T")

yes: Final = click.option("--yes", is_flag=True, help=_("Go on without asking, for scripts."))


class NotAgreed(Refusal):
    """Nothing was done: whoever asked is to type ``word``, a name or how many they are, and ask again as agreed."""

    def __init__(self, told: str, word: str) -> None:
        super().__init__(told)
        self.word = word


def agreed(work: Callable[[bool], T], *, yes: bool) -> T:
    """``work``, told whether somebody agreed; where it wants that, it is shown, and asked for but with ``yes``.

    Raises Refusal.
    """
    try:
        return work(False)
    except NotAgreed as asked:
        click.echo(str(asked), err=True)
        if yes:
            return work(True)
        if not sys.stdin.isatty():
            raise Refusal(_("Nothing was done: --yes goes on without asking.")) from None
        typed = click.prompt(_("To go on, type {}").format(asked.word), err=True)
        if name_key(typed) != name_key(asked.word):
            raise Refusal(_("That is something else: nothing was done.")) from None
        return work(True)
