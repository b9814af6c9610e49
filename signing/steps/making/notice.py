"""Pass lists: what they show of a person, and until when one may object."""

import msgspec

from signing.centre.calendar import WorkingDays
from signing.centre.centre_toml import Centre, ExamEntry, Lists
from signing.messages import _
from verify.core import identity
from verify.core.china_time import end_of, local_day
from verify.core.pass_list import PassList, Stage
from verify.shared.command import joined


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A person as a list shows them to everybody."""

    name: str
    id: str


def shown(lists: Lists, name: str, id_hint: str) -> Shown:
    """The person as the centre's lists show people; ＊ stands for what is left out."""
    return Shown(
        name=name if lists.names == "full" else identity.masked_name(name),
        id=f"＊{id_hint}" if lists.ids == "last4" else "＊",
    )


def objections_until(announced_at: int, days: int, working: WorkingDays) -> int:
    """When the objection window closes: with the end of the ``days``-th working day after the announcement's day."""
    return end_of(working.after(local_day(announced_at), days))


def unknown_holidays(announced_at: int, until: int, working: WorkingDays) -> str | None:
    """A warning where the window reaches into a year whose holidays are not known yet."""
    years = working.unknown_years(local_day(announced_at), local_day(until))
    if not years:
        return None
    return _(
        "The holidays of {} are not known here yet, so every weekday was counted as a working day; "
        "[calendar] of centre.toml can say better."
    ).format(joined(years))


def head(
    centre: Centre,
    exam: ExamEntry,
    *,
    stage: Stage,
    revision: int,
    issued_at: int,
    objections: int | None,
    public_until: int | None,
) -> PassList:
    """A list without its rows."""
    return PassList(
        exam=exam.code,
        programme=exam.programme,
        stage=stage,
        revision=revision,
        objections_until=objections,
        contact=centre.lists.contact,
        public_until=public_until,
        rows=(),
        title=exam.title.names,
        held_on=exam.held_on.isoformat(),
        planned_on=None if exam.planned_on is None else exam.planned_on.isoformat(),
        issued_at=issued_at,
    )


def public_until(lists: Lists, announced_at: int) -> int | None:
    """When a list leaves public view."""
    return None if lists.public_days is None else announced_at + lists.public_days * 86_400
