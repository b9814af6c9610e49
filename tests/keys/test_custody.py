"""Private keys are made once, encrypted, readable by their owner alone, and never leave their signer."""

import copy
import os
import pickle
import stat
import subprocess
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys import custody, pkcs8
from keys.custody import KeySigner
from keys.key_problems import KeyProblem
from keys.passphrase import Passphrases
from tests.invented import ISSUED_AT
from verify.core import statement
from verify.core.certificate import Certificate
from verify.core.keyring import Key

PASSPHRASE = "四字口令 and more".encode()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Key]:
    """A folder with one certificate key, and its keyring entry."""
    folder = tmp_path_factory.mktemp("keys")
    signer = custody.create(folder, "certificate", PASSPHRASE)
    entry = Key(kid=signer.kid, public=signer.public, use="certificate", programmes=(), not_before=ISSUED_AT)
    return folder, entry


def draft(kid: bytes) -> statement.Draft:
    """Something to sign."""
    certificate = Certificate(
        number="CEM2204000077B", holder="样本", id_hint="1234", programme="CEM", term="2022-04", issued_at=ISSUED_AT
    )
    return certificate.draft(kid)


def test_a_loaded_signer_signs_what_its_public_key_verifies(made: tuple[Path, Key]) -> None:
    """A key's file gives back a signer whose statements the keyring's entry verifies."""
    folder, entry = made
    sealed = custody.load(folder, entry, PASSPHRASE).sign(draft(entry.kid))
    assert statement.signed_by(statement.decode(sealed), entry.public)


def test_the_file_is_encrypted_create_only_and_the_owners(made: tuple[Path, Key]) -> None:
    """Mode 0400, scrypt in PBES2, and a second writing fails."""
    folder, entry = made
    path = folder / custody.file_name("certificate", entry.kid)
    assert path.stat().st_mode & 0o777 == 0o400
    with pytest.raises(TypeError):
        serialization.load_pem_private_key(path.read_bytes(), None)
    parsed = subprocess.run(["openssl", "asn1parse", "-in", path], capture_output=True, text=True, check=True).stdout
    assert "PBES2" in parsed
    assert "1.3.6.1.4.1.11591.4.11" in parsed or ":scrypt" in parsed
    assert f":{pkcs8.COST:04X}" in parsed
    with pytest.raises(FileExistsError):
        custody.write_once(path, b"another")


def test_a_wrong_passphrase_is_refused(made: tuple[Path, Key]) -> None:
    """Nothing of the passphrase or the key is in the refusal."""
    folder, entry = made
    with pytest.raises(KeyProblem, match="passphrase is wrong") as refused:
        custody.load(folder, entry, b"a guess")
    assert "guess" not in str(refused.value)


def test_a_file_with_another_key_than_the_keyrings_is_refused(made: tuple[Path, Key], tmp_path: Path) -> None:
    """A key that was swapped for another is found when it is loaded."""
    _folder, entry = made
    other = Ed25519PrivateKey.generate()
    custody.write_once(tmp_path / custody.file_name("certificate", entry.kid), pkcs8.encrypt(other, PASSPHRASE))
    with pytest.raises(KeyProblem, match="not the key that the keyring names"):
        custody.load(tmp_path, entry, PASSPHRASE)


def test_keys_of_other_kinds_and_plain_keys_are_refused(made: tuple[Path, Key], tmp_path: Path) -> None:
    """An unencrypted key and one that is no key at all are refused alike."""
    entry = made[1]
    plain = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for number, data in enumerate((plain, b"no key", b"")):
        folder = tmp_path / str(number)
        folder.mkdir()
        custody.write_once(folder / custody.file_name("certificate", entry.kid), data)
        with pytest.raises(KeyProblem):
            custody.load(folder, entry, PASSPHRASE)


def test_a_file_that_others_may_read_is_refused(made: tuple[Path, Key], tmp_path: Path) -> None:
    """A private key with a loose mode may have been copied: it is not used as if nothing were."""
    folder, entry = made
    name = custody.file_name("certificate", entry.kid)
    (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / name).chmod(0o644)
    with pytest.raises(KeyProblem, match="others may read"):
        custody.load(tmp_path, entry, PASSPHRASE)


def test_a_missing_file_is_a_refusal_that_names_it(made: tuple[Path, Key], tmp_path: Path) -> None:
    """The file's name tells which key to bring."""
    entry = made[1]
    with pytest.raises(KeyProblem, match=f"certificate-{entry.kid.hex()}.pem"):
        custody.load(tmp_path, entry, PASSPHRASE)


def test_a_signer_never_hands_out_its_key() -> None:
    """It has no repr, copy, pickle or serialisation that holds the key."""
    private = Ed25519PrivateKey.generate()
    signer = KeySigner(private)
    assert "redacted" in repr(signer)
    assert private.private_bytes_raw().hex() not in repr(signer)
    for leave in (pickle.dumps, copy.copy, copy.deepcopy, msgspec.json.encode):
        with pytest.raises(TypeError):
            leave(signer)
    assert not hasattr(signer, "__dict__")


def test_a_signer_refuses_a_draft_for_another_key() -> None:
    """What names another key ID would be a statement that nobody can verify."""
    signer = KeySigner(Ed25519PrivateKey.generate())
    with pytest.raises(ValueError, match="another key"):
        signer.sign(draft(bytes(4)))


def test_the_umask_does_not_loosen_a_key_file(tmp_path: Path) -> None:
    """The mode is the file's own, whatever the process would give others."""
    before = os.umask(0)
    try:
        custody.write_once(tmp_path / "key", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o400


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a key would stand where a whole one may be written once."""

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as faulty:
        faulty.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            custody.write_once(tmp_path / "key", b"1234")
    assert not list(tmp_path.iterdir())
    custody.write_once(tmp_path / "key", b"1234")


def test_a_keys_name_is_on_disk_as_the_key_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The root's medium may name a new key before anything else is written to the key folder."""
    synced: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode)))
    custody.write_once(tmp_path / "key", b"1234")
    assert synced == [False, True]


@pytest.mark.parametrize("own", ["", "_LOG"])
def test_a_passphrase_of_the_environment_is_taken_byte_for_byte(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in another encoding than this process's, in which a file would hold it."""
    said = "四字口令".encode("gb18030")
    monkeypatch.setenv(f"YINJIAN_PASSPHRASE{own}", os.fsdecode(said))
    monkeypatch.delenv("YINJIAN_PASSPHRASE_FILE", raising=False)
    assert Passphrases().find("log") == said
