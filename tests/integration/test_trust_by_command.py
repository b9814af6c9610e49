"""The commands of docs/keys.md as they are written there; fsck and monitor as cron gives them, with a real service."""

import asyncio
import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import asyncpg
import httpx
import pytest
from click.testing import CliRunner, Result

from keys.__main__ import commands as keys_commands
from migrations import embedded
from signing.__main__ import commands as sign_commands
from tests import PROJECT, signing_room
from tests.commands_here import run_here
from tests.conftest import Urls, execute_as_owner, fresh_registry
from tests.integration.office import free_port
from tests.integration.test_signing_after_http import DAY, Office
from tests.releases import number
from tests.service import Service, served
from tests.signing_room import NOW, PASSPHRASE
from tests.verify.fsck.test_fsck import copies, execute, put_back
from tests.workbooks import person
from verify.__main__ import main
from verify.core import verdict
from verify.core.offline import Knowledge
from verify.shared.command import Refusal

NUMBERS = FIRST, SECOND, THIRD, FOURTH = tuple(number(n) for n in range(1, 5))
STATES = ["replaced", "revoked", "valid", "valid"]
"""The fourth replaced the first."""
COMMAND = re.compile(r"`(yinjian-(?:keys|sign) [^`]*)`")
IN_ENGLISH = {"用途": "USE", "介质": "MEDIUM", "编号": "NUMBER", "目录": "DIR"}
ASKS = ("rotate", "retire", "compromise", "rotate-root", "resign")
"""What first says what follows."""


