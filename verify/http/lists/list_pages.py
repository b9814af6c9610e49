"""The pages of exams and their pass lists."""

import itertools
from typing import Any, Final

from verify.core import china_time, identity, tables
from verify.core.personal import unless_personal
from verify.http.answers.direct import Direct, Reply, as_sent
from verify.http.answers.kept_pages import KeptPages
from verify.http.answers.rendering import Views
from verify.http.asked import forms
from verify.http.asked.bodies import AnyRequest
from verify.http.asked.state import State
from verify.http.check.asker import Asker
from verify.http.lists.lists_api import freshness, gone, holds_until
from verify.http.lists.not_in_force import Standings
from verify.http.lists.planned_exams import Calendar
from verify.registry.port import ExamHead

_EXAMS: Final = 50
_ROWS: Final = 100
_FORM_BYTES: Final = 64 << 10
_LONGEST: Final = 100
"""Characters of a searched name that are looked at."""
_DOTS: Final = str.maketrans(dict.fromkeys(tables.MIDDLE_DOTS, "·"))


def direct(asker: Asker, views: Views, standings: Standings, calendar: Calendar, pages: KeptPages) -> list[Direct]:
    """The pages of all exams, and of one exam's list."""
    registry = asker.registry

    async def pass_lists(request: AnyRequest, known: State) -> Reply:
        """Exams, the last held first."""
        programme, cursor = known.asked_for("programme") or None, request.query_params.get("cursor")
        page = await registry.exams(programme, cursor, _EXAMS)
        made = views.page(
            request,
            "pass_lists.html",
            cache="public, max-age=60",
            page=page,
            cursor=cursor,
            planned=await calendar.without_list(programme) if cursor is None else (),
            today=f"{china_time.local(known.now):%Y-%m-%d}",
            years=[(year, list(heads)) for year, heads in itertools.groupby(page.items, lambda head: head.held_on[:4])],
            seconds=known.now,
            programme=programme,
            programmes=(await registry.chain()).newest.programmes,
        )
        return as_sent(made)

    async def pass_list(request: AnyRequest, known: State) -> Reply:
        """One exam's list, a page of rows at a time."""
        code, cursor, now = known.last, known.asked_for("cursor") or None, known.now

        async def make() -> tuple[Reply, int]:
            page = await registry.rows(code, cursor, _ROWS)
            if page is None:
                raise await gone(registry, code)
            values = await _of_list(asker, standings, page.head, now)
            made = views.page(
                request,
                "pass_list.html",
                cache=freshness(page.head, now),
                rows=page.items,
                next=page.next,
                previous=page.previous,
                cursor=cursor,
                **values,
            )
            return as_sent(made), holds_until(page.head, now)

        return await pages.page(request, known, await registry.moment(), make)

    async def find_rows(request: AnyRequest, known: State) -> Reply:
        """Rows whose name begins as asked. A name is sent in the body, where no address, log or Referer has it."""
        code = known.last
        typed = list_name((await forms.texts(request, "name"))["name"])
        name = unless_personal(typed)
        head = await registry.pass_list(code)
        rows = await registry.find_rows(code, name[:_LONGEST], _ROWS + 1)
        if head is None or rows is None:
            raise await gone(registry, code)
        if name != typed:
            rows = ()
        values = await _of_list(asker, standings, head, known.now) | {
            "next": None,
            "previous": None,
            "cursor": None,
            "searched": name,
            "more": len(rows) > _ROWS,
            "kept": {"name": name},
        }
        return as_sent(views.page(request, "pass_list.html", rows=rows[:_ROWS], **values))

    return [
        Direct("/pass-lists", get=pass_lists),
        Direct("/pass-lists/{code}", get=pass_list, post=find_rows, most_bytes=_FORM_BYTES),
    ]


async def _of_list(asker: Asker, standings: Standings, head: ExamHead, now: int) -> dict[str, Any]:
    """What every page of a list shows."""
    chain = await asker.registry.chain()
    left = max((head.objections_until or 0) - now, 0)
    return {
        "head": head,
        "programme": chain.newest.programme(head.programme),
        "seconds": now,
        "marks": await standings.not_in_force(head.exam, head.index, now) if head.stage == "final" else {},
        "changes": await asker.registry.changes_since_notice(head),
        "left": {"days": left // 86400, "hours": left // 3600 % 24, "minutes": left // 60 % 60},
        "searched": None,
        "more": False,
    }


def list_name(text: str) -> str:
    """A typed name as lists write it: nothing unseen, no spaces around, the one dot of the rule, real characters."""
    seen = "".join(character for character in text if not identity.unseen(character)).strip()
    return identity.to_ideographs(identity.to_unicode(seen)).translate(_DOTS)
