"""An independent audit of a published registry, by none of the code under test (model: sunlight's testlog_test).

It reads the statements with a CBOR reader of its own, finds the keyring chain and what is believed by rules of its
own, derives every table of the registry and what the tables must be to one another, and holds the ledger's account of
every number against the register. It is slow and plain on purpose. Run it after every scenario that ends with a
published registry.
"""

import asyncio
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

from tests.auditor_log import check_log
from tests.auditor_reading import Statement, opened

CERTIFICATE, CHANGE, LIST, INDEX, KEYRING, SNAPSHOT = range(1, 7)
MAY_SIGN = {CERTIFICATE: "certificate", CHANGE: "status", LIST: "certificate", INDEX: "certificate", KEYRING: "root"}
FINAL = ("revoked", "replaced")


class Registry(NamedTuple):
    """Everything that the database holds."""

    log: list[dict[str, Any]]
    tables: dict[str, list[tuple[Any, ...]]]
    tiles: dict[tuple[int, int], bytes]
    checkpoints: list[dict[str, Any]]


TABLES = {
    "certificate": "select index, number, exam, short from registry.certificate",
    "change": "select index, number, short, action, effective_at, replacement, replacement_short from registry.change",
    "pass_list": "select index, exam, programme, stage, revision, objections_until, contact, public_until, people,"
    " title_zh, title_en, held_on, planned_on, kid, issued_at from registry.pass_list",
    "list_row": "select list, ordinal, serial, name, id, short from registry.list_row",
    "lookup_index": "select index, exam, revision, secret, people, numbers from registry.lookup_index",
    "lookup_row": "select list, ordinal, number, key from registry.lookup_row",
    "keyring": "select index, version from registry.keyring",
    "snapshot": "select index, taken_at, log_size from registry.snapshot",
}


TILES = """
select b.height / 2 as level, b.index / 16 as index, registry.tile(b.height / 2, b.index / 16) as hashes
from registry.branch b where b.height % 2 = 0 group by 1, 2
"""


async def everything(url: str) -> Registry:
    """The registry's tables, as the owner sees them at one moment."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read"):
            log = await connection.fetch("select * from registry.statement order by index")
            tables = {name: [tuple(row) for row in await connection.fetch(query)] for name, query in TABLES.items()}
            tiles = await connection.fetch(TILES)
            checkpoints = await connection.fetch("select * from registry.checkpoint order by place")
    finally:
        await connection.close()
    by_place = {(row["level"], row["index"]): row["hashes"] for row in tiles}
    return Registry([dict(row) for row in log], tables, by_place, [dict(row) for row in checkpoints])


def derived(statements: Iterable[Statement]) -> dict[str, list[tuple[Any, ...]]]:
    """Every table, from the statements alone."""
    made: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}
    for one in statements:
        content = one.content
        if one.kind == CERTIFICATE:
            assert one.cti is not None
            row = (one.place, one.cti.decode(), f"{content[3]}-{content[4]}", one.short)
            made["certificate"].append(row)
        elif one.kind == CHANGE:
            replacement = content.get(5, (None, None))
            made["change"].append((one.place, *content[1], content[2], content[3], *replacement))
        elif one.kind == LIST:
            title, held_on, planned_on = content[9][1], content[9][2], content[9][3]
            head = (content[1], content[2], content[3], content[4], content[5], content[6], content[7])
            about = (title["zh"], title.get("en"), held_on, planned_on, one.kid, one.iat)
            made["pass_list"].append((one.place, *head, len(content[8]), *about))
            made["list_row"] += ((one.place, n, *row) for n, row in enumerate(content[8], start=1))
        elif one.kind == INDEX:
            numbers = sorted(number for number, _key in content[4])
            digest = hashlib.sha256(b"".join(hashlib.sha256(n.encode()).digest() for n in numbers)).digest()
            made["lookup_index"].append((one.place, content[1], content[2], content[3], len(numbers), digest))
            made["lookup_row"] += ((one.place, n, *row) for n, row in enumerate(content[4], start=1))
        elif one.kind == KEYRING:
            made["keyring"].append((one.place, content[1]))
        elif one.kind == SNAPSHOT:
            made["snapshot"].append((one.place, content[1], content[2]))
    return made


class Chain(NamedTuple):
    """The keyrings that stand, with their places."""

    versions: list[Statement]

    def entry(self, public: bytes, before: int | None = None) -> dict[int, Any] | None:
        """A key's entry in the newest keyring, or in the newest before a place."""
        rings = [ring for ring in self.versions if before is None or ring.place < before]
        return next((key for key in rings[-1].content[3] if key[2] == public), None) if rings else None

    def believes(self, one: Statement, programme: str) -> bool:
        """Whether a key of the right use and programme signed it, was active then, and was not compromised."""
        for key in self.versions[-1].content[3]:
            if key[1] != one.kid or key[3] != MAY_SIGN[one.kind] or not one.signed_by(key[2]):
                continue
            then = self.entry(key[2], one.place)
            in_time = key[7] != "compromised" or one.place < (key[8] or 0)
            return (not key[4] or programme in key[4]) and then is not None and then[7] == "active" and in_time
        return False