class Town(Office):
    """A centre, its commands, its service, and somebody who follows its log."""

    port = free_port()

    def run(self, line: str) -> Result:
        """A command of a custodian or clerk, in its working folder. Raises what the command refuses with."""
        program, *arguments = line.split()
        group = keys_commands if program == "yinjian-keys" else sign_commands
        result = CliRunner().invoke(group, arguments, standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return result

    def kid(self, use: str, place: int) -> str:
        """A key's ID as the guide writes it."""
        return [key for key in self.place.keys.chain().newest.keys if key.use == use][place].kid.hex()

    @contextlib.contextmanager
    def serving(self, name: str) -> Iterator[Service]:
        """The service on the centre's registry, at the address that it always has."""
        settings = {"YINJIAN_ROOT": self.place.root.hex(), "YINJIAN_RATE_LIMITS": "off", "YINJIAN_PORT": str(self.port)}
        with served(self.place.folder / name, self.urls.reader, "--workers", "1", **settings) as service:
            yield service

    def get(self, path: str) -> httpx.Response:
        """What the service has there."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=20)

    def states(self) -> list[str]:
        """What the service says of every number."""
        url = f"http://127.0.0.1:{self.port}/api/v1/verify"
        return [httpx.post(url, json={"number": one}, timeout=20).json()["outcome"] for one in NUMBERS]

    def offline(self, wanted: str) -> str:
        """What a verifier without network and receipt says of a paper."""
        with self.place.session(NOW + 9 * DAY).ledger as ledger:
            given = ledger.given(wanted)
        assert given is not None
        assert given.statement is not None
        chain = self.place.keys.chain()
        now = chain.newest.issued_at
        seen = verdict.read_qr(f"https://VERIFY.EXAMPLE.ORG/Q/{int.from_bytes(given.statement)}", chain, now)
        return verdict.judge(seen, None, chain=chain, now=now, offline=Knowledge(chain=chain)).outcome

    def cron(self, *arguments: str, **settings: str) -> CompletedProcess[str]:
        """One of ``yinjian-verify``'s commands, as cron starts it."""
        told = os.environ | {"YINJIAN_ROOT": self.place.root.hex(), "LC_ALL": "C.UTF-8"} | settings
        done = run_here(main, *arguments, folder=PROJECT, environment=told)
        assert "Traceback" not in done.stderr
        return done

    def monitor(self, *options: str, state: str = "seen", **settings: str) -> CompletedProcess[str]:
        """A look at the log."""
        file = str(self.place.folder / state)
        return self.cron("monitor", f"http://127.0.0.1:{self.port}", "--state", file, *options, **settings)

    def alarms(self, *options: str, state: str = "seen") -> list[tuple[str, str]]:
        """What a look raises the alarm for."""
        look = self.look(*options, state=state)
        return [(one["code"], one["subject"]) for one in look["alarms"]]

    def look(self, *options: str, state: str = "seen") -> dict[str, Any]:
        """A look, for programs."""
        done = self.monitor("--json", *options, state=state)
        assert done.returncode in (0, 1), done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == bool(found["alarms"])
        return found

    def fsck(self) -> set[str]:
        """The tables in which fsck finds a difference."""
        done = self.cron("fsck", "--json", "--processes", "1", YINJIAN_DATABASE_URL=self.urls.owner)
        found = {one["table"] for one in json.loads(done.stdout)["differences"]}
        assert done.returncode == bool(found)
        return found


@pytest.fixture(scope="module")
def town(server: embedded.Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A centre with a replaced and a revoked certificate; and yesterday's database, which knows of no revocation."""
    place = signing_room.make(tmp_path_factory.mktemp("town") / "centre")
    with pytest.MonkeyPatch.context() as patch, fresh_registry(server) as urls:
        patch.setattr("keys.pkcs8.COST", 1 << 10)
        made = Town(place, urls)
        made.certify([person(n) for n in range(3)], NOW)
        made.change(NOW + DAY, FIRST, "replace")
        name = urls.owner.rpartition("/")[2]
        execute_as_owner(server, f"create database {name}_yesterday template {name}")
        made.change(NOW + 2 * DAY, SECOND, "revoke", reason="misconduct")
        patch.chdir(place.folder)
        patch.setenv("YINJIAN_VAR", str(place.folder / "var"))
        patch.setenv("YINJIAN_PASSPHRASE", PASSPHRASE)
        patch.setenv("YINJIAN_DATABASE_URL", urls.signer)
        made.run("yinjian-sign ledger check")
        yield made


def test_the_guides_commands_in_their_order_un_revoke_nobody(town: Town, tmp_path: Path) -> None:
    """Each as docs/keys.md writes it, in both languages alike; who follows the log sees each entry come."""
    guides = [(PROJECT / "docs" / name).read_text("utf-8") for name in ("keys.md", "keys.zh-CN.md")]
    written, chinese = ({line.strip() for line in COMMAND.findall(guide)} for guide in guides)
    for word, ours in IN_ENGLISH.items():
        chinese = {line.replace(word, ours) for line in chinese}
    assert written == chinese
    done = set[str]()

    def run(line: str, **values: str) -> str:
        done.add(line)
        for name, value in values.items():
            line = line.replace(name, value)
        if line.split()[1] not in ASKS:
            return town.run(line).output
        with pytest.raises(Refusal, match="--yes"):
            town.run(line)
        return town.run(f"{line} --yes").output

    with town.serving("first"):
        assert town.states() == STATES
        first = town.look()
        assert (first["before"], first["new"]["certificate"], first["alarms"]) == (0, 4, [])
        shutil.copy(town.place.folder / "seen", town.place.folder / "seen-first")
        run("yinjian-keys rotate certificate")
        run("yinjian-keys rotate USE", USE="status")
        run("yinjian-keys retire KID", KID=town.kid("status", 0))
        assert town.offline(THIRD) == "valid"
        told = run("yinjian-keys compromise KID --below SIZE", KID=town.kid("certificate", 0), SIZE="1")
        assert "yinjian-sign resign" in told
        run("yinjian-sign resign")
        run("yinjian-sign publish")
        assert (town.states(), town.offline(THIRD)) == (STATES, "key_not_trusted")
        run("yinjian-sign status NUMBER replace", NUMBER=THIRD)
        town.run("yinjian-sign publish")
        with town.place.session(NOW + 9 * DAY).ledger as ledger:
            (again,) = [one.number for one in ledger.all_given() if one.replaces == THIRD]
        assert (town.states()[2], town.offline(again)) == ("replaced", "valid")
        run("yinjian-keys drill")
        run("yinjian-keys rotate-root MEDIUM", MEDIUM=str(tmp_path / "medium"))
        later = town.look("--database", town.urls.signer)
        assert (later["before"], later["alarms"], later["new"]["keyring"]) == (first["size"], [], 4)
    assert town.fsck() == set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YINJIAN_VAR", str(tmp_path / "var"))
        patch.chdir(tmp_path)
        shutil.copy(town.place.folder / "centre.toml", tmp_path)
        run("yinjian-keys init DIR --each", DIR="made")
    assert done == written


def test_cron_is_told_of_a_restored_database_and_of_what_was_removed(town: Town, server: embedded.Database) -> None:
    """By exit code, as JSON and in both languages, until what was lost is published again; then the same notes."""
    name = town.urls.owner.rpartition("/")[2]
    with town.serving("whole"):
        note, states = town.get("/log/checkpoint").text, town.states()
    execute_as_owner(server, f"alter database {name} rename to {name}_today")
    execute_as_owner(server, f"alter database {name}_yesterday rename to {name}")
    execute_as_owner(server, f"grant connect on database {name} to yinjian_signer, yinjian_reader")
    gone = town.monitor()
    assert (gone.returncode, "Could not look" in gone.stderr) == (3, True)
    with town.serving("restored"):
        assert town.states()[1] == "valid"  # of whom yesterday's register knows no revocation yet
        assert [code for code, _subject in town.alarms(state="seen-first")] == ["size_went_back"]
        assert [code for code, _subject in town.alarms()] == ["keyring_differs"]
        for language, words in (("C.UTF-8", "ALARM size_went_back"), ("zh_CN.UTF-8", "警报 size_went_back")):
            said = town.monitor(state="seen-first", LC_ALL=language)
            assert (said.returncode, words in said.stderr) == (1, True)
    release = max((town.place.folder / "releases").glob("*.release"), key=lambda path: path.stat().st_mtime)
    with pytest.raises(Refusal, match="lost what was signed"):
        town.run(f"yinjian-sign publish {release}")
    town.run("yinjian-sign publish --lost")
    execute_as_owner(server, f"drop database {name}_today")
    with town.serving("again"):
        assert (town.get("/log/checkpoint").text, town.states()) == (note, states)
        assert town.alarms() == []
    assert town.fsck() == set()


REMOVED = {"certificate": 1, "pass_list": 3, "change": 2}
"""What the owner takes away, by table and kind."""


async def removed(urls: Urls) -> list[int]:
    """Takes the first certificate, list and change away, with every row that they gave; their log indexes."""
    connection = await asyncpg.connect(urls.owner)
    try:
        found = []
        for table, kind in REMOVED.items():
            index = await connection.fetchval("select min(index) from registry.statement where kind = $1", kind)
            await connection.execute("delete from registry.list_row where list = $1", index)
            await connection.execute(f"delete from registry.{table} where index = $1", index)
            await connection.execute("delete from registry.statement where index = $1", index)
            found.append(index)
        return sorted(found)
    finally:
        await connection.close()


def test_what_the_owner_removes_or_changes_fsck_and_monitor_both_tell(town: Town) -> None:
    """A certificate, a list and a revocation taken away; one byte changed."""
    saved = asyncio.run(copies(town.urls))
    gone = asyncio.run(removed(town.urls))
    found = town.fsck()
    with town.serving("removed"):
        alarms = town.alarms("--database", town.urls.signer)
    asyncio.run(put_back(town.urls, saved))
    assert {"statement", "branch"} <= found
    assert alarms[0][0] == "tile_lacking"
    assert [int(index) for code, index in alarms if code == "database_lacks"] == gone
    changed = gone[0]
    asyncio.run(execute(town.urls, f"update registry.statement set digest = sha256('') where index = {changed}"))
    found = town.fsck()
    with town.serving("changed"):
        alarms = town.alarms("--database", town.urls.signer)
    asyncio.run(put_back(town.urls, saved))
    assert {"statement", "branch"} <= found
    assert [code for code, _subject in alarms] == ["tile_bad"]
    assert town.fsck() == set()
