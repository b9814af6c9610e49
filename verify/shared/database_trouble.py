"""What a database in trouble raises: one list for the service, the signing room and the migrations."""

from typing import Final

import asyncpg

from verify.shared import command

# The last is what the driver says of a connection that breaks while it begins the next operation.
TROUBLE: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""A server that is not there, refuses, breaks off or does not answer in time (TimeoutError is an OSError)."""


def told(error: Exception) -> str:
    """What went wrong, for people: never words that may hold a part of the database's address, and so a password."""
    if isinstance(error, OSError):
        return command.why(error)
    return str(error) if isinstance(error, asyncpg.PostgresError) else type(error).__name__
