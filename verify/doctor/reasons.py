"""Why a host is not asked or a registry has no answer, in the reader's language: both say it in that of the log."""

import builtins
import re
from typing import Final

import asyncpg

from verify.shared import command, database_trouble

_ = command.messages(command.LOCALE)

_NESTED: Final = re.compile(r"(?P<what>the registry gave no answer|no answer) \((?P<why>.*)\)")
_COVER: Final = re.compile(
    r"no lookup index by a secret of this service covers the list of (?P<exams>.+?)(?: and (?P<more>\d+) more)?"
)


def told(said: str) -> str:
    """What Unfit and RegistryUnavailable say, for people; a name of the driver's stays what it is."""
    texts = {
        "a standby that publish does not wait for (YINJIAN_STANDBYS does not name it)": _(
            "a standby that publish does not wait for (YINJIAN_STANDBYS does not name it)"
        ),
        "a standby": _("it is a standby, and the address wants the primary"),
        "no standby": _("it is no standby, and the address wants one"),
        "behind, by statements: ": _("behind, by statements: {count}"),
        "gone back, by statements: ": _("gone back, by statements: {count}"),
        "another history: it has other statements than were seen before": _(
            "another history: it has other statements than were seen before"
        ),
        "none was asked": _("none was asked"),
        "no answer": _("no answer"),
        "the registry gave no answer": _("the registry gave no answer"),
        "the registry gave no answer in time": _("the registry gave no answer in time"),
        "the registry changes faster than it can be asked": _("the registry changes faster than it can be asked"),
        "it is not known yet which lookup indexes cover": _("it is still being found out which lookup indexes cover"),
        "no keyring is published yet": _("no keyring is published yet"),
        "more certificates of one line than can be handed out": _(
            "more certificates of one line than can be handed out"
        ),
    }
    if cover := _COVER.fullmatch(said):
        if cover["more"]:
            text = _(
                "no lookup index by a secret of this service covers the lists of {exams}, nor of further exams: {more}"
            )
            return text.format(exams=cover["exams"], more=cover["more"])
        return _("no lookup index by a secret of this service covers the list of {exams}").format(exams=cover["exams"])
    if nested := _NESTED.fullmatch(said):
        return _("{what}: {why}").format(what=texts[nested["what"]], why=told(nested["why"]))
    count = "".join(re.findall(r"\d+$", said))
    return texts.get(said.removesuffix(count), _of_driver(said)).format(count=count)


def _of_driver(name: str) -> str:
    """What an error of the driver's or the system's means, by the name of its type."""
    kind = getattr(asyncpg, name, None) or getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, ConnectionError):
        return _("the connection broke off")
    if isinstance(kind, type) and issubclass(kind, (asyncpg.PostgresError, TimeoutError)):
        return database_trouble.told(kind(name))
    return name
