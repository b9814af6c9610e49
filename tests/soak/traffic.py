"""What the public asks, in a mixture, and whether each answer is true.

Each client has an address of its own behind the proxy that the service trusts, and another after some questions.
"""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from tests import bad_files
from tests.photos import qr_image
from tests.soak.failures import Failures, Kind
from tests.soak.known import Known
from tests.verify.files.test_workers import png
from verify.http.answers import phrases

PAUSE: Final = 0.02
"""Seconds between two questions of one client: there are others on a machine."""
_QUESTIONS: Final = 40
"""After which a client is another."""
_READ: Final = ("busy", "reader_lost")
_HERD: Final = 60
JSON: Final = {"accept": "application/json"}
HTML: Final = {"accept": "text/html"}


class Untrue(Exception):
    """An answer that must not be."""


def check(true: object, what: object) -> None:
    """Raises Untrue with ``what``."""
    if not true:
        raise Untrue(str(what)[:500])


class Client:
    """One of the public, with one HTTP connection or a few."""

    def __init__(self, url: str, known: Known, failures: Failures, at: int) -> None:
        self._url = url
        self._known = known
        self._failures = failures
        self._at = at
        self._draw = random.Random(at)  # noqa: S311 -- what to ask
        self._kinds: dict[Callable[[httpx.AsyncClient], Awaitable[None]], int] = {
            self._number: 12, self._qr: 8, self._page: 6, self._named: 6, self._nobody: 3, self._batch: 3,
            self._list: 3, self._public: 6, self._log: 2, self._photo: 1, self._odd_file: 2, self._odd: 3,
            self._herd: 1, self._slow: 1,
        }  # fmt: skip

    async def run(self, over: asyncio.Event) -> None:
        """Asks until it is over."""
        for turn in itertools.count():
            address = f"198.18.{self._at % 256}.{turn % 256}"
            limits = httpx.Limits(keepalive_expiry=3)  # below the service's own five seconds
            headers = {"x-forwarded-for": address, "accept-language": "en"}
            async with httpx.AsyncClient(base_url=self._url, headers=headers, timeout=60, limits=limits) as client:
                for _ in range(_QUESTIONS):
                    if over.is_set():
                        return
                    await self._one(client)
                    await asyncio.sleep(PAUSE)

    async def _one(self, client: httpx.AsyncClient) -> None:
        (asks,) = self._draw.choices(list(self._kinds), list(self._kinds.values()))
        name = asks.__name__.strip("_").replace("_", " ")
        begun = time.monotonic()
        try:
            await asks(client)
        except Untrue as error:
            self._failures.failed("wrong", f"{name}: {error}", begun)
        except _Refused as error:
            self._failures.failed(error.kind, f"{name}: {error}", begun)
        except (httpx.TransportError, ConnectionError) as error:
            self._failures.failed("cut", f"{name}: {error!r}", begun)
        else:
            self._failures.answers[name] += 1

    async def _number(self, client: httpx.AsyncClient) -> None:
        question = self._known.some()
        answer = answered(await client.get(f"/api/v1/certificates/{question.people[0].number}", headers=JSON))
        check(answer.json()["outcome"] in question.allowed(), (answer.json()["outcome"], question.allowed()))
        check(question.people[0].name not in answer.text, "a stranger was told the name")

    async def _qr(self, client: httpx.AsyncClient) -> None:
        question = self._known.some()
        path = question.people[0].text.removeprefix("https://VERIFY.EXAMPLE.ORG")
        told = answered(await client.get(path, headers=JSON)).json()
        check(told["outcome"] in question.allowed(), (told["outcome"], question.allowed()))
        check(told["certificate"]["holder"] == question.people[0].name, told["certificate"])

    async def _page(self, client: httpx.AsyncClient) -> None:
        question = self._known.some()
        answer = answered(await client.get(f"/c/{question.people[0].number}", headers=HTML))
        headlines = {phrases.OUTCOMES[outcome].headline for outcome in question.allowed()}  # type: ignore[index]
        check(any(headline in answer.text for headline in headlines), headlines)

    async def _named(self, client: httpx.AsyncClient) -> None:
        question, right = self._known.some(), self._draw.random() < 0.8
        person = question.people[0]
        body = {"number": person.number, "name": person.name if right else "甲"}
        answer = await client.post("/api/v1/verify", json=body)
        if answer.status_code == 403:  # many wrong ones were tried before, by whomever
            check(answer.json()["code"] == "proof_wanted", answer.text)
            return
        outcome = answered(answer).json()["outcome"]
        check(outcome in (question.allowed() if right else {"mismatch"}), (outcome, right, question.allowed()))

    async def _nobody(self, client: httpx.AsyncClient) -> None:
        answer = await client.get(f"/api/v1/certificates/{self._known.nobody()}", headers=JSON)
        answered(answer, 404, "not_found")

    async def _batch(self, client: httpx.AsyncClient) -> None:
        question = self._known.some(20)
        rows = [{"number": person.number} for person in question.people]
        verdicts = answered(await client.post("/api/v1/verify/batch", json=rows)).json()["verdicts"]
        for at, verdict in enumerate(verdicts):
            check(verdict["outcome"] in question.allowed(at), (verdict["outcome"], question.allowed(at)))
        check(len(verdicts) == len(rows), f"{len(verdicts)} verdicts")

    async def _list(self, client: httpx.AsyncClient) -> None:
        exams = len(self._known.exams)
        code = self._draw.choice(self._known.exams)
        rows = answered(await client.get(f"/api/v1/exams/{code}/pass-list", headers=JSON)).json()["items"]
        check(len(rows) == len(self._known.people) // len(self._known.exams), rows)
        answered(await client.get(f"/pass-lists/{code}", headers=HTML))
        listed = answered(await client.get("/api/v1/exams?limit=100", headers=JSON)).json()["items"]
        check(len(listed) >= min(exams, 100), f"{len(listed)} exams of {exams}")

    async def _public(self, client: httpx.AsyncClient) -> None:
        path = self._draw.choice(
            ("/", "/help", "/about", "/privacy", "/.well-known/jwks.json", "/.well-known/did.json")
        )
        answered(await client.get(path, headers={"accept": "*/*"}))

    async def _log(self, client: httpx.AsyncClient) -> None:
        least = self._known.size
        told = answered(await client.get("/log/checkpoint")).text.splitlines()
        check(int(told[1]) >= least, f"a log of {told[1]}, and publish had said {least}")

    async def _photo(self, client: httpx.AsyncClient) -> None:
        question = self._known.some()
        picture = await asyncio.to_thread(lambda: png(qr_image(question.people[0].text)))
        answer = read(await client.post("/api/v1/verify/document", files={"file": ("a.png", picture)}))
        outcomes = [verdict["outcome"] for verdict in answer.json()["verdicts"]]
        check(len(outcomes) == 1 and outcomes[0] in question.allowed(), (outcomes, question.allowed()))

    async def _odd_file(self, client: httpx.AsyncClient) -> None:
        bad = self._draw.choice(bad_files.BAD)
        made = await asyncio.to_thread(bad.make)
        answer = await client.post("/api/v1/verify/document", files={"file": (bad.name, made)})
        read(answer, bad.status, bad.code)

    async def _odd(self, client: httpx.AsyncClient) -> None:
        turn = self._draw.randrange(4)
        if turn == 0:
            answered(await client.post("/api/v1/verify", content=b"{", headers=JSON), 400, "bad_json")
        elif turn == 1:
            answered(await client.get(f"/nothing/{self._draw.random()}", headers=JSON), 404, "no_such_address")
        elif turn == 2:
            answered(await client.get("/Q/1234567890", headers=JSON), 200)
        else:
            answer = await client.post("/api/v1/lookup", json={"name": "王莉", "id_number": "x", "id_type": "other"})
            answered(answer, 403, "proof_missing")

    async def _herd(self, client: httpx.AsyncClient) -> None:
        question = self._known.some()
        path = f"/api/v1/certificates/{question.people[0].number}"
        found = await asyncio.gather(*(client.get(path, headers=JSON) for _ in range(_HERD)))
        outcomes = {answered(answer).json()["outcome"] for answer in found}
        check(outcomes <= question.allowed(), (outcomes, question.allowed()))

    async def _slow(self, _client: httpx.AsyncClient) -> None:
        """Half a request, a byte at a time, that nobody waits for."""
        there = httpx.URL(self._url)
        with contextlib.suppress(ConnectionError):
            _, sink = await asyncio.open_connection(there.host, there.port)
            try:
                sink.write(b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\n")
                for _ in range(5):
                    await asyncio.sleep(0.1)
                    sink.write(b"x")
            finally:
                sink.transport.abort()


class _Refused(Exception):
    """No answer, for a reason that a mishap may excuse."""

    def __init__(self, kind: Kind, what: str) -> None:
        super().__init__(what)
        self.kind = kind


def answered(answer: httpx.Response, status: int = 200, code: str | None = None) -> httpx.Response:
    """The answer, where it is of this status and code. Raises Untrue, or _Refused for want of a database."""
    if answer.status_code == 503 and _code(answer) == "registry_unavailable":
        raise _Refused("unavailable", answer.text[:200])
    told = (answer.status_code, code and _code(answer))
    check(told == (status, code), (told, answer.text[:300]))
    return answer


def read(answer: httpx.Response, status: int = 200, code: str | None = None) -> httpx.Response:
    """The same of an answer to a file. Raises Untrue or _Refused."""
    if answer.status_code == 503 and _code(answer) in _READ:
        raise _Refused("unread", answer.text[:200])
    return answered(answer, status, code)


def _code(answer: httpx.Response) -> str | None:
    if "json" not in answer.headers.get("content-type", ""):
        return "registry_unavailable" if "register cannot be asked" in answer.text else None
    code: str | None = answer.json().get("code")
    return code
