"""Tiles come from the statements alone, however those are written; a checkpoint is of the tree that is there."""

import hashlib
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests import releases
from tests.conftest import Urls
from verify.core.log import tiles, tree

INSERT = "insert into registry.statement (index, bytes) values ($1, $2)"
CHECKPOINT = "insert into registry.checkpoint (size, note, kid, receipt) values ($1, $2, '\\x01020304', $3)"


@pytest.fixture
async def signer(registry_urls: Urls) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection with the signer's rights."""
    connection = await asyncpg.connect(registry_urls.signer)
    yield connection
    await connection.close()


async def check(signer: Any) -> int:
    """Compares every tile, and the root of every size at hand, with what the statements say; how many there are."""
    entries = [
        tree.entry(row["kind"], row["digest"])
        for row in await signer.fetch("select kind, digest from registry.entries order by index")
    ]
    row, height = [tree.leaf(one) for one in entries], 0
    wanted: dict[tuple[int, int], bytes] = {}
    while row:
        made = [b"".join(row[index : index + 16]) for index in range(0, len(row), 16)]
        wanted |= {(height, index): data for index, data in enumerate(made)}
        row, height = [tiles.root(data) for data in made if len(data) == 512], height + 1
    rows = await signer.fetch("select * from registry.branch")
    assert {(row["height"], row["index"]): row["hashes"] for row in rows} == wanted
    leaves = b"".join(map(tree.leaf, entries))
    for index in range(len(entries) // tiles.WIDTH + 2):
        tile = leaves[index * 8192 : index * 8192 + 8192] or None
        assert await signer.fetchval("select registry.tile(0, $1)", index) == tile
    for size in {0, 1, 2, 3, 255, 256, 257, len(entries) - 1, len(entries)}:
        root = await signer.fetchval("select registry.log_root($1)", size)
        assert root == (tree.Frontier().add(entries[:size]).root if size <= len(entries) else None)
    return len(entries)


async def test_tiles_grow_with_the_statements_in_whatever_steps_they_come(signer: Any, owner: Any) -> None:
    """One by one, many in one statement, by COPY; over the edges of tiles and of levels; emptied ones stay logged."""
    made = [releases.certify(serial) for serial in range(1, 6)]
    many = [made[n % 5] for n in range(700)]
    for index in range(3):
        await signer.execute(INSERT, index, many[index])
    await signer.copy_records_to_table(
        "statement", schema_name="registry", columns=["index", "bytes"], records=list(enumerate(many))[3:255]
    )
    assert await check(signer) == 255
    await signer.execute(INSERT, 255, many[255])
    assert await check(signer) == 256
    await signer.copy_records_to_table(
        "statement", schema_name="registry", columns=["index", "bytes"], records=list(enumerate(many))[256:]
    )
    assert await check(signer) == 700
    await owner.execute("select registry.disown(5)")
    assert await owner.fetchval("select registry.give_back_disowned(2, sha256('somebody''s'))") == 700
    assert await check(signer) == 701


async def test_a_checkpoint_is_of_the_whole_tree_and_of_no_other(signer: Any) -> None:
    """Another size, root or text is refused, also where a release is half in."""
    await signer.execute(INSERT, 0, releases.certify(1))
    await signer.execute(INSERT, 1, releases.certify(2))
    entries = [
        tree.entry(1, hashlib.sha256(releases.certify(1)).digest()),
        tree.entry(1, hashlib.sha256(releases.certify(2)).digest()),
    ]

    def note(size: int, root: bytes) -> str:
        return f"a.example/log\n{size}\n{b64encode(root).decode()}\n\n— a.example/log AAAA\n"

    good = note(2, tree.Frontier().add(entries).root)
    earlier = note(1, tree.Frontier().add(entries[:1]).root)
    for size, text in ((1, earlier), (3, good), (2, earlier), (2, note(2, bytes(32))), (2, "no note")):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await signer.execute(CHECKPOINT, size, text, bytes(64))
    await signer.execute(CHECKPOINT, 2, good, bytes(64))
    await signer.execute(CHECKPOINT, 2, good, bytes(64))  # one that nobody believes hides none
    filed = await signer.fetch("select size, root, note from registry.checkpoint order by place")
    assert [tuple(row) for row in filed] == [(2, tree.Frontier().add(entries).root, good)] * 2


async def test_a_question_for_the_state_reads_no_more_the_longer_the_log_is(signer: Any, owner: Any) -> None:
    """Of keyrings and lists there are too few for PostgreSQL ever to learn how many; it must not matter."""
    made = [
        releases.keyrings(),
        releases.pass_list([releases.row(1, releases.certify(1))]),
        *[releases.certify(1)] * 900,
    ]
    await signer.copy_records_to_table(
        "statement", schema_name="registry", columns=["index", "bytes"], records=list(enumerate(made))
    )
    await owner.execute("analyze registry.statement")
    ((told,),) = await owner.fetch("explain (analyze, format json) select * from registry.state")

    def read(node: dict[str, Any]) -> float:
        here = node["Actual Rows"] * node["Actual Loops"] if node.get("Relation Name") == "statement" else 0
        return here + sum(map(read, node.get("Plans", ())))

    assert read(json.loads(told)[0]["Plan"]) <= 3
