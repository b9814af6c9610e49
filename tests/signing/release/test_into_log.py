"""What is published is logged and signed with it, or nothing is; and nothing is signed that could fork the log."""

import asyncio
import errno
import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from keys.custody import KeySigner
from migrations import embedded
from signing.release import into_registry, log_state, release_file, rules_registered, taking_log
from signing.release.into_log import Logbook
from signing.release.into_registry import Publication
from signing.release.log_state import LogState
from tests import releases
from tests.conftest import Urls, execute_as_owner, fresh_registry
from tests.invented import CERTIFICATE, chain
from verify.core.log import checkpoint, tree
from verify.shared.agreement import NotAgreed
from verify.shared.command import Refusal

NOTICE = [releases.notice([1, 2, 3])]
FINAL = releases.final([1, 2, 3], revision=2)
LATER = [releases.change(1, "suspended")]
FULL = (
    "create function registry.full_disk() returns trigger language plpgsql as "
    "$$ begin raise exception 'no space left' using errcode = 'disk_full'; end $$"
)
"""PostgreSQL's own words for a disk that takes nothing more."""
STOPS = ("rows", "line", "checkpoint", "commit")


class Office:
    """A publishing machine with its log's file, and a registry that can be put back to what it was."""

    def __init__(self, server: embedded.Database, urls: Urls, folder: Path) -> None:
        self.server = server
        self.urls = urls
        self.folder = folder
        self.log = releases.logbook(folder / "log-state")

    def write(self, name: str, statements: list[bytes]) -> Path:
        """A release's file."""
        path = self.folder / name
        release_file.write(path, statements)
        return path

    def publish(self, name: str, statements: list[bytes], log: Logbook | None = None) -> Publication:
        """Writes and publishes a release."""
        return self.send(self.write(name, statements), log)

    def send(self, path: Path, log: Logbook | None = None) -> Publication:
        """Publishes a release."""
        told: dict[str, Any] = {"keyring": releases.keyrings(), "root": releases.ROOT_THUMBPRINT, "now": releases.NOW}
        return into_registry.publish(path, self.urls.signer, log=log or self.log, **told)

    def give_back(self, *, agreed: bool = False) -> tuple[str, ...]:
        """Publishes what was lost."""
        told: dict[str, Any] = {
            "keyring": releases.keyrings(),
            "root": releases.ROOT_THUMBPRINT,
            "now": releases.NOW + 10**7,
        }
        return into_registry.give_back(self.urls.signer, log=self.log, agreed=agreed, **told)

    def ask(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """The owner's answer."""

        async def asked() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self.urls.owner)
            try:
                return [tuple(row) for row in await connection.fetch(query, *arguments)]
            finally:
                await connection.close()

        return asyncio.run(asked())

    def everything(self) -> list[tuple[Any, ...]]:
        """All that a reader sees of the log."""
        return [
            *self.ask("select index, digest, bytes from registry.statement order by index"),
            *self.ask("select height, index, hashes from registry.branch order by height, index"),
            *self.ask("select size, note, kid, receipt from registry.checkpoint order by size"),
        ]

    def checked(self) -> int:
        """Holds the newest checkpoint to the statements; its size."""
        entries = [tree.entry(*row) for row in self.ask("select kind, digest from registry.statement order by index")]
        ((note,),) = self.ask("select note from registry.checkpoints order by place desc limit 1")
        signed = checkpoint.believed(note, chain())
        assert (signed.size, signed.root) == (len(entries), tree.Frontier().add(entries).root)
        assert next(self.log.state.lines()).note == note
        return signed.size

    def size(self) -> int:
        """Statements in the registry."""
        return len(self.ask("select from registry.statement"))

    def save(self) -> str:
        """A backup of the registry."""
        name = self.urls.owner.rpartition("/")[2]
        execute_as_owner(self.server, f"create database {name}_saved template {name}")
        return f"{name}_saved"

    def restore(self, saved: str) -> None:
        """Puts the backup in the registry's place."""
        name = self.urls.owner.rpartition("/")[2]
        execute_as_owner(self.server, f"drop database {name} with (force)")
        execute_as_owner(self.server, f"alter database {saved} rename to {name}")
        execute_as_owner(self.server, f"grant connect on database {name} to yinjian_signer, yinjian_reader")


