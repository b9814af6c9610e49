"""Who asks: the client's address, believed from a proxy only where the operator named it."""

import ipaddress
from collections.abc import Iterable, Sequence

from verify.service.settings import Network

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PREFIX = 56

NOBODY = "-"
"""Stands for a client whose address is not known (a UNIX socket); all such share one allowance."""


def _parse(text: str) -> _Address | None:
    """An address as headers write it, with or without brackets and port."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def client_address(peer: str | None, forwarded: Iterable[str], proxies: Sequence[Network]) -> str:
    """The key by which a client is limited: its IPv4 address, or its IPv6 /56: what a household or office is given.

    ``forwarded`` holds the X-Forwarded-For headers in order. They are read from the end, and only as far as
    every hop so far is one of ``proxies``; what a stranger wrote before is not believed.
    """
    address = _parse(peer or "")
    hops = [hop for header in forwarded for hop in header.split(",")]
    while address is not None and hops and any(address in network for network in proxies):
        before = _parse(hops.pop())
        if before is None:
            break
        address = before
    if address is None:
        return NOBODY
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), _PREFIX), strict=False))
    return str(address)
