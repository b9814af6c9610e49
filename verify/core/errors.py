"""What the core raises: each error carries a stable code for programs and a sentence without personal data."""


class CoreError(Exception):
    """Base of the errors below.

    ``code`` is stable and machine-readable; ``detail`` is one English sentence that never
    holds a name, an ID number or key bytes.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Unreadable(CoreError):
    """The text or bytes are not a statement of this format (verdict steps 1 and 2)."""


class Malformed(CoreError):
    """A well-formed statement whose claims break a rule of statements.cddl (verdict step 6)."""


class NotBelieved(CoreError):
    """A statement that no key of the centre signed, or one that may not say it, or not at its place in the log."""


class NotAskable(CoreError):
    """A question that what is at hand cannot answer."""


class KeyringRefused(CoreError):
    """A keyring that must not be believed: not signed by its predecessor, altered, older, or unsound."""


class LogRefused(CoreError):
    """A checkpoint, proof or tile of the log that does not hold: a stranger's, of another entry or tree, or cut."""


class RegisterDamaged(CoreError):
    """The register handed out something that its own signatures contradict, so nothing can be judged."""