@pytest.fixture
def office(server: embedded.Database, tmp_path: Path) -> Iterator[Office]:
    """A machine and an empty registry."""
    with fresh_registry(server) as urls:
        yield Office(server, urls, tmp_path)


def test_each_release_has_its_checkpoint_and_its_line(office: Office) -> None:
    """With what was filed past publish; again changes nothing; each tree goes on from the one before."""
    office.publish("1-notice", NOTICE)
    assert office.checked() == 2
    before = office.everything()
    office.publish("1-notice", NOTICE)
    assert office.everything() == before
    past = NOTICE[0][:-1] + bytes([NOTICE[0][-1] ^ 1])
    office.ask("insert into registry.statement (index, bytes) values (2, $1) returning index", past)
    office.publish("2-final", FINAL)
    assert office.checked() == 3 + len(FINAL)
    newest, first = office.log.state.lines()
    assert (newest.release, first.release) == ("2-final", "1-notice")
    assert newest.logged == [past, *FINAL]
    assert first.logged == [releases.keyrings(), *NOTICE]


def test_a_restored_registry_gets_back_what_was_signed_before_anything_else(office: Office) -> None:
    """Refused by name until then; afterwards the same bytes, tiles and notes; the file has no line more."""
    office.publish("1-notice", NOTICE)
    saved = office.save()
    office.publish("2-final", FINAL)
    office.publish("3-change", LATER)
    whole, lines = office.everything(), list(office.log.state.lines())
    office.restore(saved)
    with pytest.raises(Refusal, match=r"2-final, 3-change.*publish --lost.*log_ahead"):
        office.publish("4-other", [releases.change(2, "suspended")])
    with pytest.raises(Refusal, match="2-final, 3-change"):
        office.publish("3-change", LATER)
    done = office.publish("2-final", FINAL)
    assert (done.given_back, done.size) == (("2-final",), 2 + len(FINAL))
    assert office.give_back() == ("3-change",)
    assert office.everything() == whole
    assert list(office.log.state.lines()) == lines
    assert office.give_back() == ()
    office.publish("4-other", [releases.change(2, "suspended")])
    assert office.checked() == len(whole[: 4 + len(FINAL)])


