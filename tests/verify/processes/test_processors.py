"""Workers do not wait for one another's processor: each has its part of them (those that run: test_serving)."""

import pytest

from verify.processes.processors import part


@pytest.mark.parametrize(
    ("processors", "of", "parts"),
    [
        ({0, 1}, 2, [{0}, {1}]),
        ({0, 1, 2, 3, 4}, 2, [{0, 2, 4}, {1, 3}]),
        ({3, 7, 11}, 3, [{3}, {7}, {11}]),  # what a container or systemd left to it
        ({5, 6}, 1, [{5, 6}]),
        ({5, 6}, 3, [{5}, {6}, {5}]),  # more workers than processors: as few as can be on one
        ({0}, 2, [{0}, {0}]),
    ],
)
def test_every_processor_is_somebodys_and_no_worker_is_without(
    processors: set[int], of: int, parts: list[set[int]]
) -> None:
    """Every of-th, from the worker's own."""
    assert [part(processors, at, of) for at in range(of)] == parts
    assert set().union(*parts) == processors
