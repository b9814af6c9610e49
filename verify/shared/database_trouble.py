"""A registry's database, asked for: its address, and what it raises in trouble, for the service and every command."""

from typing import Any, Final

import asyncpg

from verify.shared import command

_ = command.messages(command.LOCALE)

# The last is what the driver says of a connection that breaks while it begins the next operation.
TROUBLE: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""A server that is not there, refuses, breaks off or does not answer in time (TimeoutError is an OSError)."""

SECONDS: Final = 15.0
"""For which one host may be silent while a command connects."""
SECONDS_OF_SEVERAL: Final = 4.0
"""The same of each of several: a primary that died without a word is passed over before its standby's ten are over."""


async def connect(url: str, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection for a command. Raises one of TROUBLE, also where the address makes no sense.

    Of several hosts one that is silent leaves the others time: the driver waits for each of them as long as it is told.
    """
    seconds = SECONDS if "," not in url.rpartition("@")[2] else SECONDS_OF_SEVERAL
    try:
        return await asyncpg.connect(url, timeout=seconds, **options)
    except ValueError as error:  # the driver's own where it takes the address apart
        raise asyncpg.ClientConfigurationError(type(error).__name__) from None


def told(error: Exception) -> str:
    """What went wrong, for people: never words that may hold a part of the database's address, and so a password.

    What the server says beyond the usual is quoted as its words, without the detail, which may hold a row's values.
    """
    if isinstance(error, OSError):
        return command.why(error)
    usual: dict[tuple[type[Exception], ...], str] = {
        (asyncpg.ClientConfigurationError,): _("its address makes no sense"),
        (asyncpg.InvalidAuthorizationSpecificationError,): _("it does not take this user and password"),
        (asyncpg.InvalidCatalogNameError,): _("there is no database of this name"),
        (asyncpg.CannotConnectNowError, asyncpg.AdminShutdownError): _("it is starting or stopping"),
        (asyncpg.TooManyConnectionsError,): _("it has no connection left"),
        (asyncpg.InsufficientPrivilegeError,): _("this user has no right to that"),
        (
            asyncpg.UndefinedTableError,
            asyncpg.UndefinedColumnError,
            asyncpg.UndefinedFunctionError,
            asyncpg.InvalidSchemaNameError,
        ): _("it lacks the newest schema: `yinjian-migrate up`, as its owner"),
        (asyncpg.QueryCanceledError,): _("it took too long"),
        (asyncpg.ReadOnlySQLTransactionError, asyncpg.exceptions.TargetServerAttributeNotMatched): _(
            "it can only be read: it is a standby"
        ),
        (asyncpg.DiskFullError,): _("its disk is full"),
        (asyncpg.LockNotAvailableError,): _("another command is at work in it"),
        (asyncpg.PostgresConnectionError, asyncpg.InternalClientError): _("the connection broke off"),
    }
    for kinds, words in usual.items():
        if isinstance(error, kinds):
            return words
    if isinstance(error, asyncpg.PostgresError):
        return _("it says “{words}”").format(words=error.args[0] if error.args else type(error).__name__)
    return _("the connection is not as the driver wants it: {kind}").format(kind=type(error).__name__)
