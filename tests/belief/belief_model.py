"""What a register's statements are worth, by the words of 2-formats alone: an independent model for tests.

It knows nothing of bytes, signatures or the core: who signed what, and what it says, are given. It is written for
being read beside the contract, a sentence at a time; what it worked out it keeps until something is filed.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Concatenate, Literal, ParamSpec, TypeVar, cast

KeyState = Literal["active", "retired", "compromised"]


@dataclasses.dataclass(frozen=True)
class KeyEntry:
    """A key as a keyring names it."""

    use: str
    programmes: tuple[str, ...]
    state: KeyState = "active"
    below: int = 0


@dataclasses.dataclass(frozen=True, eq=False)
class Paper:
    """A certificate. ``forged`` when its signature does not fit, ``malformed`` when it has a field too many."""

    number: str
    programme: str
    exam: str
    signer: str
    begins: int
    expires: int | None = None
    holder: str = ""
    forged: bool = False
    malformed: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Listing:
    """A pass list."""

    exam: str
    programme: str
    stage: str
    revision: int
    named: frozenset[Paper]
    signer: str
    issued: int
    forged: bool = False
    malformed: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Alteration:
    """A change; ``of`` and ``by`` are the certificates that its hashes are of."""

    of: Paper
    action: str
    effective: int
    issued: int
    signer: str
    by: Paper | None = None
    forged: bool = False
    malformed: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Indexing:
    """A lookup index: certificate numbers, each with the name that its row's key was made of."""

    exam: str
    rows: tuple[tuple[str, str], ...]
    malformed: bool = False


Said = Paper | Listing | Alteration | Indexing
Ring = dict[str, KeyEntry]


_P = ParamSpec("_P")
_T = TypeVar("_T")


