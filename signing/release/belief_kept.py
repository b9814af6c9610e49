"""That a keyring which declares a compromise changes no certificate's worth beyond what somebody agreed to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

from keys import forecast
from signing.messages import _
from signing.release.rules_alone import Entry, Release
from verify.core.chain import Chain
from verify.core.keyring import Use
from verify.core.register import Published
from verify.core.statement import Kind
from verify.shared.agreement import NotAgreed

if TYPE_CHECKING:
    import asyncpg


async def check(
    connection: "asyncpg.Connection[Any]",
    chains: tuple[Chain, Chain],
    release: Release,
    new: Sequence[Entry],
    now: int,
) -> None:
    """That what a compromise takes from the first of two ``chains`` to the second is made anew by the release.

    ``new`` are the entries of the release that are added. Raises NotAgreed where, with the release in, a certificate is
    worth something else for the compromise, or a list is not believed any more.
    """
    there, placed = chains
    declared = [key for key in placed.newest.keys if key.state == "compromised" and _was(there, key.public)]
    if not declared:
        return
    held = await forecast.read(connection, [key.kid for key in declared])
    numbers = {certified.entry.place: number for number, certified in release.certificates.items()}
    size = held.size + len(placed.versions) - len(there.versions)
    filed: dict[Kind, list[Published]] = {}
    of: dict[int, str] = {}
    for offset, entry in enumerate(new):
        filed.setdefault(entry.kind, []).append(Published(data=entry.data, index=size + offset))
        if entry.place in numbers:
            of[size + offset] = numbers[entry.place]
    sound = forecast.as_if_sound(placed, *get_args(Use))
    seen = forecast.forecast(held.followed_by(filed, of), sound, placed, now)
    if seen.changed:
        kids = ", ".join(key.kid.hex() for key in declared)
        text = _(
            "The keyring that comes with this declares {} compromised, and this release does not make anew all that it "
            "had said. `yinjian-sign resign` does, and what that makes is published first. As it is:"
        )
        raise NotAgreed("\n".join([text.format(kids), *(f"  {line}" for line in seen.lines())]), str(seen.changed))


def _was(chain: Chain, public: bytes) -> bool:
    key = chain.newest.key(public)
    return key is not None and key.state != "compromised"