def chain_of(statements: Iterable[Statement], root: bytes) -> Chain:
    """The chain from the root's thumbprint (RFC 9679: SHA-256 of {1: 1, -1: 6, -2: public})."""
    versions: list[Statement] = []
    for one in statements:
        if one.kind != KEYRING:
            continue
        if not versions:
            pinned = [
                key[2]
                for key in one.content[3]
                if key[3] == "root" and hashlib.sha256(b"\xa3\x01\x01\x20\x06\x21\x58\x20" + key[2]).digest() == root
            ]
            if one.content[1] == 1 and any(map(one.signed_by, pinned)):
                versions.append(one)
            continue
        last = versions[-1]
        follows = one.content[1] == last.content[1] + 1 and one.content[6] == hashlib.sha256(last.data).digest()
        roots = [key[2] for key in last.content[3] if key[3] == "root" and key[7] == "active"]
        if follows and any(map(one.signed_by, roots)):
            versions.append(one)
    return Chain(versions)


class Account(NamedTuple):
    """What the register says, from the statements alone."""

    certificates: dict[str, Statement]
    """By number."""
    lists: dict[tuple[str, int], Statement]
    """By exam and revision, those that are believed."""
    indexes: dict[tuple[str, int], Statement]
    changes: dict[str, list[Statement]]
    """By number, in order."""

    def finals(self) -> dict[str, Statement]:
        """The newest final list of each exam."""
        found: dict[str, Statement] = {}
        for (exam, _revision), one in sorted(self.lists.items()):
            if one.content[3] == "final":
                found[exam] = one
        return found

    def line_after(self, number: str) -> list[str]:
        """The number and those that came in its place."""
        line = [number]
        while change := next((one for one in self.changes.get(line[-1], ()) if one.content[2] == "replaced"), None):
            line.append(change.content[5][0])
        return line


def account_of(statements: list[Statement], chain: Chain) -> Account:
    """The believed among the statements; a number and a revision belong to the first."""
    account = Account({}, {}, {}, {})
    for one in statements:
        if one.kind == CERTIFICATE and one.cti is not None and chain.believes(one, one.content[3]):
            account.certificates.setdefault(one.cti.decode(), one)
        elif one.kind == LIST and chain.believes(one, one.content[2]):
            account.lists.setdefault((one.content[1], one.content[4]), one)
        elif one.kind == INDEX and chain.believes(one, one.content[1].split("-")[0]):
            account.indexes.setdefault((one.content[1], one.content[2]), one)
    restore(statements, chain, account)
    for one in statements:
        if one.kind != CHANGE:
            continue
        number, short = one.content[1]
        of = account.certificates.get(number)
        if of is None or of.short != short or not chain.believes(one, of.content[3]):
            continue
        before = account.changes.setdefault(number, [])
        if follows(one, before):
            before.append(one)
    return account


def restore(statements: list[Statement], chain: Chain, account: Account) -> None:
    """A final list that is believed restores certificates that a compromise took."""
    named = {row[3] for one in account.lists.values() if one.content[3] == "final" for row in one.content[8]}
    for one in statements:
        if one.kind == CERTIFICATE and one.cti is not None and one.short in named:
            signers = [key for key in chain.versions[-1].content[3] if key[1] == one.kid and one.signed_by(key[2])]
            then = [entry for key in signers if (entry := chain.entry(key[2], one.place)) and entry[7] == "active"]
            if then:
                account.certificates.setdefault(one.cti.decode(), one)