def _once(asked: Callable[Concatenate["Model", _P], _T]) -> Callable[Concatenate["Model", _P], _T]:
    """Works an answer out once for each state of the log."""

    @functools.wraps(asked)
    def kept(model: "Model", /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        key = (asked.__name__, args, tuple(kwargs.items()))
        if key not in model.known:
            model.known[key] = asked(model, *args, **kwargs)
        return cast(_T, model.known[key])

    return kept


class Model:
    """The log so far: what stands at each index, a keyring or something said."""

    def __init__(self) -> None:
        self.log: list[Said | Ring] = []
        self.known: dict[object, object] = {}

    def add(self, said: Said | Ring) -> None:
        """Files something at the next index."""
        self.log.append(said)
        self.known.clear()

    @property
    @_once
    def now(self) -> Ring:
        """The keyring in force."""
        return next(ring for ring in reversed(self.log) if isinstance(ring, dict))

    def _places(self, said: Said) -> list[int]:
        return [index for index, one in enumerate(self.log) if one is said]

    # "A statement needs its key active in the newest keyring published before it."
    def _was_active(self, signer: str, index: int) -> bool:
        for one in reversed(self.log[:index]):
            if isinstance(one, dict):
                return signer in one and one[signer].state == "active"
        return False

    # "A compromised key is believed only below the log size its entry gives."
    def _is_lost(self, signer: str, index: int) -> bool:
        entry = self.now[signer]
        return entry.state == "compromised" and index >= entry.below

    # "Each within the programmes that its keyring entry names", by a key of the right use.
    def _may(self, signer: str, use: str, programme: str | None) -> bool:
        entry = self.now.get(signer)
        if entry is None or entry.use != use:
            return False
        return programme is None or not entry.programmes or programme in entry.programmes

    def _sound(self, said: Paper | Listing | Alteration, use: str, programme: str | None) -> bool:
        return not said.forged and not said.malformed and self._may(said.signer, use, programme)

    def _believed_at(self, said: Paper | Listing | Alteration, index: int) -> bool:
        return self._was_active(said.signer, index) and not self._is_lost(said.signer, index)

    @_once
    def lists(self, exam: str, stages: Sequence[str] = ("final",)) -> list[Listing]:
        """The believed lists of an exam, by revision: "a revision belongs to the first believed that has it"."""
        found: dict[int, Listing] = {}
        for index, one in enumerate(self.log):
            if isinstance(one, Listing) and one.exam == exam and one.stage in stages:
                sound = self._sound(one, "certificate", one.programme)
                if sound and self._believed_at(one, index) and one.revision not in found:
                    found[one.revision] = one
        return [found[revision] for revision in sorted(found)]

    def _stands(self, paper: Paper, index: int) -> bool:
        """Whether a certificate is believed, at its place or for a list that names it."""
        if not self._sound(paper, "certificate", paper.programme) or not self._was_active(paper.signer, index):
            return False
        # "A final pass list re-signed by a good key restores belief in the certificates it names."
        return not self._is_lost(paper.signer, index) or any(paper in one.named for one in self.lists(paper.exam))

    @_once
    def owner(self, number: str) -> Paper | None:
        """Whose a number is: it "belongs to the first believed statement that has it"."""
        for index, one in enumerate(self.log):
            if isinstance(one, Paper) and one.number == number and self._stands(one, index):
                return one
        return None

    @_once
    def histories(self) -> dict[Paper, list[Alteration]]:
        """The believed changes of each certificate, in the order published."""
        found: dict[Paper, list[Alteration]] = {}
        for index, one in enumerate(self.log):
            if not isinstance(one, Alteration) or not self._sound(one, "status", None):
                continue
            if not self._believed_at(one, index) or self.owner(one.of.number) is not one.of:
                continue
            # A change is of the programmes of the certificates that it names.
            if not self._may(one.signer, "status", one.of.programme):
                continue
            before = found.setdefault(one.of, [])
            if one not in before and self._follows(one, before):
                before.append(one)
        return found

    def _follows(self, one: Alteration, before: list[Alteration]) -> bool:
        last = before[-1] if before else None
        if (one.action == "replaced") != (one.by is not None) or one.effective > one.issued:
            return False
        if last is not None and (last.action in ("revoked", "replaced") or one.effective < last.effective):
            return False
        suspended = last is not None and last.action == "suspended"
        if (one.action == "reinstated" and not suspended) or (one.action == "suspended" and suspended):
            return False
        if one.by is not None:
            # "A replacement is of the same programme and term", and one that the register has.
            there = self._places(one.by) and self._sound(one.by, "certificate", one.by.programme)
            owner = self.owner(one.by.number)
            return bool(there) and one.by.exam == one.of.exam and one.by is not one.of and owner in (None, one.by)
        return True

    @_once
    def chains(self) -> list[set[Paper]]:
        """Each chain of more than one: "a certificate and what replaced changes put in its place"."""
        chains: list[set[Paper]] = []
        for paper, changes in self.histories().items():
            for change in changes:
                if change.by is not None:
                    joined = {paper, change.by}
                    apart = [chain for chain in chains if not chain & joined]
                    chains = [*apart, joined.union(*(chain for chain in chains if chain & joined))]
        return chains

    def chain(self, paper: Paper) -> set[Paper]:
        """The chain of one certificate."""
        return next((chain for chain in self.chains() if paper in chain), {paper})

    @_once
    def worth(self, paper: Paper, time: int) -> str:
        """What a registered certificate is worth at ``time``."""
        chain = self.chain(paper)
        left = None
        named = False
        for one in self.lists(paper.exam):
            if chain & one.named:
                named, left = True, None
            elif named and left is None:
                left = one.issued
        # "It stands while the newest believed final list of its exam names any certificate of it."
        if left is not None and left <= time:
            return "withdrawn"
        state = "valid"
        for change in self.histories().get(paper, []):
            if change.effective <= time:
                state = "valid" if change.action == "reinstated" else change.action
        if state != "valid":
            return state
        if paper.begins > time + 300:
            return "not_yet_valid"
        return "expired" if paper.expires is not None and time >= paper.expires else "valid"

    def by_paper(self, paper: Paper, time: int) -> str:
        """The outcome for who holds the certificate."""
        if paper.signer not in self.now:
            return "unknown_key"
        if paper.forged:
            return "forged"
        if not self._may(paper.signer, "certificate", paper.programme):
            return "key_not_trusted"
        # A certificate whose fields are in disorder is not looked for in the register.
        places = [] if paper.malformed else self._places(paper)
        owner = None if paper.malformed else self.owner(paper.number)
        if owner is not paper:
            if places and not any(self._believed_at(paper, index) for index in places):
                return "key_not_trusted"
            if not places and self.now[paper.signer].state == "compromised":
                return "key_not_trusted"
        if paper.malformed:
            return "malformed"
        if owner is not paper or not any(self.chain(paper) & one.named for one in self.lists(paper.exam)):
            return "unregistered"
        return self.worth(paper, time)

    def by_number(self, number: str, time: int) -> str:
        """The outcome for who typed the number."""
        owner = self.owner(number)
        if owner is not None:
            return self.by_paper(owner, time)
        first = self._first(number)
        return "not_found" if first is None else self.by_paper(first, time)

    def _first(self, number: str) -> Paper | None:
        """The first that a key of the centre signed, believed or not."""
        for one in self.log:
            if isinstance(one, Paper) and one.number == number and self._sound(one, "certificate", one.programme):
                return one
        return None

    def belonging(self, exam: str) -> set[str] | None:
        """The numbers of an exam's index: whom its newest final list names, "and each later one of their chains".

        None where it names one that is not filed: no row can be "of that certificate's number".
        """
        lists = self.lists(exam)
        named = lists[-1].named if lists else frozenset()
        if not named <= {one for one in self.log if isinstance(one, Paper)}:
            return None
        waiting = list(named)
        found: set[Paper] = set()
        histories = self.histories()
        while waiting:
            paper = waiting.pop()
            found.add(paper)
            waiting += [c.by for c in histories.get(paper, []) if c.by is not None and c.by not in found]
        return {paper.number for paper in found}

    def covering(self, exam: str) -> list[Indexing]:
        """The indexes that cover: "for each certificate that belongs in it one row", "and no further row"."""
        wanted = self.belonging(exam)
        indexes = [one for one in self.log if isinstance(one, Indexing) and one.exam == exam and not one.malformed]
        return [one for one in indexes if wanted == {number for number, _ in one.rows}]

    def looked_up(self, holder: str, exams: Iterable[str], time: int) -> list[tuple[str, str | None]] | None:
        """A person's certificates and what they are worth, None where the answer is 503."""
        exams = [exam for exam in exams if self.lists(exam)]
        rows = [row for exam in exams for index in self.covering(exam) for row in index.rows]
        numbers = sorted({number for number, name in rows if name == holder})
        # "Nobody" is answered only where each exam with a believed final list has an index that covers.
        if not numbers and not all(self.covering(exam) for exam in exams):
            return None
        found: list[tuple[str, str | None]] = []
        for number in numbers:
            paper = self.owner(number) or self._first(number)
            if paper is not None and paper.holder == holder:
                outcome = self.by_paper(paper, time)
                if outcome not in ("key_not_trusted", "malformed"):
                    found.append((number, None if outcome == "unregistered" else outcome))
        return found

    def not_in_force(self, exam: str, time: int) -> int:
        """How many certificates of an exam's newest list are not valid, of those that a change names."""
        lists = self.lists(exam, ("notice", "final"))
        if not lists or lists[-1].stage != "final":
            return 0
        touched = [paper for one in self.log if isinstance(one, Alteration) for paper in (one.of, one.by) if paper]
        numbers = {paper.number for paper in touched}
        filed = {one for one in self.log if isinstance(one, Paper)}
        return sum(
            self._newest(paper.number, time) != "valid"
            for paper in lists[-1].named
            if paper.number in numbers and paper in filed
        )

    def _newest(self, number: str, time: int) -> str:
        """What the last of what replaced a number's certificate is worth; "replaced" where they replace one another."""
        passed = {number}
        while (outcome := self.by_number(number, time)) == "replaced":
            paper = self.owner(number)
            by = [change.by for change in self.histories()[paper] if change.by is not None] if paper else []
            if not by or by[-1].number in passed:
                break
            number = by[-1].number
            passed.add(number)
        return outcome
