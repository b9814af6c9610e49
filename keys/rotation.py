"""What the keyring says next: pure functions of what it says and what is wanted of it (2-formats, Keyring).

Entries are only added; of a key only its state changes, and only onwards; the next version is signed by a root that is
active in the one before, so that one must always be left.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from keys.messages import _
from keys.programmes import Published
from verify.core.chain import Chain
from verify.core.keyring import STATES, Issuer, Key, Keyring, Programme, Use, thumbprint
from verify.shared.command import Refusal, joined

DAY: Final = 86_400
TERM: Final = 2 * 365 * DAY
"""Seconds for which a keyring version is good; verifiers judge after that too, and say that it is old."""
RENEWAL: Final = TERM // 4
"""An update renews the term when less than this is left of it."""
USES: Final[tuple[Use, ...]] = ("root", "certificate", "status", "log")
"""The keys that a centre begins with."""


class UpdateRefused(Refusal):
    """What the keyring cannot follow; the message names what was changed or left out, or the key."""


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
    old = chain.newest
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
    return _next(chain, new, now)


def with_key(chain: Chain, key: Key, now: int) -> Keyring:
    """The version that adds ``key``. Raises UpdateRefused where the keyring has it, or another of its kid."""
    if chain.newest.with_kid(key.kid):
        raise UpdateRefused(_("the keyring has a key {kid} already").format(kid=key.kid.hex()))
    unknown = [code for code in key.programmes if chain.newest.programme(code) is None]
    if unknown:
        raise UpdateRefused(_("the keyring has no programme {code}").format(code=joined(unknown)))
    return _next(chain, _with(chain.newest, (*chain.newest.keys, key)), now)


def with_root(chain: Chain, key: Key, now: int) -> Keyring:
    """The version that adds a root and retires those before it. Raises UpdateRefused."""
    added = with_key(chain, key, now)
    retired = tuple(
        msgspec.structs.replace(entry, state="retired")
        if entry.use == "root" and entry.state == "active" and entry != key
        else entry
        for entry in added.keys
    )
    return _with(added, retired)


def retired(chain: Chain, key: Key, now: int) -> Keyring:
    """The version in which ``key`` signs nothing more. Raises UpdateRefused."""
    return _moved(chain, key, now, msgspec.structs.replace(key, state="retired"))


def compromised(chain: Chain, key: Key, below: int, now: int) -> Keyring:
    """The version in which ``key`` is believed below the log size ``below`` alone. Raises UpdateRefused."""
    return _moved(chain, key, now, msgspec.structs.replace(key, state="compromised", believed_below=below))


def named(keyring: Keyring, text: str) -> Key:
    """The key whose thumbprint begins with the hex digits ``text``, 8 for its ID. Raises UpdateRefused."""
    wanted = text.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{8,64}", wanted):
        raise UpdateRefused(_("a key is named by its ID, 8 hex digits, or by more of its thumbprint"))
    found = [key for key in keyring.keys if thumbprint(key.public).hex().startswith(wanted)]
    if not found:
        raise UpdateRefused(_("the keyring has no key {kid}").format(kid=text))
    if len(found) > 1:
        prints = joined(thumbprint(key.public).hex()[:24] for key in found)
        raise UpdateRefused(
            _("two keys have the ID {kid}: name one by more digits: {keys}").format(kid=text, keys=prints)
        )
    return found[0]


def _moved(chain: Chain, key: Key, now: int, changed: Key) -> Keyring:
    """The version with ``changed`` for ``key``: its state further on, a key of its use left. Raises UpdateRefused."""
    old = chain.newest
    if STATES.index(changed.state) <= STATES.index(key.state):
        states = {"active": _("active"), "retired": _("retired"), "compromised": _("compromised")}
        text = _("key {kid} is {state} already: a key's state goes only onwards")
        raise UpdateRefused(text.format(kid=key.kid.hex(), state=states[key.state]))
    left = [entry for entry in old.keys if entry.use == key.use and entry.state == "active" and entry != key]
    for code in (programme.code for programme in old.programmes):
        if key.state == "active" and key.may_sign_for(code) and not any(entry.may_sign_for(code) for entry in left):
            cure = "rotate-root" if key.use == "root" else f"rotate {key.use}"
            text = _("no other active key for “{use}” of {code} would be left: first `yinjian-keys {cure}`")
            raise UpdateRefused(text.format(use=key.use, code=code, cure=cure))
    return _next(chain, _with(old, [changed if entry == key else entry for entry in old.keys]), now)


def _with(keyring: Keyring, keys: Sequence[Key]) -> Keyring:
    return msgspec.structs.replace(keyring, keys=tuple(keys))


def _next(chain: Chain, new: Keyring, now: int) -> Keyring:
    last = chain.versions[-1]
    return msgspec.structs.replace(
        new,
        version=last.keyring.version + 1,
        expires_at=now + TERM,
        previous=last.statement.digest,
        issued_at=now,
    )


def differences(old: Keyring, new: Keyring) -> list[str]:
    """What the new version says otherwise, for people."""
    lines = [_("issuer {id}: added").format(id=entry.id) for entry in new.issuers if entry not in old.issuers]
    lines += [_("programme {code}: added").format(code=p.code) for p in new.programmes if p not in old.programmes]
    lines += [line for key in new.keys if (line := _of_key(old.key(key.public), key))]
    if new.hosts != old.hosts:
        lines.append(_("host of QR codes: {host}").format(host=new.hosts[0]))
    if not lines:
        lines.append(_("the term is renewed"))
    return lines


def _of_key(was: Key | None, key: Key) -> str | None:
    if was == key:
        return None
    name = f"{key.use} {key.kid.hex()}"
    if was is None:
        return _("key {key}: added").format(key=name)
    if key.state == "retired":
        return _("key {key}: retired").format(key=name)
    return _("key {key}: compromised, believed below log size {size}").format(key=name, size=key.believed_below)


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
            raise UpdateRefused(reason.format(code=entry.code, fields=joined(changed)))
