"""Files sent to a reader ahead of its answers: whatever is lost with it, the one that ended it alone is told."""

from collections import deque
from typing import Any

import pytest

from verify.files import jobs
from verify.files.ahead import Line, Templates
from verify.files.findings import Findings
from verify.files.refusals import FileRefused


class Reader:
    """A worker that dies of files that say so; with it go the answers that nobody has heard yet."""

    started = 0
    most_sent = 0

    def __init__(self) -> None:
        self._sent: deque[jobs.Job] = deque()
        self._heard = 0

    @classmethod
    async def start(cls, _template: object) -> "Reader":
        """One that is ready."""
        cls.started += 1
        return cls()

    def send(self, job: jobs.Job) -> None:
        """Takes one more."""
        self._sent.append(job)
        Reader.most_sent = max(Reader.most_sent, len(self._sent))

    async def hear(self) -> jobs.Reply:
        """The next answer, where none that it was sent is its end."""
        if any(job.data == b"die" for job in self._sent):
            raise ConnectionResetError
        data = self._sent.popleft().data
        self._heard += 1
        last = self._heard == 5
        if last:
            self._sent.clear()  # it hears no more
        return jobs.Reply(answer=Findings(codes=(), pages=len(data), complete=True), last=last)

    async def cause_of_death(self) -> str:
        """As a crash."""
        return "reader_failed"

    async def end(self) -> None:
        """Nothing is left to end."""


async def test_answers_lost_with_a_reader_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those before and behind the file that ended it are read, and told in order; several are under way at once."""
    monkeypatch.setattr("verify.files.ahead.Forked", Reader)
    files = [b"x" * (number + 1) for number in range(20)]
    files[7] = files[8] = files[15] = b"die"
    wanted = iter([(at, jobs.FindCodes(data=data, seconds=1)) for at, data in enumerate(files)])
    given: list[Any] = [one async for one in Line(Templates(), wanted).answers()]
    assert [at for at, _ in given] == list(range(20))
    assert [at for at, answer in given if isinstance(answer, FileRefused)] == [7, 8, 15]
    assert all(answer.pages == at + 1 for at, answer in given if isinstance(answer, Findings))
    assert Reader.most_sent > 2
