"""Pages of verdicts that are put together from what is the same for all: each is the page that is rendered whole."""

from collections.abc import Iterator

import httpx
import pytest

from tests import invented_exam as exam
from tests.http_service import Time, client
from tests.invented import ROOT, keyring
from tests.memory_registry import MemoryRegistry
from verify.http.answers import rendering
from verify.http.answers.outlines import Outlines, mark

FIRST, QUOTED, LATER = (
    exam.holder(1, "王莉"),
    exam.holder(2, "Li “Al” & 'Wu\""),
    exam.holder(3, "韩梅梅", expires_at=exam.NOW + 60),
)
PEOPLE = (FIRST, QUOTED, LATER)
ASKED = ("", "?lang=en", "?lang=zh-CN", "?lang=en&lang=zh-CN", "?as_of=2025-01-01", "?other=1")


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Outlines]]:
    """What each service keeps, in the order of their making."""
    made: list[Outlines] = []

    def outlines(most: int = 4) -> Outlines:
        made.append(Outlines(most))
        return made[-1]

    monkeypatch.setattr(rendering, "Outlines", outlines)
    return iter([made])


def service(clock: Time) -> httpx.AsyncClient:
    """A service over a registry of three."""
    published = [ROOT.sign(keyring().draft(ROOT.kid)), *(one.data for one in PEOPLE), exam.pass_list(*PEOPLE)]
    return client(MemoryRegistry(published, exam.NOW), clock=clock)


async def test_a_page_put_together_is_the_page_rendered_whole(kept: Iterator[list[Outlines]]) -> None:
    """By code and by number, in both languages and later: to the byte what a service says that keeps nothing."""
    clock, made = Time(), next(kept)
    async with service(clock) as filling, service(clock) as whole:
        made[1].page = lambda on, fill, whole, marked: whole().encode()  # type: ignore[method-assign]  # noqa: ARG005
        for seconds in (0, 3601):
            clock.now = exam.NOW + seconds
            for person in PEOPLE:
                for address in (person.path, person.path.replace("Q", "q"), f"/c/{person.number}"):
                    for asked in ASKED:
                        pages = [
                            await one.get(address + asked, headers={"accept": "text/html"}) for one in (filling, whole)
                        ]
                        assert pages[0].content == pages[1].content
                        assert pages[0].headers == pages[1].headers
        assert 0 < len(made[0]) <= 4


async def test_outlines_serve_the_next_and_hold_nobody(kept: Iterator[list[Outlines]]) -> None:
    """A page of the second person is not rendered; of neither name, number, hint or digits are kept."""
    made = next(kept)
    async with service(Time()) as asked:
        for person in (FIRST, QUOTED):
            assert person.number in (await asked.get(person.path, headers={"accept": "text/html"})).text
    (outline,) = made[0]._kept.values()
    held = f"{[*made[0]._kept]} {b''.join(outline.pieces).decode()}"
    for person in (FIRST, QUOTED):
        for personal in (person.name, person.number, person.certificate.id_hint, person.path[3:]):
            assert personal not in held


def test_an_outline_that_makes_another_page_is_not_kept() -> None:
    """Such as where a page says something else of a value than the value."""
    outlines = Outlines()
    page = outlines.page("a", {"name": "Li"}, lambda: "<b>LI</b>", lambda: f"<b>{mark('name')}</b>")
    assert (page, len(outlines)) == (b"<b>LI</b>", 0)
    for name in ("Li", "A&B"):
        said = name.replace("&", "&amp;")
        made = outlines.page("a", {"name": name}, f"<b>{said}</b>".__str__, f"<b>{mark('name')}</b>".__str__)
        assert made.decode() == f"<b>{said}</b>"
    assert len(outlines) == 1
