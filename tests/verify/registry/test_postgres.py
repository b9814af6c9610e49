"""The service's reader on PostgreSQL, beside the contract: servers that do not answer, pages, what an owner can do."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import msgspec
import pytest

from tests import releases
from tests.conftest import HANGS, Publish, Urls
from tests.invented import ISSUED_AT, ROOT, SECRET, keyring
from verify.core import identity
from verify.core.errors import RegisterDamaged
from verify.core.register import Register
from verify.core.statement import decode
from verify.registry import known_lists, records
from verify.registry.port import BadCursor, Registry, RegistryUnavailable
from verify.registry.postgres import PostgresRegistry
from verify.registry.questions import Questions

SECOND = msgspec.structs.replace(
    keyring(), version=2, previous=decode(ROOT.sign(keyring().draft(ROOT.kid))).digest, expires_at=2_000_000_001
)
QUESTIONS: tuple[Callable[[Registry], Awaitable[object]], ...] = (
    lambda registry: registry.chain(),
    lambda registry: registry.by_number("CEM22040000013"),
    lambda registry: registry.by_numbers(["CEM22040000013"]),
    lambda registry: registry.lookup([bytes(32)]),
    lambda registry: registry.exams(),
    lambda registry: registry.pass_list(releases.EXAM),
    lambda registry: registry.rows(releases.EXAM),
    lambda registry: registry.list_statement(releases.EXAM),
)


async def test_past_its_term_a_list_is_gone_and_certificates_stay(
    publishing: Publish, registry: PostgresRegistry
) -> None:
    """A final list past its term shows no rows and no statement; its head and its certificates are there."""
    certificate = releases.certify(1)
    listed = releases.pass_list([releases.row(1, certificate)], public_until=ISSUED_AT + 1)
    await publishing([certificate, listed, releases.index([(releases.number(1), bytes(32))])])
    head = await registry.pass_list(releases.EXAM)
    assert head is not None
    assert not head.is_public(int(time.time()))
    assert await registry.rows(releases.EXAM) is None
    assert await registry.list_statement(releases.EXAM) is None
    record = await registry.by_number(releases.number(1))
    assert record is not None
    assert [listed.names(releases.short(certificate)) for listed in record.lists] == [True]


@pytest.mark.parametrize("limit", [1, 7, 100, 1000])
async def test_pages_make_up_the_list(publishing: Publish, registry: PostgresRegistry, limit: int) -> None:
    """Page by page, of any size, all rows come once and in order."""
    await publishing([releases.notice(range(1, 251))])
    serials: list[int] = []
    cursor = None
    while (page := await registry.rows(releases.EXAM, cursor, limit)) is not None:
        serials += [row.serial for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert serials == list(range(1, 251))


async def test_programmes_that_are_none(publishing: Publish, registry: PostgresRegistry) -> None:
    """No programme, or none that could be one, has no exams."""
    await publishing([releases.notice([1])])
    assert [head.exam for head in (await registry.exams("CEM")).items] == [releases.EXAM]
    assert (await registry.exams("CAM")).items == ()
    assert (await registry.exams("'; drop table x; --\x00")).items == ()


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.", ".1", "0.1", "1.-1", "1.٣", "1.9999999999", "1\x00.1", "2.1"])
async def test_a_cursor_from_elsewhere(publishing: Publish, registry: PostgresRegistry, cursor: str) -> None:
    """A cursor that this list did not give is refused."""
    await publishing([releases.notice(range(1, 5))])
    with pytest.raises(BadCursor):
        await registry.rows(releases.EXAM, cursor)
    with pytest.raises(BadCursor):
        await registry.exams(None, cursor)


async def test_a_cursor_ends_with_its_list(publishing: Publish, registry: PostgresRegistry) -> None:
    """A cursor into a list that was replaced since is refused: its place means nothing any more."""
    await publishing([releases.notice(range(1, 5))])
    page = await registry.rows(releases.EXAM, None, 2)
    assert page is not None
    await publishing([releases.notice(range(1, 4), revision=2)])
    with pytest.raises(BadCursor):
        await registry.rows(releases.EXAM, page.next, 2)


@pytest.mark.parametrize("exam", ["", "CEM", "cem-2022-04", "CEM-2022-04\x00", "\ud800", "x" * 10_000])
async def test_what_can_be_no_exam(publishing: Publish, registry: PostgresRegistry, exam: str) -> None:
    """A text that can be no exam's code is an exam that is not there."""
    await publishing([releases.notice([1])])
    assert await registry.pass_list(exam) is None
    assert await registry.rows(exam) is None
    assert await registry.list_statement(exam) is None


