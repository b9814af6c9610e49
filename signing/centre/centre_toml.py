"""centre.toml: what the centre has decided, in closed structs; the keyring's part of it is keys.programmes."""

import datetime
import difflib
from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta

from keys.programmes import Code, Count, ProgrammeEntry, Published, Text, Words
from signing.centre.exam_names import ExamName
from signing.centre.print_settings import PrintSettings
from signing.messages import _
from verify.core import exam_code
from verify.shared.command import Refusal
from verify.shared.toml.settings_file import Source

MarkColumn = Literal["theory", "practice", "score"]
Term = Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])(-[0-9A-Z]{1,3})?$", examples=["2022-04", "2022-04-2"])]


class ExamEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[exams]]``: one sitting of one programme. The term is the month first announced, for ever."""

    programme: Code
    term: Term
    title: Words
    held_on: datetime.date
    planned_on: datetime.date | None = None
    """The date first planned, where the exam was moved."""

    @property
    def code(self) -> str:
        """Programme and term: ``CEM-2022-04``."""
        return exam_code.join(self.programme, self.term)


class Paper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part of an exam that is marked on its own."""

    column: MarkColumn
    title: Words
    full_mark: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    """The programme's own where it is not set."""
    pass_mark: Count | None = None
    """Where it is set, the paper must be passed on its own besides the total."""


class Eligible(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the ways to be admitted: all that is set must hold."""

    education: Annotated[tuple[Text, ...], Meta(min_length=1)]
    """Words of the 学历 column, any of them."""
    related_major: bool | None = None
    """Whether the major must be related (true); not asked where it is not set."""
    years: Count = 0
    """Years in related work, at least."""


class Sittings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a programme's exams are usually held: on the weekend of one week of these months."""

    months: Annotated[tuple[Annotated[int, Meta(ge=1, le=12)], ...], Meta(min_length=1)] = (3, 6, 9, 12)
    week: Annotated[int, Meta(ge=1, le=4)] = 3
    """The week whose weekend it is; week 1 holds the month's first Saturday."""
    begins: datetime.time = datetime.time(8, 30)
    ends: datetime.time = datetime.time(10, 0)


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[rules]]``: when exams are held, who may sit and who passes, for the programmes it names."""

    programmes: Annotated[tuple[Code, ...], Meta(min_length=1)]
    sittings: Sittings = Sittings()
    hours: Count = 0
    """Class hours completed, at least."""
    papers: tuple[Paper, ...] = ()
    eligible: tuple[Eligible, ...] = ()
    """Any of these ways; everybody is eligible where there is none."""


class Lists(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[lists]``: what pass lists show, and for how long."""

    contact: Text
    """Whom to tell an objection."""
    names: Literal["full", "masked"] = "full"
    ids: Literal["last4", "hidden"] = "last4"
    objection_days: Annotated[int, Meta(ge=0, le=60)] = 5
    """Working days."""
    public_days: Annotated[int, Meta(ge=1, le=36_500)] | None = None
    """Days for which a list is public after its announcement, for ever where it is not set."""


class Paths(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[paths]``: where the centre keeps its files, from the folder of centre.toml."""

    keys: str = "keys"
    ledger: str = "ledger.sqlite"
    releases: str = "releases"
    certificates: str = "certificates"


class Calendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[calendar]``: what the office knows of working days."""

    holidays: tuple[datetime.date, ...] = ()
    """Days off that the kept calendar does not know."""
    workdays: tuple[datetime.date, ...] = ()
    """Days worked that the kept calendar takes for days off."""


class Centre(Published, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of centre.toml."""

    exams: tuple[ExamEntry, ...] = ()
    rules: tuple[Rules, ...] = ()
    lists: Lists
    calendar: Calendar = Calendar()
    paths: Paths = Paths()
    printing: PrintSettings = msgspec.field(name="print", default=PrintSettings())

    @classmethod
    def load(cls, path: Path) -> Self:
        """The settings in the file at ``path``. Raises SettingsRefused with line and reason."""
        return cls.read(Source.of(path))

    def programme(self, code: str) -> ProgrammeEntry | None:
        """The programme of this code."""
        return next((entry for entry in self.programmes if entry.code == code), None)

    def rules_of(self, code: str) -> Rules:
        """The rules of a programme; without any, everybody may sit and the total decides."""
        return next((rules for rules in self.rules if code in rules.programmes), Rules(programmes=(code,)))

    @property
    def sittings(self) -> dict[Sittings, list[str]]:
        """Each rule of exam dates with the codes of its programmes."""
        found: dict[Sittings, list[str]] = {}
        for programme in self.programmes:
            found.setdefault(self.rules_of(programme.code).sittings, []).append(programme.code)
        return found

    def term(self, exam: str) -> str:
        """The term of an exam that is named by term or code and stands in ``[[exams]]``. Raises Refusal."""
        named = ExamName.read(exam)
        known = [entry.code for entry in self.exams]
        if not named.among(known):
            near = difflib.get_close_matches(exam, [*known, *(entry.term for entry in self.exams)], 1)
            text = _("centre.toml has no exam {}.").format(exam)
            raise Refusal(text + (_(" Is {} meant?").format(near[0]) if near else ""))
        return named.term

    def exam(self, programme: str, term: str) -> ExamEntry | None:
        """The programme's exam of this term."""
        return next((exam for exam in self.exams if (exam.programme, exam.term) == (programme, term)), None)

    def check(self, source: Source) -> None:
        """What the single fields do not show. Raises SettingsRefused."""
        super().check(source)
        ruled: set[str] = set()
        for index, rules in enumerate(self.rules):
            if rules.sittings.begins >= rules.sittings.ends:
                raise source.refusal(("rules", index, "sittings", "ends"), _("not after it begins"))
            for code in rules.programmes:
                self._known(source, code, ("rules", index, "programmes"))
                if code in ruled:
                    reason = _("{code} has rules already").format(code=code)
                    raise source.refusal(("rules", index, "programmes"), reason)
                ruled.add(code)
            columns = [paper.column for paper in rules.papers]
            if len(set(columns)) < len(columns):
                raise source.refusal(("rules", index, "papers"), _("two papers in one column"))
        exams: set[str] = set()
        for index, exam in enumerate(self.exams):
            self._known(source, exam.programme, ("exams", index, "programme"))
            if exam.code in exams:
                raise source.refusal(("exams", index, "term"), _("this exam is there twice"))
            exams.add(exam.code)

    def _known(self, source: Source, code: str, place: tuple[str | int, ...]) -> None:
        if self.programme(code) is None:
            raise source.refusal(place, _("no programme has the code {code}").format(code=code))
