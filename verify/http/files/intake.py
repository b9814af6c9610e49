"""Files that askers send: taken in, read in worker processes, and forgotten with the request."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from verify.files import jobs, refusals
from verify.files.findings import MAX_BYTES, Findings
from verify.files.refusals import FileRefused
from verify.files.tables.data import Filled, Listed, Verified
from verify.files.workers import Workers
from verify.http.answers.problems import Refused
from verify.http.asked.bodies import AnyRequest

BODY_BYTES: Final = MAX_BYTES + (64 << 10)
"""What a request with a file may send: the file, and the form around it."""
MOST_AT_ONCE: Final = 60
"""Files of one client that are read or wait; the pool's queue is longer, so that others always find room."""
_SECONDS: Final = 3.0
"""How long one picture may be looked at again and again while nobody waits."""
_RETRY_AFTER: Final = 10


class Intake:
    """Reads files for askers. Every method raises Refused with the problem's code."""

    def __init__(self, workers: Workers | None = None) -> None:
        self.workers = workers or Workers()
        self._sent: Counter[str] = Counter()

    async def codes(self, data: bytes, client: str) -> Findings:
        """The QR codes of an image or PDF."""
        answer = await self._run(jobs.FindCodes(data=data, seconds=self.workers.share(_SECONDS)), client)
        return answer if isinstance(answer, Findings) else _astray()

    async def table(self, data: bytes, client: str, *, typed: bool = False) -> Listed:
        """The rows of a spreadsheet, or of text that was typed."""
        answer = await self._run(jobs.ReadTable(data=data, typed=typed), client)
        return answer if isinstance(answer, Listed) else _astray()

    async def filled(
        self,
        data: bytes,
        listed: Listed,
        headers: tuple[str, str, str],
        results: tuple[Verified, ...],
        client: str,
    ) -> bytes:
        """The spreadsheet with three columns added."""
        job = jobs.FillTable(data=data, listed=listed, headers=headers, results=results)
        answer = await self._run(job, client)
        return answer.data if isinstance(answer, Filled) else _astray()

    async def close(self) -> None:
        """Ends the workers."""
        await self.workers.close()

    async def _run(self, job: jobs.Job, client: str) -> jobs.Answer:
        if len(job.data) > MAX_BYTES:
            raise Refused("file_too_large", field="file")
        with self._place(client):
            try:
                return await self.workers.run(job)
            except FileRefused as refused:
                passing = refused.code in refusals.PASSING
                raise Refused(
                    refused.code, field=None if passing else "file", retry_after=_RETRY_AFTER if passing else None
                ) from None

    @contextmanager
    def _place(self, client: str) -> Iterator[None]:
        """One of the client's places."""
        if self._sent[client] >= MOST_AT_ONCE:
            raise Refused("rate_limited", retry_after=_RETRY_AFTER)
        self._sent[client] += 1
        try:
            yield
        finally:
            self._sent[client] -= 1
            if not self._sent[client]:
                del self._sent[client]


def _astray() -> NoReturn:
    raise Refused("reader_failed", field="file")


def client_of(request: AnyRequest) -> str:
    """The key by which the client is limited."""
    client: str = request.scope["state"]["client"]
    return client
