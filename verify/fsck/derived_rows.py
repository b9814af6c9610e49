"""The rows of every projection that one statement gives, from its claims as the core reads them."""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from verify.core.statement import IAT, Kind, Statement

Row = tuple[object, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A projection: its columns, of which the first ``keys`` are its key, the very first the log index."""

    name: str
    columns: tuple[str, ...]
    keys: int = 1

    @property
    def query(self) -> str:
        """The rows of some log indexes, in the order of the key."""
        order = ", ".join(self.columns[: self.keys])
        first = self.columns[0]
        return (
            f"select {', '.join(self.columns)} from registry.{self.name} "
            f"where {first} >= $1 and {first} < $2 order by {order}"
        )


TABLES: Final = (
    Table(name="certificate", columns=("index", "number", "exam", "short")),
    Table(
        name="change",
        columns=("index", "number", "short", "action", "effective_at", "replacement", "replacement_short"),
    ),
    Table(
        name="pass_list",
        columns=(
            "index", "exam", "programme", "stage", "revision", "objections_until", "contact", "public_until",
            "people", "title_zh", "title_en", "held_on", "planned_on", "kid", "issued_at",
        ),
    ),
    Table(name="list_row", columns=("list", "ordinal", "serial", "name", "id", "short"), keys=2),
    Table(name="lookup_index", columns=("index", "exam", "revision", "secret", "people", "numbers")),
    Table(name="lookup_row", columns=("list", "ordinal", "number", "key"), keys=2),
    Table(name="keyring", columns=("index", "version")),
    Table(name="snapshot", columns=("index", "taken_at", "log_size")),
)  # fmt: skip


def rows(index: int, source: Statement) -> dict[str, list[Row]]:
    """By table, the rows that this statement gives. Raises KeyError and the like where it is not of its kind."""
    content = source.content
    if source.kind is Kind.CERTIFICATE:
        number = source.claims[7].decode("ascii")
        return {"certificate": [(index, number, f"{content[3]}-{content[4]}", source.short)]}
    if source.kind is Kind.CHANGE:
        named, action, effective_at = content[1], content[2], content[3]
        return {"change": [(index, *named, action, effective_at, *content.get(5, (None, None)))]}
    if source.kind is Kind.PASS_LIST:
        return _of_list(index, source, content)
    if source.kind is Kind.LOOKUP_INDEX:
        filed = content[4]
        head = (index, content[1], content[2], content[3], len(filed), _digest(number for number, _ in filed))
        return {"lookup_index": [head], "lookup_row": [(index, n, *row) for n, row in enumerate(filed, start=1)]}
    if source.kind is Kind.KEYRING:
        return {"keyring": [(index, content[1])]}
    if source.kind is Kind.SNAPSHOT:
        return {"snapshot": [(index, content[1], content[2])]}
    return {}


def _of_list(index: int, source: Statement, content: dict[int, Any]) -> dict[str, list[Row]]:
    exam, people = content[9], content[8]
    about = (exam[1]["zh"], exam[1].get("en"), exam[2], exam[3], source.kid, source.claims[IAT])
    head = (index, *(content[field] for field in range(1, 8)), len(people), *about)
    return {"pass_list": [head], "list_row": [(index, n, *row) for n, row in enumerate(people, start=1)]}


def _digest(numbers: Iterable[str]) -> bytes:
    """One digest for a set of numbers, in whatever order (migrations/sql, digest_of_numbers)."""
    return hashlib.sha256(b"".join(hashlib.sha256(number.encode()).digest() for number in sorted(numbers))).digest()
