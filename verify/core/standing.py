"""Which change may follow which, and what a certificate is worth at a time. The one place for both.

2-formats, What ties a release together: changes apply in the order published, take effect not before the one before
them and not after they were signed; suspended can be reinstated, revoked and replaced are final.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from verify.core.certificate import Certificate
from verify.core.changes import Action, Change, Reason
from verify.core.errors import NotBelieved

CLOCK_SKEW: Final = 300
"""Seconds by which a certificate may be issued after the time asked, and a statement ahead of a publisher's clock."""
FINAL: Final[tuple[Action, ...]] = ("revoked", "replaced")
"""What no later change can undo."""

State = Literal["withdrawn", "revoked", "replaced", "suspended", "not_yet_valid", "expired", "valid"]


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What a certificate is worth at one time. ``since`` is in seconds since 1970."""

    state: State
    since: int
    reason: Reason | None = None
    replaced_by: str | None = None


def after_final(history: Sequence[Action]) -> Action | None:
    """The final action that nothing can follow, where the last of ``history`` is one."""
    return history[-1] if history and history[-1] in FINAL else None


def in_turn(action: Action, history: Sequence[Action]) -> bool:
    """Whether ``action`` has something to do: only what is suspended is reinstated, and it is not suspended again."""
    suspended = bool(history) and history[-1] == "suspended"
    return suspended if action == "reinstated" else not (suspended and action == "suspended")


def after(action: str) -> str:
    """The state that an action leaves a certificate in."""
    return "valid" if action == "reinstated" else action


def check_follows(change: Change, history: Sequence[Change]) -> None:
    """That ``change`` may follow the believed changes of the same certificate.

    Raises NotBelieved: replacement, change_after_final, change_out_of_turn, change_order, change_ahead.
    """
    actions = [earlier.action for earlier in history]
    if (change.action == "replaced") is (change.replacement is None):
        raise NotBelieved("replacement", "a replacement belongs to the change “replaced”, and to no other")
    if after_final(actions):
        raise NotBelieved("change_after_final", "the certificate is revoked or replaced, which is final")
    if not in_turn(change.action, actions):
        raise NotBelieved("change_out_of_turn", "the certificate cannot be suspended or reinstated as it stands")
    if history and change.effective_at < history[-1].effective_at:
        raise NotBelieved("change_order", "it takes effect before the change before it")
    if change.effective_at > change.issued_at:
        raise NotBelieved("change_ahead", "it takes effect after it was signed")


def worth(certificate: Certificate, history: Iterable[Change], withdrawn_at: int | None, time: int) -> Worth:
    """What a registered certificate is worth at ``time``: the first of the states above that applies.

    ``history`` is its believed changes in the order published; ``withdrawn_at`` when the lists left it out.
    """
    if withdrawn_at is not None and withdrawn_at <= time:
        return Worth(state="withdrawn", since=withdrawn_at)
    changed = Worth(state="valid", since=certificate.begins_at)
    for change in history:
        if change.effective_at <= time:
            changed = _after(change)
    if changed.state != "valid":
        return changed
    return dated(certificate, time) or changed


def dated(certificate: Certificate, time: int) -> Worth | None:
    """What the certificate's own dates say against it at ``time``."""
    if certificate.begins_at > time + CLOCK_SKEW:
        return Worth(state="not_yet_valid", since=certificate.begins_at)
    if certificate.expires_at is not None and time >= certificate.expires_at:
        return Worth(state="expired", since=certificate.expires_at)
    return None


def _after(change: Change) -> Worth:
    """What ``change`` makes of a certificate."""
    if change.action == "reinstated":
        return Worth(state="valid", since=change.effective_at)
    return Worth(
        state=change.action,
        since=change.effective_at,
        reason=change.reason,
        replaced_by=change.replacement.number if change.replacement else None,
    )
