"""The desk of a check: what there is to judge by, of one centre or several, and the verdict on each text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import msgspec

from verify.commands.kept import Kept
from verify.commands.things import Found
from verify.core import qr_text, statement, verdict
from verify.core.answer import Verdict
from verify.core.china_time import local_text
from verify.core.errors import NotAskable, Unreadable
from verify.core.standing import CLOCK_SKEW
from verify.shared.command import LOCALE, Refusal, messages, reason

_ = messages(LOCALE)

_AGE_TOLD: Final = 7 * 86_400


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One verdict, and of what."""

    source: str
    place: str | None
    verdict: Verdict
    other_host: str | None = None
    """Whose code it is by its own say, where the centre's key did not sign it and its host is not the centre's."""


class Desk:
    """What there is to judge by, and at what time."""

    def __init__(self, centres: Sequence[Kept], receipt: Path | None, clock: int, as_of: int | None) -> None:
        self._centres = centres
        self._receipt = receipt
        self._clock = clock
        self._as_of = as_of
        self._used: dict[str, Kept] = {}

    def judge(self, found: Found) -> Judged:
        """The verdict by the centre that the text is of. Raises Refusal for a moment that cannot be asked about."""
        host = _host_of(found.text)
        asked = len(self._centres) > 1 or self._receipt is not None  # which read the statement beforehand
        source = _statement(found.text) if asked else None
        centre = self._centre(host, source)
        self._used[centre.name] = centre
        known = msgspec.structs.replace(centre.known, receipt=self._receipt_of(source)) if asked else centre.known
        try:
            judged = verdict.offline_verdict(found.text, known, now=self._clock, as_of=self._as_of)
        except NotAskable:
            taken = known.snapshot.taken_at if known.snapshot is not None else 0
            raise Refusal(
                _("The snapshot of {} says nothing about the time before it: ask the service.").format(
                    local_text(taken)
                )
            ) from None
        stranger = judged.outcome in ("unknown_key", "forged") and host is not None and host not in centre.hosts
        return Judged(source=found.source, place=found.place, verdict=judged, other_host=host if stranger else None)

    def _centre(self, host: str | None, source: statement.Statement | None) -> Kept:
        """The centre whose host the text names; else the one that has its key; else the first."""
        by_host = [one for one in self._centres if host is not None and host in one.hosts]
        kid = source.kid if source is not None else b""
        by_key = [one for one in self._centres if one.known.chain.newest.with_kid(kid)]
        return next(iter([one for one in by_key if one in by_host] or by_host or by_key or self._centres))

    def _receipt_of(self, source: statement.Statement | None) -> str | bytes | None:
        path = self._receipt
        if path is None:
            return None
        if path.is_dir():
            cti = source.claims.get(statement.CTI) if source is not None else None
            number = cti.decode("ascii", "replace") if isinstance(cti, bytes) else ""
            path = next(
                (one for one in sorted(path.iterdir()) if number and one.name.partition(".")[0] == number), path
            )
            if path.is_dir():
                return None
        data = path.read_bytes()
        return data if data[:1] == b"\xd2" else data.decode("utf-8", "replace")

    def tell_time(self) -> None:
        """Says of each centre where this machine's clock cannot be right, or what is kept is old or not taken."""
        for centre in self._used.values():
            known = centre.known
            if known.newest_time > self._clock + CLOCK_SKEW:
                text = _("This machine's clock says {}, which is past already: judged as of {}.")
                click.echo(text.format(local_text(self._clock), local_text(known.newest_time)), err=True)
            if known.refused is not None:
                text = _("{}: the snapshot is not taken: {}.")
                click.echo(text.format(centre.name, reason(known.refused)), err=True)
            elif known.snapshot is None:
                text = _("{}: no snapshot is here, so that no status is known; `yinjian-verify fetch` asks for one.")
                click.echo(text.format(centre.name), err=True)
            age = self._clock - known.snapshot.taken_at if known.snapshot is not None else 0
            if age > _AGE_TOLD:
                text = _("{}: age in days of what is known of statuses: {}; `yinjian-verify fetch` brings newer.")
                click.echo(text.format(centre.name, age // 86_400), err=True)


def _host_of(text: str) -> str | None:
    """The host that a QR text names, in lower case; None where it names none."""
    address, slash, _digits = text.strip().lower().rpartition("/q/")
    return address.rpartition("/")[2] or None if slash else None


def _statement(text: str) -> statement.Statement | None:
    try:
        return statement.decode(qr_text.read(text))
    except Unreadable:
        return None
