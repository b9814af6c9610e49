"""Publishing on a real registry: whole or not at all, once, and only what keeps every rule."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from signing.release import release_file
from signing.release.into_registry import publish
from signing.release.release_file import ReleaseRefused
from tests import releases
from tests.conftest import Publish, logbook
from tests.invented import (
    CEM,
    CERTIFICATE,
    ENTRIES,
    ISSUED_AT,
    LOG,
    ROOT,
    STATUS,
    TestKey,
    keyring,
    resign,
)
from verify.core.changes import Named
from verify.core.errors import KeyringRefused
from verify.core.keyring import Keyring
from verify.core.statement import decode

CAM = msgspec.structs.replace(CEM, code="CAM")
OWN = msgspec.structs.replace(CEM, code="OWN", numbering="own")
OTHER = TestKey("another certificate key")


async def everything(owner: Any) -> list[tuple[Any, ...]]:
    """Every row of every table, by which two states of a registry are compared."""
    tables = ("statement", "certificate", "change", "pass_list", "list_row", "lookup_index", "lookup_row", "keyring")
    return [tuple(row) for table in tables for row in await owner.fetch(f"select '{table}', * from registry.{table}")]


def second(first: Keyring, **changed: Any) -> tuple[Keyring, Keyring]:
    """A chain of two keyrings, the second with ``changed`` fields."""
    digest = decode(ROOT.sign(first.draft(ROOT.kid))).digest
    return first, msgspec.structs.replace(first, version=2, previous=digest, **changed)


async def refused(publishing: Publish, owner: Any, statements: list[bytes], code: str, **how: Any) -> None:
    """Publishing ``statements`` is refused for ``code``, and changes nothing."""
    before = await everything(owner)
    with pytest.raises(ReleaseRefused) as refusal:
        await publishing(statements, **how)
    assert refusal.value.code == code
    assert await everything(owner) == before


async def test_publishes_a_final_release(publishing: Publish, owner: Any) -> None:
    """The keyring goes first, then the release's statements in their order, byte for byte."""
    statements = releases.final(range(1, 8))
    done = await publishing(statements)
    assert (done.statements, done.added, done.keyrings_added, done.size) == (9, 9, 1, 10)
    stored = [row["bytes"] for row in await owner.fetch("select bytes from registry.statement order by index")]
    assert stored == [releases.keyrings(), *statements]


async def test_publishing_again_changes_nothing(publishing: Publish, owner: Any) -> None:
    """The same release again adds nothing, also when its key has been retired meanwhile."""
    statements = releases.final(range(1, 4))
    await publishing(statements)
    before = await everything(owner)
    done = await publishing(statements, now=releases.NOW + 10**8)
    assert (done.added, done.keyrings_added) == (0, 0)
    assert await everything(owner) == before
    retired = [ROOT.entry("root"), CERTIFICATE.entry("certificate", state="retired"), *ENTRIES[2:]]
    rings = releases.keyrings(*second(keyring(), keys=tuple(retired)))
    done = await publishing(statements, keyring=rings)
    assert (done.added, done.keyrings_added) == (0, 1)
    assert await everything(owner) != before


async def test_what_is_filed_past_publish_occupies_nothing(publishing: Publish, owner: Any) -> None:
    """Numbers, revisions, keyrings and the very bytes, filed where nobody believes them, keep no release out."""
    statements = releases.final([1, 2])
    ring = ROOT.sign(keyring().draft(ROOT.kid))
    unsigned = [data[:-1] + bytes([data[-1] ^ 1]) for data in (ring, *statements)]
    early = [*unsigned, releases.certify(1, key=OTHER, holder="别人"), *statements]  # before any keyring
    await owner.executemany("insert into registry.statement (index, bytes) values ($1, $2)", list(enumerate(early)))
    done = await publishing(statements)
    assert (done.added, done.keyrings_added, done.size) == (4, 1, len(early) + 5)
    before = await everything(owner)
    again = await publishing(statements)
    assert (again.added, again.keyrings_added) == (0, 0)
    assert await everything(owner) == before


async def test_a_corrected_list_comes_with_what_is_there(publishing: Publish, owner: Any) -> None:
    """A corrected release holds all certificates that it names, and adds only what is new."""
    await publishing(releases.final([1, 2, 3]))
    done = await publishing(releases.final([1, 2, 4], revision=2, index_revision=2))
    assert done.added == 3
    numbers = await owner.fetch(
        "select number from registry.lookup_row"
        " where list = (select max(index) from registry.lookup_index) order by number"
    )
    assert [row["number"] for row in numbers] == [releases.number(n) for n in (1, 2, 4)]