async def test_a_new_keyring_counts_at_once(publishing: Publish, registry: PostgresRegistry) -> None:
    """The chain is as new as the question, and grows without being read again from the start."""
    await publishing([releases.notice([1])])
    first = await registry.chain()
    assert await registry.chain() is first
    more = [releases.notice([1], revision=2)]
    await publishing(more, keyring=releases.keyrings(keyring(), SECOND))
    chain = await registry.chain()
    assert chain.newest.version == 2
    assert chain.versions[0] is first.versions[0]
    assert [version.index for version in chain.versions] == [0, 2]


async def test_a_backup_in_the_registrys_place(publishing: Publish, registry: PostgresRegistry, owner: Any) -> None:
    """What a running service has seen is not forgotten by connections that it holds: no answer, never an older one."""
    await publishing([releases.notice([1])])
    await registry.chain()
    await publishing([releases.notice([1], revision=2)])
    await registry.chain()
    for table in ("pass_list", "statement"):
        await owner.execute(f"delete from registry.{table} where index = 2")
    for _ in range(2):
        with pytest.raises(RegistryUnavailable, match=r"gone back|behind"):
            await registry.by_number(releases.number(1))
    other = releases.notice([1], revision=3)
    await owner.execute("insert into registry.statement (index, bytes) values (2, $1)", other)
    await asyncio.sleep(1.5)  # until after the next look
    with pytest.raises(RegistryUnavailable, match="another history"):
        await registry.by_number(releases.number(1))


async def test_no_keyring_yet(registry: PostgresRegistry) -> None:
    """Before anything is published there is no chain."""
    with pytest.raises(RegistryUnavailable):
        await registry.chain()
    assert await registry.by_number(releases.number(1)) is None


async def test_another_root(publishing: Publish, registry_urls: Urls) -> None:
    """A registry whose keyring is of another root than the pinned one gives no chain."""
    await publishing([releases.notice([1])])
    other = await PostgresRegistry.open(registry_urls.reader, bytes(32))
    with pytest.raises(RegistryUnavailable):
        await other.chain()
    await other.close()


async def test_a_keyring_that_was_exchanged(publishing: Publish, registry: PostgresRegistry, owner: Any) -> None:
    """A keyring version that is not the one read before is damage, not news."""
    await publishing([releases.notice([1])])
    await registry.chain()
    other = ROOT.sign(keyring(expires_at=2_000_000_009).draft(ROOT.kid))
    await owner.execute("update registry.statement set bytes = $1, digest = sha256($1) where kind = 5", other)
    with pytest.raises(RegisterDamaged):
        await registry.chain()


async def test_a_certificate_under_a_number_not_its_own(
    publishing: Publish, registry: PostgresRegistry, owner: Any
) -> None:
    """Should even the owner file a certificate under another's number, it is found out."""
    await publishing(releases.final([1, 2]))
    await owner.execute(
        "update registry.certificate set number = 'CEM22040000099X' where number = $1", releases.number(1)
    )
    record = await registry.by_number("CEM22040000099X")
    assert record is not None
    with pytest.raises(RegisterDamaged):
        Register.of(record)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://yinjian_reader:x@127.0.0.1:1/none",
        "postgresql://yinjian_reader:x@127.0.0.1:1,127.0.0.1:2/none",
        "postgresql://yinjian_reader:x@no-such-host.invalid/none",
    ],
)
async def test_nobody_there(url: str, question: Callable[[Registry], Awaitable[object]]) -> None:
    """Without a server every question raises RegistryUnavailable, with no address in its message."""
    registry = await PostgresRegistry.open(url, releases.ROOT_THUMBPRINT, seconds=2)
    with pytest.raises(RegistryUnavailable) as error:
        await question(registry)
    assert "127.0.0.1" not in str(error.value)
    await registry.close()


