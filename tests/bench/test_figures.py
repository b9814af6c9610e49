"""Benchmarks run to their end, and their table says what was met."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from bench import __main__ as bench
from bench.figures import Figure, beside, limit, show


def figure(bound: float) -> Figure:
    """Rounds of ratio 0.5, 0.4 and 0.6."""
    return beside("work", [5, 4, 6], [10, 10, 10], unit="/s", against="peer", bound=bound)


def test_a_figure_is_the_median_of_the_rounds_ratios() -> None:
    """It keeps a bound from below or from above."""
    assert figure(0.5).ratio == 0.5
    assert figure(0.5).met
    assert not figure(0.51).met
    assert limit("memory", 9, 10, unit="MiB").met
    assert not limit("memory", 11, 10, unit="MiB").met


def test_the_table_shows_the_spread_and_what_is_missed() -> None:
    """A reader sees ours, theirs, the ratio, its rounds and the target."""
    out = io.StringIO()
    show([figure(0.9)], Console(file=out, width=160))
    for part in ("work", "5 /s", "peer", "10 /s", "0.50", "0.40–0.60", "at least 0.9", "NO"):
        assert part in out.getvalue()


def test_a_missed_bound_and_a_broken_benchmark_end_the_run_only_at_its_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What comes after them is measured all the same, and the exit code is 1."""

    def broken() -> list[Figure]:
        raise OSError("no such program")

    parts = {"missed": lambda: [figure(0.9)], "broken": broken, "good": lambda: [figure(0.1)]}
    monkeypatch.setattr(bench, "BENCHMARKS", parts)
    kept = tmp_path / "figures.json"
    monkeypatch.setattr("sys.argv", ["bench", "--json", str(kept)])
    with pytest.raises(SystemExit) as ended:
        bench.main()
    assert ended.value.code == 1
    assert [one["met"] for one in json.loads(kept.read_text())] == [False, True]
    said = capsys.readouterr().out
    assert "missed: work" in said
    assert "broke: broken" in said
