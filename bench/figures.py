"""What a benchmark found: each figure beside its peer or its limit, and one table of them all."""

import statistics
from collections.abc import Sequence
from typing import Literal

import msgspec
from rich.console import Console
from rich.table import Table


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One work measured: ``ours`` beside ``theirs``, in the same run. Machines are noisy: the ratio is what counts."""

    work: str
    ours: float
    unit: str
    """Such as ``/s``, ``ms``, ``MiB``."""
    against: str
    """The peer, or the limit."""
    theirs: float
    ratios: tuple[float, ...]
    """Of each round, ours to theirs."""
    bound: float
    side: Literal["at least", "at most"] = "at least"

    @property
    def ratio(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.ratios)

    @property
    def met(self) -> bool:
        """Whether the median ratio keeps its bound."""
        return self.ratio >= self.bound if self.side == "at least" else self.ratio <= self.bound


def beside(
    work: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    unit: str,
    against: str,
    bound: float,
    side: Literal["at least", "at most"] = "at least",
) -> Figure:
    """The figure of rounds that were measured in turns, ours and theirs of each."""
    return Figure(
        work=work,
        ours=statistics.median(ours),
        unit=unit,
        against=against,
        theirs=statistics.median(theirs),
        ratios=tuple(mine / other for mine, other in zip(ours, theirs, strict=True)),
        bound=bound,
        side=side,
    )


def limit(work: str, ours: float, most: float, *, unit: str) -> Figure:
    """A figure that has no peer, only a limit: at most ``most``."""
    return Figure(
        work=work, ours=ours, unit=unit, against="limit", theirs=most, ratios=(ours / most,), bound=1.0, side="at most"
    )


def show(figures: Sequence[Figure], console: Console | None = None) -> None:
    """One table: work, ours, peer or limit, ratio with its spread, target, met or not."""
    table = Table("work", "ours", "beside", "theirs", "ratio", "rounds", "target", "met")
    for one in figures:
        spread = f"{min(one.ratios):.2f}–{max(one.ratios):.2f}" if len(one.ratios) > 1 else ""
        table.add_row(
            one.work,
            f"{one.ours:,.4g} {one.unit}",
            one.against,
            f"{one.theirs:,.4g} {one.unit}",
            f"{one.ratio:.2f}",
            spread,
            f"{one.side} {one.bound:g}",
            "yes" if one.met else "NO",
        )
    (console or Console(width=160)).print(table)
