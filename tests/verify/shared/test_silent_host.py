"""A command that may ask several hosts passes over one that is silent, and still has time for the next."""

from typing import Any

import asyncpg
import pytest

from verify.shared import database_trouble


@pytest.mark.parametrize(("hosts", "most"), [("a", 15), ("a,b", 4)])
async def test_each_of_several_hosts_has_a_share_of_the_time(
    hosts: str, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A primary and a standby together take less than ten, in which a promoted standby is to be published to."""
    given: list[Any] = []

    async def connect(_url: str, **options: Any) -> None:
        given.append(options["timeout"])

    monkeypatch.setattr(asyncpg, "connect", connect)
    await database_trouble.connect(f"postgresql://x@{hosts}/y")
    assert given == [most]
    assert 2 * database_trouble.SECONDS_OF_SEVERAL < 10