async def test_wrong_password_and_no_database(registry_urls: Urls) -> None:
    """A server that does not let the service in has given no answer."""
    for url in (registry_urls.reader.replace("yinjian_reader:", "yinjian_reader:x"), registry_urls.reader + "x"):
        registry = await PostgresRegistry.open(url, releases.ROOT_THUMBPRINT)
        with pytest.raises(RegistryUnavailable):
            await registry.by_number(releases.number(1))
        await registry.close()


async def test_no_schema(server: Any) -> None:
    """A database without the registry's schema has given no answer."""
    url = server.reader_url.rpartition("/")[0] + "/postgres"
    registry = await PostgresRegistry.open(url, releases.ROOT_THUMBPRINT)
    for question in QUESTIONS:
        with pytest.raises(RegistryUnavailable):
            await question(registry)
    await registry.close()


async def test_a_server_that_hangs(publishing: Publish, registry_urls: Urls, owner: Any) -> None:
    """A question that the server sits on ends in time, and the next one after that is answered."""
    await publishing(releases.final([1]))
    registry = await PostgresRegistry.open(registry_urls.reader, releases.ROOT_THUMBPRINT, seconds=0.5)
    assert await registry.by_number(releases.number(1)) is not None
    async with owner.transaction():
        await owner.execute("lock table registry.certificate in access exclusive mode")
        async with asyncio.timeout(HANGS):
            with pytest.raises(RegistryUnavailable):
                await registry.by_number(releases.number(1))
    assert await registry.by_number(releases.number(1)) is not None
    await registry.close()


async def test_a_server_that_never_speaks() -> None:
    """A host that takes connections and says nothing ends in time."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    url = f"postgresql://yinjian_reader:x@127.0.0.1:{port}/none"
    registry = await PostgresRegistry.open(url, releases.ROOT_THUMBPRINT, seconds=0.5)
    async with asyncio.timeout(HANGS):
        with pytest.raises(RegistryUnavailable):
            await registry.by_number(releases.number(1))
    await registry.close()
    listener.close()


async def test_the_second_host_answers(publishing: Publish, registry_urls: Urls) -> None:
    """Of several hosts in the address the first that answers is taken."""
    await publishing(releases.final([1]))
    url = registry_urls.reader.replace("@127.0.0.1", "@127.0.0.1:1,127.0.0.1")
    registry = await PostgresRegistry.open(url, releases.ROOT_THUMBPRINT)
    assert await registry.by_number(releases.number(1)) is not None
    await registry.close()


async def test_many_at_once(publishing: Publish, registry: PostgresRegistry) -> None:
    """A thousand questions at once each get their own answer."""
    await publishing(releases.final(range(1, 301)))
    numbers = [releases.number(n) for n in range(1, 1001)]
    found = await asyncio.gather(*(registry.by_number(number) for number in numbers))
    for number, record in zip(numbers, found, strict=True):
        if number <= releases.number(300):
            assert record is not None
            assert number.encode() in record.certificates[number][0].data
        else:
            assert record is None


async def test_too_many_keys(registry: PostgresRegistry) -> None:
    """More lookup keys than secrets could ever need are no question."""
    with pytest.raises(ValueError, match="100"):
        await registry.lookup([bytes(32)] * 101)


async def test_what_lookups_rest_on_is_found_out_before_somebody_asks(
    publishing: Publish, registry: PostgresRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks first then waits for one question; and so it is again after the next publishing."""
    asked: list[str] = []
    fetch = Questions.fetch

    async def noted(self: Questions, query: str, *arguments: object, **more: Any) -> Any:
        asked.append(query)
        return await fetch(self, query, *arguments, **more)

    monkeypatch.setattr(Questions, "fetch", noted)
    for people in (1, 2):
        made = [releases.certify(serial) for serial in range(1, people + 1)]
        rows = [releases.row(serial, data) for serial, data in enumerate(made, 1)]
        filed = [(releases.number(serial), bytes([serial]) * 32) for serial in range(1, people + 1)]
        await publishing([*made, releases.pass_list(rows, revision=people), releases.index(filed, revision=people)])
        await registry.learn_lookups()
        asked.clear()
        assert await registry.lookup([bytes([people]) * 32]) == (releases.number(people),)
        assert await registry.lookup([bytes(32)]) == ()
        assert len([query for query in asked if query != known_lists._STATEMENT]) == 2


