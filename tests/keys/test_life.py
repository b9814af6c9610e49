"""The life of a key: what each step adds, what the keyring's rules forbid it, and what is left when it is stopped."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import click
import msgspec
import pytest

from keys import custody, drill, forecast, generate, passphrase, rotation, waiting
from keys.commands import looking
from keys.folder import KeyFolder, remember, write_keyring
from keys.key_problems import KeyProblem, WrongPassphrase
from keys.life import Done, Life
from keys.passphrase import Known, Passphrases
from keys.root_medium import RootMedium
from tests.invented import CERTIFICATE
from tests.keys.test_folder import NOW, settings
from tests.releases import certify
from verify.core.chain import Chain
from verify.core.errors import KeyringRefused
from verify.core.keyring import Key, Use
from verify.shared.agreement import NotAgreed
from verify.shared.command import Refusal

PASSPHRASE = Known(b"of the tests")
LATER = NOW + 60


@pytest.fixture(scope="module")
def first_made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """Keys made once for all tests here, and their root's thumbprint."""
    place = tmp_path_factory.mktemp("life")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YINJIAN_VAR", str(place / "var"))
        patch.setattr("keys.pkcs8.COST", 1 << 10)
        made, _medium, _chain = generate.init(place / "keys", settings(), PASSPHRASE, NOW)
    return place, made.root


