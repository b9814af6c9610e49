"""Publishing while something else goes wrong: another publisher, a kill, a registry that is not there."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from signing.release import release_file
from tests import releases
from tests.conftest import Urls, publisher
from verify.shared.command import Refusal


async def until(owner: Any, condition: str) -> None:
    """Waits for the database to say that ``condition`` holds."""
    async with asyncio.timeout(60):
        while not await owner.fetchval(condition):  # noqa: ASYNC110 - nothing here could set an event
            await asyncio.sleep(0.02)


async def test_two_publishers_at_once(registry_urls: Urls, owner: Any, tmp_path: Path) -> None:
    """Of two publishers with the same release one adds it; with rival releases one is refused."""
    rooms = [publisher(registry_urls.signer, folder) for folder in (tmp_path / "a", tmp_path / "b")]
    done = await asyncio.gather(*(room(releases.final(range(1, 200))) for room in rooms))
    assert sorted(publication.added for publication in done) == [0, 201]
    rivals = [releases.final([*range(1, 200), extra], revision=2, index_revision=2) for extra in (501, 502)]
    results = await asyncio.gather(
        *(room(rival) for room, rival in zip(rooms, rivals, strict=True)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Publication", "ReleaseRefused"]
    indexes = [row["index"] for row in await owner.fetch("select index from registry.statement order by index")]
    assert indexes == list(range(1 + 201 + 3))


async def test_killed_while_publishing(registry_urls: Urls, owner: Any, tmp_path: Path) -> None:
    """After kill -9 in the middle nothing is there, and the same command completes the work."""
    path = tmp_path / "big.release"
    statements = releases.final(range(1, 3001))
    release_file.write(path, statements)
    # The triggers that file the list wait for this lock, when every certificate is in.
    blocker = await asyncpg.connect(registry_urls.owner)
    hold = blocker.transaction()
    await hold.start()
    await blocker.execute("lock table registry.list_row in exclusive mode")
    code = (
        "import sys; from pathlib import Path; from tests import releases; from tests.conftest import logbook\n"
        "from signing.release.into_registry import publish\n"
        "publish(Path(sys.argv[1]), sys.argv[2], keyring=releases.keyrings(), root=releases.ROOT_THUMBPRINT,"
        " log=logbook(sys.argv[2]), now=releases.NOW)"
    )
    command = [sys.executable, "-c", code, str(path), registry_urls.signer]
    process = await asyncio.to_thread(subprocess.Popen, command, stderr=subprocess.DEVNULL)
    await until(owner, "select exists (select from pg_locks where locktype = 'relation' and not granted)")
    os.kill(process.pid, signal.SIGKILL)
    assert await asyncio.to_thread(process.wait) == -signal.SIGKILL
    await hold.rollback()
    await blocker.close()
    await until(owner, "select not exists (select from pg_locks where locktype = 'advisory')")
    assert await owner.fetchval("select count(*) from registry.statement") == 0
    done = await publisher(registry_urls.signer, tmp_path)(statements)
    assert done.size == 3003


async def test_registry_that_does_not_answer(tmp_path: Path) -> None:
    """A registry that is not there is a refusal in words, without an address in it."""
    with pytest.raises(Refusal) as refusal:
        await publisher("postgresql://signer:secret@127.0.0.1:1/none", tmp_path)(releases.final([1]))
    assert "secret" not in str(refusal.value)
    assert "127.0.0.1" not in str(refusal.value)


async def test_reader_cannot_publish(registry_urls: Urls, tmp_path: Path) -> None:
    """With the reader's rights nothing is published."""
    with pytest.raises(Refusal):
        await publisher(registry_urls.reader, tmp_path)(releases.final([1]))
