"""Background work that lasts as long as its process: where it fails, that is said and it begins again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

_log = logging.getLogger("yinjian.background")

_FIRST_REST: Final = 1.0
_LONGEST_REST: Final = 60.0
"""Seconds before it begins again."""

_failing: dict[str, str] = {}


def failing() -> tuple[str, ...]:
    """The names of this process's background work that failed and has not gone on since, in their order."""
    return tuple(sorted(_failing))


async def lasting(name: str, turn: Callable[[], Awaitable[None]], seconds: float, *, at_once: bool = False) -> None:
    """Takes ``turn`` again and again, with so many ``seconds`` between, until it is cancelled.

    A turn that fails is logged once by the kind of its error, which may hold what it worked on, and tried again after
    a rest that grows; ``failing`` names it until a turn succeeds.
    """
    rest = 0.0
    if not at_once:
        await asyncio.sleep(seconds)
    while True:
        try:
            await turn()
        except Exception as error:  # noqa: BLE001 -- whatever it is, what lasts must go on, and the operator know
            if _failing.get(name) != type(error).__name__:
                _failing[name] = type(error).__name__
                _log.error("%s failed; it is tried again until it succeeds", name, exc_info=error)
            rest = min(max(2 * rest, _FIRST_REST), _LONGEST_REST)
        else:
            if _failing.pop(name, None) is not None:
                _log.warning("%s succeeds again", name)
            rest = 0.0
        await asyncio.sleep(seconds + rest)
