"""What the key room refuses."""

from verify.shared.command import Refusal


class KeyProblem(Refusal):
    """A key that cannot be used. The message names the key by use and ID, never by its bytes."""


class WrongPassphrase(KeyProblem):
    """A passphrase that does not open a key's file."""
