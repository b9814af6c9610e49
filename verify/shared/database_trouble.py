"""What a database in trouble raises: one list for the service, the signing room and the migrations."""

from typing import Final

import asyncpg

# The last is what the driver says of a connection that breaks while it begins the next operation.
TROUBLE: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""A server that is not there, refuses, breaks off or does not answer in time (TimeoutError is an OSError)."""
