"""What the reader keeps in memory, where more is published between two of its questions, or room is made."""

import asyncio
from typing import Any, cast

import msgspec

from tests import releases
from tests.invented import ISSUED_AT, LOG, ROOT, TestKey, keyring
from tests.vectors import logs
from verify.core.believed_list import GenuineList
from verify.core.chain import Chain
from verify.core.keyring import thumbprint
from verify.core.log import receipt
from verify.core.snapshot import Snapshot
from verify.registry import genuine, known_lists, published_log
from verify.registry.known_lists import KnownLists
from verify.registry.newest_snapshot import NewestSnapshot
from verify.registry.published_log import PublishedLog
from verify.registry.questions import Questions, State


class _Snapshots:
    """The registry's answers to questions for snapshots."""

    def __init__(self, index: int, data: bytes) -> None:
        self.index = index
        self.data = data

    async def fetch(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        if "digest" in query:
            head = {"index": self.index, "digest": self.data[-32:]}
            return [head] if self.index < arguments[0] else []
        return [{"bytes": self.data}]


def _first() -> bytes:
    return ROOT.sign(keyring().draft(ROOT.kid))


async def test_a_snapshot_of_a_key_that_was_not_known_yet_is_believed_when_it_is() -> None:
    """Read between two questions while its keyring was published with it, it is not taken for a stranger's for ever."""
    new = TestKey("a new status key")
    old = Chain.follow([(_first(), 0)], thumbprint(ROOT.public))
    second = msgspec.structs.replace(
        keyring(), version=2, previous=old.versions[0].statement.digest, keys=(*keyring().keys, new.entry("status"))
    )
    later = old.extend(ROOT.sign(second.draft(ROOT.kid)), 1)
    data = new.sign(Snapshot(taken_at=ISSUED_AT, log_size=1, standings={}, issued_at=ISSUED_AT).draft(new.kid))
    reader = NewestSnapshot(cast(Questions, _Snapshots(2, data)))
    assert await reader.get(old) is None
    assert await reader.get(later) == data


class _Lists:
    """The registry's answers to questions for one exam's final lists."""

    def __init__(self, lists: list[bytes]) -> None:
        self.lists = lists

    async def fetch(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        chain = Chain.follow([(_first(), 0)], thumbprint(ROOT.public))
        if "list_statements" in query:
            return [{"bytes": self.lists[arguments[0] - 1]}]
        heads = [GenuineList.of(data, chain.newest) for data in self.lists]
        return [
            {
                "index": index, "exam": one.head.exam, "programme": one.head.programme, "stage": one.head.stage,
                "revision": one.head.revision, "held_on": one.head.held_on, "digest": one.digest,
            }
            for index, one in enumerate(heads, 1)
        ]  # fmt: skip


async def test_lists_that_made_room_are_read_anew(monkeypatch: Any) -> None:
    """Where an exam's lists are more than is kept, asking for them again is slow, and no error."""
    monkeypatch.setattr(genuine, "MOST_BYTES", 1)
    chain = Chain.follow([(_first(), 0)], thumbprint(ROOT.public))
    lists = [releases.pass_list([releases.row(1, releases.certify(1))], revision=revision) for revision in (1, 2)]
    known = KnownLists(cast(Questions, _Lists(lists)))
    digest = GenuineList.of(lists[1], chain.newest).digest
    state = State(size=3, disowned=0, keyring=0, keyring_digest=b"", list=2, list_digest=digest, now=ISSUED_AT)
    await known.up_to(state)
    for _ in range(2):
        found = await known.finals({releases.EXAM}, state, chain)
        assert [listed.head.revision for listed in found] == [1, 2]


async def test_a_statement_that_many_fetch_is_read_once(monkeypatch: Any) -> None:
    """All have the same bytes, and not some megabytes each; the last stays however large it is."""
    lists = [releases.pass_list([releases.row(1, releases.certify(1))], revision=revision) for revision in (1, 2)]
    answers = _Lists(lists)
    known = KnownLists(cast(Questions, answers))
    given = await asyncio.gather(*(known.statement_to_give(1) for _ in range(5)))
    assert given[0] == lists[0]
    answers.lists = [b"", b"", *lists]
    assert all(one is given[0] for one in given)
    assert await known.statement_to_give(1) is given[0]
    monkeypatch.setattr(known_lists, "_MOST_GIVEN", 1)
    assert await known.statement_to_give(4) == lists[1]
    assert await known.statement_to_give(1) == b""


class _Checkpoints:
    """The registry's answers to questions for its log, of which one checkpoint is signed."""

    size = 5
    asked = 0

    async def fetch(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        if "checkpoints" in query:
            self.asked += 1
            signature = LOG.private.sign(receipt.signed_root(LOG.kid, logs.root_of(0, self.size)))
            return [{"note": logs.note_of(self.size), "receipt": signature}]
        width = arguments[2][0]
        return [{"place": 1, "hashes": b"".join(logs.LEAF[:width])}]


async def test_a_checkpoint_that_follows_its_statements_is_seen_without_another_publishing(monkeypatch: Any) -> None:
    """Statements filed past publish wait for theirs: it is asked for again, but not by every question."""
    chain = Chain.follow([(_first(), 0)], thumbprint(ROOT.public))
    answers = _Checkpoints()
    log = PublishedLog(cast(Questions, answers))
    sizes = [found.size for _ in range(3) if (found := await log.newest(7, chain))]
    assert (sizes, answers.asked) == ([5, 5, 5], 1)
    monkeypatch.setattr(published_log, "AGAIN", 0.0)
    answers.size = 7
    sizes = [found.size for _ in range(3) if (found := await log.newest(7, chain))]
    assert (sizes, answers.asked) == ([7, 7, 7], 2)
