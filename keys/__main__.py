"""yinjian-keys: the key custodian's command."""

from typing import NoReturn

import click

from keys.commands.beginning import init, update
from keys.commands.looking import export, show
from keys.commands.rehearse import drill
from keys.commands.stages import compromise, retire, rotate, rotate_root
from keys.messages import _
<<<<<<< HEAD
from keys.programmes import Published
from keys.public_files import export as write_export
from keys.settings_file import Source
from verify.core import china_time
from verify.core.chain import Chain
from verify.core.fields import Names
from verify.shared import command, environment

CENTRE = click.option(
    "--centre",
    type=click.Path(path_type=Path),
    default="centre.toml",
    show_default=True,
    help=_("The centre's settings: issuing bodies, programmes, and the host that QR codes name."),
)
KEYS = click.option(
    "--keys",
    "folder",
    type=click.Path(path_type=Path),
    help=_("The key folder, where YINJIAN_KEYS or var/keys.env does not tell it, or another is meant."),
)
JSON = click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))
=======
from verify.shared import command
>>>>>>> b1b9a33 (Give each key a life: added, ended, declared stolen, the root on its own medium and handed over, each step told before it is signed and rehearsed on copies)


@click.group(help=_("Makes the centre's keys and keeps its keyring."), context_settings={"max_content_width": 110})
def commands() -> None:
    """The key custodian's command."""