def follows(one: Statement, before: list[Statement]) -> bool:
    """Whether a change may follow those before it."""
    action, effective = one.content[2], one.content[3]
    last = before[-1].content if before else None
    if effective > one.iat or (action == "replaced") != (5 in one.content):
        return False
    if last is None:
        return bool(action != "reinstated")
    if last[2] in FINAL or effective < last[3]:
        return False
    return bool((action == "reinstated") == (last[2] == "suspended") or action in FINAL)


def audit(url: str, root: bytes, ledger: Path | None = None) -> Account:
    """Everything above, of the registry at the owner's ``url``; an AssertionError names what does not fit."""
    registry = asyncio.run(everything(url))
    assert [row["index"] for row in registry.log] == list(range(len(registry.log))), "a gap in the log"
    statements = [opened(row["index"], row["bytes"]) for row in registry.log if row["bytes"]]
    for one in statements:
        row = registry.log[one.place]
        assert row["digest"] == hashlib.sha256(one.data).digest(), f"{one.place}: another hash"
        assert (row["kind"], row["kid"]) == (one.kind, one.kid), f"{one.place}: another kind or key"
        assert one.iat <= row["published_at"].timestamp() + 300 + 60, f"{one.place}: signed ahead of its time"
    wanted = derived(statements)
    for name, rows in registry.tables.items():
        assert Counter(rows) == Counter(wanted[name]), f"{name} is not what the statements say"
    chain = chain_of(statements, root)
    assert chain.versions, "no keyring of this root"
    account = account_of(statements, chain)
    check_exams(account)
    log_keys = {key[1]: key[2] for key in chain.versions[-1].content[3] if key[3] == "log"}
    check_log(registry.log, registry.tiles, registry.checkpoints, chain.versions[0].content[7][-1], log_keys)
    if ledger is not None:
        check_ledger(account, ledger)
    return account


def check_exams(account: Account) -> None:
    """Each final list names registered certificates, and the newest index has a row for each that belongs in it."""
    by_short = {one.short: number for number, one in account.certificates.items()}
    for exam, final in account.finals().items():
        missing = [row[0] for row in final.content[8] if row[3] not in by_short]
        assert not missing, f"{exam}: rows {missing} name no registered certificate"
        numbers = [by_short[row[3]] for row in final.content[8]]
        for number in numbers:
            holder = account.certificates[number].content
            assert f"{holder[3]}-{holder[4]}" == exam, f"{number} is of another exam"
        lines = [account.line_after(number) for number in numbers]
        belonging = {number for line in lines for number in line}
        assert sum(map(len, lines)) == len(belonging), f"{exam}: two rows of one line"
        newest = newest_index(account, exam)
        filed = [number for number, _key in newest.content[4]]
        assert sorted(filed) == sorted(belonging), f"{exam}: its lookup index does not cover"


def newest_index(account: Account, exam: str) -> Statement:
    """The exam's newest lookup index."""
    revisions = [revision for of, revision in account.indexes if of == exam]
    assert revisions, f"{exam}: no lookup index"
    return account.indexes[exam, max(revisions)]


def check_ledger(account: Account, path: Path) -> None:
    """The ledger gave each number once, and what is registered is what it signed, for whom it says."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        given = connection.execute("select number, exam, lookup_key, statement from certificate").fetchall()
    connection.close()
    known = {number: (exam, key, statement) for number, exam, key, statement in given}
    assert not account.certificates.keys() - known.keys(), "a registered number that the ledger never gave"
    signed = [statement for _number, _exam, _key, statement in given if statement is not None]
    assert len(set(signed)) == len(signed), "one statement under two numbers"
    for number, one in account.certificates.items():
        exam, _key, statement = known[number]
        assert statement == one.data, f"{number}: the register holds another certificate than the ledger signed"
        assert exam == f"{one.content[3]}-{one.content[4]}", f"{number}: of another exam"
    for exam in account.finals():
        for number, key in newest_index(account, exam).content[4]:
            assert known[number][1] == key, f"{number}: filed under another person than the ledger says"
