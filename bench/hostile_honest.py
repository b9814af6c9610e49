"""What honest people ask in the hostile benchmark, each kind by a method, and whether the answer was right."""

import asyncio
import io
import itertools
import json
import multiprocessing
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import altcha
import msgspec

from bench.apart import stand_apart
from bench.hostile_asking import Place, Reply, ask_apart, form, request
from bench.hostile_attacks import GUESSED, guess
from tests import photos, releases
from verify.core import qr_text

PEOPLE: Final = 2000
WITH_PROOF: Final = "guessed name"
"""What a check by name is that took two requests, one of them with a proof of work: held to such of another time."""
_GUESSERS: Final = tuple(f"127.2.1.{at}" for at in range(1, 12))
"""Who guess at names before the ten come, so that it is known what a check with its proof takes alone."""


class Found(msgspec.Struct, frozen=True):
    """Whether the answer was right, and the service's seconds for it."""

    right: bool
    seconds: float
    kind: str = ""
    """What it came to be, where that was not known beforehand."""
    at: float = 0.0
    """When it was asked, in seconds since the first was."""


Kind = Callable[[str], Awaitable[Found]]
"""Asks from an address."""


class Honest:
    """The questions of honest people, each kind in turn. Their proofs of work are made in the group ``apart``."""

    def __init__(self, place: Place, apart: Path | None) -> None:
        self.place = place
        self.worked = 0
        self._guessed = GUESSED + 1
        """The first of the certificates whose names are guessed at."""
        self._serial = itertools.cycle(range(1, PEOPLE))
        self.payloads: list[tuple[int, str]] = []
        spawn = multiprocessing.get_context("spawn")
        self._askers = ProcessPoolExecutor(1, spawn, stand_apart, (apart,))
        code = photos.qr_image(qr_text.write(releases.certify(1), "v.example.org"))
        picture = io.BytesIO()
        code.save(picture, "PNG")
        self._photo = form(picture.getvalue(), "x.png")
        self.kinds: dict[str, Kind] = {
            "code": self.code,
            "number and name": self.name,
            WITH_PROOF: self.guessed_name,
            "page": self.page,
            "list page": self.list_page,
            "lookup": self.lookup,
            "list of 20": self.rows,
            "table of 20": self.table,
            "photo": self.photo,
        }

    def close(self) -> None:
        """No more proofs are made."""
        self._askers.shutdown()

    async def code(self, source: str) -> Found:
        """What a QR code opens, as JSON."""
        body = json.dumps({"qr": qr_text.write(releases.certify(next(self._serial)), "v.example.org")}).encode()
        return _valid(await ask_apart(self.place, source, request("POST", "/api/v1/verify", body)))

    async def name(self, source: str) -> Found:
        """Number and name, with the proof of work where it is wanted: its own time is the asker's."""
        return await self._named(source, next(self._serial) % (PEOPLE - 2 * GUESSED) + 2 * GUESSED + 1)

    async def guessed_name(self, source: str) -> Found:
        """The same of a certificate whose holder's name others guess at: what the page does, work and all."""
        return await self._named(source, self._guessed + next(self._serial) % GUESSED)

    async def _named(self, source: str, serial: int) -> Found:
        asked = {"number": releases.number(serial), "name": f"候选人{serial}"}
        reply = await ask_apart(self.place, source, request("POST", "/api/v1/verify", json.dumps(asked).encode()))
        if reply.status == 403:
            self.worked += 1
            challenge = msgspec.json.decode(reply.body)["challenge"]
            payload = await asyncio.get_running_loop().run_in_executor(self._askers, _solved, challenge)
            again = await ask_apart(self.place, source, _posted("/api/v1/verify", asked | {"altcha": payload}))
            return Found(_is_valid(again), reply.seconds + again.seconds, WITH_PROOF)
        return Found(_is_valid(reply), reply.seconds, "number and name")

    async def page(self, source: str) -> Found:
        """The first page."""
        reply = await ask_apart(self.place, source, request("GET", "/"))
        return Found(reply.status == 200, reply.seconds)

    async def list_page(self, source: str) -> Found:
        """A page of the pass list."""
        reply = await ask_apart(self.place, source, request("GET", f"/pass-lists/{releases.EXAM}"))
        return Found(reply.status == 200 and "候选人1".encode() in reply.body, reply.seconds)

    async def lookup(self, source: str) -> Found:
        """Name and ID number, with a proof that was made before."""
        serial, payload = self.payloads.pop()
        asked = {"name": f"候选人{serial}", "id_type": "other", "id_number": f"ID{serial:08d}", "altcha": payload}
        reply = await ask_apart(self.place, source, request("POST", "/api/v1/lookup", json.dumps(asked).encode()))
        return Found(reply.status == 200 and releases.number(serial).encode() in reply.body, reply.seconds)

    async def rows(self, source: str) -> Found:
        """Twenty rows as JSON."""
        rows = [{"number": releases.number(at), "name": f"候选人{at}"} for at in self._twenty()]
        reply = await ask_apart(self.place, source, request("POST", "/api/v1/verify/batch", json.dumps(rows).encode()))
        return Found(reply.body.count(b'"outcome":"valid"') == 20, reply.seconds)

    async def table(self, source: str) -> Found:
        """Twenty rows as CSV."""
        lines = ["number,name", *(f"{releases.number(at)},候选人{at}" for at in self._twenty())]
        body = "\n".join(lines).encode()
        reply = await ask_apart(self.place, source, request("POST", "/api/v1/verify/batch", body, "text/csv"))
        return Found(reply.body.count(b",valid,") == 20, reply.seconds)

    async def photo(self, source: str) -> Found:
        """A picture of a code."""
        return _valid(await ask_apart(self.place, source, request("POST", "/api/v1/verify/document", *self._photo)))

    async def guessed(self) -> None:
        """Has others guess at names of certificates of which nobody else does."""
        for source in _GUESSERS:
            await guess(self.place, source, self._guessed)

    def attacked(self) -> None:
        """From now on the guessed certificates are those at whose names the ten guess."""
        self._guessed = 1
        self.worked = 0

    def alone_again(self) -> None:
        """From now on they are again those of before: of whose names others guessed in a quiet hour."""
        self._guessed = GUESSED + 1

    async def prepare(self, count: int) -> None:
        """Makes proofs for lookups to come, which takes the asker's time and not the service's."""
        for turn in range(count):
            body = json.dumps({"name": f"候选人{turn + 100}"}).encode()
            reply = await ask_apart(self.place, f"127.1.9.{turn + 1}", request("POST", "/api/v1/challenge", body))
            challenge = msgspec.json.decode(reply.body)
            payload = await asyncio.get_running_loop().run_in_executor(self._askers, _solved, challenge)
            self.payloads.append((turn + 100, payload))

    def _twenty(self) -> list[int]:
        return [200 + next(self._serial) % 1700 for _ in range(20)]


def _valid(reply: Reply) -> Found:
    return Found(_is_valid(reply), reply.seconds)


def _is_valid(reply: Reply) -> bool:
    return b'"outcome":"valid"' in reply.body


def _posted(path: str, asked: object) -> bytes:
    return request("POST", path, json.dumps(asked).encode())


def _solved(challenge: dict[str, object]) -> str:
    asked = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(asked)
    assert solution is not None
    return altcha.Payload(asked, solution).to_base64()
