"""A key folder is made whole or not at all, and its keyring only ever goes on."""

import contextlib
import os
import shutil
import signal
from pathlib import Path

import pytest

from keys import custody, generate, rotation
from keys import folder as folders
from keys.folder import KeyFolder
from keys.key_problems import KeyProblem
from keys.passphrase import Known
from keys.programmes import Published
from keys.root_medium import RootMedium
from tests import PROJECT
from tests.invented import ROOT
from verify.core.chain import Chain
from verify.core.errors import KeyringRefused
from verify.shared import environment, whole_files
from verify.shared.command import Refusal
from verify.shared.toml.settings_file import Source

EXAMPLE = PROJECT / "examples" / "centre.toml"
PASSPHRASE = Known(b"of the tests")
NOW = 1_700_000_000


def settings(old: str = "", new: str = "") -> Published:
    """The example's settings with one text in it changed."""
    return Published.read(Source(EXAMPLE.read_text("utf-8").replace(old, new).encode(), "centre.toml"))


@pytest.fixture(scope="module")
def first_made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A key folder made once for all tests here, and its root's thumbprint."""
    path = tmp_path_factory.mktemp("made") / "keys"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YINJIAN_VAR", str(path.parent / "var"))
        patch.setattr("keys.pkcs8.COST", 1 << 10)
        made, _medium, _chain = generate.init(path, settings(), PASSPHRASE, NOW)
    return path, made.root


