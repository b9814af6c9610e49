"""What can be seen on this machine: scripts, secrets, addresses, limits, and how readers of files are confined."""

import ipaddress
import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from verify.doctor.finding import Finding, sound, warning, wrong
from verify.service.settings import Settings
from verify.shared import command, environment, planned

_ = command.messages(command.LOCALE)

_FILES: Final = 2_200
_AUTOGROUPS: Final = Path("/proc/sys/kernel/sched_autogroup_enabled")
_OWN_GROUP: Final = Path("/proc/self/cgroup")
_GROUPS: Final = Path("/sys/fs/cgroup")
_USUAL_WEIGHT: Final = 100
"""Of a control group at the processors (cgroups(7), cpu.weight)."""


def examine(told: Settings) -> Iterator[Finding]:
    """What can be seen without asking anybody."""
    from verify.http.answers.assets import FOLDER

    if (FOLDER / "web" / "site.js").is_file():
        yield sound("scripts", _("The pages' scripts are built."))
    else:
        yield warning(
            "scripts",
            _("The pages' scripts are not built: no lookups, camera, drop, paste or progress."),
            _("Run `make web`, or install the wheel, which has them."),
        )
    yield from _secrets(told)
    yield from _addresses(told)
    if told.calendar is not None and not _plans(told.calendar):
        yield warning(
            "calendar",
            _("The file of planned exams cannot be read: {path}").format(path=told.calendar),
            _("Write it anew by `yinjian-sign calendar --export`; until then no exam is planned."),
        )
    yield _files()
    yield _processors()


def _files() -> Finding:
    if (files := _open_files()) >= _FILES:
        return sound("open_files", _("The limit of open files leaves room for every connection."))
    found = _("Files that a process may open: {files}, fewer than {wanted}, so fewer connections are taken.")
    remedy = _("Raise the hard limit: LimitNOFILE=2200 in systemd's unit, or ulimit -Hn.")
    return warning("open_files", found.format(files=files, wanted=_FILES), remedy)


def _secrets(told: Settings) -> Iterator[Finding]:
    if not told.lookup_secrets:
        yield warning(
            "lookup_secrets",
            _("No lookup secret is set: nobody can look up by name and ID number."),
            _("Bring the key folder's lookup secrets here and set YINJIAN_LOOKUP_SECRET_FILE."),
        )
        return
    keys = environment.read(environment.var_folder() / "keys.env")
    path = Path(os.environ.get("YINJIAN_LOOKUP_SECRET_FILE") or keys.get("YINJIAN_LOOKUP_SECRET_FILE") or "")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IRGRP:
        found = _("Others than the service's user may reach the lookup secrets.")
        yield wrong("lookup_secrets", found, _("chmod 0400 their file, or 0440 for the service's own group."))
    else:
        yield sound("lookup_secrets", _("The lookup secrets are there, for the service's user alone."))


def _addresses(told: Settings) -> Iterator[Finding]:
    public = urlsplit(told.public_url).hostname or ""
    if told.secure and not told.trusted_proxies:
        yield warning(
            "proxies",
            _("The public comes by https, so by a proxy, but none is trusted: all share one allowance."),
            _("Name the proxy's address in YINJIAN_TRUSTED_PROXIES."),
        )
    elif not told.secure and not _is_near(public):
        yield warning(
            "public_url",
            _("The public's address is not https: anybody on the way can change what it is answered."),
            _("Put a proxy with a certificate in front (deploy/nginx) and set YINJIAN_PUBLIC_URL to its address."),
        )
    else:
        yield sound("public_url", _("The public's address is {url}.").format(url=told.public_url))
    where = ipaddress.ip_address(told.metrics[0]) if told.metrics else None
    if where is not None and (where.is_unspecified or not where.is_private):
        yield wrong(
            "metrics",
            _("Everybody can read the metrics."),
            _("Set YINJIAN_METRICS to an address that only you reach, such as 127.0.0.1:9464."),
        )
    if not told.rate_limits:
        yield warning("rate_limits", _("There are no limits."), _("Unset YINJIAN_RATE_LIMITS."))


async def readers() -> AsyncIterator[Finding]:
    """Starts a reader of strangers' files and hears how it is confined."""
    from verify.doctor import confined
    from verify.files.refusals import FileRefused
    from verify.files.workers import Workers

    workers = Workers(1, reads="tables")
    try:
        await workers.start()
    except FileRefused:
        found = _("No reader of files starts: photos, PDFs and tables are not read.")
        yield wrong(
            "file_readers",
            found,
            _("See that the packages of yinjian[serve] are whole here, and that the service may start processes."),
        )
    else:
        yield confined.judged(workers.confinement or {})
    finally:
        await workers.close()


async def shared_limits(url: str) -> Finding:
    """Whether the Redis answers."""
    import redis.asyncio as redis
    from redis.exceptions import AuthenticationError, RedisError

    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        await client.ping()
    except (RedisError, OSError, TimeoutError) as error:
        refused = isinstance(error, AuthenticationError)
        words = _("it does not take this user and password") if refused else _("no answer")
        found = _("The shared limits at YINJIAN_REDIS_URL do not answer ({why}).").format(why=words)
        return wrong("redis", found, _("Start it, or unset YINJIAN_REDIS_URL where there is one machine."))
    finally:
        await client.aclose()
    return sound("redis", _("The shared limits answer."))


def _plans(path: Path) -> bool:
    try:
        planned.read(path.read_bytes())
    except (OSError, ValueError):
        return False
    return True


def _processors() -> Finding:
    """Whether readers of files give way at the processors to PostgreSQL too, and not to the service alone (ADR 51)."""
    if (weight := _weight()) is not None and weight >= _USUAL_WEIGHT:
        return warning(
            "processors",
            _("Control groups part the processors: readers of files give way to the service, not to PostgreSQL."),
            _("Give PostgreSQL the larger share: cpu_shares in the compose file, CPUWeight=50 in this service's unit."),
        )
    if weight is None and _AUTOGROUPS.exists() and _AUTOGROUPS.read_text("ascii").strip() == "0":
        return warning(
            "processors",
            _("Autogroups are off: readers of files have no groups of their own at the processors."),
            _("Switch them on: sysctl kernel.sched_autogroup_enabled=1, and in /etc/sysctl.d for good."),
        )
    return sound("processors", _("At the processors, readers of files give way to all others."))


def _weight() -> int | None:
    """The weight of the own control group at the processors, None where that has none (cgroup v2)."""
    try:
        own = next(line[3:] for line in _OWN_GROUP.read_text("utf-8").splitlines() if line.startswith("0::"))
        return int((_GROUPS / own.strip("/") / "cpu.weight").read_text("ascii"))
    except (OSError, StopIteration, ValueError):
        return None


def _open_files() -> int:
    import resource

    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _FILES if hard == resource.RLIM_INFINITY else hard


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"
