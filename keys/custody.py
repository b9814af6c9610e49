"""Custody of private keys: files that are made once and read by their owner alone, and signers that keep the key."""

import os
import stat
from pathlib import Path
from typing import Final, NoReturn, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from keys import pkcs8
from keys.key_problems import KeyProblem, WrongPassphrase
from keys.messages import _
from verify.core import cbor
from verify.core.keyring import Key, Use, kid_of
from verify.core.log import checkpoint as notes
from verify.core.log import receipt
from verify.core.log.checkpoint import Checkpoint
from verify.core.statement import ED25519, Draft
from verify.shared import whole_files

_SELF_TEST: Final = b"yinjian self-test: no statement begins like this"


class Signer(Protocol):
    """Signs statements with one key and has no way to hand it out."""

    @property
    def kid(self) -> bytes:
        """The key's ID, 4 bytes."""

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""

    def sign(self, draft: Draft) -> bytes:
        """The sealed statement of ``draft``, which must name this key. Raises ValueError where it names another."""


class KeySigner:
    """A signer on a private key in this process's memory. It cannot be printed, copied or pickled with the key."""

    __slots__ = ("_protected", "_sign", "kid", "public")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self.public = private.public_key().public_bytes_raw()
        self.kid = kid_of(self.public)
        self._protected = cbor.encode({1: ED25519, 4: self.kid})
        self._sign = private.sign

    def __repr__(self) -> str:
        return f"KeySigner(kid={self.kid.hex()}, key=redacted)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a signer does not leave its process")

    def sign(self, draft: Draft) -> bytes:
        """The sealed statement of ``draft``. Raises ValueError where it names another key."""
        if draft.protected != self._protected:
            raise ValueError("a draft for another key")
        return draft.seal(self._sign(draft.signed))

    def sign_checkpoint(self, checkpoint: Checkpoint) -> tuple[str, bytes]:
        """A log key's note of the checkpoint, and its signature (64 bytes) on the root for COSE Receipts."""
        said = self._sign(checkpoint.text.encode())
        return notes.note(checkpoint, self.public, said), self._sign(receipt.signed_root(self.kid, checkpoint.root))

    def self_test(self) -> None:
        """Signs and verifies once. Raises InvalidSignature."""
        Ed25519PublicKey.from_public_bytes(self.public).verify(self._sign(_SELF_TEST), _SELF_TEST)


def file_name(use: Use, kid: bytes) -> str:
    """The name of a private key's file: ``certificate-a7f09614.pem``."""
    return f"{use}-{kid.hex()}.pem"


def create(folder: Path, use: Use, passphrase: bytes) -> KeySigner:
    """A new private key, its encrypted file in ``folder`` (on disk before this returns), and its signer."""
    private = Ed25519PrivateKey.generate()
    signer = KeySigner(private)
    write_once(folder / file_name(use, signer.kid), pkcs8.encrypt(private, passphrase))
    return signer


def write_once(path: Path, data: bytes) -> None:
    """A file that was not there, readable by its owner alone (0400), it and its name on disk; or none of it.

    Raises FileExistsError, and other OSErrors, which name it.
    """
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:  # a full disk: half a file would stand in the way of a whole one
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # the system names it where it is opened, and not where it is written
        raise
    whole_files.to_disk(path.parent)


def read_private(path: Path) -> bytes:
    """The bytes of a file that nobody but its owner may read. Raises KeyProblem."""
    try:
        with path.open("rb") as file:  # what is looked at is what is read
            others = os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO)
            if others and os.name != "nt":  # Windows says nothing of others there: folders hand their rights down
                reason = _("{file}: others may read this file; `chmod 400` it, and think who may have")
                raise KeyProblem(reason.format(file=path.name))
            return file.read()
    except FileNotFoundError:
        raise KeyProblem(_("{file}: there is no such file in the key folder").format(file=path.name)) from None


def load(folder: Path, entry: Key, passphrase: bytes) -> KeySigner:
    """The signer of a keyring's ``entry``, tested: its file holds this very key, and what it signs verifies.

    Raises KeyProblem, WrongPassphrase.
    """
    name = file_name(entry.use, entry.kid)
    pem = read_private(folder / name)
    try:
        signer = KeySigner(pkcs8.decrypt(pem, passphrase))
    except ValueError:
        reason = _("{file}: the passphrase is wrong, or this is not an encrypted Ed25519 key")
        raise WrongPassphrase(reason.format(file=name)) from None
    if signer.public != entry.public:
        raise KeyProblem(_("{file}: not the key that the keyring names").format(file=name))
    try:
        signer.self_test()
    except InvalidSignature:
        raise KeyProblem(_("{file}: the key failed its self-test").format(file=name)) from None
    return signer
