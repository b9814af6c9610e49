"""A statement that is filed and gone is the register's damage: nothing is answered by what is left of it."""

from typing import Any

import pytest

from tests import releases
from verify.core.chain import Chain
from verify.core.errors import RegisterDamaged
from verify.core.statement import Kind
from verify.registry.genuine import GenuineLists
from verify.registry.keyrings import Keyrings
from verify.registry.known_lists import KnownLists
from verify.registry.questions import State
from verify.registry.records import Records

STATE: dict[str, Any] = {
    "size": 9, "disowned": 0, "keyring": 0, "keyring_digest": b"k", "list": 5, "list_digest": b"l", "now": 1,
}  # fmt: skip
NUMBER = releases.number(1)


class Gone:
    """Answers as a database whose statements are gone, and what was filed of them is left."""

    def __init__(self, *rows: Any) -> None:
        self._rows = rows

    async def fetch(self, _query: str, *_arguments: object) -> tuple[Any, ...]:
        """The rows."""
        return self._rows


@pytest.mark.parametrize("kind", [Kind.CERTIFICATE, Kind.CHANGE])
async def test_a_certificate_and_a_change(kind: Kind) -> None:
    """Neither "not found" nor "valid" nor a fault of the program."""

    class Row(dict[str, Any]):
        def __iter__(self) -> Any:
            return iter(self.values())

    filed = Row(dict.fromkeys("abcdefg") | {"kind": kind, "index": 3, "number": NUMBER, "other": "CEM-2022-03"})
    filed |= {"bytes": None, "leaves": None, "middle": bytes(512)}
    questions: Any = Gone(STATE, filed)
    records = Records(questions, Keyrings(questions, b""), KnownLists(questions))
    with pytest.raises(RegisterDamaged, match="register_damaged"):
        await records.get(NUMBER)


@pytest.mark.parametrize("kind", ["keyring", "list"])
def test_the_newest_keyring_and_list(kind: str) -> None:
    """The state itself says so, whatever was read before."""
    row: Any = STATE | {f"{kind}_digest": None}
    with pytest.raises(RegisterDamaged, match="register_damaged"):
        State.of(row)


async def test_a_keyring() -> None:
    """Before any was read."""
    questions: Any = Gone({"index": 0, "digest": None, "bytes": None})
    with pytest.raises(RegisterDamaged, match="register_damaged"):
        await Keyrings(questions, b"").at(State(**STATE))


async def test_a_list() -> None:
    """Which would be one that nobody signed."""

    async def nothing(_: int) -> None:
        return None

    chain = Chain.follow([(releases.keyrings(), None)], releases.ROOT_THUMBPRINT)
    with pytest.raises(RegisterDamaged, match="register_damaged"):
        await GenuineLists(nothing, lambda: None).get(b"l", 5, chain.newest)
