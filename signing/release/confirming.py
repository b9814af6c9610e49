"""Publishing is done when every standby that may be read or promoted has it (``synchronous_commit = remote_apply``).

PostgreSQL keeps the commit back until all of them show it; before that nobody sees it on the primary either. So no
process, whichever server it reads, says of a revoked certificate that it is valid once publishing has returned.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Final

import asyncpg

from signing.messages import _
from verify.shared.command import Refusal, joined
from verify.shared.database_trouble import TROUBLE
from verify.shared.progress import Progress
from verify.shared.standby_names import waited_for

SECONDS: Final = 120.0
"""For which a standby that does not answer is waited for."""
_SETTINGS: Final = """
select current_setting('synchronous_standby_names') as waits, current_setting('cluster_name') as own
"""
# A transaction that wrote nothing is not waited for, but one that notifies is: what is published again is confirmed.
_WRITE: Final = "select pg_notify('yinjian_published', '')"


@contextlib.asynccontextmanager
async def confirmed(
    connection: "asyncpg.Connection[asyncpg.Record]",
    standbys: Sequence[str],
    progress: Progress,
    seconds: float = SECONDS,
) -> AsyncIterator[None]:
    """A transaction at whose end every one of ``standbys``, by cluster_name, shows what it wrote.

    The server that is written to, where it is one of them itself, need not wait for itself: after a failover the same
    setting holds. Raises Refusal where the server does not wait for one, before anything is written, and where one was
    not there for so many seconds.
    """
    row = await connection.fetchrow(_SETTINGS)
    waits, own = (row["waits"], row["own"]) if row else ("", "")
    needed = sorted(set(standbys) - {own})
    if missing := set(needed) - waited_for(waits):
        reason = _(
            "the primary does not wait for the standby {missing}: set synchronous_standby_names = '{setting}' there "
            "and reload it, or take the name out of YINJIAN_STANDBYS here and at every service"
        )
        setting = f"FIRST {len(needed)} ({', '.join(needed)})"
        raise Refusal(reason.format(missing=joined(sorted(missing)), setting=setting))
    await connection.execute("set synchronous_commit = remote_apply")
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
        await connection.execute(_WRITE)
    except BaseException:
        with contextlib.suppress(*TROUBLE):
            await transaction.rollback()
        raise
    await _commit(transaction, needed, progress, seconds)


async def _commit(
    transaction: asyncpg.transaction.Transaction, needed: Sequence[str], progress: Progress, seconds: float
) -> None:
    names = joined(needed)
    with progress(_("waiting for the standbys {names}").format(names=names) if needed else _("publishing")):
        try:
            async with asyncio.timeout(seconds if needed else None):
                await transaction.commit()
        except TimeoutError:
            reason = _(
                "published on the primary, but not confirmed: one of the standbys {names} did not answer for "
                "{seconds:.0f} s, and whoever reads it may not know of this release. Bring it back and publish "
                "again, which is safe and waits anew; or take it out of synchronous_standby_names at the primary and "
                "of YINJIAN_STANDBYS here and at every service, which then do not read it, and publish again"
            )
            raise Refusal(reason.format(names=names, seconds=seconds)) from None
