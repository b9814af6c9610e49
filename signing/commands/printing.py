"""``yinjian-sign print`` and ``paper-template``: certificates and labels on paper, once or again."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from signing.centre.room import Room, now
from signing.commands import options
from signing.messages import _
from verify.core.certificate import normal_number
from verify.shared import command, whole_files
from verify.shared.command import Refusal, joined
from verify.shared.progress import shown

if TYPE_CHECKING:
    from signing.print.desk import Printed

F = TypeVar("F", bound=Callable[..., Any])


def photos(decorated: F) -> F:
    """``--photos DIR`` and ``--some-photos``."""
    decorated = click.option("--some-photos", is_flag=True, help=_("Print those without a photo too."))(decorated)
    return click.option(
        "--photos",
        "photos_dir",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help=_("Print the photos of this folder, named by certificate number or, with a workbook, by 准考证号."),
    )(decorated)


def batch(decorated: F) -> F:
    """``--batch OUT.pdf``."""
    return click.option(
        "--batch",
        "batch_file",
        type=click.Path(path_type=Path),
        metavar="OUT.pdf",
        help=_("One file for the printer, in the list's order, instead of one file each."),
    )(decorated)


@click.command(
    "print",
    epilog=command.examples(
        "yinjian-sign print CEM2204000001I --reprint",
        "yinjian-sign print --exam 2022-04 --photos photos --batch printer.pdf",
        "yinjian-sign print --exam 2022-04 --labels labels.pdf",
    ),
    help=_("Print certificates as PDF: NUMBER…, or everybody of an exam in the list's order."),
)
@click.argument("numbers", nargs=-1, metavar="NUMBER...")
@click.option(
    "--exam",
    "exams",
    multiple=True,
    metavar="EXAM",
    help=_("The exam of the list: 2022-04 or CEM-2022-04."),
)
@photos
@click.option("--reprint", is_flag=True, help=_("Print again what was printed before; the ledger records it."))
@click.option("--even-revoked", is_flag=True, help=_("Print certificates that are not in force, too."))
@batch
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    metavar="OUT.pdf",
    help=_("A sheet of QR labels instead, for papers printed elsewhere."),
)
@options.centre
@options.keys
@options.as_json
def print_(
    *,
    numbers: tuple[str, ...],
    exams: tuple[str, ...],
    photos_dir: Path | None,
    some_photos: bool,
    reprint: bool,
    even_revoked: bool,
    batch_file: Path | None,
    labels: Path | None,
    centre_file: Path,
    keys_dir: Path | None,
    as_json: bool,
) -> None:
    """``yinjian-sign print NUMBER…``."""
    from signing.print.desk import Desk
    from signing.steps import printing

    if bool(numbers) == bool(exams):
        raise click.UsageError(_("Name certificates by their numbers, or an exam with --exam."))
    if batch_file and labels:
        raise click.UsageError(_("--batch and --labels are two things: ask for one at a time."))
    order = printing.Order(
        numbers=tuple(_normal(numbers)),
        exams=exams,
        photos=photos_dir,
        some_photos=some_photos,
        reprint=reprint,
        even_revoked=even_revoked,
        batch=batch_file,
        labels=labels,
    )
    room = Room.open(centre_file, keys_dir)
    keyring = room.keys().chain().newest
    with options.opened(room) as ledger:
        desk = Desk(room=room, ledger=ledger, keyring=keyring, now=now(), progress=shown)
        done = printing.print_(desk, order)
    for line in done.left:
        click.echo(line, err=True)
    made = done.printed
    if as_json:
        command.print_json({"files": [str(file) for file in made.files], "numbers": made.numbers, "fonts": made.fonts})
    else:
        say(made)


def say(made: "Printed") -> None:
    """Tells people what was printed, and with which fonts."""
    if made.fonts:
        click.echo(_("Fonts: {}.").format(joined(made.fonts)))
    where = made.files[0] if len(made.files) == 1 else made.files[0].parent
    click.echo(_("Certificates printed: {}, in {}").format(len(made.numbers), where))


def _normal(numbers: tuple[str, ...]) -> list[str]:
    """The numbers as they are filed, each once."""
    found = {normal_number(number) or number: None for number in numbers}
    return list(found)


@click.command("paper-template", help=_("Write out a template, to be changed by whoever designs the paper."))
@click.argument("what", type=click.Choice(["certificate", "announcement", "labels"]))
@click.argument("path", type=click.Path(path_type=Path), metavar="OUT.typ")
def paper_template(what: str, path: Path) -> None:
    """``yinjian-sign paper-template WHAT OUT.typ``."""
    from signing.print.typesetter import OWN

    if path.exists():
        raise Refusal(_("{} is there already.").format(path))
    whole_files.write(path, (OWN / f"{what}.typ").read_bytes())
    setting = "template" if what == "certificate" else f"{what}_template"
    click.echo(_('{} is yours to change; name it in centre.toml: [print] {} = "{}".').format(path, setting, path.name))
