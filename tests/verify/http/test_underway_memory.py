"""What large bodies took of the allocator's memory goes back to the system."""

import asyncio
from typing import Any

import pytest

from verify.http.guard.underway import Underway


async def test_what_a_large_body_took_is_given_back_once_and_a_small_ones_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of several large ones that end together, once."""
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr("verify.files.confinement.kernel.call", lambda *call: asked.append(call))
    monkeypatch.setattr("verify.http.guard.underway._GIVEN_BACK", 0.0)
    underway = Underway()

    async def send(size: int) -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": bytes(size), "more_body": False}

        async with underway.begin("a", size) as body:
            await body.of(receive)()

    await send(1000)
    await asyncio.sleep(0.01)
    assert asked == []
    await asyncio.gather(send(100_000), send(200_000))
    await asyncio.sleep(0.01)
    assert asked == [("malloc_trim", 0)]
