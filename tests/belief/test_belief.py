"""Histories in random order, partly filed past publish: the core says of each what the contract's words say.

``YINJIAN_HISTORIES`` says how many (40 in a quick run, 2,000 and more in a long one: ``make histories``), and
``YINJIAN_SEED`` which; both are printed.
"""

import asyncio
import os
import sys
from typing import ClassVar, Final

import asyncpg
import hypothesis
import pytest
from hypothesis.stateful import run_state_machine_as_test

from migrations import embedded
from tests import releases
from tests.belief.belief_asked import compare
from tests.belief.belief_machine import NOW, Histories
from tests.conftest import Urls, fresh_registry
from tests.memory_registry import MemoryRegistry
from verify.registry.postgres import PostgresRegistry

HISTORIES: Final = int(os.environ.get("YINJIAN_HISTORIES", "30"))
SEED: Final = int(os.environ.get("YINJIAN_SEED", "20261126"))
SETTINGS: Final = hypothesis.settings(
    max_examples=HISTORIES,
    stateful_step_count=24,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one application keeps nothing of the history before."""
    monkeypatch.setattr("verify.http.lists.not_in_force._FRESH", -1)


class InMemory(Histories):
    """Asked of the plain list of statements."""

    asked = 0

    def teardown(self) -> None:
        """Compares, once the history is whole."""
        if self.ring is not None:
            InMemory.asked += 1
            asyncio.run(compare(self, MemoryRegistry(self.statements, now=NOW)))


def test_the_core_believes_what_the_contract_says() -> None:
    """Verdicts by QR and by number at four times, lookups of everybody, lists, and the pages of all of these."""
    sys.stdout.write(f"seed {SEED}, {HISTORIES} histories\n")
    hypothesis.seed(SEED)(run_state_machine_as_test)(InMemory, settings=SETTINGS)
    sys.stdout.write(f"{InMemory.asked} histories asked, 0 disagreements\n")
    assert InMemory.asked >= HISTORIES


class OnPostgres(Histories):
    """Filed with the signer's rights, past publish, and asked of the service's reader."""

    takes_malformed = False
    server: ClassVar[embedded.Database]
    asked = 0

    def teardown(self) -> None:
        """Files and compares, once the history is whole."""
        if self.ring is not None:
            OnPostgres.asked += 1
            with fresh_registry(self.server) as urls:
                asyncio.run(self._filed_and_compared(urls))

    async def _filed_and_compared(self, urls: Urls) -> None:
        signer = await asyncpg.connect(urls.signer)
        await signer.copy_records_to_table(
            "statement", schema_name="registry", columns=["index", "bytes"], records=list(enumerate(self.statements))
        )
        await signer.close()
        registry = await PostgresRegistry.open(urls.reader, releases.ROOT_THUMBPRINT)
        try:
            await compare(self, registry)
        finally:
            await registry.close()


def test_the_database_hands_out_the_same(server: embedded.Database) -> None:
    """A tenth as many histories, each in a registry of its own."""
    OnPostgres.server = server
    settings = hypothesis.settings(SETTINGS, max_examples=max(HISTORIES // 10, 6))
    hypothesis.seed(SEED + 1)(run_state_machine_as_test)(OnPostgres, settings=settings)
    sys.stdout.write(f"{OnPostgres.asked} histories asked of PostgreSQL, 0 disagreements\n")
    assert OnPostgres.asked >= settings.max_examples