async def test_lookups_read_no_list_but_that_of_who_is_found(
    publishing: Publish, registry: PostgresRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are when a service starts; and no certificate of theirs."""
    terms = ("2022-04", "2022-05", "2022-06")
    for n, term in enumerate(terms, start=1):
        made = [releases.certify(serial, term=term, number=releases.number(serial, term=term)) for serial in (1, 2)]
        of: dict[str, Any] = {"exam": f"CEM-{term}"}
        rows = [releases.row(serial, data) for serial, data in enumerate(made, 1)]
        filed = [(releases.number(serial, term=term), bytes([n, serial]) * 16) for serial in (1, 2)]
        await publishing([*made, releases.pass_list(rows, **of), releases.index(filed, **of)])
    asked: list[str] = []
    fetch = Questions.fetch

    async def noted(self: Questions, query: str, *arguments: object, **more: Any) -> Any:
        asked.append(query)
        return await fetch(self, query, *arguments, **more)

    monkeypatch.setattr(Questions, "fetch", noted)
    assert await registry.lookup([bytes(32)]) == ()
    assert not {known_lists._STATEMENT, records._RECORDS} & set(asked)
    assert len(asked) < 10
    for n, term in enumerate(terms, start=1):
        assert await registry.lookup([bytes([n, 2]) * 16]) == (releases.number(2, term=term),)
        assert asked.count(known_lists._STATEMENT) == n


@pytest.mark.parametrize(
    ("change", "back"),
    [
        (
            "update registry.certificate set number = 'CEM2204000002X' where number = $1",
            "update registry.certificate set number = $1 where number = 'CEM2204000002X'",
        ),
        (
            "update registry.list_row set short = sha256('other'::bytea) where serial = 2",
            "update registry.list_row set short = c.short from registry.certificate c where number = $1 and serial = 2",
        ),
        (
            "update registry.lookup_row set number = 'CEM2204000002X' where number = $1",
            "update registry.lookup_row set number = $1 where number = 'CEM2204000002X'",
        ),
    ],
)
async def test_who_was_changed_by_hand_is_not_nobody(
    publishing: Publish,
    registry: PostgresRegistry,
    registry_urls: Urls,
    owner: "asyncpg.Connection[asyncpg.Record]",
    *,
    change: str,
    back: str,
) -> None:
    """A row that the owner changes leaves its exam without an index that covers, and a restarted service says so."""
    await publishing(releases.final(range(1, 4)))
    assert await registry.lookup([bytes(32)]) == ()
    for query, answered in ((change, False), (back, True)):
        await owner.execute(query, *[releases.number(2)] * query.count("$1"))
        restarted = await PostgresRegistry.open(registry_urls.reader, releases.ROOT_THUMBPRINT)
        if answered:
            assert await restarted.lookup([bytes(32)]) == ()
        else:
            with pytest.raises(RegistryUnavailable, match="covers the list of CEM-2022-04"):
                await restarted.lookup([bytes(32)])
        await restarted.close()


async def test_nobody_is_no_answer_by_another_secret(publishing: Publish, registry_urls: Urls) -> None:
    """Keys of a secret that no covering index was made with find nobody, and that is refused, not answered."""
    await publishing(releases.final(range(1, 4)))
    held, other = identity.secret_id(SECRET), identity.secret_id(b"a secret that made no index")
    for secret_ids, answered in (((other, held), True), ((other,), False), ((), False)):
        registry = await PostgresRegistry.open(registry_urls.reader, releases.ROOT_THUMBPRINT, secret_ids=secret_ids)
        if answered:
            assert await registry.lookup([bytes(32)]) == ()
        else:
            with pytest.raises(RegistryUnavailable, match="by a secret of this service covers the list of CEM-2022-04"):
                await registry.lookup([bytes(32)])
        await registry.close()
