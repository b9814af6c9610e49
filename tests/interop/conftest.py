"""What `make interop` says at its end: each judge with its counts."""

import pytest

from tests.interop import judged


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each judge that was asked."""
    if judged.told:
        terminalreporter.section("outside judges", sep="=")
        for line in judged.told:
            terminalreporter.write_line(line)
