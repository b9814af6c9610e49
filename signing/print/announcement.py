"""The announcement of pass lists: the words and names of the annex, and its print-ready PDF."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from signing.centre.print_settings import PrintSettings
from signing.messages import _
from signing.print.fonts import FontBook
from signing.print.names_order import by_pinyin
from signing.print.paper import chinese_date, day_of, english_date
from signing.print.typesetter import ARCHIVE, OWN, Typesetter
from signing.release import release_file
from verify.core import pass_list
from verify.core.china_time import local_day
from verify.core.keyring import Keyring
from verify.core.pass_list import PassList, Row
from verify.core.statement import Kind
from verify.shared.command import Refusal

MASKED: Final = "＊"
"""What stands for what a list does not show."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One name on the paper."""

    serial: int | None
    """The serial by which objections name a row; None on a final list, which takes none."""
    name: str


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One exam's names."""

    heading: str
    names: list[Listed]


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """All that the paper says, in its order; the same for PDF and DOCX."""

    title: tuple[str, str]
    """In two parts, between which it may be broken."""
    lead: list[str]
    sections: list[Section]
    close: list[str]
    issuers: list[str]
    issued_at: int
    columns: int

    @property
    def date(self) -> str:
        """The day of issue as the paper shows it."""
        return chinese_date(day_of(self.issued_at))


def lists_of(path: Path) -> list[PassList]:
    """The pass lists of the release at ``path``. Raises Refusal where it has none, and ReleaseRefused."""
    found = [pass_list.read(one) for one in release_file.parse(release_file.load(path)) if one.kind is Kind.PASS_LIST]
    if not found:
        raise Refusal(_("The release {} has no pass list to announce.").format(path.name))
    return found


def compose(lists: Sequence[PassList], keyring: Keyring, settings: PrintSettings, site: str) -> Announcement:
    """The announcement of lists of one stage; ``site`` is the address of the public service."""
    titles = "、".join(one.title.zh for one in lists)
    notice = lists[0].stage == "notice"
    what = "公示" if notice else "公告"
    total = sum(len(one.rows) for one in lists)
    held = "；".join(dict.fromkeys(_held(one) for one in lists))
    now = f"经审核，下列{total}名人员考试成绩合格，现予{what}。"
    return Announcement(
        title=(f"关于{titles if len(lists) == 1 else '考试'}", f"合格人员名单的{what}"),
        lead=[f"{titles}已于{held}举行。{now}", *_objections(lists), *(_english(lists) if settings.english else ())],
        sections=[_section(one, settings) for one in lists],
        close=[*_addresses(lists, site)],
        issuers=_issuers(lists, keyring),
        issued_at=max(one.issued_at for one in lists),
        columns=settings.columns,
    )


def _held(one: PassList) -> str:
    moved = f"（原定{chinese_date(one.planned_on)}）" if one.planned_on else ""
    return chinese_date(one.held_on) + moved


def _section(one: PassList, settings: PrintSettings) -> Section:
    rows = by_pinyin((row.name, row) for row in one.rows) if settings.names == "pinyin" else list(one.rows)
    shared = {name for name, count in Counter(row.name for row in rows).items() if count > 1}
    return Section(
        heading=f"{one.title.zh}合格人员（{len(rows)}名）",
        names=[
            Listed(serial=row.serial if one.stage == "notice" else None, name=_name(row, row.name in shared))
            for row in rows
        ],
    )


def _name(row: Row, shared: bool) -> str:
    """The name as listed; of people with one name, each with what the list shows of the ID."""
    return f"{row.name}（{row.id}）" if shared and row.id.strip(MASKED) else row.name


def _windows(lists: Sequence[PassList]) -> dict[tuple[str, str], list[PassList]]:
    """The lists that take objections, by the last day for them and whom to tell."""
    windows: dict[tuple[str, str], list[PassList]] = {}
    for one in lists:
        if one.objections_until is not None:
            last = local_day(one.objections_until - 1).isoformat()
            windows.setdefault((last, one.contact), []).append(one)
    return windows


def _objections(lists: Sequence[PassList]) -> Iterable[str]:
    windows = _windows(lists)
    for (last, contact), some in windows.items():
        whose = f"{'、'.join(one.title.zh for one in some)}：" if len(windows) > 1 else ""
        until = chinese_date(last)
        yield f"{whose}公示期至{until}止。如有异议，请在公示期内向{contact}提出，并注明姓名及其前面的序号。"


def _english(lists: Sequence[PassList]) -> Iterable[str]:
    """The same in English, for a centre that wants it: what was held and when, how many passed, and objections."""
    titles = {one.exam: one.title.en or one.exam for one in lists}
    for one in lists:
        moved = f" (planned for {english_date(one.planned_on)})" if one.planned_on else ""
        passed = f"{len(one.rows)} passed" if len(one.rows) != 1 else "1 person passed"
        yield f"{titles[one.exam]}, held on {english_date(one.held_on)}{moved}: {passed}; the names follow."
    windows = _windows(lists)
    for (last, contact), some in windows.items():
        whose = f"For {', '.join(titles[one.exam] for one in some)}: o" if len(windows) > 1 else "O"
        yield f"{whose}bjections until {english_date(last)}, to {contact}, with the name and the number before it."


def _addresses(lists: Sequence[PassList], site: str) -> Iterable[str]:
    for one in lists:
        whose = f"{one.title.zh}合格人员" if len(lists) > 1 else ""
        yield f"{whose}名单公布网址：{site}/pass-lists/{one.exam}"


def _issuers(lists: Sequence[PassList], keyring: Keyring) -> list[str]:
    bodies: dict[str, None] = {}
    for one in lists:
        programme = keyring.programme(one.programme)
        if programme is None:
            raise Refusal(_("The keyring does not have the programme {}.").format(one.programme))
        bodies.update(dict.fromkeys(names.zh for names in keyring.issuers_of(programme)))
    return list(bodies)


def pdf(paper: Announcement, settings: PrintSettings, folder: Path) -> bytes:
    """The announcement as PDF/A-3a; ``folder`` is where a template of the centre's own is found. Raises Refusal."""
    template = folder / settings.announcement_template if settings.announcement_template else OWN / "announcement.typ"
    texts = [*paper.title, *paper.lead, *paper.close, *paper.issuers, paper.date]
    texts += [
        text for part in paper.sections for text in (part.heading, *(one.name for one in part.names), "0123456789")
    ]
    data = {
        "document_title": "".join(paper.title),
        "authors": paper.issuers,
        "fonts": FontBook.find(settings.fonts).families("".join(texts)),
        "title": list(paper.title),
        "lead": paper.lead,
        "sections": msgspec.to_builtins(paper.sections),
        "close": paper.close,
        "date": paper.date,
        "columns": paper.columns,
    }
    with Typesetter.open(template) as typesetter:
        return typesetter.pdf(data, paper.issued_at, ARCHIVE)
