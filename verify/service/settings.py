"""Where the public service finds its registry, its pinned root and its secrets: YINJIAN_… and the var folder."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

import msgspec

from verify.core import identity
from verify.service import site
from verify.service.site import Site, SiteRefused
from verify.shared import command, environment
from verify.shared.command import joined

_ = command.messages(command.LOCALE)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_DATABASE_FILE: Final = "database.env"
_KEYS_FILE: Final = "keys.env"
FILES: Final = (_KEYS_FILE, _DATABASE_FILE)
"""Of the folder var, by what a variable does not say."""
_SECRET_FILE: Final = "YINJIAN_LOOKUP_SECRET_FILE"  # noqa: S105 -- a variable's name

DATABASE_OPTIONS: Final = {
    "target_session_attrs": ("any", "primary", "read-write", "standby", "read-only", "prefer-standby"),
    "load_balance_hosts": ("disable", "random"),
}
"""Of the database's address, those that the service itself follows (verify.registry.hosts)."""
_SHOWN: Final = 100
"""Characters of a wrong value that are shown."""


class SettingRefused(ValueError):
    """A setting that is missing or makes no sense: the message names it and what it may be.

    ``value``: what was said, where it cannot be a secret; otherwise it is in no message.
    """

    def __init__(self, name: str, reason: str, value: str | None = None) -> None:
        said = "" if value is None else f" {value[:_SHOWN]!r}"
        super().__init__(f"{name}{said}: {reason}")
        self.name = name
        self.reason = reason


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All that the public service is told. Its repr shows no secret."""

    database_url: str
    root: bytes
    """SHA-256 thumbprint of the first root key (RFC 9679), 32 bytes."""
    lookup_secrets: tuple[bytes, ...] = ()
    """Newest first; empty where this service answers no lookups."""
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str
    """Without a slash at its end."""
    trusted_proxies: tuple[Network, ...] = ()
    rate_limits: bool = True
    redis_url: str | None = None
    standbys: tuple[str, ...] = ()
    """The standbys, by cluster_name, that publish waits for: no other is read."""
    metrics: tuple[str, int] | None = None
    """The address and port of the operator's own metrics."""
    calendar: Path | None = None
    """The file of planned exams that the signing room writes."""
    site: Site = Site()
    """Whose site this is."""

    @property
    def secret_ids(self) -> tuple[bytes, ...]:
        """The ids of the lookup secrets, by which lookup indexes name them."""
        return tuple(map(identity.secret_id, self.lookup_secrets))

    @property
    def secure(self) -> bool:
        """Whether the public reaches the service by https."""
        return self.public_url.startswith("https://")

    def __repr__(self) -> str:
        return f"Settings(public_url={self.public_url!r}, root={self.root.hex()!r}, …)"


def read(environ: Mapping[str, str], var: Path) -> Settings:
    """The settings of ``environ``, with what it lacks from the files in the folder ``var``. Raises SettingRefused."""
    keys = environment.read(var / _KEYS_FILE)
    _one_of("YINJIAN_LOG", environ, "json", "console")  # for service.logs, which is there before any refusal
    host = environ.get("YINJIAN_HOST") or "127.0.0.1"
    port = _port(environ.get("YINJIAN_PORT") or "8000")
    return Settings(
        database_url=database_url(environ, var),
        root=_root(environ.get("YINJIAN_ROOT") or keys.get("YINJIAN_ROOT")),
        lookup_secrets=_secrets(environ.get(_SECRET_FILE) or keys.get(_SECRET_FILE)),
        host=host,
        port=port,
        public_url=_public_url(environ.get("YINJIAN_PUBLIC_URL") or f"http://{host}:{port}"),
        trusted_proxies=_networks(environ.get("YINJIAN_TRUSTED_PROXIES", "")),
        rate_limits=_one_of("YINJIAN_RATE_LIMITS", environ, "on", "off") != "off",
        redis_url=_redis_url(environ.get("YINJIAN_REDIS_URL")),
        standbys=_names(
            environ.get("YINJIAN_STANDBYS") or environment.read(var / _DATABASE_FILE).get("YINJIAN_STANDBYS")
        ),
        metrics=_address("YINJIAN_METRICS", environ.get("YINJIAN_METRICS")),
        calendar=_path(environ.get("YINJIAN_CALENDAR") or keys.get("YINJIAN_CALENDAR")),
        site=_site(environ.get("YINJIAN_SITE") or keys.get("YINJIAN_SITE")),
    )


