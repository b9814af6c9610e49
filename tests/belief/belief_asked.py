"""What is asked of a history at its end: the core, the registry and the service's pages, held to the model."""

import html
import re
from typing import Final
from urllib.parse import urlsplit

import httpx

from tests.belief.belief_machine import EXAMS, ID_NUMBER, ID_TYPE, NOBODY, NOW, NUMBERS, Histories
from tests.http_service import Time, client
from tests.invented import ISSUED_AT, SECRET
from verify.core import qr_text, verdict
from verify.http.answers.phrases import OUTCOMES
from verify.http.check.asker import Asker
from verify.registry.port import Registry, RegistryUnavailable

TIMES: Final = (NOW, ISSUED_AT + 500, ISSUED_AT + 150, ISSUED_AT - 400)
_HEADLINE: Final = re.compile(r'<div class="verdict (\w+)">.*?<h1>(.*?)</h1>', re.DOTALL)
_NOT_IN_FORCE: Final = re.compile(r"(\d+) certificates? of this list (?:is|are) not in force now")
_SERIALS: Final = re.compile(r"<tr><td>(\d+)</td>")


async def compare(history: Histories, registry: Registry) -> None:
    """Every certificate, number, list, person and page of a history."""
    await _verdicts(history, registry)
    await _lookups(history, registry)
    # A service of its own: what one keeps is by how far its registry goes, which another registry may do too.
    async with client(registry, clock=Time(NOW), rate_limits=False) as service:
        await _verdict_pages(history, service)
        for exam in EXAMS:
            await _list(history, service, exam)


async def _verdicts(history: Histories, registry: Registry) -> None:
    """By QR code and by number, at several times."""
    chain = await registry.chain()
    model = history.model
    for paper in history.papers:
        seen = verdict.read_qr(qr_text.write(history.bytes_of[paper], "verify.example.org"), chain, NOW)
        record = await registry.by_number(seen.number) if seen.number else None
        for time in TIMES:
            judged = verdict.judge(seen, record, chain=chain, now=NOW, as_of=time)
            assert judged.outcome == model.by_paper(paper, time), f"{paper} at {time}"
    for number in NUMBERS:
        seen = verdict.read_number(number, chain)
        record = await registry.by_number(number)
        for time in TIMES:
            judged = verdict.judge(seen, record, chain=chain, now=NOW, as_of=time)
            assert judged.outcome == model.by_number(number, time), f"{number} at {time}"


async def _lookups(history: Histories, registry: Registry) -> None:
    """Everybody, and nobody, by name and ID number."""
    asker = Asker(registry, (SECRET,), None)  # type: ignore[arg-type]  # no names for numbers are asked
    for holder in (NOBODY, *(paper.holder for paper in history.papers)):
        found: list[tuple[str, str | None]] | None
        try:
            people = await asker.person(holder, ID_TYPE, ID_NUMBER, now=NOW)
            found = [(one.number, one.status) for one in people]
        except RegistryUnavailable:
            found = None
        assert found == history.model.looked_up(holder, EXAMS, NOW), holder


async def _verdict_pages(history: Histories, asked: httpx.AsyncClient) -> None:
    """What the page of each number and QR code says first."""
    pages = {f"/c/{number}": history.model.by_number(number, NOW) for number in NUMBERS}
    for paper in history.papers:
        path = urlsplit(qr_text.write(history.bytes_of[paper], "verify.example.org")).path
        pages[path] = history.model.by_paper(paper, NOW)
    for path, outcome in pages.items():
        answer = await asked.get(f"{path}?lang=en", headers={"accept": "text/html"})
        assert answer.status_code == (404 if outcome == "not_found" else 200), path
        said = _HEADLINE.search(answer.text)
        phrase = OUTCOMES[outcome]  # type: ignore[index]  # the model's words are the contract's
        assert said, path
        assert (said[1], html.unescape(said[2])) == (phrase.tone, phrase.headline), f"{path}: {outcome}"


async def _list(history: Histories, asked: httpx.AsyncClient, exam: str) -> None:
    """An exam's newest list as a page, as JSON and signed."""
    lists = history.model.lists(exam, ("notice", "final"))
    page = await asked.get(f"/pass-lists/{exam}?lang=en", headers={"accept": "text/html"})
    api = await asked.get(f"/api/v1/exams/{exam}/pass-list")
    signed = await asked.get(f"/api/v1/exams/{exam}/pass-list.cbor")
    assert {page.status_code, api.status_code, signed.status_code} == {200 if lists else 404}, exam
    if not lists:
        return
    newest = lists[-1]
    assert signed.content == history.bytes_of[newest], exam
    told = api.json()
    assert (told["stage"], told["revision"]) == (newest.stage, newest.revision), exam
    serials = list(range(1, len(newest.named) + 1))
    assert [row["serial"] for row in told["items"]] == serials, exam
    assert [int(serial) for serial in _SERIALS.findall(page.text)] == serials, exam
    counted = _NOT_IN_FORCE.search(page.text)
    assert int(counted[1] if counted else 0) == history.model.not_in_force(exam, NOW), exam
