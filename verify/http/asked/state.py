"""What is known of a request from its first moment: the same for every route, and typed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from verify.files.pieces import Pieces
from verify.http.asked.language import Language

_KEY: Final = "yinjian"

Trees: TypeAlias = Callable[[Pieces, int, str], Awaitable[Any]]
"""Reads a body of JSON of so many rows for a client. See Intake.tree."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The one time of a request, who asks, and in which language."""

    now: int
    """Seconds since 1970, when it came in."""
    client: str
    """The network address that allowances are counted by."""
    language: Language
    switched: Language | None
    """The language that the address names, which links keep."""
    trees: Trees
    """Where large bodies of JSON are read."""
    path: str
    """The path of the address: one slash at its beginning, none at its end, none twice."""
    last: str
    """What stands behind its last slash, of addresses that say something of a person."""
    accept: str = ""
    """The Accept field, as far as it is looked at."""
    head: bool = False
    """Whether nothing but the answer's head is asked for."""
    known: bytes = b""
    """The If-None-Match field, as far as it is looked at."""
    query: Mapping[str, Sequence[str]] = {}
    """What the address asks, in the order of each name's values; empty ones are left out."""

    def asked_for(self, name: str) -> str:
        """The last value that the address has for a name, empty where there is none."""
        values = self.query.get(name)
        return values[-1] if values else ""


def put(scope: Any, state: State) -> None:
    """Gives an ASGI scope its state, beside what a server has put there."""
    scope["state"] = {**scope.get("state", {}), _KEY: state}


def of(scope: Mapping[str, Any]) -> State:
    """The state of a request's scope."""
    state: State = scope["state"][_KEY]
    return state
