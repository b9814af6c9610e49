"""How people name an exam: by its term (2022-04) or by its code (CEM-2022-04), wherever one is asked for."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from signing.messages import _
from verify.core import exam_code
from verify.shared.command import Refusal

_NAMED: Final = re.compile(
    r"(?:(?P<programme>[A-Z][0-9A-Z]{1,7})-)?(?P<term>[0-9]{4}-(?:0[1-9]|1[0-2])(?:-[0-9A-Z]{1,3})?)"
)


class ExamName(msgspec.Struct, frozen=True, kw_only=True):
    """A term, and the programme where the code was given."""

    term: str
    programme: str | None = None

    @classmethod
    def read(cls, text: str) -> "ExamName":
        """The exam that ``text`` names. Raises Refusal."""
        found = _NAMED.fullmatch(text.strip().upper())
        if found is None:
            raise Refusal(
                _("{} names no exam: say its term, such as 2022-04, or its code, such as CEM-2022-04.").format(text)
            )
        return cls(term=found["term"], programme=found["programme"])

    def among(self, exams: Iterable[str]) -> list[str]:
        """Those of ``exams`` (codes) that are meant."""
        wanted = self.term if self.programme is None else exam_code.join(self.programme, self.term)
        return [
            code for code in exams if code == wanted or (self.programme is None and exam_code.term_of(code) == wanted)
        ]

    def one_of(self, exams: Iterable[str]) -> str:
        """The one of ``exams`` that is meant; a code that is none of them as it is. Raises Refusal where it is open."""
        found = self.among(exams)
        if len(found) > 1:
            raise Refusal(_("{} is the term of several exams: say {}.").format(self.term, " / ".join(found)))
        if found:
            return found[0]
        if self.programme is None:
            raise Refusal(_("There is no list of {} yet.").format(self.term))
        return exam_code.join(self.programme, self.term)
