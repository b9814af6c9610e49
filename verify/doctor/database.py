"""What can be seen of the registry: its hosts, the reader's rights there, and how long its keys hold."""

import re
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

from verify.core.errors import RegisterDamaged
from verify.doctor import reasons
from verify.doctor.finding import Finding, sound, warning, wrong
from verify.registry.hosts import Host
from verify.registry.port import RegistryUnavailable
from verify.registry.postgres import PostgresRegistry
from verify.service.settings import Settings
from verify.shared import command
from verify.shared.command import joined
from verify.shared.database_trouble import TROUBLE
from verify.shared.database_trouble import told as told_of
from verify.shared.standby_names import waited_for

_ = command.messages(command.LOCALE)

_SOON_DAYS: Final = 30
_CLOCK_SECONDS: Final = 5
_CONNECTIONS: Final = 8
"""Of each worker, to each host."""
_NOBODY: Final = "ZZZ0"
"""A number, and the beginning of a name, that nobody has."""
_RIGHTS: Final = """
select has_any_column_privilege('registry.statement', 'insert') as writes, r.rolsuper, r.rolconnlimit,
    current_setting('synchronous_standby_names') as waits, pg_is_in_recovery() as standby,
    current_setting('cluster_name') as name, extract(epoch from clock_timestamp()) as now
from pg_roles r where r.rolname = current_user
"""


async def examine(told: Settings, workers: int) -> AsyncIterator[Finding]:
    """Every host of the database, and what the registry there says of its keys."""
    registry = await PostgresRegistry.open(
        told.database_url, told.root, standbys=told.standbys, secret_ids=told.secret_ids
    )
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
            keys = [finding async for finding in _keys(registry)]
            for finding in keys:
                yield finding
            if keys[0].check == "keys":  # without a keyring nothing is answered
                yield await _questions(registry)
                if told.lookup_secrets:
                    yield await _lookups(registry)
    finally:
        await registry.close()


async def _unfit(host: Host) -> str:
    """Why a host is not asked, in the reader's language, and in the server's own words where it said some."""
    try:
        async with host.connection() as connection:
            await connection.fetchval("select size from registry.state")
    except TROUBLE as error:
        return _("no answer: {words}").format(words=told_of(error))
    return reasons.told(host.unfit or "")


def _remedy(why: str) -> str:
    remedies = {
        "Undefined|InvalidSchema": _("Bring it to the newest schema: yinjian-migrate up, as its owner."),
        "Password|Authorization": _("See that YINJIAN_DATABASE_URL has the reader's name and password."),
        "ClientConfiguration": _("Write YINJIAN_DATABASE_URL as docs/settings.md says."),
        "InvalidCatalog": _("See that YINJIAN_DATABASE_URL names the registry's database."),
        "InsufficientPrivilege": _("Give it the address of the reader role (yinjian_reader), and no other."),
        "TooManyConnections": _("Leave it more: yinjian-migrate up --reader-connections, and max_connections."),
        "YINJIAN_STANDBYS": _(
            "Have the primary wait for it (synchronous_standby_names) and name it in YINJIAN_STANDBYS."
        ),
        "history": _("Make it a standby anew (pg_rewind or pg_basebackup)."),
        "behind": _("See that it is still replicated to, and ask again."),
        "standby": _("Compare target_session_attrs in YINJIAN_DATABASE_URL with what this server is."),
    }
    found = (remedy for pattern, remedy in remedies.items() if re.search(pattern, why))
    return next(found, _("See that it runs and can be reached from here."))


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
            names = joined(sorted(missing))
            found = _("The primary at {host} does not wait for {names}, which is read.").format(host=host, names=names)
            setting = f"synchronous_standby_names = 'FIRST {len(needed)} ({', '.join(sorted(needed))})'"
            yield wrong("standbys", found, _("At the primary: {setting}, and reload it.").format(setting=setting))
    behind = abs(float(row["now"]) - time.time())
    if behind > _CLOCK_SECONDS:
        found = _("The clocks here and at {host} differ by {seconds:.0f} s.")
        yield warning("clock", found.format(host=host, seconds=behind), _("Set both by NTP."))


async def _questions(registry: PostgresRegistry) -> Finding:
    """Whether everything that the service asks is answered: an older schema lacks what some of it rests on."""
    try:
        await registry.by_number(_NOBODY)
        for head in (await registry.exams(limit=1)).items:
            await registry.rows(head.exam, limit=1)
            await registry.find_rows(head.exam, _NOBODY, limit=1)
            await registry.changes_since_notice(head)
            await registry.changed_rows(head.exam)
        await registry.log()
        await registry.snapshot()
    except RegistryUnavailable as error:
        found = _("Not every question of the service is answered ({why}).").format(why=reasons.told(str(error)))
        return wrong("questions", found, _remedy(str(error)))
    except RegisterDamaged as error:
        return wrong("questions", command.reason(error), _("yinjian-verify fsck says what is damaged."))
    return sound("questions", _("Every question of the service is answered."))


async def _lookups(registry: PostgresRegistry) -> Finding:
    """Whether "nobody" can be answered: asked for a key under which nobody can be filed."""
    try:
        await registry.lookup([secrets.token_bytes(32)])
    except RegistryUnavailable as error:
        why = str(error)
        found = _("Lookups by name and ID number are not answered ({why}).").format(why=reasons.told(why))
        if "cover" in why:
            remedy = _(
                "Publish the exam's lookup index (yinjian-sign issue makes it), or name the secret that it was made "
                "with in YINJIAN_LOOKUP_SECRET_FILE."
            )
            return warning("lookups", found, remedy)
        return wrong("lookups", found, _remedy(why))
    found = _("Lookups by name and ID number are answered: indexes by these secrets cover every final list.")
    return sound("lookups", found)


async def _keys(registry: PostgresRegistry) -> AsyncIterator[Finding]:
    """How long what is believed holds."""
    try:
        newest = (await registry.chain()).newest
    except RegistryUnavailable as error:
        remedy = _("Publish something (yinjian-sign publish), or compare YINJIAN_ROOT with the root of the key folder.")
        yield wrong(
            "keyring", _("No keyring of the pinned root is there ({why}).").format(why=reasons.told(str(error))), remedy
        )
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
