"""A bulk check of 5,000 rows over HTTP, beside the bare registry lookup and signature check of the same numbers."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time

import httpx

from bench.figures import Figure, beside
from migrations.embedded import Database
from tests import releases
from verify.core import statement
from verify.registry.postgres import PostgresRegistry

ROWS = 5000
ROUNDS = 9
LEAST_RATIO = 0.5


async def _bare(database: Database, numbers: list[str]) -> float:
    """Certificates a second, looked up 500 at a time and their signatures checked, in one process."""
    registry = await PostgresRegistry.open(database.reader_url, releases.ROOT_THUMBPRINT)
    keyring = (await registry.chain()).newest
    begun = time.perf_counter()
    for at in range(0, len(numbers), 500):
        for record in (await registry.by_numbers(numbers[at : at + 500])).values():
            found = statement.decode(record.certificates[record.number][0].data)
            assert any(statement.signed_by(found, key.public) for key in keyring.with_kid(found.kid))
    rate = len(numbers) / (time.perf_counter() - begun)
    await registry.close()
    return rate


def _batch(client: httpx.Client, url: str, rows: list[dict[str, str]]) -> float:
    """Rows a second over HTTP, JSON to verdicts."""
    begun = time.perf_counter()
    answer = client.post(f"{url}/api/v1/verify/batch", json=rows)
    rate = len(rows) / (time.perf_counter() - begun)
    assert {verdict["outcome"] for verdict in answer.json()["verdicts"]} == {"valid"}
    return rate


def run(database: Database) -> list[Figure]:
    """Checks the first 5,000 people of the registry again and again."""
    print(f"a bulk check of {ROWS:,} rows")
    numbers = [releases.number(serial) for serial in range(1, ROWS + 1)]
    rows = [{"number": releases.number(serial), "name": f"候选人{serial}"} for serial in range(1, ROWS + 1)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = os.environ | {
        "YINJIAN_DATABASE_URL": database.reader_url,
        "YINJIAN_ROOT": releases.ROOT_THUMBPRINT.hex(),
        "YINJIAN_RATE_LIMITS": "off",
        "YINJIAN_PORT": str(port),
    }
    command = [sys.executable, "-m", "verify", "serve"]
    # A folder of its own: what was made here before would be taken for its settings.
    with (
        tempfile.TemporaryDirectory() as var,
        subprocess.Popen(command, env=environ | {"YINJIAN_VAR": var}, stderr=subprocess.DEVNULL) as server,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(200):
                try:
                    httpx.get(f"{url}/health/ready").raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            with httpx.Client(timeout=120) as client:  # in turns, so that what else the machine does strikes both
                rates = [(asyncio.run(_bare(database, numbers)), _batch(client, url, rows)) for _ in range(ROUNDS + 1)]
        finally:
            server.terminate()
    bare, batch = zip(*rates[1:], strict=True)
    against = "bare registry lookup and signature check"
    return [beside(f"bulk check of {ROWS:,} rows", batch, bare, unit="/s", against=against, bound=LEAST_RATIO)]
