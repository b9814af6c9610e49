"""``yinjian-verify serve``: the supervisor's process."""

import asyncio
import logging
import os

import click

from verify.processes import supervisor
from verify.processes.upkeep import Ended
from verify.service import settings
from verify.shared import command, environment, setting_names

_ = command.messages(command.LOCALE)
_log = logging.getLogger("yinjian.serving")


def run(host: str, port: int, workers: int | None) -> None:
    """Serves until SIGINT or SIGTERM. Raises SettingRefused, and Refusal where the address is taken."""
    supervisor.look_for_packages()
    os.environ |= {"YINJIAN_HOST": host, "YINJIAN_PORT": str(port)}
    told = settings.read(os.environ, environment.var_folder())
    from verify.service import logs

    logs.configure()
    for name, meant in setting_names.unknown(os.environ):
        _log.warning("%s is no setting%s", name, f"; is {meant} meant?" if meant else "")
    for file in settings.FILES:
        for strange in environment.strange(environment.var_folder() / file):
            _log.warning("%s", strange)
    count = workers or processors()
    try:
        public = supervisor.listen(told.host, told.port)
    except OSError as error:
        text = _("{host}, port {port}: {words}. Is the service running already? YINJIAN_PORT names another port.")
        raise command.Refusal(text.format(host=told.host, port=told.port, words=command.why(error))) from None
    where = public.getsockname()
    os.environ["YINJIAN_PORT"] = str(where[1])  # that of the system's choice, for 0

    def serving() -> None:
        text = _("serving on {url}, workers: {count}")
        click.echo(text.format(url=f"http://{told.host}:{where[1]}/", count=count), err=True)

    async def supervise() -> None:
        await supervisor.Supervisor(public, count, rate_limits=told.rate_limits, metrics=told.metrics).run(serving)

    try:
        asyncio.run(supervise())
    except Ended:
        raise command.Refusal(_("The service did not start; the lines above say why.")) from None


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
