"""What the registry says is not valid, at one of its sizes and one time: what a snapshot holds (2-formats, Verdict).

Only what may be concerned is read: certificates that a change names, and those that a final list of their exam lacks.
Each of them is then judged by the core's own fold, as every reader judges it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast, get_args

import msgspec

from verify.core import signed
from verify.core.believed_list import BelievedList
from verify.core.chain import Chain
from verify.core.errors import LogRefused, NotBelieved
from verify.core.log import checkpoint
from verify.core.offline import PREFIX
from verify.core.register import Published, Record, Register
from verify.core.snapshot import Snapshot, Standing

_AT_ONCE: Final = 2_000
_KEYRINGS: Final = """
select s.index, s.bytes from registry.keyring k join registry.statement s using (index)
where octet_length(s.bytes) > 0 order by s.index
"""
_CHECKPOINTS: Final = "select size, note from registry.checkpoint where size <= $1 order by size desc, place limit 50"
_MOST: Final = (1 << 63) - 1
_SNAPSHOTS: Final = "select index, bytes from registry.snapshots order by index desc limit 50"
_NEWEST: Final = "select coalesce(max(index), -1) from registry.statement where kind <> 6"
_CONCERNED: Final = """
with lists as (
    select l.index, l.exam from registry.pass_list l where l.stage = 'final' and l.index < $1
),
counted as (select exam, count(*) as lists from lists group by exam),
partly as (
    select r.short from lists l join counted c using (exam) join registry.list_row r on r.list = l.index
    where c.lists > 1 and r.short is not null
    group by r.short, c.lists having count(distinct l.index) < c.lists
)
select number from registry.change where index < $1
union
select replacement from registry.change where index < $1 and replacement is not null
union
select c.number from partly p join registry.certificate c on c.short = p.short where c.index < $1
"""
_CERTIFICATES: Final = """
select c.number, c.exam, s.index, s.bytes from registry.certificate c join registry.statement s using (index)
where c.number = any ($1) and s.index < $2 and octet_length(s.bytes) > 0 order by s.index
"""
_CHANGES: Final = """
select s.index, s.bytes from registry.change x join registry.statement s using (index)
where (x.number = any ($1) or x.replacement = any ($1)) and s.index < $2 and octet_length(s.bytes) > 0
order by s.index
"""
_LISTS: Final = """
select s.index, s.bytes from registry.pass_list l join registry.statement s using (index)
where l.exam = $1 and l.stage = 'final' and s.index < $2 and octet_length(s.bytes) > 0 order by s.index
"""
_STANDINGS: Final = frozenset(get_args(Standing))


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far the registry goes, and what it says of itself that bears on a snapshot."""

    chain: Chain
    size: int
    """Of its newest believed checkpoint, 0 where there is none."""
    newest: Snapshot | None
    """The newest believed snapshot."""
    last: int
    """The log index of the newest statement that is no snapshot."""

    @property
    def due(self) -> bool:
        """Whether anything was published that the newest snapshot does not know."""
        return self.last >= 0 and (self.newest is None or self.last >= self.newest.log_size)


async def state(connection: Any, root: bytes) -> State | None:
    """What the registry says of itself; None where no keyring of this root is there."""
    chain = Chain.among([(row["bytes"], row["index"]) for row in await connection.fetch(_KEYRINGS)], root)
    if chain is None:
        return None
    return State(
        chain=chain,
        size=await checkpoint_size(connection, chain),
        newest=await newest(connection, chain),
        last=await connection.fetchval(_NEWEST),
    )


async def checkpoint_size(connection: Any, chain: Chain, most: int = _MOST) -> int:
    """The greatest size not above ``most`` that a log key signed a checkpoint of, 0 where there is none."""
    for row in await connection.fetch(_CHECKPOINTS, most):
        try:
            return checkpoint.believed(row["note"], chain).size
        except LogRefused:
            continue
    return 0


async def newest(connection: Any, chain: Chain) -> Snapshot | None:
    """The newest snapshot that is believed at its place."""
    for row in await connection.fetch(_SNAPSHOTS):
        try:
            return signed.believed(Snapshot, row["bytes"], row["index"], chain).content
        except NotBelieved:
            continue
    return None


async def standings(connection: Any, chain: Chain, size: int, time: int) -> dict[bytes, Standing]:
    """What is registered below log index ``size`` and not valid at ``time``, its own dates apart, by ``chain``."""
    numbers = sorted(row["number"] for row in await connection.fetch(_CONCERNED, size))
    lists: dict[str, tuple[BelievedList, ...]] = {}
    found: dict[bytes, Standing] = {}
    for batch in _batches(numbers):
        register, asked = await _folded(connection, chain, size, batch, lists)
        for number in asked:
            held = register.held(number)
            if held is None or not held.registered:
                continue
            state = held.worth(time).state
            if state in _STANDINGS:
                found[held.digest[:PREFIX]] = cast(Standing, state)
    return found


async def _folded(
    connection: Any, chain: Chain, size: int, numbers: Sequence[str], lists: dict[str, tuple[BelievedList, ...]]
) -> tuple[Register, Sequence[str]]:
    """The register of these numbers and of all that changes tie to them."""
    wanted = set(numbers)
    while True:
        asked = sorted(wanted)
        filed: dict[str, list[Published]] = {number: [] for number in asked}
        exams = set()
        for row in await connection.fetch(_CERTIFICATES, asked, size):
            filed[row["number"]].append(Published(data=row["bytes"], index=row["index"]))
            exams.add(row["exam"])
        for exam in exams - lists.keys():
            lists[exam] = _believed(await connection.fetch(_LISTS, exam, size), chain)
        rows = await connection.fetch(_CHANGES, asked, size)
        record = Record(
            number="",
            chain=chain,
            certificates={number: tuple(there) for number, there in filed.items()},
            changes=tuple(Published(data=row["bytes"], index=row["index"]) for row in rows),
            lists=tuple(one for exam in sorted(exams) for one in lists[exam]),
        )
        register = Register.of(record)
        if not register.lacking:
            return register, numbers
        wanted |= register.lacking


def _believed(rows: Sequence[Mapping[str, Any]], chain: Chain) -> tuple[BelievedList, ...]:
    found = []
    for row in rows:
        try:
            found.append(BelievedList.of(row["bytes"], row["index"], chain))
        except NotBelieved:
            continue
    return tuple(found)


def _batches(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
