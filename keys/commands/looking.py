"""``show`` and ``export``: the keyring for people and for others."""

import datetime
from pathlib import Path

import click
import msgspec

from keys.commands import key_options as options
from keys.folder import KeyFolder
from keys.messages import _
from keys.public_files import export as write_export
from verify.core import china_time
from verify.core.chain import Chain
from verify.core.fields import Names
from verify.core.keyring import Use
from verify.core.log import checkpoint
from verify.shared import command


@click.command(
    short_help=_("Show the keyring."),
    help=_("Shows the keyring, checked from the root on."),
)
@options.CENTRE
@options.KEYS
@options.JSON
def show(centre: Path, folder: Path | None, as_json: bool) -> None:
    """Shows the keyring."""
    found = options.find(folder, centre)
    chain = found.chain()
    if as_json:
        command.print_json(shown(found, chain))
        return
    tell(found, chain)
    newest, *older = log_keys(chain) or [""]
    click.echo(_("the public log's key {line}").format(line=newest))
    for line in older:
        click.echo(_("an older key of the public log {line}").format(line=line))
    click.echo(_("root thumbprint {root}").format(root=found.root.hex()))


@click.command(
    short_help=_("Write the public half for others."),
    help=_("Writes the public half into the folder OUT: keyring.cbor, jwks.json (JWK Set) and did.json."),
)
@click.argument("to", metavar="OUT", type=click.Path(path_type=Path), default="public-keys")
@options.CENTRE
@options.KEYS
@options.JSON
def export(to: Path, centre: Path, folder: Path | None, as_json: bool) -> None:
    """Writes the public half."""
    found = options.find(folder, centre)
    files = write_export(found, found.chain(), to)
    if as_json:
        command.print_json({"files": [str(file.absolute()) for file in files]})
        return
    for file in files:
        click.echo(file)


def shown(folder: KeyFolder, chain: Chain) -> dict[str, object]:
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
                "believed_below": key.believed_below,
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
        "log_keys": log_keys(chain),
    }


def log_keys(chain: Chain) -> list[str]:
    """The log's active keys, the newest first, which signs: ``NAME+ID+KEY``, as others take them (C2SP signed-note)."""
    keys = [key for key in chain.newest.keys if key.use == "log" and key.state == "active"]
    return [checkpoint.verifier_key(checkpoint.origin_of(chain), key.public) for key in reversed(keys)]


def uses() -> dict[Use, str]:
    """What each use of a key is, in words."""
    return {
        "root": _("signs keyrings"),
        "certificate": _("signs certificates and lists"),
        "status": _("signs changes of status"),
        "credential": _("signs portable credentials"),
        "log": _("signs the log"),
    }


def tell(folder: KeyFolder, chain: Chain) -> None:
    """The keyring for people."""
    keyring = chain.newest
    until = china_time.local_day(keyring.expires_at)
    click.echo(_("Keyring version {version}, good until {date}").format(version=keyring.version, date=until))
    words = uses()
    absent = _(" (its private key is not in this folder)")
    states = {"active": _("active"), "retired": _("retired"), "compromised": _("compromised")}
    width = max(len(states[key.state]) for key in keyring.keys)
    for key in keyring.keys:
        where = "" if folder.has(key) else absent
        below = key.believed_below
        does = words[key.use] if below is None else _("believed below log size {size}").format(size=below)
        click.echo(f"  {key.kid.hex()}  {key.use:<11}  {states[key.state]:<{width}}  {does}{where}")
    for programme in keyring.programmes:
        said = (programme.name, programme.level, *keyring.issuers_of(programme))
        click.echo(f"  {programme.code:<8}  {' · '.join(map(_said, said))}")
    click.echo(f"  {'  '.join(keyring.hosts)}")


def _said(names: Names) -> str:
    """A text in the language of whoever runs the command."""
    return names.zh if command.language() == "zh" else names.en or names.zh


def _moment(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat().replace("+00:00", "Z")
