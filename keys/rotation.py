"""What the keyring says next: a pure function of what it says and what the centre's settings want."""

from typing import Final

import msgspec

from keys.messages import _
from keys.programmes import Published
from verify.core.chain import Chain
from verify.core.keyring import Issuer, Key, Keyring, Programme, Use
from verify.shared.command import Refusal

DAY: Final = 86_400
TERM: Final = 2 * 365 * DAY
"""Seconds for which a keyring version is good; verifiers judge after that too, and say that it is old."""
RENEWAL: Final = TERM // 4
"""An update renews the term when less than this is left of it."""
USES: Final[tuple[Use, ...]] = ("root", "certificate", "status", "log")
"""The keys that a centre begins with."""


class UpdateRefused(Refusal):
    """Settings that the keyring cannot follow; the message names what was changed or left out."""


def first(keys: tuple[Key, ...], settings: Published, now: int) -> Keyring:
    """Version 1 of a centre's keyring."""
    return Keyring(
        version=1,
        expires_at=now + TERM,
        keys=keys,
        issuers=settings.issuer_entries,
        programmes=settings.programme_entries,
        previous=None,
        hosts=(settings.host,),
        issued_at=now,
    )


def following(chain: Chain, settings: Published, now: int) -> Keyring | None:
    """The version that adds what ``settings`` (centre.toml) have more, or renews the term; None where all is as it was.

    Raises UpdateRefused for what a keyring can never do: change or drop an issuer or a programme.
    """
    last = chain.versions[-1]
    old = last.keyring
    _check_issuers(old, settings.issuer_entries)
    _check_programmes(old, settings.programme_entries)
    new = msgspec.structs.replace(
        old,
        issuers=(*old.issuers, *(entry for entry in settings.issuer_entries if entry not in old.issuers)),
        programmes=(*old.programmes, *(entry for entry in settings.programme_entries if entry not in old.programmes)),
        hosts=(settings.host, *(host for host in old.hosts if host != settings.host)),
    )
    if new == old and old.expires_at - now > RENEWAL:
        return None
    return msgspec.structs.replace(
        new,
        version=old.version + 1,
        expires_at=now + TERM,
        previous=last.statement.digest,
        issued_at=now,
    )


def differences(old: Keyring, new: Keyring) -> list[str]:
    """What the new version says otherwise, for people."""
    lines = [_("issuer {id}: added").format(id=entry.id) for entry in new.issuers if entry not in old.issuers]
    lines += [_("programme {code}: added").format(code=p.code) for p in new.programmes if p not in old.programmes]
    if new.hosts != old.hosts:
        lines.append(_("host of QR codes: {host}").format(host=new.hosts[0]))
    if not lines:
        lines.append(_("the term is renewed"))
    return lines


def _check_issuers(old: Keyring, wanted: tuple[Issuer, ...]) -> None:
    now = {entry.id: entry for entry in wanted}
    for entry in old.issuers:
        if entry.id not in now:
            raise UpdateRefused(_("issuer {id} is in the keyring and must stay in the settings").format(id=entry.id))
        if now[entry.id] != entry:
            reason = _("issuer {id} cannot change its name: certificates bear it; give the new name an id of its own")
            raise UpdateRefused(reason.format(id=entry.id))


def _check_programmes(old: Keyring, wanted: tuple[Programme, ...]) -> None:
    now = {entry.code: entry for entry in wanted}
    for entry in old.programmes:
        if entry.code not in now:
            reason = _("programme {code} is in the keyring and must stay in the settings")
            raise UpdateRefused(reason.format(code=entry.code))
        changed = [name for name in entry.__struct_fields__ if getattr(entry, name) != getattr(now[entry.code], name)]
        if changed:
            reason = _("programme {code} cannot change ({fields}): certificates bear it; a new one takes a new code")
            raise UpdateRefused(reason.format(code=entry.code, fields=", ".join(changed)))
