"""Whether the service answers at its own address, or could be started there."""

import http.client
import socket
from collections.abc import Iterator
from typing import Final

from verify.doctor.finding import Finding, sound, wrong
from verify.service.settings import Settings
from verify.shared import command

_ = command.messages(command.LOCALE)

_SECONDS: Final = 3.0


def examine(told: Settings) -> Iterator[Finding]:
    """Of the public's address, and that of the metrics beside it."""
    if told.metrics == (told.host, told.port):
        found = _("The metrics are to have the public's own address.")
        yield wrong(
            "metrics", found, _("Set YINJIAN_METRICS to an address that only you reach, such as 127.0.0.1:9464.")
        )
    if told.port:
        yield _listening(told.host, told.port)


def _listening(host: str, port: int) -> Finding:
    where = _("{host}, port {port}").format(host=host, port=port)
    asked = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        asked.request("GET", "/health/ready", headers={"Accept": "application/json"})
        answer = asked.getresponse()
        body = answer.read(1 << 16)
    except ConnectionRefusedError:
        return _could_listen(host, port, where)
    except TimeoutError:
        found = _("What listens at {where} does not answer.").format(where=where)
        return wrong("address", found, _("End it and start the service, or set YINJIAN_PORT to another port."))
    except (OSError, http.client.HTTPException) as error:
        return _could_not(where, error)
    finally:
        asked.close()
    if answer.status == http.client.OK and b'"status":"ok"' in body:
        return sound("address", _("The service answers at {where}.").format(where=where))
    if answer.getheader("Content-Type", "").startswith("application/problem+json"):
        found = _("The service runs at {where} and can give no verdict now.").format(where=where)
        return wrong("address", found, _("What else is found here says why, or else its log."))
    return _taken(where)


def _could_listen(host: str, port: int, where: str) -> Finding:
    """Nothing listens there: whether something could."""
    try:
        family, kind, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.bind(address)
    except OSError as error:
        return _could_not(where, error)
    return sound("address", _("Nothing listens at {where}: the service can be started there.").format(where=where))


def _could_not(where: str, error: Exception) -> Finding:
    if not isinstance(error, OSError):
        return _taken(where)
    found = _("Nobody can listen at {where}: {why}.").format(where=where, why=command.why(error))
    return wrong("address", found, _("Set YINJIAN_HOST and YINJIAN_PORT to an address that the service may have."))


def _taken(where: str) -> Finding:
    found = _("Another program answers at {where}.").format(where=where)
    return wrong("address", found, _("End it and start the service, or set YINJIAN_PORT to another port."))
