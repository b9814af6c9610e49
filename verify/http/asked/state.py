"""What is known of a request from its first moment: the same for every route, and typed."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from verify.http.asked.language import Language
from verify.http.guard.lane import Lane

_KEY: Final = "yinjian"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The one time of a request, who asks, and in which language."""

    now: int
    """Seconds since 1970, when it came in."""
    client: str
    """The network address that allowances are counted by."""
    language: Language
    switched: Language | None
    """The language that the address names, which links keep."""
    parsing: Lane
    """Where large bodies are parsed, beside the event loop."""


def put(scope: Any, state: State) -> None:
    """Gives an ASGI scope its state, beside what a server has put there."""
    scope["state"] = {**scope.get("state", {}), _KEY: state}


def of(scope: Mapping[str, Any]) -> State:
    """The state of a request's scope."""
    state: State = scope["state"][_KEY]
    return state