def test_a_lost_release_is_held_to_the_rules_once_more(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own keyring, time and certificates, behind what was filed past publish; one that breaks one is told."""
    office.publish("1-notice", NOTICE)
    saved = office.save()
    past = releases.certify(9)
    office.ask("insert into registry.statement (index, bytes) values (2, $1) returning index", past)
    office.publish("2-final", FINAL)
    office.publish("3-final", releases.final([1, 2, 3, 4], revision=3, index_revision=2))
    with monkeypatch.context() as patch:
        patch.setattr(rules_registered, "_check_changes", lambda *_arguments: None)
        office.publish("4-wrong", [releases.change(2, "reinstated")])
    office.publish("5-change", LATER)
    whole = office.everything()
    assert [line.past for line in office.log.state.lines()] == [0, 0, 0, 1, 0]
    assert len(next(line for line in office.log.state.lines() if line.release == "3-final").logged) == 3
    office.restore(saved)
    with pytest.raises(NotAgreed, match=r"4-wrong was signed for the log, and breaks a rule.*change_out_of_turn"):
        office.give_back()
    assert office.size() == whole[-3][0]  # all before it is back
    assert office.give_back(agreed=True) == ("4-wrong", "5-change")
    assert office.everything() == whole


def test_a_registry_with_something_else_in_a_lost_place_is_a_fork(office: Office) -> None:
    """Filed past publish before the lost was given back, or altered by its owner: nothing is signed any more."""
    office.publish("1-notice", NOTICE)
    saved = office.save()
    office.publish("2-final", FINAL)
    office.restore(saved)
    office.ask("insert into registry.statement (index, bytes) values (2, $1) returning index", releases.certify(9))
    before = office.everything()
    for publish in (office.give_back, lambda: office.publish("2-final", FINAL)):
        with pytest.raises(Refusal, match="log_forked"):
            publish()
    assert office.everything() == before


def test_a_registry_whose_owner_changed_a_tile_or_a_statement_is_signed_no_more(office: Office) -> None:
    """The tree is grown from what was signed last, and compared with the registry's."""
    office.publish("1-notice", NOTICE)
    office.ask("update registry.statement set digest = sha256('') where index = 1 returning index")
    office.publish("2-final", FINAL)  # what was signed stays signed: the leaf is in the tile
    office.ask("update registry.branch set hashes = hashes || sha256('') where height = 0 returning index")
    with pytest.raises(Refusal, match="log_differs"):
        office.publish("3-change", LATER)
    altered = "overlay(substring(hashes for 224) placing sha256('') from 1)"
    office.ask(f"update registry.branch set hashes = {altered} where height = 0 returning index")
    with pytest.raises(Refusal, match="log_forked"):
        office.publish("3-change", LATER)


def test_another_file_than_the_logs_own_signs_nothing(office: Office) -> None:
    """Lost, empty, old, copied, damaged, or of another log."""
    file = office.log.state.path
    office.publish("1-notice", NOTICE)
    old = file.read_bytes()
    office.publish("2-final", FINAL)
    good, before = file.read_bytes(), office.everything()
    copy = LogState(file.with_name("copied"))
    copy.path.write_bytes(good)
    foreign = good.replace(b"verify.example.org/log", b"verify.example.com/log")
    cases: list[tuple[bytes, LogState, str]] = [
        (b"", office.log.state, "log_state_lost"),
        (old, office.log.state, "log_state_behind"),
        (good, copy, "log_state_copied"),
        (good.replace(b'"size"', b'"sise"'), office.log.state, "is damaged"),
        (foreign, office.log.state, "other_log"),
    ]
    for data, state, told in cases:
        file.write_bytes(data)
        with pytest.raises(Refusal, match=told):
            office.publish("3-change", LATER, Logbook(signer=office.log.signer, state=state))
    file.write_bytes(good)
    with pytest.raises(Refusal, match="log_key"):
        office.publish("3-change", LATER, Logbook(signer=KeySigner(CERTIFICATE.private), state=office.log.state))
    file.unlink()
    with pytest.raises(Refusal, match="is not there"):
        office.publish("3-change", LATER)
    file.write_bytes(good)
    assert office.everything() == before


@pytest.mark.parametrize("stop", STOPS)
def test_killed_between_any_two_steps_the_same_command_completes_the_work(office: Office, stop: str) -> None:
    """Rows, line, checkpoint, commit: what was signed before is what is served in the end, and nothing else."""
    office.publish("1-notice", NOTICE)
    before = office.everything()
    path = office.write("2-final", FINAL)
    code = (
        "import os, signal, sys; from pathlib import Path; import asyncpg; from tests import releases\n"
        "from signing.release import into_log, into_registry, log_state\n"
        "stop, file, url, state = sys.argv[1:]\n"
        "def dies(*_arguments): os.kill(os.getpid(), signal.SIGKILL)\n"
        "if stop == 'rows': log_state.LogState.append = dies\n"
        "if stop == 'line': into_log.Logging._file = dies\n"
        "filed = into_log.Logging._file\n"
        "async def then_dies(self, *arguments): await filed(self, *arguments); dies()\n"
        "if stop == 'checkpoint': into_log.Logging._file = then_dies\n"
        "into_registry.publish(Path(file), url, keyring=releases.keyrings(), root=releases.ROOT_THUMBPRINT,"
        " log=releases.logbook(Path(state)), now=releases.NOW)\n"
        "dies()\n"
    )
    run = [sys.executable, "-c", code, stop, str(path), office.urls.signer, str(office.log.state.path)]
    assert subprocess.run(run, check=False, capture_output=True).returncode == -9
    lines = list(office.log.state.lines())
    assert len(lines) == (1 if stop == "rows" else 2)
    if stop != "commit":
        assert office.everything() == before
    if stop == "line":
        with pytest.raises(Refusal, match="2-final"):
            office.publish("3-change", LATER)
    office.publish("2-final", FINAL)
    office.publish("2-final", FINAL)
    assert office.checked() == 2 + len(FINAL)
    if stop != "rows":
        assert list(office.log.state.lines()) == lines


def test_a_full_disk_and_a_torn_line_leave_the_file_as_it_was(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that did not reach the disk whole was never committed; it is cut off, and nothing was published."""
    office.publish("1-notice", NOTICE)
    good, before = office.log.state.path.read_bytes(), office.everything()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    sync, path = os.fsync, office.write("2-final", FINAL)
    with monkeypatch.context() as patch:
        real = log_state.LogState._cut

        def mended(self: LogState, size: int) -> None:
            patch.setattr(os, "fsync", sync)
            real(self, size)

        patch.setattr(log_state.LogState, "_cut", mended)
        patch.setattr(os, "fsync", full)
        with pytest.raises(Refusal, match="log-state could not be written"):
            office.send(path)
    assert office.log.state.path.read_bytes() == good
    assert office.everything() == before
    with office.log.state.path.open("ab") as file:
        file.write(b'{"time":1,"size":99,"root":"00')
    office.publish("2-final", FINAL)
    assert office.checked() == 2 + len(FINAL)
    assert len(list(office.log.state.lines())) == 2


def test_a_database_whose_disk_is_full_at_the_checkpoint_is_completed_by_the_same_command(office: Office) -> None:
    """The line is on disk by then: nothing else is published before it, and its note is the one that is served."""
    office.publish("1-notice", NOTICE)
    before = office.everything()
    office.ask(FULL)
    office.ask("create trigger full_disk before insert on registry.checkpoint execute function registry.full_disk()")
    path = office.write("2-final", FINAL)
    with pytest.raises(Refusal, match=r"could not be written.*its disk is full.*publish again"):
        office.send(path)
    office.ask("drop trigger full_disk on registry.checkpoint")
    office.ask("drop function registry.full_disk")
    assert office.everything() == before
    note = next(office.log.state.lines()).note
    with pytest.raises(Refusal, match="2-final"):
        office.publish("3-change", LATER)
    assert office.send(path).given_back == ("2-final",)
    assert office.ask("select note from registry.checkpoint order by size")[-1] == (note,)
    assert office.checked() == 2 + len(FINAL)


def test_a_statement_that_was_emptied_before_is_given_back_by_the_owner(office: Office) -> None:
    """By kind and hash alone: the refusal says which command; the old root and note are served again."""
    office.publish("1-notice", NOTICE)
    saved = office.save()
    past = releases.certify(9)
    office.ask("insert into registry.statement (index, bytes) values (2, $1) returning index", past)
    office.ask("select registry.disown(2)")
    office.publish("2-final", FINAL)
    whole = office.everything()
    office.restore(saved)
    entry = tree.entry(1, hashlib.sha256(past).digest())
    with pytest.raises(Refusal, match=f"give-back {entry.hex()}"):
        office.publish("2-final", FINAL)
    office.ask("select registry.give_back_disowned($1, $2)", entry[0], entry[1:])
    assert office.publish("2-final", FINAL).given_back == ("2-final",)
    assert office.everything() == whole


def test_another_machine_takes_the_log_where_file_registry_and_public_checkpoint_agree(office: Office) -> None:
    """Not with an old file, not while something was lost, not by a stranger's checkpoint; afterwards it publishes."""
    office.publish("1-notice", NOTICE)
    saved, old = office.save(), office.log.state.path.read_bytes()
    ((before,),) = office.ask("select note from registry.checkpoint")
    office.publish("2-final", FINAL)
    public = next(office.log.state.lines()).note
    moved = LogState(office.folder / "moved")
    told: dict[str, Any] = {"keyring": releases.keyrings(), "root": releases.ROOT_THUMBPRINT, "now": releases.NOW}
    told["log"] = Logbook(signer=office.log.signer, state=moved)

    def refused(note: str, code: str) -> None:
        with pytest.raises(Refusal, match=code):
            taking_log.take_log(office.urls.signer, note, **told)

    moved.path.write_bytes(old)
    refused(public, "log_state_behind")
    moved.path.write_bytes(office.log.state.path.read_bytes())
    refused(public.replace("verify.example.org", "verify.example.com"), "other_log")
    with pytest.raises(Refusal, match="log_state_copied"):
        office.publish("3-change", LATER, told["log"])
    taking_log.take_log(office.urls.signer, before, **told)
    taking_log.take_log(office.urls.signer, public, **told)
    office.log = told["log"]
    office.publish("3-change", LATER)
    assert office.checked() == 3 + len(FINAL)
    office.restore(saved)
    refused(public, "log_ahead")


def test_a_lost_file_is_begun_anew_where_registry_and_public_checkpoint_leave_nothing_open(office: Office) -> None:
    """Not over a file that is there, nor from an older registry, nor unasked; what is lost later it gives back."""
    office.publish("1-notice", NOTICE)
    saved = office.save()
    past = releases.certify(9)
    office.ask("insert into registry.statement (index, bytes) values (2, $1) returning index", past)
    office.ask("select registry.disown(2)")
    office.publish("2-final", FINAL)
    whole, public = office.everything(), next(office.log.state.lines()).note
    told: dict[str, Any] = {"keyring": releases.keyrings(), "root": releases.ROOT_THUMBPRINT, "now": releases.NOW}
    told |= {"log": office.log, "lost": True}

    def refused(code: str, note: str = public, **more: Any) -> None:
        with pytest.raises(Refusal, match=code):
            taking_log.take_log(office.urls.signer, note, **told | more)

    refused("log_state_there", agreed=True)
    before = list(office.log.state.lines())
    office.log.state.path.unlink()
    refused("other_log", public.replace("verify.example.org", "verify.example.com"), agreed=True)
    refused(rf"up to size {3 + len(FINAL)}.*would be a fork")
    assert not office.log.state.path.exists()
    taking_log.take_log(office.urls.signer, public, **told, agreed=True)
    assert stat.S_IMODE(office.log.state.path.stat().st_mode) == 0o600
    after = list(office.log.state.lines())
    assert [(x.size, x.root, x.note, x.receipt, x.statements) for x in after] == [
        (x.size, x.root, x.note, x.receipt, x.statements) for x in before
    ]
    office.restore(saved)
    with pytest.raises(Refusal, match=rf"lost what was signed: the tree of size {3 + len(FINAL)}"):
        office.publish("3-change", LATER)
    entry = tree.entry(1, hashlib.sha256(past).digest())
    office.ask("select registry.give_back_disowned($1, $2)", entry[0], entry[1:])
    assert office.give_back() == (f"the tree of size {3 + len(FINAL)}",)
    assert office.everything() == whole
    office.publish("3-change", LATER)
    assert office.checked() == 4 + len(FINAL)


def test_a_lost_file_is_not_begun_anew_from_a_registry_that_lost_something_itself(office: Office) -> None:
    """Nor from one whose statements are not what was signed."""
    office.publish("1-notice", NOTICE)
    saved = office.save()
    office.publish("2-final", FINAL)
    public = next(office.log.state.lines()).note
    told: dict[str, Any] = {"keyring": releases.keyrings(), "root": releases.ROOT_THUMBPRINT, "now": releases.NOW}
    told |= {"log": office.log, "lost": True, "agreed": True}
    office.log.state.path.unlink()
    office.ask("update registry.statement set digest = sha256('') where index = 3 returning index")
    with pytest.raises(Refusal, match="log_differs"):
        taking_log.take_log(office.urls.signer, public, **told)
    office.restore(saved)
    with pytest.raises(Refusal, match=f"the public log is of size {2 + len(FINAL)}, the registry's of size 2"):
        taking_log.take_log(office.urls.signer, public, **told)
    office.ask("delete from registry.checkpoint returning size")
    with pytest.raises(Refusal, match="registry_behind"):
        taking_log.take_log(office.urls.signer, public, **told)
    assert not office.log.state.path.exists()
