"""What a command asks of a centre's service: its address, and what it has at a path, never more than is wanted."""

import errno
import http.client
import queue
import socket
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from typing import Final

import click

from verify.shared.command import LOCALE, Refusal, messages
from verify.shared.command import why as cause

_ = messages(LOCALE)

_SECONDS: Final = 30
"""For each wait."""
_SLOWEST: Final = 32 * 1024
"""Bytes a second, below which a service is not waited for: with the waits this bounds the whole time."""

Answer = tuple[bytes, str | None]
"""What came, and how much was announced."""


def address(url: str) -> tuple[str, str]:
    """The service's base address and its host with port, of what somebody wrote. Raises click.UsageError."""
    refused = click.UsageError(_("{} is no address of a service.").format(url))
    try:
        site = urllib.parse.urlsplit(url if "//" in url else f"https://{url}")
        site.port  # noqa: B018 -- a port that is none, or half an IPv6 address, raises
    except ValueError:
        raise refused from None
    host = site.netloc
    if site.scheme not in ("https", "http") or not site.hostname or not host.isprintable() or {" ", "@"} & set(host):
        raise refused  # with a password before an @ it would name files and stand in messages
    return f"{site.scheme}://{host}{site.path.rstrip('/')}", host


def get(base: str, path: str, most: int) -> bytes | None:
    """What the service at ``base`` has at ``path``, whole; None where it has nothing. Raises Refusal."""
    try:
        data, length = _within(2 * _SECONDS + most / _SLOWEST, base + path, most)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (http.client.NOT_FOUND, http.client.GONE):  # gone: a list past its term
            return None
        raise Refusal(_("{}: the service answers {}.").format(path, error.code)) from None
    except (OSError, http.client.HTTPException) as error:
        name = urllib.parse.urlsplit(base).netloc
        raise Refusal(_("{} does not answer: {}.").format(name, _cause(error))) from None
    if len(data) > most:
        raise Refusal(_("{}: more than is read.").format(path))
    if length is not None and length.isdecimal() and int(length) != len(data):
        raise Refusal(_("{}: it ended before all of it was here; fetch again.").format(path))
    return data


def _within(seconds: float, url: str, most: int) -> Answer:
    """What is there, in so many seconds at most: no look-up of a name, header or byte that trickles in goes on longer.

    Raises what asking raises, and TimeoutError; a thread that still waits then ends with the command.
    """
    came: queue.SimpleQueue[Answer | Exception] = queue.SimpleQueue()

    def ask() -> None:
        request = urllib.request.Request(url, headers={"User-Agent": "yinjian-verify"})  # noqa: S310 - by address()
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - as above
                came.put((answer.read(most + 1), answer.headers.get("Content-Length")))
        except Exception as error:  # noqa: BLE001 -- raised where it is waited for
            came.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        told = came.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(told, Exception):
        raise told
    return told


def _cause(error: Exception) -> str:
    """Why there is no answer, for somebody who may have mistyped the address or has no network."""
    why = error.reason if isinstance(error, urllib.error.URLError) else error
    match why:
        case socket.gaierror():
            return _("no such address is known here, or there is no network")
        case ssl.SSLCertVerificationError():
            return _("its TLS certificate is not trusted")
        case ssl.SSLError():
            return _("it does not speak TLS there")
        case TimeoutError():
            return _("it took too long")
        case OSError(errno=errno.ECONNREFUSED):
            return _("nothing listens there")
        case http.client.HTTPException():
            return _("what it sends is cut off, or is no HTTP")
        case OSError():
            return cause(why)
    return type(why).__name__
