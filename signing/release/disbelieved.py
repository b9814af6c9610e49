"""What a compromise takes from what this centre signed, and which of it is to be signed anew (2-formats, Who may sign).

Read from the registry; what is the centre's own is told by its releases, so that what a thief signed is not signed
again by a good key.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from keys import forecast
from keys.forecast import Held
from verify.core import signed
from verify.core.certificate import Certificate
from verify.core.chain import Chain
from verify.core.changes import Change
from verify.core.errors import NotBelieved
from verify.core.keyring import Key
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList
from verify.core.register import Published
from verify.core.signed import Genuine

C = TypeVar("C", PassList, LookupIndex)
T = TypeVar("T")


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed no more and is to be made anew, in the order in which it is to stand."""

    lists: tuple[Genuine[PassList], ...]
    changes: tuple[Genuine[Change], ...]
    """Also those of good keys that followed one of a compromised key, as they count in their order alone."""
    indexes: tuple[Genuine[LookupIndex], ...]
    unlisted: frozenset[str]
    """Numbers whose certificates a compromised key had signed: what stands of them needs a list of a good key."""
    strange: int
    """Statements of a compromised key that are not the centre's: they stay without belief."""
    past: tuple[str, ...]
    """Numbers whose past shows otherwise: a suspension that is over cannot be put in behind what followed it."""


def read(url: str, chain: Chain) -> Held:
    """What the registry at ``url`` holds that compromised keys bear on. Raises Refusal."""
    return forecast.load(url, [key for key in chain.newest.keys if key.state == "compromised"])


def taken(held: Held, chain: Chain, ours: Collection[bytes]) -> Taken:
    """What the compromised keys of ``chain`` take of ``held``; ``ours`` are digests of all that the centre released."""
    lists, strange = _lost(PassList, held.lists, chain, ours)
    indexes, others = _lost(LookupIndex, held.indexes, chain, ours)
    changes, past, more = _lost_changes(held, chain, ours)
    unlisted, forged = _certificates(held, chain, ours)
    return Taken(
        lists=lists,
        changes=changes,
        indexes=indexes,
        unlisted=unlisted,
        strange=strange + others + more + forged,
        past=past,
    )


def newest_list(held: Held, exam: str, chain: Chain, more: Sequence[Genuine[PassList]]) -> Genuine[PassList] | None:
    """The exam's newest final list: believed where it is filed, or one of ``more``."""
    found = [*_believed(PassList, held.lists, chain), *more]
    finals = [one for one in found if one.content.exam == exam and one.content.stage == "final"]
    return max(finals, key=lambda one: one.content.revision, default=None)


def newest_index(
    held: Held, exam: str, chain: Chain, more: Sequence[Genuine[LookupIndex]]
) -> Genuine[LookupIndex] | None:
    """The exam's newest lookup index: believed where it is filed, or one of ``more``."""
    found = [*_believed(LookupIndex, held.indexes, chain), *more]
    return max((one for one in found if one.content.exam == exam), key=lambda one: one.content.revision, default=None)


def _believed(kind: type[C], filed: Iterable[Published], chain: Chain) -> Iterator[Genuine[C]]:
    return (found for index, found in _genuine(kind, filed, chain) if _doubt(found, index, chain) is None)


def _genuine(kind: type[T], filed: Iterable[Published], chain: Chain) -> Iterator[tuple[int, Genuine[T]]]:
    for one in filed:
        try:
            yield one.index, signed.genuine(kind, one.data, chain.newest)
        except NotBelieved:
            continue


def _doubt(found: Genuine[T], index: int, chain: Chain) -> str | None:
    try:
        found.at(index, chain)
    except NotBelieved as error:
        return error.code
    return None


def _lost(
    kind: type[C], filed: Iterable[Published], chain: Chain, ours: Collection[bytes]
) -> tuple[tuple[Genuine[C], ...], int]:
    """What of one kind is to be signed anew, by exam and revision, and how much is not the centre's."""
    believed: set[tuple[str, int]] = set()
    lost: dict[tuple[str, int], Genuine[C]] = {}
    strange = 0
    for index, found in _genuine(kind, filed, chain):
        place = found.content.exam, found.content.revision
        code = _doubt(found, index, chain)
        if code is None:
            believed.add(place)
        elif code == "key_compromised" and found.digest in ours:
            lost.setdefault(place, found)
        elif code == "key_compromised":
            strange += 1
    return tuple(lost[place] for place in sorted(lost) if place not in believed), strange


def _lost_changes(
    held: Held, chain: Chain, ours: Collection[bytes]
) -> tuple[tuple[Genuine[Change], ...], tuple[str, ...], int]:
    """Of each certificate, what of its history is to follow what is still believed of it."""
    # Lists and certificates are believed again once they are made anew: what is lost for good is changes alone.
    register = held.register(forecast.as_if_sound(chain, "certificate"))
    histories: dict[str, dict[Change, Genuine[Change]]] = {}
    strange = 0
    for index, found in _genuine(Change, held.changes, chain):
        if found.digest in ours:
            histories.setdefault(found.content.certificate.number, {}).setdefault(found.content, found)
        elif _doubt(found, index, chain) == "key_compromised":
            strange += 1
    lost: list[Genuine[Change]] = []
    past = []
    for number, history in sorted(histories.items()):
        one = register.held(number)
        there = [change.content for change in one.changes] if one is not None else []
        said = list(history)
        behind = max((said.index(change) for change in there if change in history), default=-1) + 1
        lost += [history[change] for change in said[behind:]]
        if any(change not in there for change in said[:behind]):
            past.append(number)
    order = {found.digest: place for place, (_index, found) in enumerate(_genuine(Change, held.changes, chain))}
    return tuple(sorted(lost, key=lambda found: order[found.digest])), tuple(past), strange


def _certificates(held: Held, chain: Chain, ours: Collection[bytes]) -> tuple[frozenset[str], int]:
    """The numbers whose certificates take a list of a good key, and how many statements are not the centre's.

    Where the exam had a list since the compromise was declared, that is the list.
    """
    newest: dict[str, int] = {}
    for listed in held.believed_lists(chain):
        if listed.head.stage == "final":
            newest[listed.head.exam] = max(newest.get(listed.head.exam, 0), listed.index)
    found, strange = set(), 0
    for number, filed in held.certificates.items():
        for index, one in _genuine(Certificate, filed, chain):
            if _doubt(one, index, chain) != "key_compromised":
                continue
            if one.digest not in ours:
                strange += 1
            elif newest.get(one.content.exam, 0) < _declared(chain, one.key):
                found.add(number)
    return frozenset(found), strange


def _declared(chain: Chain, key: Key) -> int:
    """The log index of the keyring that declares ``key`` compromised."""
    states = ((version.index or 0, version.keyring.key(key.public)) for version in chain.versions)
    return next((index for index, then in states if then is not None and then.state == "compromised"), 0)