@pytest.fixture
def made(first_made: tuple[Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyFolder:
    """A copy of that folder, with a working folder of its own."""
    monkeypatch.setenv("YINJIAN_VAR", str(tmp_path / "var"))
    for name in ("YINJIAN_KEYS", "YINJIAN_ROOT"):
        monkeypatch.delenv(name, raising=False)
    path, root = first_made
    shutil.copytree(path, tmp_path / "keys")
    shutil.copytree(path.with_name("keys-root"), tmp_path / "keys-root")
    folder = KeyFolder(tmp_path / "keys", root)
    folders.remember(folder, folder.chain())
    return KeyFolder.find()


def update(folder: KeyFolder, wanted: Published, now: int = NOW + 1) -> Chain:
    """What ``yinjian-keys update`` does."""
    keyring = rotation.following(folder.chain(), wanted, now)
    assert keyring is not None
    RootMedium.find(None, folder).sign(folder, keyring, PASSPHRASE)
    return KeyFolder.find().chain()


def test_init_makes_every_key_the_secret_and_the_first_keyring(made: KeyFolder) -> None:
    """Root, certificate, status and log keys with their files, and nothing that others can read but the keyring."""
    keyring = made.chain().newest
    assert [key.use for key in keyring.keys] == ["root", "certificate", "status", "log"]
    assert keyring.hosts == ("VERIFY.EXAMPLE.ORG",)
    assert len(made.lookup_secrets()[0]) == 32
    files = {custody.file_name(key.use, key.kid) for key in keyring.keys[1:]} | {"lookup-secret"}
    assert {path.name for path in made.path.iterdir()} == files | {"keyring.cbor", "log-state"}
    assert all((made.path / name).stat().st_mode & 0o777 == 0o400 for name in files)
    root = made.path.with_name("keys-root") / custody.file_name("root", keyring.keys[0].kid)
    assert root.stat().st_mode & 0o777 == 0o400


def test_init_refuses_a_folder_with_anything_in_it(made: KeyFolder, tmp_path: Path) -> None:
    """Keys are never made over others, nor among other files."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    for path in (made.path, tmp_path / "full"):
        before = sorted(path.iterdir())
        with pytest.raises(Refusal, match="not empty"):
            generate.init(path, settings(), PASSPHRASE, NOW)
        assert sorted(path.iterdir()) == before


def test_init_that_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, or any other failure after the first key, leaves neither the folder nor a draft of it."""
    monkeypatch.setenv("YINJIAN_VAR", str(tmp_path / "var"))

    def full(_path: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "write_keyring", full)
    with pytest.raises(OSError, match="No space"):
        generate.init(tmp_path / "keys", settings(), PASSPHRASE, NOW)
    assert list(tmp_path.iterdir()) == []


def test_an_init_that_is_killed_is_given_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root's folder without keys stood there and refused the next, and halves of key folders lay about for ever."""
    monkeypatch.setattr("keys.pkcs8.COST", 1 << 4)
    monkeypatch.setenv("YINJIAN_VAR", str(tmp_path / "var"))
    steps, made = 0, False
    while not made:
        steps += 1
        place = tmp_path / str(steps)
        place.mkdir()
        child = os.fork()
        if not child:
            _killed_at(steps, place / "keys")
        os.waitpid(child, 0)
        made = (place / "keys").exists()
        if not made:
            generate.init(place / "keys", settings(), PASSPHRASE, NOW)
            assert {path.name for path in place.iterdir()} == {"keys", "keys-root"}
    assert steps > 5


def _killed_at(step: int, path: Path) -> None:
    """Makes keys at ``path`` in this process, which ends at once where something is had on disk for that time."""
    to_disk, before = whole_files.to_disk, iter(range(step - 1))

    def stop(at: Path) -> None:
        if next(before, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        to_disk(at)

    vars(whole_files)["to_disk"] = stop
    with contextlib.suppress(BaseException):
        generate.init(path, settings(), PASSPHRASE, NOW)
    os._exit(0)


def test_init_says_where_the_keys_are_to_the_other_commands(made: KeyFolder) -> None:
    """var/keys.env names folder, root and lookup secret, and is the owner's alone."""
    path = environment.var_folder() / "keys.env"
    said = environment.read(path)
    assert said["YINJIAN_KEYS"] == str(made.path)
    assert said["YINJIAN_ROOT"] == made.root.hex()
    assert said["YINJIAN_LOOKUP_SECRET_FILE"] == str(made.path / "lookup-secret")
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_init_leaves_the_working_folders_keys_as_they_are(made: KeyFolder, tmp_path: Path) -> None:
    """Keys for another purpose do not turn the service of this folder to another root."""
    other, _medium, _chain = generate.init(tmp_path / "other", settings(), PASSPHRASE, NOW)
    assert not other.is_remembered()
    assert KeyFolder.find().root == made.root


def test_an_update_adds_a_programme_and_a_host_and_keeps_the_rest(made: KeyFolder) -> None:
    """Version 2 has what centre.toml has more; the older host stays behind the newer."""
    before = made.chain().newest
    text = EXAMPLE.read_text("utf-8").replace("verify.example.org", "new.example.org")
    text = text.replace("[lists]", '[[programmes]]\ncode = "NEW"\nname = { zh = "新" }\nlevel = { zh = "初级" }\n'
                        'full_mark = 200\npass_mark = 120\nissuers = ["centre"]\n\n[lists]')  # fmt: skip
    newest = update(made, Published.read(Source(text.encode(), "centre.toml"))).newest
    assert newest.version == 2
    assert newest.programmes[:2] == before.programmes
    assert newest.programmes[2].code == "NEW"
    assert newest.hosts == ("NEW.EXAMPLE.ORG", "VERIFY.EXAMPLE.ORG")
    assert newest.keys == before.keys


def test_an_update_without_news_does_nothing(made: KeyFolder) -> None:
    """The same settings give no new version, until the term is nearly over."""
    assert rotation.following(made.chain(), settings(), NOW + 1) is None
    late = rotation.following(made.chain(), settings(), NOW + rotation.TERM - rotation.RENEWAL)
    assert late is not None
    assert late.expires_at > made.chain().newest.expires_at


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("pass_mark = 90", "pass_mark = 80", r"CEM.*pass_mark"),
        ('zh = "碳资产管理师"', 'zh = "碳资产师"', r"CAM.*name"),
        ('zh = "示例设计研究院"', 'zh = "示例院"', "issuer institute"),
        ('code = "CAM"', 'code = "CAN"', "CAM.*must stay"),
        ('"4-09-07-04"', '"4-09-07-05"', r"CEM.*occupation"),
    ],
)
def test_an_update_refuses_to_change_or_drop_what_certificates_bear(
    made: KeyFolder, old: str, new: str, named: str
) -> None:
    """A changed or missing programme or issuer is refused by name, before the chain would refuse it."""
    with pytest.raises(Refusal, match=named):
        rotation.following(made.chain(), settings(old, new), NOW)


def test_a_keyring_that_went_back_a_version_is_refused(made: KeyFolder) -> None:
    """A restored older keyring.cbor is not used, as a second version 2 would fork the chain."""
    old = made.keyring()
    update(made, settings("verify.example.org", "new.example.org"))
    (made.path / "keyring.cbor").write_bytes(old)
    with pytest.raises(KeyringRefused, match="older"):
        KeyFolder.find().chain()


def test_an_altered_keyring_is_refused(made: KeyFolder) -> None:
    """One byte changed anywhere, and the keyring is no longer this centre's."""
    data = made.keyring()
    for position in range(0, len(data), 37):
        altered = bytearray(data)
        altered[position] ^= 1
        (made.path / "keyring.cbor").write_bytes(altered)
        with pytest.raises(KeyringRefused):
            KeyFolder.find().chain()


def test_a_keyring_of_another_root_is_refused(made: KeyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pinned thumbprint decides, not what lies in the folder."""
    monkeypatch.setenv("YINJIAN_ROOT", "00" * 32)
    with pytest.raises(KeyringRefused, match="another root"):
        KeyFolder.find().chain()


def test_the_folder_takes_only_a_keyring_that_follows(made: KeyFolder) -> None:
    """A next version that a stranger signed is not appended, and the file stays as it was."""
    keyring = rotation.following(made.chain(), settings("verify.example.org", "new.example.org"), NOW)
    assert keyring is not None
    before = made.keyring()
    with pytest.raises(KeyringRefused, match="root"):
        made.append(ROOT.sign(keyring.draft(ROOT.kid)))
    assert made.keyring() == before


def test_signers_are_found_by_use_and_programme(made: KeyFolder) -> None:
    """Only an active key, within its dates, whose file is here, signs."""
    entry = made.chain().newest.keys[1]
    assert made.signer("certificate", PASSPHRASE, NOW, ["CEM", "CAM"]).kid == entry.kid
    with pytest.raises(KeyProblem, match="credential"):
        made.signer("credential", PASSPHRASE, NOW)
    with pytest.raises(KeyProblem, match="certificate"):
        made.signer("certificate", PASSPHRASE, NOW - 1)
    (made.path / custody.file_name("certificate", entry.kid)).unlink()
    with pytest.raises(KeyProblem, match=f"not in .*certificate-{entry.kid.hex()}.pem"):
        made.signer("certificate", PASSPHRASE, NOW)


def test_two_commands_do_not_change_the_folder_at_once(made: KeyFolder) -> None:
    """The second is told so at once."""
    with made.alone(), pytest.raises(Refusal, match="another command"), made.alone():
        pass
    with made.alone():
        pass


def test_no_keys_and_no_root_are_refusals_that_say_what_to_do(
    tmp_path: Path, made: KeyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without keys.env the command says which command or variable is missing."""
    monkeypatch.setenv("YINJIAN_VAR", str(tmp_path / "empty"))
    with pytest.raises(Refusal, match="yinjian-keys init"):
        KeyFolder.find()
    with pytest.raises(Refusal, match="YINJIAN_ROOT"):
        KeyFolder.find(made.path)
    monkeypatch.setenv("YINJIAN_ROOT", "abc")
    with pytest.raises(Refusal, match="64 hex digits"):
        KeyFolder.find(made.path)
