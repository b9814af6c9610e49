"""What an answer cannot do without, alone: the gathered question for a record, and the check of a signature."""

import asyncio
import random
import time
from collections.abc import Sequence

from nacl.signing import VerifyKey

from bench.service.crowd import Exam
from migrations.embedded import Database
from tests import releases
from tests.invented import CERTIFICATE
from verify.core import statement
from verify.registry.postgres import PostgresRegistry


class Bare:
    """Bare gathered questions for whole records, without a server, in an event loop of their own."""

    def __init__(self, database: Database, exams: Sequence[Exam]) -> None:
        self._exams = exams
        self._draw = random.Random(2)  # noqa: S311 -- the same draw every time
        self._runner = asyncio.Runner()
        self._registry = self._runner.run(PostgresRegistry.open(database.reader_url, releases.ROOT_THUMBPRINT))
        self._runner.run(self._registry.by_numbers([exam.number(1) for exam in exams]))  # each list is read once

    def rate(self, count: int = 10_000) -> float:
        """Records a second, some 32 at a time."""
        chosen = self._draw.choices(self._exams, k=count)
        numbers = [exam.number(self._draw.randint(1, exam.people)) for exam in chosen]
        begun = time.perf_counter()
        self._runner.run(self._ask(numbers))
        return count / (time.perf_counter() - begun)

    async def _ask(self, numbers: Sequence[str]) -> None:
        gate = asyncio.Semaphore(32)

        async def one(number: str) -> None:
            async with gate:
                assert await self._registry.by_number(number) is not None

        await asyncio.gather(*map(one, numbers))

    def close(self) -> None:
        """Ends."""
        self._runner.run(self._registry.close())
        self._runner.close()


def signatures(exam: Exam, count: int = 4000) -> float:
    """Raw checks of signatures a second, on one core, by libsodium, the faster of the two libraries (ADR 45)."""
    found = statement.decode(exam.statement(1))
    key = VerifyKey(CERTIFICATE.public)
    begun = time.perf_counter()
    for _ in range(count):
        key.verify(found.signed, found.signature)
    return count / (time.perf_counter() - begun)