<<<<<<< HEAD
@commands.command(
    short_help=_("Make the first keys and the keyring."),
    help=_(
        "Makes the root, certificate, status and log keys, the lookup secret and the first keyring in the new folder "
        "DIR, and prints the root's thumbprint.\n\nThe passphrase is asked for, or comes from the file that "
        "YINJIAN_PASSPHRASE_FILE names, or from YINJIAN_PASSPHRASE."
    ),
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@CENTRE
@JSON
def init(folder: Path, centre: Path, as_json: bool) -> None:
    """Makes a centre's first keys."""
    settings = Published.read(Source.of(centre))
    generate.check_absent(folder.absolute())
    made, chain = generate.init(folder, settings, passphrase.ask(confirm=True), _now())
    if as_json:
        command.print_json(_shown(made, chain))
        return
    click.echo(_("The keys are in {folder}.").format(folder=made.path))
    _print(made, chain)
    click.echo()
    click.echo(_("The root's thumbprint, by which verifiers know this centre (YINJIAN_ROOT):"))
    click.echo(made.root.hex())
    if not made.is_remembered():
        file = environment.var_folder() / SETTINGS
        click.echo(_("{file} goes on naming other keys: say with YINJIAN_KEYS that these are meant.").format(file=file))
    click.echo(
        _("Keep a copy of the folder elsewhere, and the passphrase apart from both: nobody can make them again.")
    )


@commands.command(
    short_help=_("Bring new settings into the next keyring."),
    help=_(
        "Brings what the settings have more into the next keyring version: issuing bodies, programmes, the host. "
        "Renews its term when that is nearly over. Does nothing where all is as it was."
    ),
)
@CENTRE
@KEYS
@JSON
def update(centre: Path, folder: Path | None, as_json: bool) -> None:
    """Signs the next keyring where the settings have more."""
    settings = Published.read(Source.of(centre))
    found = KeyFolder.find(folder, beside=centre.absolute().parent / "keys")
    now = _now()
    with found.alone():
        chain = found.chain()
        old = chain.newest
        keyring = rotation.following(chain, settings, now)
        if keyring is not None:
            root = found.signer("root", passphrase.ask(), now)
            found.append(root.sign(keyring.draft(root.kid)))
    changes = [] if keyring is None else rotation.differences(old, keyring)
    if as_json:
        command.print_json({"version": (keyring or old).version, "changes": changes})
    elif keyring is None:
        click.echo(_("Nothing to do: the keyring (version {version}) says all of this.").format(version=old.version))
    else:
        click.echo(_("Keyring version {version}:").format(version=keyring.version))
        for change in changes:
            click.echo(f"  {change}")
        click.echo(_("It takes effect when the next release is published."))


@commands.command(
    short_help=_("Show the keyring."),
    help=_("Shows the keyring, checked from the root on."),
)
@CENTRE
@KEYS
@JSON
def show(centre: Path, folder: Path | None, as_json: bool) -> None:
    """Shows the keyring."""
    found = KeyFolder.find(folder, beside=centre.absolute().parent / "keys")
    chain = found.chain()
    if as_json:
        command.print_json(_shown(found, chain))
        return
    _print(found, chain)
    click.echo(_("root thumbprint {root}").format(root=found.root.hex()))


@commands.command(
    short_help=_("Write the public half for others."),
    help=_("Writes the public half into the folder OUT: keyring.cbor, jwks.json (JWK Set) and did.json."),
)
@click.argument("to", metavar="OUT", type=click.Path(path_type=Path), default="public-keys")
@CENTRE
@KEYS
@JSON
def export(to: Path, centre: Path, folder: Path | None, as_json: bool) -> None:
    """Writes the public half."""
    found = KeyFolder.find(folder, beside=centre.absolute().parent / "keys")
    files = write_export(found, found.chain(), to)
    if as_json:
        command.print_json({"files": [str(file.absolute()) for file in files]})
        return
    for file in files:
        click.echo(file)


def _now() -> int:
    return int(time.time())


def _shown(folder: KeyFolder, chain: Chain) -> dict[str, object]:
    """The keyring for programs."""
    keyring = chain.newest
    return {
        "folder": str(folder.path),
        "root": folder.root.hex(),
        "version": keyring.version,
        "issued_at": _moment(keyring.issued_at),
        "expires_at": _moment(keyring.expires_at),
        "keys": [
            {
                "kid": key.kid.hex(),
                "use": key.use,
                "state": key.state,
                "private_key_here": folder.has(key),
                "programmes": key.programmes,
                "not_before": _moment(key.not_before),
                "not_after": None if key.not_after is None else _moment(key.not_after),
            }
            for key in keyring.keys
        ],
        "issuers": [msgspec.to_builtins(issuer) for issuer in keyring.issuers],
        "programmes": [msgspec.to_builtins(programme) for programme in keyring.programmes],
        "hosts": keyring.hosts,
    }


def _print(folder: KeyFolder, chain: Chain) -> None:
    """The keyring for people."""
    keyring = chain.newest
    until = china_time.local_day(keyring.expires_at)
    click.echo(_("Keyring version {version}, good until {date}").format(version=keyring.version, date=until))
    uses = {
        "root": _("signs keyrings"),
        "certificate": _("signs certificates and lists"),
        "status": _("signs changes of status"),
        "credential": _("signs portable credentials"),
        "log": _("signs the log"),
    }
    absent = _(" (its private key is not in this folder)")
    states = {"active": _("active"), "retired": _("retired"), "compromised": _("compromised")}
    for key in keyring.keys:
        click.echo(
            f"  {key.kid.hex()}  {key.use:<11}  {states[key.state]}  {uses[key.use]}{'' if folder.has(key) else absent}"
        )
    for programme in keyring.programmes:
        said = (programme.name, programme.level, *keyring.issuers_of(programme))
        click.echo(f"  {programme.code:<8}  {' · '.join(map(_said, said))}")
    click.echo(f"  {'  '.join(keyring.hosts)}")


def _said(names: Names) -> str:
    """A text in the language of whoever runs the command."""
    return names.zh if command.language() == "zh" else names.en or names.zh


def _moment(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat().replace("+00:00", "Z")
=======
for _command in (init, update, rotate, retire, compromise, rotate_root, drill, show, export):
    commands.add_command(_command)
>>>>>>> b1b9a33 (Give each key a life: added, ended, declared stolen, the root on its own medium and handed over, each step told before it is signed and rehearsed on copies)


def main() -> NoReturn:
    """Runs the command."""
    command.run(commands)


if __name__ == "__main__":
    main()
