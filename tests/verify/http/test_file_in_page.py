"""The file that a bulk check lays into its page."""

import base64
from typing import Any

import pytest

from tests.http_service import client
from verify.http.files.intake import Intake


@pytest.mark.parametrize("accept", ["text/html", "application/x-ndjson"])
async def test_no_call_holds_more_than_a_piece_of_the_file_in_the_page(
    monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    """A template made a quarter of a second of ten megabytes; the page has the whole file all the same."""
    large = bytes(range(256)) * 1000
    pieces: list[int] = []
    encode = base64.b64encode

    async def filled(*_: Any) -> bytes:
        return large

    def noted(data: bytes) -> bytes:
        pieces.append(len(data))
        return encode(data)

    monkeypatch.setattr(Intake, "filled", filled)
    monkeypatch.setattr(base64, "b64encode", noted)
    async with client() as service:
        answer = await service.post("/batch", data={"rows": "x\ty"}, headers={"accept": accept})
    assert answer.status_code == 200
    assert max(pieces) <= 48 << 10
    assert f"base64,{encode(large).decode()}" in answer.text