async def test_notice_then_final(publishing: Publish, owner: Any) -> None:
    """A notice is revision 1, the final list the next; a notice after that is refused."""
    await publishing([releases.notice([1, 2])])
    await publishing(releases.final([1, 2], revision=2))
    await refused(publishing, owner, [releases.notice([1], revision=3)], "wrong_stage")


@pytest.mark.parametrize("place", range(0, 1400, 7))
def test_one_byte_changed(place: int, tmp_path: Path) -> None:
    """A release with any one byte changed is refused before the registry is even asked."""
    data = bytearray(b"".join(releases.final([1, 2, 3])))
    data[place % len(data)] ^= 0x01
    path = tmp_path / "changed.release"
    release_file.write(path, [bytes(data)])
    with pytest.raises(ReleaseRefused):
        publish(
            path,
            "postgresql://127.0.0.1:1/none",
            keyring=releases.keyrings(),
            root=releases.ROOT_THUMBPRINT,
            log=logbook("none"),
            now=1,
        )


@pytest.mark.parametrize("kept", range(5))
async def test_cut_at_a_statements_end(publishing: Publish, owner: Any, kept: int) -> None:
    """A final release of which statements are missing at the end is refused, wherever it was cut."""
    statements = releases.final([1, 2, 3])[:kept]
    await refused(publishing, owner, statements, {0: "empty", 4: "index_missing"}.get(kept, "not_listed"))


async def test_cut_within_a_statement(publishing: Publish, owner: Any) -> None:
    """A release that ends inside a statement is refused with the statement's place."""
    statements = releases.final([1])
    await refused(publishing, owner, [*statements[:2], statements[2][:-1]], "truncated")


def _final(**changed: list[bytes]) -> list[bytes]:
    """A final release of two people, parts of it changed."""
    certificates = changed.get("certificates", [releases.certify(1), releases.certify(2)])
    listed = changed.get(
        "listed", [releases.pass_list([releases.row(1, certificates[0]), releases.row(2, certificates[1])])]
    )
    indexed = changed.get("indexed", [releases.index([(releases.number(n), releases.lookup_key(n)) for n in (1, 2)])])
    return [*certificates, *listed, *indexed, *changed.get("more", [])]


def _row(serial: int) -> Any:
    return releases.row(serial, releases.certify(serial))


def _filed(*serials: int) -> list[tuple[str, bytes]]:
    return [(releases.number(serial), releases.lookup_key(serial)) for serial in serials]


