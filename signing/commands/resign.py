"""``yinjian-sign resign``: what a compromised key had said, anew."""

from pathlib import Path

import click

from signing.commands import options
from signing.messages import _
from verify.shared import agreement, command
from verify.shared.command import joined


@click.command(
    "resign",
    help=_(
        "Sign anew, by a good key, what a compromised one had said and should go on to hold: lists, indexes and "
        "changes as they were, and the next list of each exam in which it signed a certificate that stands.\n\nThe "
        "registry is asked what there is; what is made is published in one step with the keyring that declares the "
        "compromise."
    ),
)
@agreement.yes
@options.centre
@options.keys
@options.as_json
def resign(*, yes: bool, centre_file: Path, keys_dir: Path | None, as_json: bool) -> None:
    """``yinjian-sign resign``."""
    from signing.ledger import compare
    from signing.release import disbelieved
    from signing.steps import resign as resigning
    from signing.steps.publish import database_url

    with options.at_work(centre_file, keys_dir) as session:
        held = disbelieved.read(database_url(), session.unlocked.chain)
        registry = compare.registered(database_url(), session.unlocked.chain.newest, session.ledger)
        done = agreement.agreed(lambda agreed: resigning.resign(session, held, registry, agreed=agreed), yes=yes)
    if as_json:
        command.print_json(done)
        return
    if done.path is None:  # though something may have waited that cannot be published as it was
        click.echo(_("Nothing of this room's lost its belief: nothing is to be signed anew."))
    else:
        text = _("Signed anew: lists {}, changes {}, lookup indexes {}; next lists of {}.")
        click.echo(text.format(done.lists, done.changes, done.indexes, joined(done.exams) or _("no exam")))
        click.echo(_("Release: {}").format(done.path))
    for path in done.again:
        click.echo(_("Made again: {}").format(path))
    if done.withdrawn:
        click.echo(resigning.snapshots_withdrawn(done.withdrawn))
    if done.reprint:
        text = _("Papers that must be replaced, as they were printed of these: {}")
        click.echo(text.format(joined(done.reprint)), err=True)
    if done.past:
        text = _("Suspensions that are over and cannot be shown any more: {}")
        click.echo(text.format(joined(done.past)), err=True)
    if done.strange:
        text = _("Statements of a compromised key that are not in this room's releases, and stay without belief: {}")
        click.echo(text.format(done.strange), err=True)
