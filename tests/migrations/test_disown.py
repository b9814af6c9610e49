"""yinjian-migrate disown: what nobody believes is emptied when the owner says so, and nothing else ever is."""

import asyncio
import io
import json
import os
from subprocess import CompletedProcess

import asyncpg
import msgspec
import pytest

from migrations.__main__ import main
from tests import PROJECT, releases
from tests.commands_here import run_here
from tests.conftest import Urls
from tests.invented import CERTIFICATE, ENTRIES, ROOT, STATUS, TestKey, keyring
from verify.core.statement import decode

RING = ROOT.sign(keyring().draft(ROOT.kid))
THUMBPRINT = releases.ROOT_THUMBPRINT.hex()


def unsigned(data: bytes) -> bytes:
    """The same, its signature broken."""
    return data[:-1] + bytes([data[-1] ^ 1])


def compromised(below: int) -> bytes:
    """The second keyring, which believes the certificate key's statements below this log size alone."""
    entries = [
        msgspec.structs.replace(one, state="compromised", believed_below=below) if one.kid == CERTIFICATE.kid else one
        for one in ENTRIES
    ]
    second = TestKey("certificate, second")
    ring = keyring([*entries, second.entry("certificate")], version=2, previous=decode(RING).digest)
    return ROOT.sign(ring.draft(ROOT.kid))


async def file(urls: Urls, *statements: bytes) -> None:
    """Adds statements as the signer."""
    signer = await asyncpg.connect(urls.signer)
    await signer.executemany(
        "insert into registry.statement (index, bytes) values ($1, $2)", list(enumerate(statements))
    )
    await signer.close()


def bodies(urls: Urls) -> list[bytes]:
    """Every statement's bytes."""

    async def ask() -> list[bytes]:
        owner = await asyncpg.connect(urls.owner)
        rows = await owner.fetch("select bytes from registry.statement order by index")
        await owner.close()
        return [row["bytes"] for row in rows]

    return asyncio.run(ask())


def disown(urls: Urls, index: int, *options: str, lc: str = "C.UTF-8", typed: str = "") -> CompletedProcess[str]:
    """The command as an operator gives it."""
    environ = {**os.environ, "YINJIAN_DATABASE_URL": urls.owner, "LC_ALL": lc, "YINJIAN_ROOT": THUMBPRINT}
    arguments = ("disown", str(index), *options)
    return run_here(main, *arguments, folder=PROJECT, environment=environ, keyboard=io.StringIO(typed))


def test_what_nobody_signed(registry_urls: Urls) -> None:
    """It says what the statement is and why nobody believes it, asks, and empties the body."""
    strange = unsigned(releases.certify(1))
    asyncio.run(file(registry_urls, RING, strange))
    no = disown(registry_urls, 1, typed="n\n")
    assert no.returncode == 1
    assert "filed as certificate" in no.stderr
    assert decode(strange).digest.hex() in no.stderr
    assert "signature_bad" in no.stderr
    assert disown(registry_urls, 1, typed="").returncode == 1
    assert bodies(registry_urls) == [RING, strange]
    in_chinese = disown(registry_urls, 1, typed="n\n", lc="zh_CN.UTF-8")
    assert "签名不符：被改动过，或者不是本中心签署" in in_chinese.stderr
    yes = disown(registry_urls, 1, typed="y\n")
    assert (yes.returncode, yes.stdout) == (0, "Statement 1 is disowned.\n")
    assert bodies(registry_urls) == [RING, b""]
    again = disown(registry_urls, 1, "--yes", lc="zh_CN.UTF-8")
    assert again.returncode == 1
    assert "早已清空" in again.stderr


def test_without_being_asked(registry_urls: Urls) -> None:
    """With --yes and --json it does not ask, and says what was emptied."""
    asyncio.run(file(registry_urls, RING, releases.pass_list([], key=STATUS)))
    done = disown(registry_urls, 1, "--yes", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["code"] == "key_wrong_use"
    assert bodies(registry_urls) == [RING, b""]


def test_what_is_believed_stays(registry_urls: Urls) -> None:
    """Nothing that a key of the centre signed in its time is emptied, of whatever kind, nor what a list restores."""
    certificate = releases.certify(1)
    listed = releases.pass_list([releases.row(1, certificate)])
    other = releases.certify(2)
    restoring = releases.pass_list([releases.row(1, certificate)], revision=2, key=TestKey("certificate, second"))
    statements = [
        RING,
        certificate,
        listed,
        releases.index([(releases.number(1), bytes(32))]),
        releases.change(1, "suspended"),
        releases.change(1, "reinstated"),
        other,
        compromised(1),
        restoring,
    ]
    asyncio.run(file(registry_urls, *statements))
    refused = [disown(registry_urls, index, "--yes") for index in (0, 1, 4, 5, 7, 8)]
    assert [done.returncode for done in refused] == [1] * 6
    assert all("is believed, and stays" in done.stderr for done in refused)
    emptied = disown(registry_urls, 6, "--yes")
    assert "key_compromised" in emptied.stderr
    assert bodies(registry_urls) == [*statements[:6], b"", *statements[7:]]


@pytest.mark.parametrize(
    ("root", "words"),
    [("ab" * 32, "no keyring of this root"), ("ab", "64 hex digits")],
)
def test_another_root(registry_urls: Urls, root: str, words: str) -> None:
    """With a root that is not this registry's everything would look like nobody's: nothing is emptied."""
    asyncio.run(file(registry_urls, RING, releases.certify(1)))
    refused = disown(registry_urls, 1, "--yes", "--root", root)
    assert refused.returncode == 1
    assert words in refused.stderr
    assert bodies(registry_urls) == [RING, releases.certify(1)]


def test_no_such_statement(registry_urls: Urls) -> None:
    """An index behind the log's end, or one that is none, is refused."""
    asyncio.run(file(registry_urls, RING))
    assert "no statement" in disown(registry_urls, 9, "--yes").stderr
    assert disown(registry_urls, -1, "--yes").returncode == 2
