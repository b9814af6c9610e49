"""What a monitor raises the alarm for, each with what to do."""

from typing import Any, Final

import msgspec

from verify.shared.command import LOCALE, messages

_ = messages(LOCALE)


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must not be. ``code`` is for programs."""

    code: str
    subject: str
    """A log index, an exam, a tile's address."""
    told: str
    todo: str
    evidence: tuple[str, ...] = ()
    """Signed notes that show it to anybody."""


def alarm(code: str, subject: object = "", evidence: tuple[str, ...] = (), **more: Any) -> Alarm:
    """The alarm of this code, in the language of whoever runs the command."""
    told, todo = _words()[code]
    return Alarm(
        code=code, subject=str(subject), told=told.format(subject=subject, **more), todo=todo, evidence=evidence
    )


_KEEP: Final = "keep"
_ASK: Final = "ask"
_SELF: Final = "self"


def _words() -> dict[str, tuple[str, str]]:
    """What each alarm says, and what to do about it."""
    todo = {
        _KEEP: _("Keep both notes, show them to the centre and to others who follow this log, and believe neither."),
        _ASK: _("Ask the centre, with the log index; who holds such a certificate should be told that it is in doubt."),
        _SELF: _("Run it again; where it stays, ask the operator, who has `yinjian-verify fsck`."),
    }
    return {
        "keyring_refused": (_("the keyring is not one that follows from the pinned root ({reason})"), todo[_KEEP]),
        "keyring_differs": (_("the keyring is another, or older, than the one seen before"), todo[_KEEP]),
        "note_refused": (_("the checkpoint is not the centre's ({reason})"), todo[_SELF]),
        "no_checkpoint": (_("the log gives no checkpoint any more"), todo[_SELF]),
        "size_went_back": (_("the log is of size {subject}, and was of size {before}"), todo[_KEEP]),
        "fork": (_("two signed trees of size {subject} differ"), todo[_KEEP]),
        "rewrite": (_("the tree of size {subject} does not go on from that of size {before}"), todo[_KEEP]),
        "tile_lacking": (_("tile {subject} is not served, though the checkpoint is signed over it"), todo[_SELF]),
        "tile_bad": (_("tile {subject} is not what the entries give"), todo[_SELF]),
        "entries_gone": (
            _("entries {subject} to {stop} are not served as they were seen: something was removed or altered"),
            todo[_ASK],
        ),
        "list_not_logged": (_("the list of {subject} that is shown is not in the log"), todo[_ASK]),
        "list_refused": (_("the list of {subject} that is shown is not believed ({reason})"), todo[_ASK]),
        "list_hidden": (_("the list of {subject} is not shown, though its term is not over"), todo[_ASK]),
        "list_went_back": (_("the list of {subject} that is shown is older than one shown before"), todo[_ASK]),
        "listed_not_logged": (
            _("certificates that the list of {subject} names and the log does not have: {count}"),
            todo[_ASK],
        ),
        "unnamed": (
            _("entry {subject} is a certificate that no believed final list and no replacement names"),
            todo[_ASK],
        ),
        "database_differs": (_("entry {subject} is another statement in the database"), todo[_SELF]),
        "database_lacks": (_("entry {subject} is not in the database"), todo[_ASK]),
        "database_short": (_("statements in the database: {count}; in the log: {subject}"), todo[_SELF]),
    }
