"""What the operator's tools raise when they cannot do their work, and their words for people."""

from pathlib import Path

from verify.shared.command import Refusal, messages

_ = messages(Path(__file__).parent / "locale")
"""A message in the language of whoever runs the command."""


class DatabaseProblem(Refusal):
    """The database could not be brought where it was asked to be; the message says why and what to do.

    It never holds a password or a whole connection URL.
    """