def database_url(environ: Mapping[str, str], var: Path) -> str:
    """Where the registry is, for its reader. Raises SettingRefused."""
    file = var / _DATABASE_FILE
    url = environ.get("YINJIAN_DATABASE_URL") or environment.read(file).get("YINJIAN_READER_DATABASE_URL")
    if not url:
        raise SettingRefused("YINJIAN_DATABASE_URL", _("not set, and {file} does not tell it").format(file=file))
    if not environment.is_database(url):
        raise SettingRefused("YINJIAN_DATABASE_URL", environment.no_database())
    options = dict(parse_qsl(urlsplit(url).query))
    for option, words in DATABASE_OPTIONS.items():
        if options.get(option, words[0]) not in words:
            reason = _("{option} is one of: {words}").format(option=option, words=", ".join(words))
            raise SettingRefused("YINJIAN_DATABASE_URL", reason)
    return url


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _site(text: str | None) -> Site:
    try:
        return site.read(Path(text)) if text else Site()
    except SiteRefused as refused:
        raise SettingRefused("YINJIAN_SITE", str(refused)) from None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 <= int(text) <= 65535:
        raise SettingRefused("YINJIAN_PORT", _("not a port number, 0 to 65535"), text)
    return int(text)


def _root(text: str | None) -> bytes:
    if not text:
        raise SettingRefused("YINJIAN_ROOT", _("not set: the thumbprint of the first root key, 64 hex digits"))
    try:
        root = bytes.fromhex(text)
    except ValueError:
        root = b""
    if len(root) != 32:
        raise SettingRefused("YINJIAN_ROOT", _("not 64 hex digits"), text)
    return root


def _secrets(text: str | None) -> tuple[bytes, ...]:
    """The secrets of a file: hex, one on each line, newest first."""
    if not text:
        return ()
    try:
        lines = Path(text).read_text("ascii").split()
        secrets = tuple(map(bytes.fromhex, lines))
    except OSError as error:
        raise SettingRefused(_SECRET_FILE, command.why(error)) from None
    except ValueError:
        raise SettingRefused(_SECRET_FILE, _("holds something else than hex lines")) from None
    if not 1 <= len(secrets) <= 100 or any(len(secret) < 16 for secret in secrets):
        raise SettingRefused(_SECRET_FILE, _("not 1 to 100 secrets of at least 16 bytes"))
    return secrets


def _public_url(text: str) -> str:
    parts = _split("YINJIAN_PUBLIC_URL", text, shown=text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/") or parts.query:
        raise SettingRefused("YINJIAN_PUBLIC_URL", _("not an http or https address without a path"), text)
    return f"{parts.scheme}://{parts.netloc}"


def _redis_url(text: str | None) -> str | None:
    if text and _split("YINJIAN_REDIS_URL", text).scheme not in ("redis", "rediss", "unix"):
        raise SettingRefused("YINJIAN_REDIS_URL", _("not an address of redis://, rediss:// or unix://"))
    return text or None


def _address(name: str, text: str | None) -> tuple[str, int] | None:
    """ADDRESS:PORT, where the address is one of this machine."""
    if not text:
        return None
    host, _colon, port = text.rpartition(":")
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        raise SettingRefused(name, _("not an address and a port, such as 127.0.0.1:9464"), text) from None
    if not (port.isascii() and port.isdecimal()) or not 1 <= int(port) <= 65535:
        raise SettingRefused(name, _("not an address and a port, such as 127.0.0.1:9464"), text)
    return host.strip("[]"), int(port)


def _one_of(name: str, environ: Mapping[str, str], *words: str) -> str | None:
    """What a setting of a few words says, None where it is not set. Raises SettingRefused."""
    said = environ.get(name) or None
    if said is not None and said not in words:
        raise SettingRefused(name, _("it is one of: {words}").format(words=joined(words)), said)
    return said


def _split(name: str, text: str, shown: str | None = None) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 -- raises where it is no number
    except ValueError:
        raise SettingRefused(name, _("not an address"), shown) from None
    return parts


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        reason = _("not addresses or networks with commas between")
        raise SettingRefused("YINJIAN_TRUSTED_PROXIES", reason, text) from None
