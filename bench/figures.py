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
    """The peer, or the limit; empty where the figure is only stated."""
    theirs: float | None
    ratios: tuple[float, ...]
    """Of each round, ours to theirs."""
    bound: float | None
    """None where there is no target."""
    side: Literal["at least", "at most"] = "at least"
    why: str = ""
    """What the figure is made of, by the run's own counters: shown where the target is missed."""

    @property
    def ratio(self) -> float | None:
        """The median of the rounds."""
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def met(self) -> bool:
        """Whether the median ratio keeps its bound, or there is none."""
        if self.bound is None or self.ratio is None:
            return True
        return self.ratio >= self.bound if self.side == "at least" else self.ratio <= self.bound


def beside(
    work: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    unit: str,
    against: str,
    bound: float | None,
    side: Literal["at least", "at most"] = "at least",
    why: str = "",
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
        why=why,
    )


def limit(work: str, ours: float, most: float, *, unit: str, why: str = "") -> Figure:
    """A figure that has no peer, only a limit: at most ``most``."""
    return Figure(
        work=work,
        ours=ours,
        unit=unit,
        against="limit",
        theirs=most,
        ratios=(ours / most,),
        bound=1.0,
        side="at most",
        why=why,
    )


def stated(work: str, ours: float, *, unit: str) -> Figure:
    """A figure that has neither: it is told, and nothing is asked of it."""
    return Figure(work=work, ours=ours, unit=unit, against="", theirs=None, ratios=(), bound=None)


def show(figures: Sequence[Figure], console: Console | None = None) -> None:
    """One table: work, ours, peer or limit, ratio with its spread, target, met or not; and what holds what is not."""
    console = console or Console(width=160)
    table = Table("work", "ours", "beside", "theirs", "ratio", "rounds", "target", "met")
    for one in figures:
        table.add_row(
            one.work,
            f"{one.ours:,.4g} {one.unit}",
            one.against,
            f"{one.theirs:,.4g} {one.unit}" if one.theirs is not None else "",
            f"{one.ratio:.2f}" if one.ratio is not None else "",
            f"{min(one.ratios):.2f}–{max(one.ratios):.2f}" if len(one.ratios) > 1 else "",
            f"{one.side} {one.bound:g}" if one.bound is not None else "",
            ("yes" if one.met else "NO") if one.bound is not None else "",
        )
    console.print(table)
    for one in figures:
        if not one.met:
            why = one.why or "see docs/benchmarks.md, What holds it"
            console.print(f"missed: {one.work}, beside {one.against}: {why}", highlight=False)
