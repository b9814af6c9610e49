"""Files that askers send: taken in, read in worker processes, and forgotten with the request."""

import logging
from typing import Any, Final, NoReturn, Protocol

from verify.files import jobs, json_trees, refusals
from verify.files.confinement import layers
from verify.files.findings import MAX_BYTES, Findings
from verify.files.json_trees import JsonRefused
from verify.files.pieces import Pieces
from verify.files.refusals import FileRefused
from verify.files.tables.data import Filled, Listed, Triple, Verified
from verify.files.turns.allowance import Allowance, Spent
from verify.files.workers import Workers
from verify.http.answers.problems import Refused
from verify.http.asked import state
from verify.http.asked.bodies import AnyRequest

BODY_BYTES: Final = MAX_BYTES + (64 << 10)
"""What a request with a file may send: the file, and the form around it."""
_SECONDS: Final = 3.0
"""How long one picture may be looked at again and again while nobody waits."""
_RETRY_AFTER: Final = 10


_log = logging.getLogger("yinjian.http")


class Readers(Protocol):
    """Readers of one kind: this process's own Workers, or those of the keeper."""

    @property
    def confinement(self) -> layers.Report | None:
        """How they are confined; None before the first has started."""
        ...

    async def start(self) -> None:
        """Has one ready. Raises FileRefused where none starts."""
        ...

    async def run(self, job: jobs.Job, client: str = ..., data: Pieces | None = ...) -> jobs.Answer:
        """See Workers.run."""
        ...

    async def close(self) -> None:
        """Ends them."""
        ...


class Intake:
    """Reads files for askers. Every method raises Refused with the problem's code.

    ``announced``: somebody else tells the operator how the readers are confined.
    """

    def __init__(
        self,
        pictures: Readers | None = None,
        tables: Readers | None = None,
        *,
        allowance: Allowance | None = None,
        announced: bool = False,
    ) -> None:
        allowance = allowance or Allowance()
        self.pictures: Readers = pictures or Workers(allowance=allowance)
        self.tables: Readers = tables or Workers(reads="tables", allowance=allowance)
        self._announced = announced

    async def start(self) -> None:
        """Starts a worker of each kind, and tells the operator what this machine does not keep them from."""
        for reads, workers in (("pictures", self.pictures), ("tables", self.tables)):
            try:
                await workers.start()
            except FileRefused:
                _log.error("no reader of %s starts here: such files will not be read", reads)
        missing = layers.missing(self.tables.confinement or {})
        if missing and not self._announced:
            _log.warning(layers.LACKING, missing)

    def confinement(self) -> str:
        """How the readers are confined, in a line for the operator."""
        report = self.tables.confinement or self.pictures.confinement
        if report is None:
            return "no reader of files has started yet"
        return f"not by {missing}" if (missing := layers.missing(report)) else "by every layer"

    async def codes(self, data: Pieces, client: str) -> Findings:
        """The QR codes of an image or PDF."""
        answer = await self._run(jobs.FindCodes(data=b"", seconds=_SECONDS), data, client)
        return answer if isinstance(answer, Findings) else _astray()

    async def table(self, data: Pieces, client: str, *, ours: tuple[Triple, ...], typed: bool = False) -> Listed:
        """The rows of a spreadsheet, or of text that was typed; ``ours`` are titles that an earlier check added."""
        answer = await self._run(jobs.ReadTable(data=b"", ours=ours, typed=typed), data, client)
        return answer if isinstance(answer, Listed) else _astray()

    async def filled(
        self,
        data: Pieces,
        listed: Listed,
        headers: Triple,
        results: tuple[Verified, ...],
        client: str,
    ) -> bytes:
        """The spreadsheet with three columns added."""
        job = jobs.FillTable(data=b"", listed=listed, headers=headers, results=results)
        answer = await self._run(job, data, client)
        return answer.data if isinstance(answer, Filled) else _astray()

    async def tree(self, body: Pieces, rows: int, client: str) -> Any:
        """What a large body of JSON is; see json_trees.read."""
        answer = await self._run(jobs.ReadJson(data=b"", rows=rows), body, client)
        if not isinstance(answer, jobs.Tree):
            _astray()
        try:
            if answer.code is not None:
                raise JsonRefused(answer.code, twice=answer.twice)
            return json_trees.unpacked(answer.packed)
        except JsonRefused as refused:
            raise Refused(refused.code, field=refused.field) from None

    async def close(self) -> None:
        """Ends the workers."""
        await self.pictures.close()
        await self.tables.close()

    async def _run(self, job: jobs.Job, data: Pieces, client: str) -> jobs.Answer:
        if len(data) > MAX_BYTES:
            raise Refused("file_too_large", field="file")
        field = None if isinstance(job, jobs.ReadJson) else "file"
        workers = self.pictures if isinstance(job, jobs.FindCodes) else self.tables
        try:
            return await workers.run(job, client, data)
        except Spent as spent:
            raise Refused("reading_spent", retry_after=spent.wait) from None
        except FileRefused as refused:
            passing = refused.code in refusals.PASSING
            raise Refused(
                refused.code,
                field=None if passing else field,
                line=refused.line,
                retry_after=_RETRY_AFTER if passing else None,
            ) from None


def _astray() -> NoReturn:
    raise Refused("reader_failed", field="file")


def client_of(request: AnyRequest) -> str:
    """The key by which the client is limited."""
    return state.of(request.scope).client
