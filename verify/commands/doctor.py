"""``yinjian-verify doctor``: whether this installation is sound, and what to do where it is not."""

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from typing import Final

import click
import msgspec

from verify.doctor.finding import Finding, Result, warning, wrong
from verify.service import settings
from verify.shared import command, environment, setting_names

_ = command.messages(command.LOCALE)

_SIGNS: Final[dict[Result, str]] = {"sound": "✓", "warning": "!", "wrong": "✗"}


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    sound: bool
    findings: tuple[Finding, ...]


@click.command(help=_("Say whether this installation is sound, and what to do where it is not."))
@click.option("--workers", envvar="YINJIAN_WORKERS", type=click.IntRange(1, 512), hidden=True)
@click.option("--json", "as_json", is_flag=True, help=_("Answer as JSON."))
def doctor(workers: int | None, as_json: bool) -> None:
    """Exits with 1 where something is wrong; warnings are no reason to."""
    logging.getLogger("yinjian").addHandler(logging.NullHandler())  # what hosts log is found here, and told once
    findings = asyncio.run(_examine(workers))
    report = Report(sound=all(one.result != "wrong" for one in findings), findings=tuple(findings))
    if as_json:
        command.print_json(report)
    else:
        for one in findings:
            click.echo(f"{_SIGNS[one.result]} {one.found}")
            if one.remedy:
                click.echo(f"    → {one.remedy}")
        click.echo(_("This installation is sound.") if report.sound else _("This installation is not sound."))
    if not report.sound:
        sys.exit(1)


def _unknown() -> Iterator[Finding]:
    """Names that begin as settings do and are none, and whatever else a file of settings has that is none."""
    for name, meant in setting_names.unknown(os.environ):
        text = _("{name} is no setting; is {meant} meant?") if meant else _("{name} is no setting.")
        yield warning("settings", text.format(name=name, meant=meant), _("docs/settings.md lists all settings."))
    for file in settings.FILES:
        for strange in environment.strange(environment.var_folder() / file):
            yield warning("settings", strange, _("docs/settings.md lists all settings."))


async def _examine(workers: int | None) -> list[Finding]:
    try:
        told = settings.read(os.environ, environment.var_folder())
    except settings.SettingRefused as refused:
        remedy = _("Set it and ask again; docs/settings.md lists all settings.")
        return [wrong("settings", str(refused), remedy)]
    from verify.doctor import database, listening, machine

    count = workers or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    findings = [*_unknown(), *machine.examine(told)]
    findings += await asyncio.to_thread(lambda: [*listening.examine(told)])
    findings += [one async for one in machine.readers()]
    findings += [one async for one in database.examine(told, count)]
    if told.redis_url:
        findings.append(await machine.shared_limits(told.redis_url))
    return findings
