"""An auditor's look: the log beside the statements themselves."""

import asyncio
from pathlib import Path

import asyncpg

from tests import releases
from tests.conftest import Publish, Urls
from tests.invented import LOG
from tests.verify.monitor.invented_site import Site
from verify.monitor import with_database
from verify.monitor.following import Follower
from verify.monitor.remembered import Remembered
from verify.shared.progress import silent


async def test_a_certificate_that_nobody_names_is_an_alarm(
    registry_urls: Urls, publishing: Publish, tmp_path: Path
) -> None:
    """Well signed and filed past publish; and a statement that the database has otherwise, or not at all."""
    await publishing(releases.final([1, 2, 3]))
    owner = await asyncpg.connect(registry_urls.owner)
    try:
        stray = releases.certify(77)
        size = await owner.fetchval("select count(*) from registry.statement")
        await owner.execute("insert into registry.statement (index, bytes) values ($1, $2)", size, stray)
        statements = [row["bytes"] for row in await owner.fetch("select bytes from registry.statement order by index")]
    finally:
        await owner.close()

    def look(served: list[bytes], name: str) -> list[tuple[str, str]]:
        site = Site(served, keyring=releases.keyrings(), lists={}, key=LOG)
        with Remembered(tmp_path / name) as seen:
            found = Follower(site.ask, seen, releases.ROOT_THUMBPRINT, silent).look("https://verify.example.org")
            assert found.alarms == ()
            alarms = with_database.check(registry_urls.signer, seen, releases.ROOT_THUMBPRINT, found.size)
        return [(one.code, one.subject) for one in alarms]

    assert await asyncio.to_thread(look, statements[:-1], "before") == []
    assert await asyncio.to_thread(look, statements, "stray") == [("unnamed", str(size))]
    swapped = [*statements[:-1], releases.certify(78)]
    assert ("database_differs", str(size)) in await asyncio.to_thread(look, swapped, "swapped")
    longer = [*statements, releases.certify(79)]
    lacking = [("database_short", str(size + 2)), ("database_lacks", str(size + 1)), ("unnamed", str(size))]
    assert await asyncio.to_thread(look, longer, "longer") == lacking
    owner = await asyncpg.connect(registry_urls.owner)
    try:
        await owner.execute("delete from registry.certificate where index = 2")
        await owner.execute("delete from registry.statement where index = 2")
        await owner.execute(
            "insert into registry.statement (index, bytes) values ($1, $2)", size + 1, releases.certify(79)
        )
        await owner.execute("update registry.statement set bytes = bytes || '\\x00' where index = 1")
    finally:
        await owner.close()
    found = await asyncio.to_thread(look, longer, "removed")
    assert found[1:3] == [("database_lacks", "2"), ("database_differs", "1")]