@pytest.fixture
def keys(first_made: tuple[Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyFolder:
    """A copy of them, in a working folder of its own."""
    monkeypatch.setenv("YINJIAN_VAR", str(tmp_path / "var"))
    monkeypatch.setattr("keys.pkcs8.COST", 1 << 10)
    place, root = first_made
    for name in ("keys", "keys-root"):
        shutil.copytree(place / name, tmp_path / name)
    folder = KeyFolder(tmp_path / "keys", root)
    remember(folder, folder.chain())
    return folder


def life(keys: KeyFolder, medium: Path | None = None) -> Life:
    """A command's step, with the root's medium in place."""
    return Life(keys, RootMedium.find(medium, keys), PASSPHRASE, LATER)


def entry(keys: KeyFolder, use: str) -> Key:
    """The newest entry of a use."""
    return [key for key in keys.chain().newest.keys if key.use == use][-1]


def test_a_rotated_key_signs_from_then_on_beside_the_old_one(keys: KeyFolder) -> None:
    """Version 2 has one key more, which signers take; the older one stays active and is opened when it was recorded."""
    old = entry(keys, "certificate")
    done = life(keys).rotate("certificate", (), agreed=True)
    assert done.changes == [f"key certificate {done.key.kid.hex()}: added"]
    assert keys.signer("certificate", PASSPHRASE, LATER).kid == done.key.kid
    assert keys.chain().newest.key(old.public) == old


def test_of_two_log_keys_the_one_that_signs_is_shown_first(keys: KeyFolder) -> None:
    """As whoever checks the log takes the first line."""
    (first,) = looking.log_keys(keys.chain())
    made = life(keys).rotate("log", (), agreed=True).key
    newest, older = looking.log_keys(keys.chain())
    assert keys.signer("log", PASSPHRASE, LATER).kid == made.kid
    assert (older, newest != first) == (first, True)


def test_a_key_for_one_programme_signs_for_it_alone(keys: KeyFolder) -> None:
    """The older key goes on signing for the others; a programme that is not there is refused by name."""
    done = life(keys).rotate("status", ["CAM"], agreed=True)
    assert keys.signer("status", PASSPHRASE, LATER, ["CAM"]).kid == done.key.kid
    assert keys.signer("status", PASSPHRASE, LATER, ["CEM"]).kid != done.key.kid
    with pytest.raises(Refusal, match="ZZZ"):
        life(keys).rotate("status", ["ZZZ"], agreed=True)
    # For CEM nobody else would be left.
    with pytest.raises(Refusal, match=r"of CEM would be left: first `yinjian-keys rotate status`"):
        life(keys).retire(entry_first(keys, "status").kid.hex(), (), all_published=True, agreed=True)


def entry_first(keys: KeyFolder, use: str) -> Key:
    """The oldest entry of a use."""
    return next(key for key in keys.chain().newest.keys if key.use == use)


def test_nothing_is_made_or_signed_before_somebody_agreed(keys: KeyFolder, tmp_path: Path) -> None:
    """Every step says first what follows, and leaves folder and medium as they were."""
    life(keys).rotate("status", (), agreed=True)
    old = entry_first(keys, "status").kid.hex()
    before = sorted((path, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file())
    steps: tuple[tuple[Callable[[], Done], str], ...] = (
        (lambda: life(keys).rotate("log", (), agreed=False), "log"),
        (lambda: life(keys).retire(old, (), all_published=True, agreed=False), old),
        (lambda: life(keys).compromise(old, 0, agreed=False), old),
        (lambda: life(keys).rotate_root(tmp_path / "new", agreed=False), "root"),
    )
    for step, word in steps:
        with pytest.raises(NotAgreed) as asked:
            step()
        assert asked.value.word == word
    assert sorted((path, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()) == before


def test_a_keys_state_goes_only_onwards_and_its_size_is_said_once(
    keys: KeyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    """Retired, then compromised; never back, nor twice, nor with another log size; `show` names that size."""
    old = entry(keys, "status").kid.hex()
    life(keys).rotate("status", (), agreed=True)
    life(keys).retire(old, (), all_published=True, agreed=True)
    with pytest.raises(Refusal, match="retired already"):
        life(keys).retire(old, (), all_published=True, agreed=True)
    done = life(keys).compromise(old, 7, agreed=True)
    assert (done.key.state, done.key.believed_below) == ("compromised", 7)
    looking.tell(keys, keys.chain())
    assert f"  {old}  status       compromised  believed below log size 7\n" in capsys.readouterr().out
    with pytest.raises(Refusal, match="compromised already"):
        life(keys).compromise(old, 8, agreed=True)
    with pytest.raises(Refusal, match="compromised already"):
        life(keys).retire(old, (), all_published=True, agreed=True)


@pytest.mark.parametrize("use", ["root", "certificate", "status", "log"])
def test_the_last_key_of_a_use_is_neither_retired_nor_given_up(keys: KeyFolder, use: str) -> None:
    """Without a root the keyring would end, without another key nothing be made anew; the refusal says what to do."""
    kid = entry(keys, use).kid.hex()
    cure = "rotate-root" if use == "root" else f"rotate {use}"
    with pytest.raises(Refusal, match=f"first `yinjian-keys {cure}`"):
        life(keys).retire(kid, (), all_published=True, agreed=True)
    with pytest.raises(Refusal, match=f"first `yinjian-keys {cure}`"):
        life(keys).compromise(kid, 0, agreed=True)


def test_the_root_hands_over_to_another_medium(keys: KeyFolder, tmp_path: Path) -> None:
    """The old root signs the version that names the new one and ends itself; the pinned thumbprint stays good."""
    old = entry(keys, "root")
    done = life(keys).rotate_root(tmp_path / "new", agreed=True)
    assert keys.chain().newest.key(old.public) == msgspec.structs.replace(old, state="retired")
    with pytest.raises(KeyProblem, match=custody.file_name("root", done.key.kid)):
        RootMedium.find(tmp_path / "keys-root", keys)
    life(keys, tmp_path / "new").rotate("log", (), agreed=True)
    chain = Chain.follow([(version.statement.data, None) for version in keys.chain().versions], keys.root)
    assert [version.statement.kid for version in chain.versions] == [old.kid, old.kid, done.key.kid]
    life(keys, tmp_path / "new").compromise(old.kid.hex(), 0, agreed=True)


def test_the_root_is_never_in_the_key_folder(keys: KeyFolder, tmp_path: Path) -> None:
    """Neither init nor rotate-root puts it there, and an update does not take it from there."""
    with pytest.raises(Refusal, match="never on the signing machine"):
        generate.init(tmp_path / "other", settings(), PASSPHRASE, NOW, tmp_path / "other" / "root")
    with pytest.raises(Refusal, match="never on the signing machine"):
        life(keys).rotate_root(keys.path / "root", agreed=True)
    name = custody.file_name("root", entry(keys, "root").kid)
    (tmp_path / "keys-root" / name).rename(keys.path / name)
    with pytest.raises(Refusal, match="medium is not here"):
        RootMedium.find(None, keys)
    with pytest.raises(Refusal, match="never on the signing machine"):
        RootMedium.find(keys.path, keys)


def test_a_folder_that_was_rolled_back_is_brought_forward_from_the_medium(keys: KeyFolder) -> None:
    """The root signs no second version 2: what it had signed is filed first."""
    before = keys.keyring()
    life(keys).rotate("log", (), agreed=True)
    write_keyring(keys.path, before)
    medium = RootMedium.find(None, keys)
    assert medium.settle(keys) == 1
    assert medium.settle(keys) == 0
    assert keys.chain().newest.version == 2


def test_a_folder_of_another_history_is_refused(keys: KeyFolder, tmp_path: Path) -> None:
    """Two media that went different ways are not made one."""
    shutil.copytree(tmp_path / "keys-root", tmp_path / "twin")
    shutil.copytree(keys.path, tmp_path / "twin-keys")
    life(keys).rotate("log", (), agreed=True)
    other = KeyFolder(tmp_path / "twin-keys", keys.root, rehearsal=True)
    life(other, tmp_path / "twin").rotate("log", (), agreed=True)
    with pytest.raises(KeyringRefused, match="another keyring"):
        RootMedium(tmp_path / "twin").settle(keys)


def test_a_step_that_was_killed_is_finished_by_the_next(keys: KeyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before the root signed, nothing is in force; after it, the next command files what was signed."""

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RootMedium, "keep", killed)
        with pytest.raises(KeyboardInterrupt):
            life(keys).rotate("status", (), agreed=True)
    assert RootMedium.find(None, keys).settle(keys) == 0
    assert keys.chain().newest.version == 1
    with monkeypatch.context() as patch:
        patch.setattr(KeyFolder, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            life(keys).rotate("status", (), agreed=True)
    assert keys.chain().newest.version == 1
    assert RootMedium.find(None, keys).settle(keys) == 1
    assert keys.signer("status", PASSPHRASE, LATER).kid == entry(keys, "status").kid


def test_of_two_keys_with_one_id_more_of_the_thumbprint_tells_which(
    keys: KeyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is retired by a name that fits two, and no key is added under an ID that is taken."""
    ring = keys.chain().newest
    monkeypatch.setattr(rotation, "thumbprint", lambda public: b"\xaa" * 4 + public[:28])
    with pytest.raises(Refusal, match="two keys have the ID aaaaaaaa"):
        rotation.named(ring, "aaaaaaaa")
    second = ring.keys[1]
    assert rotation.named(ring, "AA" * 4 + second.public[:8].hex()) == second
    with pytest.raises(Refusal, match="no key 12345678"):
        rotation.named(ring, "12345678")
    with pytest.raises(Refusal, match="8 hex digits"):
        rotation.named(ring, "status")
    twin = msgspec.structs.replace(second, public=CERTIFICATE.public)
    with pytest.raises(Refusal, match="already"):
        rotation.with_key(keys.chain(), twin, LATER)


def test_no_key_is_retired_while_a_release_of_it_waits(keys: KeyFolder, tmp_path: Path) -> None:
    """Without a registry the custodian has to say that all is published; what another key signed is no matter."""
    (tmp_path / "releases" / "withdrawn").mkdir(parents=True)
    (tmp_path / "releases" / "2022-04-final-1.release").write_bytes(certify(1) + certify(2))
    (tmp_path / "releases" / "withdrawn" / "old.release").write_bytes(certify(3))
    files = waiting.releases(tmp_path / "centre.toml")
    with pytest.raises(Refusal, match=r"2022-04-final-1\.release.*--all-published"):
        waiting.check_none(files, CERTIFICATE.entry("certificate"), None, sure=False)
    waiting.check_none(files, CERTIFICATE.entry("certificate"), None, sure=True)
    waiting.check_none(files, entry(keys, "certificate"), None, sure=False)
    files[0].write_bytes(certify(1)[:-1])
    with pytest.raises(Refusal, match="damaged"):
        waiting.check_none(files, CERTIFICATE.entry("certificate"), None, sure=True)


def test_a_drill_opens_and_lives_every_key_and_changes_nothing(keys: KeyFolder, tmp_path: Path) -> None:
    """Only the day of the drill is left; a medium whose file is missing, or of another passphrase, fails it."""
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    steps = list(drill.drill(keys, RootMedium.find(None, keys), PASSPHRASE, LATER))
    assert len(steps) == 4 + 4 + 2 + 1 + 1 + 1 + 1
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after.pop(keys.path / drill.DRILLED) == b"2023-11-14\n"
    assert after == before
    with pytest.raises(Refusal, match="passphrase is wrong"):
        list(drill.drill(keys, RootMedium.find(None, keys), Known(b"another"), LATER))
    (keys.path / custody.file_name("log", entry(keys, "log").kid)).unlink()
    with pytest.raises(KeyProblem, match="log-"):
        list(drill.drill(keys, RootMedium.find(None, keys), PASSPHRASE, LATER))


def test_each_purpose_may_have_a_passphrase_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named for the purpose it wins over the one for all; a file that others may read is refused."""
    for name in ("log", "all"):
        (tmp_path / name).write_text(f"{name} passphrase\n")
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("YINJIAN_PASSPHRASE_FILE_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("YINJIAN_PASSPHRASE_FILE", str(tmp_path / "all"))
    monkeypatch.setenv("YINJIAN_PASSPHRASE_ROOT", "root passphrase")
    found = Passphrases()
    assert [found.new(use) for use in ("log", "status", "root")] == [
        b"log passphrase",
        b"all passphrase",
        b"root passphrase",
    ]
    (tmp_path / "log").chmod(0o640)
    with pytest.raises(Refusal, match=r"YINJIAN_PASSPHRASE_FILE_LOG: others may read the passphrase"):
        found.open("log", lambda passphrase: passphrase)
    (tmp_path / "all").write_bytes(b"\n")
    with pytest.raises(Refusal, match="empty"):
        found.new("status")


def test_a_typed_passphrase_is_asked_for_once_for_as_many_keys_as_it_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    """And again, by the purpose's name, for a key that has another."""
    typed, asked = iter(["first", "second"]), list[str]()

    def prompt(words: str, **_more: object) -> str:
        asked.append(words)
        return next(typed)

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "prompt", prompt)
    opens: dict[Use, bytes] = {"certificate": b"first", "status": b"first", "log": b"second"}

    def opened(use: Use) -> Callable[[bytes], str]:
        def attempt(given: bytes) -> str:
            if given != opens[use]:
                raise WrongPassphrase("wrong")
            return use

        return attempt

    found = Passphrases()
    assert [found.open(use, opened(use)) for use in opens] == list(opens)
    assert asked == ["Passphrase of the keys", "Passphrase of the key “log”"]


def test_a_new_passphrase_is_measured_and_never_shown() -> None:
    """A common one is called weak with what to do; words drawn by dice are strong; neither stands in what is said."""
    weak = passphrase.strength(b"password123")
    assert "very weak" in weak
    assert "dice" in weak
    strong = passphrase.strength(b"gravel obtain sixth umbrella koala dusk", "root")
    assert "“root” is strong" in strong
    assert "gravel" not in strong
    assert "1" * 3 not in passphrase.strength(b"1" * 5000)
    assert repr(Passphrases()) == "Passphrases()"


def test_a_registry_that_does_not_answer_is_a_refusal() -> None:
    """Nothing is counted, nothing is signed, and the reason is said."""
    with pytest.raises(Refusal, match="the registry does not answer"):
        forecast.load("postgresql://somebody@127.0.0.1:1/nowhere", [])