BROKEN: dict[str, tuple[str, list[bytes]]] = {
    "a certificate that its list does not name": ("not_listed", _final(more=[releases.certify(3)])),
    "a list that names a certificate elsewhere": (
        "certificate_missing",
        _final(listed=[releases.pass_list([_row(1), _row(2), _row(3)])]),
    ),
    "a list that names a certificate twice": (
        "named_twice",
        _final(listed=[releases.pass_list([_row(1), _row(1), _row(2)])]),
    ),
    "a number twice": (
        "number_used",
        _final(certificates=[releases.certify(1), releases.certify(1, holder="李四")]),
    ),
    "a list of a day that is none": (
        "no_day",
        _final(listed=[releases.pass_list([_row(1), _row(2)], held_on="2022-02-31")]),
    ),
    "a list moved from a day that is none": (
        "no_day",
        _final(listed=[releases.pass_list([_row(1), _row(2)], planned_on="2022-13-01")]),
    ),
    "no lookup index": ("index_missing", _final(indexed=[])),
    "an index without one": ("index_incomplete", _final(indexed=[releases.index(_filed(1))])),
    "an index with one more": ("index_incomplete", _final(indexed=[releases.index(_filed(1, 2, 3))])),
    "an index with one twice": ("indexed_twice", _final(indexed=[releases.index(_filed(1, 2, 2))])),
    "two indexes": ("indexed_twice", _final(more=[releases.index(_filed(1, 2), revision=2)])),
    "an index of revision 2 first": ("wrong_revision", _final(indexed=[releases.index(_filed(1, 2), revision=2)])),
    "a list of revision 2 first": (
        "wrong_revision",
        _final(listed=[releases.pass_list([_row(1), _row(2)], revision=2)]),
    ),
    "a certificate of another exam": (
        "wrong_exam",
        _final(
            certificates=[
                releases.certify(1),
                (may := releases.certify(2, number=releases.number(2, term="2022-05"), term="2022-05")),
            ],
            listed=[releases.pass_list([_row(1), releases.row(2, may)])],
        ),
    ),
    "an unknown key": ("unknown_key", _final(certificates=[releases.certify(1), releases.certify(2, key=OTHER)])),
    "a right key for the wrong kind": (
        "key_wrong_use",
        _final(certificates=[releases.certify(1), releases.certify(2, key=STATUS)]),
    ),
    "a change by a certificate key": ("key_wrong_use", _final(more=[releases.change(1, "revoked", key=CERTIFICATE)])),
    "a number with a slip": (
        "number_check",
        _final(certificates=[releases.certify(1), releases.certify(2, number=releases.number(2)[:-1] + "A")]),
    ),
    "a number of another scheme": (
        "number_shape",
        _final(certificates=[releases.certify(1), releases.certify(2, number="CENTRE00001")]),
    ),
    "a number of another term": (
        "number_shape",
        _final(certificates=[releases.certify(1), releases.certify(2, number=releases.number(2, term="2022-05"))]),
    ),
    "a programme nobody knows": (
        "unknown_programme",
        _final(certificates=[releases.certify(1), releases.certify(2, programme="CXM")]),
    ),
    "a field that is not its kind's": (
        "malformed",
        _final(more=[resign(CERTIFICATE, {6: 1, 7: b"AAAA1", -65537: {1: "x", 2: "1", 3: "CEM", 4: "2022-04", 5: 1}})]),
    ),
    "a keyring": ("wrong_kind", _final(more=[releases.keyrings()])),
    "a change of nobody": ("not_registered", [releases.change(9, "revoked")]),
    "a replacement that is not there": (
        "certificate_missing",
        _final(more=[releases.change(1, "replaced", replacement=Named(number=releases.number(3), short=bytes(16)))]),
    ),
    "replaced by nothing": ("replacement", _final(more=[releases.change(1, "replaced")])),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_refuses_whole(publishing: Publish, owner: Any, what: str) -> None:
    """A release that breaks a rule is refused by its name, and nothing of it is registered."""
    code, statements = BROKEN[what]
    await refused(publishing, owner, statements, code)


async def test_refuses_a_reused_number(publishing: Publish, owner: Any) -> None:
    """A second release that gives a number again is refused whole."""
    await publishing(releases.final([1, 2]))
    again, new = releases.certify(2, holder="李四", term="2022-04-2"), releases.certify(3, term="2022-04-2")
    exam: dict[str, Any] = {"exam": "CEM-2022-04-2"}
    await refused(
        publishing,
        owner,
        [
            new,
            again,
            releases.pass_list([releases.row(1, new), releases.row(2, again)], **exam),
            releases.index(_filed(3, 2), **exam),
        ],
        "number_used",
    )


async def test_own_numbers(publishing: Publish, owner: Any) -> None:
    """A programme with numbers of its own takes any shape but that of the default scheme."""
    ring = releases.keyrings(keyring(programmes=(CEM, OWN)))
    exam: dict[str, Any] = {"exam": "OWN-2022-04", "programme": "OWN"}

    def statements(number: str) -> list[bytes]:
        own = releases.certify(1, number=number, programme="OWN")
        indexed = releases.index([(number, bytes(32))], exam="OWN-2022-04")
        return [own, releases.pass_list([releases.row(1, own)], **exam), indexed]

    await refused(publishing, owner, statements(releases.number(1)), "number_shape", keyring=ring)
    await publishing(statements("A123456789012345678901"), keyring=ring)


async def test_keys_of_one_programme(publishing: Publish, owner: Any) -> None:
    """A key signs for the programmes that its entry names: certificates, lists, indexes, and changes of them."""
    entries = (
        ROOT.entry("root"),
        CERTIFICATE.entry("certificate"),
        OTHER.entry("certificate", "CAM"),
        STATUS.entry("status", "CAM"),
        LOG.entry("log"),
    )
    ring = releases.keyrings(keyring(entries, programmes=(CEM, CAM)))
    await refused(
        publishing,
        owner,
        [*releases.final([1])[:-1], releases.index(_filed(1), key=OTHER)],
        "key_wrong_programme",
        keyring=ring,
    )
    await refused(publishing, owner, [releases.notice([1], key=OTHER)], "key_wrong_programme", keyring=ring)
    await publishing(releases.final([1]), keyring=ring)
    await refused(publishing, owner, [releases.change(1, "revoked")], "key_wrong_programme", keyring=ring)


@pytest.mark.parametrize(
    ("entry", "now", "code"),
    [
        (CERTIFICATE.entry("certificate", state="retired"), releases.NOW, "key_not_active"),
        (CERTIFICATE.entry("certificate", state="compromised", believed_below=100), releases.NOW, "key_not_active"),
        (CERTIFICATE.entry("certificate", not_after=ISSUED_AT - 1), releases.NOW, "key_not_in_term"),
        (CERTIFICATE.entry("certificate", not_after=releases.NOW), releases.NOW + 1, "key_not_in_term"),
        (CERTIFICATE.entry("certificate"), ISSUED_AT - 1, "key_not_in_term"),
    ],
)
async def test_key_must_be_active(publishing: Publish, owner: Any, entry: Any, now: int, code: str) -> None:
    """A key that is retired, compromised or out of its term publishes nothing new."""
    ring = releases.keyrings(keyring((ROOT.entry("root"), entry, *ENTRIES[2:])))
    await refused(publishing, owner, releases.final([1]), code, keyring=ring, now=now)


async def test_keyring_must_carry_on(publishing: Publish, owner: Any) -> None:
    """A keyring of another root, altered, gone back, or unlike the registry's is refused, and so is all with it."""
    first, newer = second(keyring(), hosts=("NEW.EXAMPLE.ORG", "VERIFY.EXAMPLE.ORG"))
    statements = releases.final([1])
    for ring, code in (
        (releases.keyrings(root=OTHER), "wrong_root"),
        (releases.keyrings(*second(first, hosts=("NEW.EXAMPLE.ORG",))), "altered"),
        (releases.keyrings(newer), "wrong_version"),
    ):
        with pytest.raises(KeyringRefused) as refusal:
            await publishing(statements, keyring=ring)
        assert refusal.value.code == code
    assert await everything(owner) == []
    await publishing(statements, keyring=releases.keyrings(first, newer))
    more = releases.final([1, 2], revision=2, index_revision=2)
    await refused(publishing, owner, more, "keyring_behind", keyring=releases.keyrings(first))
    other = releases.keyrings(*second(first, expires_at=2_000_000_001))
    await refused(publishing, owner, more, "keyring_differs", keyring=other)


def _replacement(old: int, new: int, person: int, **how: Any) -> list[bytes]:
    """A whole release that replaces certificate ``old`` of persons 1 and 2 by ``new``, filed under ``person``."""
    data = releases.certify(new)
    named = Named(number=releases.number(new), short=releases.short(data))
    rows = [*_filed(1, 2), (releases.number(new), releases.lookup_key(person))]
    return [
        data,
        releases.change(old, "replaced", replacement=named, **({"reason": "reissued"} | how)),
        releases.index(rows, revision=2),
    ]


async def test_replacement(publishing: Publish, owner: Any) -> None:
    """A replacement is filed under the same person, unless the registration was wrong, and only once."""
    await publishing(releases.final([1, 2]))
    await refused(publishing, owner, _replacement(1, 3, person=2), "other_person")
    await refused(publishing, owner, _replacement(1, 3, person=1)[:2], "index_missing")
    await refused(publishing, owner, _replacement(1, 3, person=1)[:1], "not_listed")
    await publishing(_replacement(1, 3, person=1))
    await publishing(_replacement(1, 3, person=1))
    again = _replacement(1, 4, person=1)[:2]
    rows = [*_filed(1, 2), (releases.number(3), releases.lookup_key(1)), (releases.number(4), releases.lookup_key(1))]
    await refused(publishing, owner, [*again, releases.index(rows, revision=3)], "change_after_final")


def _correction(old: int, new: int, person: int, **how: Any) -> list[bytes]:
    """A release that corrects certificate ``old`` of persons 1 and 2, with the exam's next list."""
    data = releases.certify(new)
    named = Named(number=releases.number(new), short=releases.short(data))
    kept = next(serial for serial in (1, 2) if serial != old)
    rows = [_row(kept), msgspec.structs.replace(_row(new), **({"serial": old} | how))]
    filed = [*_filed(kept), (releases.number(new), releases.lookup_key(person))]
    return [
        releases.certify(kept),
        data,
        releases.pass_list(rows, revision=2),
        releases.change(old, "replaced", replacement=named, reason="registration_error"),
        releases.index(filed, revision=2),
    ]


async def test_correction_may_change_the_person(publishing: Publish, owner: Any) -> None:
    """A registration error may have hit name or ID number; then the exam's next list shows it, under the old serial."""
    await publishing(releases.final([1, 2]))
    alone = _replacement(1, 3, person=3, reason="registration_error")
    await refused(publishing, owner, alone, "correction_unlisted")
    await refused(publishing, owner, _correction(1, 3, person=3, serial=9), "correction_unlisted")
    assert (await publishing(_correction(1, 3, person=3))).added == 4
    assert (await publishing(_correction(1, 3, person=3))).added == 0


async def test_the_person_is_the_registered_one(publishing: Publish, owner: Any) -> None:
    """Re-filing the old certificate under another person does not let somebody else have its replacement."""
    await publishing(releases.final([1, 2]))
    data = releases.certify(3)
    named = Named(number=releases.number(3), short=releases.short(data))
    rows = [(releases.number(1), releases.lookup_key(9)), *_filed(2), (releases.number(3), releases.lookup_key(9))]
    change = releases.change(1, "replaced", replacement=named, reason="reissued")
    await refused(publishing, owner, [data, change, releases.index(rows, revision=2)], "other_person")


async def test_lists_name_the_newest_of_a_line(publishing: Publish, owner: Any) -> None:
    """After a replacement a list names the new one, never the old one or both."""
    await publishing(releases.final([1, 2]))
    await publishing(_replacement(1, 3, person=1))
    for serials, code in (((1, 2), "line_not_newest"), ((1, 2, 3), "line_twice"), ((3, 2), None)):
        certificates = [releases.certify(serial) for serial in serials]
        rows = [releases.row(n, data) for n, data in enumerate(certificates, 1)]
        filed = [*_filed(*(n for n in serials if n != 3)), (releases.number(3), releases.lookup_key(1))]
        statements = [*certificates, releases.pass_list(rows, revision=2), releases.index(filed, revision=3)]
        if code is None:
            await publishing(statements)
        else:
            await refused(publishing, owner, statements, code)


async def test_nothing_is_signed_ahead(publishing: Publish, owner: Any) -> None:
    """What says that it was signed more than 300 s from now is refused, whatever its kind."""
    await publishing(releases.final([1, 2]))
    late = releases.NOW + 301
    for data in (
        releases.change(1, "suspended", issued_at=late),
        releases.notice([1], exam="CEM-2022-06", issued_at=late),
    ):
        await refused(publishing, owner, [data], "issued_ahead")
    await publishing([releases.change(1, "suspended", issued_at=late - 1)])


@pytest.mark.parametrize(
    ("actions", "code"),
    [
        (["suspended", "reinstated", "suspended", "revoked"], None),
        (["revoked", "reinstated"], "change_after_final"),
        (["revoked", "revoked"], "change_after_final"),
        (["reinstated"], "change_out_of_turn"),
        (["suspended", "suspended"], "change_out_of_turn"),
    ],
)
async def test_order_of_changes(publishing: Publish, owner: Any, actions: list[Any], code: str | None) -> None:
    """Suspended can be reinstated, revoked is final; in one release or one after the other."""
    await publishing(releases.final([1, 2]))
    for serial, apart in ((1, True), (2, False)):
        statements = [releases.change(serial, action, note=str(n)) for n, action in enumerate(actions)]
        parts = [[statement] for statement in statements] if apart else [statements]
        for part in parts[: len(parts) - (code is not None)]:
            await publishing(part)
        if code is not None:
            await refused(publishing, owner, parts[-1], code)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"effective_at": ISSUED_AT + 99}, "change_order"),
        ({"effective_at": ISSUED_AT + 201}, "change_ahead"),
        ({"certificate": Named(number=releases.number(1), short=bytes(16))}, "not_registered"),
    ],
)
async def test_times_of_changes(publishing: Publish, owner: Any, fields: dict[str, Any], code: str) -> None:
    """A change takes effect not before the one before it, not after its signing, and names number and hash."""
    await publishing(releases.final([1]))
    await publishing([releases.change(1, "suspended")])
    change = releases.change(1, "revoked", **({"issued_at": ISSUED_AT + 200} | fields))
    await refused(publishing, owner, [change], code)
