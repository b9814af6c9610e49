"""What honest people ask in the hostile benchmark, each kind by a method, and whether the answer was right."""

import asyncio
import io
import itertools
import json
import multiprocessing
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import altcha
import msgspec

from bench.hostile_asking import Place, Reply, ask, form, request
from bench.hostile_attacks import GUESSED
from tests import photos, releases
from verify.core import qr_text
from verify.files.confinement import layers

PEOPLE: Final = 2000
Kind = Callable[[str], Awaitable[tuple[bool, float]]]
"""Asks from an address: whether the answer was right, and the service's seconds."""


class Honest:
    """The questions of honest people, each kind in turn."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.worked = 0
        self._serial = itertools.cycle(range(1, PEOPLE))
        self.payloads: list[tuple[int, str]] = []
        spawn = multiprocessing.get_context("spawn")
        self._askers = ProcessPoolExecutor(1, spawn, layers.put_aside)
        code = photos.qr_image(qr_text.write(releases.certify(1), "v.example.org"))
        picture = io.BytesIO()
        code.save(picture, "PNG")
        self._photo = form(picture.getvalue(), "x.png")
        self.kinds: dict[str, Kind] = {
            "code": self.code,
            "number and name": self.name,
            "guessed name": self.guessed_name,
            "page": self.page,
            "list page": self.list_page,
            "lookup": self.lookup,
            "list of 20": self.rows,
            "table of 20": self.table,
            "photo": self.photo,
        }

    async def code(self, source: str) -> tuple[bool, float]:
        """What a QR code opens, as JSON."""
        body = json.dumps({"qr": qr_text.write(releases.certify(next(self._serial)), "v.example.org")}).encode()
        return _valid(await ask(self.place, source, request("POST", "/api/v1/verify", body)))

    async def name(self, source: str) -> tuple[bool, float]:
        """Number and name, with the proof of work where it is wanted: its own time is the asker's."""
        return await self._named(source, next(self._serial) % (PEOPLE - GUESSED) + GUESSED + 1)

    async def guessed_name(self, source: str) -> tuple[bool, float]:
        """The same of a certificate whose holder's name others guess at: what the page does, work and all."""
        return await self._named(source, next(self._serial) % GUESSED + 1)

    async def _named(self, source: str, serial: int) -> tuple[bool, float]:
        asked = {"number": releases.number(serial), "name": f"候选人{serial}"}
        reply = await ask(self.place, source, request("POST", "/api/v1/verify", json.dumps(asked).encode()))
        if reply.status == 403:
            self.worked += 1
            challenge = msgspec.json.decode(reply.body)["challenge"]
            payload = await asyncio.get_running_loop().run_in_executor(self._askers, _solved, challenge)
            again = await ask(self.place, source, _posted("/api/v1/verify", asked | {"altcha": payload}))
            return _valid(again)[0], reply.seconds + again.seconds
        return _valid(reply)

    async def page(self, source: str) -> tuple[bool, float]:
        """The first page."""
        reply = await ask(self.place, source, request("GET", "/"))
        return reply.status == 200, reply.seconds

    async def list_page(self, source: str) -> tuple[bool, float]:
        """A page of the pass list."""
        reply = await ask(self.place, source, request("GET", f"/pass-lists/{releases.EXAM}"))
        return reply.status == 200 and "候选人1".encode() in reply.body, reply.seconds

    async def lookup(self, source: str) -> tuple[bool, float]:
        """Name and ID number, with a proof that was made before."""
        serial, payload = self.payloads.pop()
        asked = {"name": f"候选人{serial}", "id_type": "other", "id_number": f"ID{serial:08d}", "altcha": payload}
        reply = await ask(self.place, source, request("POST", "/api/v1/lookup", json.dumps(asked).encode()))
        return reply.status == 200 and releases.number(serial).encode() in reply.body, reply.seconds

    async def rows(self, source: str) -> tuple[bool, float]:
        """Twenty rows as JSON."""
        rows = [{"number": releases.number(at), "name": f"候选人{at}"} for at in self._twenty()]
        reply = await ask(self.place, source, request("POST", "/api/v1/verify/batch", json.dumps(rows).encode()))
        return reply.body.count(b'"outcome":"valid"') == 20, reply.seconds

    async def table(self, source: str) -> tuple[bool, float]:
        """Twenty rows as CSV."""
        lines = ["number,name", *(f"{releases.number(at)},候选人{at}" for at in self._twenty())]
        body = "\n".join(lines).encode()
        reply = await ask(self.place, source, request("POST", "/api/v1/verify/batch", body, "text/csv"))
        return reply.body.count(b",valid,") == 20, reply.seconds

    async def photo(self, source: str) -> tuple[bool, float]:
        """A picture of a code."""
        return _valid(await ask(self.place, source, request("POST", "/api/v1/verify/document", *self._photo)))

    async def prepare(self, count: int) -> None:
        """Makes proofs for lookups to come, which takes the asker's time and not the service's."""
        for turn in range(count):
            body = json.dumps({"name": f"候选人{turn + 100}"}).encode()
            reply = await ask(self.place, f"127.1.9.{turn + 1}", request("POST", "/api/v1/challenge", body))
            challenge = msgspec.json.decode(reply.body)
            payload = await asyncio.get_running_loop().run_in_executor(self._askers, _solved, challenge)
            self.payloads.append((turn + 100, payload))

    def _twenty(self) -> list[int]:
        return [200 + next(self._serial) % 1700 for _ in range(20)]


def _valid(reply: Reply) -> tuple[bool, float]:
    return b'"outcome":"valid"' in reply.body, reply.seconds


def _posted(path: str, asked: object) -> bytes:
    return request("POST", path, json.dumps(asked).encode())


def _solved(challenge: dict[str, object]) -> str:
    asked = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(asked)
    assert solution is not None
    return altcha.Payload(asked, solution).to_base64()
