"""Pages that are kept: for as long as they are true, for who asks the same, and not too many."""

from typing import ClassVar

import httpx
import pytest

from tests import invented_exam as exam
from tests.http_service import Time, client, registry
from verify.core.errors import RegisterDamaged
from verify.http.answers.direct import Reply
from verify.http.answers.kept_pages import KeptPages
from verify.registry.port import RegistryUnavailable

PAGE, JSON = "/pass-lists/CEM-2022-04", "/api/v1/exams/CEM-2022-04/pass-list"


@pytest.mark.parametrize("path", [PAGE, JSON])
async def test_a_page_is_made_once_for_each_language_and_state_of_the_registry(path: str) -> None:
    """What is published, and another language, make it anew; the clock moves on at most a minute."""
    register, clock = registry(), Time()
    asked: list[str] = []
    rows = register.rows

    async def counted(*arguments: object) -> object:
        asked.append("rows")
        return await rows(*arguments)  # type: ignore[arg-type]  # as they came

    register.rows = counted  # type: ignore[method-assign,assignment]  # counted
    async with client(register, clock=clock) as service:
        first = await service.get(path)
        assert (await service.get(path)).content == first.content
        assert len(asked) == 1
        other = await service.get(path, headers={"accept-language": "en"})
        assert (other.content == first.content) == (path == JSON)
        assert len(asked) == 2
        register.statements.append(register.statements[-1])
        await service.get(path)
        assert len(asked) == 3
        clock.now += 61
        await service.get(path)
        assert len(asked) == 4


@pytest.mark.parametrize("path", [PAGE, JSON])
@pytest.mark.parametrize("failing", [RegistryUnavailable("gone"), RegisterDamaged("register_damaged", "x")])
async def test_no_page_is_shown_while_nobody_can_say_whether_it_is_true(failing: Exception, path: str) -> None:
    """Where the registry cannot be asked, a kept list is not shown either."""
    register = registry()
    async with client(register) as service:
        assert (await service.get(path)).status_code == 200
        register.failing = failing
        answer: httpx.Response = await service.get(path)
    assert answer.status_code == 503
    assert exam.VALID.name not in answer.text


async def test_pages_make_room() -> None:
    """All together they take no more than what was said."""
    pages = KeptPages(most_bytes=2500)

    class Asked:
        scope: ClassVar = {"query_string": b""}

    class Known:
        language, now = "en", 0

        def __init__(self, path: str) -> None:
            self.path = path

    async def make() -> tuple[Reply, int]:
        return Reply(bytes(1000), ()), 10

    for number in range(5):
        await pages.page(Asked(), Known(f"/{number}"), 1, make)  # type: ignore[arg-type]  # what it looks at
    assert len(pages) == 2
