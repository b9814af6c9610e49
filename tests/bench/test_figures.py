"""Benchmarks run to their end, and their table says what was met."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from bench import __main__ as bench
from bench.figures import Figure, beside, limit, show, stated
from bench.service import crowd, workers
from bench.service.load import Wave


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


def run(monkeypatch: pytest.MonkeyPatch, parts: dict[str, Callable[[], list[Figure]]], *arguments: str) -> object:
    """The exit code of a run of these parts."""
    monkeypatch.setattr(bench, "BENCHMARKS", parts)
    monkeypatch.setattr("sys.argv", ["bench", *arguments])
    with pytest.raises(SystemExit) as ended:
        bench.main()
    return ended.value.code


def test_a_missed_bound_and_a_broken_benchmark_end_the_run_only_at_its_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What comes after them is measured all the same, and the exit code is 1."""

    def broken() -> list[Figure]:
        raise OSError("no such program")

    parts = {"missed": lambda: [figure(0.9)], "broken": broken, "good": lambda: [figure(0.1)]}
    kept = tmp_path / "figures.json"
    assert run(monkeypatch, parts, "--json", str(kept), "--kept", str(tmp_path)) == 1
    told = {part["name"]: [one["met"] for one in part["figures"]] for part in json.loads(kept.read_text())}
    assert told == {"missed": [False], "broken": [], "good": [True]}
    said = capsys.readouterr().out
    assert "missed: work" in said
    assert "broke: broken" in said


def test_a_run_that_is_stopped_has_shown_and_kept_what_it_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each part's table stands there before the next begins, and its figures in a file."""
    shown: list[str] = []

    def stopped() -> list[Figure]:
        shown.append(capsys.readouterr().out)
        assert json.loads((tmp_path / "first.json").read_text())["figures"][0]["ratio"] == 0.5
        raise KeyboardInterrupt

    parts = {"first": lambda: [figure(0.1)], "second": stopped, "third": lambda: [figure(0.1)]}
    assert run(monkeypatch, parts, "--kept", str(tmp_path)) == 1
    assert "0.40–0.60" in shown[0]
    assert "stopped" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.json"]


def test_what_is_only_stated_has_no_target_and_what_is_missed_says_why() -> None:
    """A size is told and cannot be missed; beneath the table stands what holds a figure, or where that is written."""
    out = io.StringIO()
    why = "an answer takes 700 µs of the service"
    held = beside("work", [5], [10], unit="/s", against="peer", bound=0.9, why=why)
    assert stated("wheel", 1.2, unit="MB").met
    show([stated("wheel", 1.2, unit="MB"), held, figure(0.9), figure(0.1)], Console(file=out, width=160))
    lines = out.getvalue().splitlines()
    assert "NO" not in next(line for line in lines if "wheel" in line)
    assert [line for line in lines if line.startswith("missed")] == [
        f"missed: work, beside peer: {why}",
        "missed: work, beside peer: see docs/benchmarks.md, What holds it",
    ]


def test_two_workers_are_held_to_what_the_cores_leave() -> None:
    """Twice one worker, or less where load and database need the same cores."""
    wave = Wave(rate=1000, p50=0.03, p99=0.05, cpu=0.9e-3, load=0.1e-3, database=0.6e-3, answers=3000)
    assert workers.left(wave, 2) == pytest.approx(2 / 1.6e-3)
    assert workers.left(wave, 8) == 2000


@pytest.mark.parametrize(("people", "longest"), [(950_000, 100_000), (1_000_000, 100_000), (2_000, 1_000)])
def test_a_large_registry_has_ten_exams_and_one_long_list(people: int, longest: int) -> None:
    """As many certificates as were asked for, in ten exams of ten months."""
    exams = crowd.exams(people)
    assert len({exam.term for exam in exams}) == 10
    assert sum(exam.people for exam in exams) == people
    assert max(exam.people for exam in exams) == longest
    (more,) = crowd.exams(50_000, 1, 10)
    assert (more.term, more.people) == ("2022-11", 50_000)
    assert more.term not in {exam.term for exam in exams}
