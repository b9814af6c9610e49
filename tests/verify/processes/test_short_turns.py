"""A process whose work is short pieces asks for short turns at a processor."""

import asyncio
import os
import platform
import struct
from typing import Any

import pytest

from verify.files.confinement import kernel
from verify.processes import under_supervision


def test_a_process_that_answers_asks_for_the_shortest_turns_and_keeps_its_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """sched_setattr(2) takes the priority too, so that it is told the one that the process has."""
    asked: list[Any] = []
    monkeypatch.setattr(kernel, "call", lambda *call: asked.append(call))
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    under_supervision.run(asyncio.sleep(0))
    ((name, number, pid, told, flags),) = asked
    assert (name, number.value, pid, flags) == ("syscall", 314, 0, 0)
    size, policy, _, nice, _, runtime, *_ = struct.unpack("IIQiIQQQII", told.raw)
    assert (size, policy, runtime) == (56, os.SCHED_OTHER, 100_000)
    assert nice == os.getpriority(os.PRIO_PROCESS, 0)


def test_the_kernel_takes_it_and_an_unknown_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are what this kernel reads."""
    kernel.short_turns(0)
    monkeypatch.setattr(platform, "machine", lambda: "abacus")
    with pytest.raises(OSError, match="not a machine"):
        kernel.short_turns(0)
