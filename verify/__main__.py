"""``yinjian-verify``: the public service, and checks without it."""

import asyncio
import logging
import os
import sys
from collections.abc import Coroutine
from typing import Any

import click

from verify.commands import settings
from verify.commands.check import check
from verify.commands.fetch import fetch
from verify.shared import command as cli
from verify.shared import environment

_ = cli.messages(cli.LOCALE)


@click.group(help=_("The public service that verifies certificates."))
def command() -> None:
    """The group of all subcommands."""


@command.command(help=_("Serve the public site until told to stop. Settings: YINJIAN_… and the var folder."))
@click.option("--host", envvar="YINJIAN_HOST", default="127.0.0.1", show_default=True)
@click.option("--port", envvar="YINJIAN_PORT", default=8000, show_default=True, type=click.IntRange(0, 65535))
def serve(host: str, port: int) -> None:
    """Runs until SIGINT or SIGTERM."""
    environ = {**os.environ, "YINJIAN_HOST": host, "YINJIAN_PORT": str(port)}
    told = settings.read(environ, environment.var_folder())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    _run(_serve(told))


command.add_command(check)
command.add_command(fetch)


async def _serve(told: settings.Settings) -> None:
    import uvicorn

    from verify.http.app import create
    from verify.http.guard.connections import IN_ALL, OF_ADDRESS, Connections, room_for
    from verify.registry.postgres import PostgresRegistry

    registry = await PostgresRegistry.open(told.database_url, told.root)
    most = room_for(IN_ALL)
    connections = Connections(OF_ADDRESS if told.rate_limits else most, most, proxies=told.trusted_proxies)
    config = uvicorn.Config(
        create(registry, told),
        host=told.host,
        port=told.port,
        http=connections.protocol(),
        log_config=None,
        access_log=False,  # ours knows no addresses: they may hold QR digits
        proxy_headers=False,  # ours believes only named proxies
        server_header=False,
        lifespan="on",
        ws="none",  # no route of ours: an upgrade is answered as the request it is
        timeout_graceful_shutdown=5,
    )
    try:
        click.echo(_("Serving on {url}").format(url=f"http://{told.host}:{told.port}/"), err=True)
        await uvicorn.Server(config).serve()
    finally:
        await registry.close()


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop
    except ImportError:  # not on Windows
        asyncio.run(work)
    else:
        uvloop.run(work)


def main() -> None:
    """The entry point."""
    cli.run(command, refusals=(settings.SettingRefused,))


if __name__ == "__main__":
    main()
