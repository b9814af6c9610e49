"""What can be seen of the registry: its hosts, the reader's rights there, and how long its keys hold."""

import re
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

from verify.core.errors import RegisterDamaged
from verify.doctor.finding import Finding, sound, warning, wrong
from verify.registry.hosts import Host
from verify.registry.port import RegistryUnavailable
from verify.registry.postgres import PostgresRegistry
from verify.service.settings import Settings
from verify.shared import command
from verify.shared.database_trouble import TROUBLE
from verify.shared.database_trouble import told as told_of
from verify.shared.standby_names import waited_for

_ = command.messages(command.LOCALE)

_SOON_DAYS: Final = 30
_CLOCK_SECONDS: Final = 5
_CONNECTIONS: Final = 8
"""Of each worker, to each host."""
_RIGHTS: Final = """
select has_any_column_privilege('registry.statement', 'insert') as writes, r.rolsuper, r.rolconnlimit,
    current_setting('synchronous_standby_names') as waits, pg_is_in_recovery() as standby,
    current_setting('cluster_name') as name, extract(epoch from clock_timestamp()) as now
from pg_roles r where r.rolname = current_user
"""


async def examine(told: Settings, workers: int) -> AsyncIterator[Finding]:
    """Every host of the database, and what the registry there says of its keys."""
    registry = await PostgresRegistry.open(told.database_url, told.root, standbys=told.standbys)
    try:
        usable = False
        for host in registry.hosts.hosts:
            await registry.hosts.look_at(host)
            if host.unfit is not None:
                found = _("The database at {host} is not asked: {why}.").format(host=host.name, why=await _unfit(host))
                yield wrong("database", found, _remedy(host.unfit))
                continue
            usable = True
            role = _("standby") if host.standby else _("primary")
            found = _("The database at {host} answers ({role}; statements: {size}).")
            yield sound("database", found.format(host=host.name, role=role, size=host.size))
            async with host.connection() as connection:
                row = await connection.fetchrow(_RIGHTS)
            for finding in _rights(told, workers, host.name, row):
                yield finding
        if usable:
            async for finding in _keys(registry):
                yield finding
            if told.lookup_secrets:
                yield await _lookups(registry)
    finally:
        await registry.close()


async def _unfit(host: Host) -> str:
    """Why a host is not asked, in the reader's language: hosts say it in that of the log."""
    try:
        async with host.connection() as connection:
            await connection.fetchval("select size from registry.state")
    except TROUBLE as error:
        return _("no answer: {words}").format(words=told_of(error))
    said = host.unfit or ""
    count = "".join(re.findall(r"\d+", said))
    texts = {
        "a standby that publish does not wait for (YINJIAN_STANDBYS does not name it)": _(
            "a standby that publish does not wait for (YINJIAN_STANDBYS does not name it)"
        ),
        "a standby": _("it is a standby, and the address wants the primary"),
        "no standby": _("it is no standby, and the address wants one"),
        "behind, by statements: ": _("behind, by statements: {count}").format(count=count),
        "another history: it has other statements than were seen before": _(
            "another history: it has other statements than were seen before"
        ),
    }
    return texts.get(re.sub(r"\d+$", "", said), said)


def _remedy(why: str) -> str:
    if "Undefined" in why or "InvalidSchema" in why:
        return _("Bring it to the newest schema: yinjian-migrate up, as its owner.")
    if "Password" in why or "Authorization" in why:
        return _("See that YINJIAN_DATABASE_URL has the reader's name and password.")
    if "YINJIAN_STANDBYS" in why:
        return _("Have the primary wait for it (synchronous_standby_names) and name it in YINJIAN_STANDBYS.")
    if "history" in why:
        return _("Make it a standby anew (pg_rewind or pg_basebackup).")
    return _("See that it runs and can be reached from here.")


def _rights(told: Settings, workers: int, host: str, row: Mapping[str, Any]) -> Iterator[Finding]:
    if row["writes"] or row["rolsuper"]:
        found = _("At {host} the service may write to the registry.").format(host=host)
        yield wrong("rights", found, _("Give it the address of the reader role (yinjian_reader), and no other."))
    most = row["rolconnlimit"]
    if 0 <= most < _CONNECTIONS * workers:
        found = _("Connections to {host} that the workers ({workers}) may want: {wanted}; that the reader has: {most}.")
        wanted = _CONNECTIONS * workers
        remedy = _("yinjian-migrate up --reader-connections {wanted}, within the server's max_connections.")
        told_of = found.format(workers=workers, wanted=wanted, host=host, most=most)
        yield warning("connections", told_of, remedy.format(wanted=wanted))
    if not row["standby"]:
        needed = set(told.standbys) - {row["name"]}
        if missing := needed - waited_for(row["waits"]):
            names = ", ".join(sorted(missing))
            found = _("The primary at {host} does not wait for {names}, which is read.").format(host=host, names=names)
            setting = f"synchronous_standby_names = 'FIRST {len(needed)} ({', '.join(sorted(needed))})'"
            yield wrong("standbys", found, _("At the primary: {setting}, and reload it.").format(setting=setting))
    behind = abs(float(row["now"]) - time.time())
    if behind > _CLOCK_SECONDS:
        found = _("The clocks here and at {host} differ by {seconds:.0f} s.")
        yield warning("clock", found.format(host=host, seconds=behind), _("Set both by NTP."))


async def _lookups(registry: PostgresRegistry) -> Finding:
    """Whether "nobody" can be answered: asked for a key under which nobody can be filed."""
    try:
        await registry.lookup([secrets.token_bytes(32)])
    except RegistryUnavailable as error:
        found = _("Lookups by name and ID number are not answered ({why}).").format(why=error)
        remedy = _("Publish the exam's lookup index (yinjian-sign issue makes it); after a large release, ask again.")
        return warning("lookups", found, remedy)
    return sound("lookups", _("Lookups by name and ID number are answered: the indexes cover every final list."))


async def _keys(registry: PostgresRegistry) -> AsyncIterator[Finding]:
    """How long what is believed holds."""
    try:
        newest = (await registry.chain()).newest
    except RegistryUnavailable as error:
        remedy = _("Publish something (yinjian-sign publish), or compare YINJIAN_ROOT with the root of the key folder.")
        yield wrong("keyring", _("No keyring of the pinned root is there ({why}).").format(why=error), remedy)
        return
    except RegisterDamaged as error:
        yield wrong("keyring", command.reason(error), _("yinjian-verify fsck says what is damaged."))
        return
    ends = [(_("The keyring"), newest.expires_at)]
    text = _("Key {kid} ({use})")
    ends += [
        (text.format(kid=key.kid.hex(), use=key.use), key.not_after)
        for key in newest.keys
        if key.state == "active" and key.not_after is not None
    ]
    for what, end in ends:
        days = int((end - time.time()) // 86_400)
        if days < 0:
            found = _("{what} has expired.").format(what=what)
            yield wrong("keys", found, _("The key custodian renews it (yinjian-keys), and it is published."))
        elif days < _SOON_DAYS:
            found = _("{what} expires soon; days left: {days}.").format(what=what, days=days)
            yield warning("keys", found, _("The key custodian renews it (yinjian-keys), and it is published."))
        else:
            yield sound("keys", _("{what} holds; days left: {days}.").format(what=what, days=days))
