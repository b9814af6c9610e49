"""A final list says how many of its certificates are not in force now, and marks them where the operator wants it."""

import asyncio
import re
from typing import Any

import pytest

from tests import invented_exam as exam
from tests.http_service import client, registry
from verify.core import statement
from verify.core.statement import Kind
from verify.service.site import Lists, Site

PATH = "/pass-lists/CEM-2022-04"
NOT_IN_FORCE = {exam.REVOKED.name: "Revoked", exam.SUSPENDED.name: "Suspended"}
MARKS = Site(lists=Lists(marks=True))


def is_change(data: bytes) -> bool:
    """Whether a statement is a change of status."""
    return statement.decode(data).kind is Kind.CHANGE


def marked(page: str) -> dict[str, str]:
    """What each marked row says, by name."""
    return dict(re.findall(r'<bdi>([^<]+)</bdi> <span\s+class="stage \w+"\s+lang="en">([^<]+)</span>', page))


@pytest.mark.parametrize("site", [Site(), MARKS], ids=["plain", "marks"])
async def test_a_final_list_counts_what_is_not_in_force(site: Site) -> None:
    """Revoked and suspended; not what was reinstated, nor what was replaced by one in force."""
    async with client(site=site) as service:
        page = (await service.get(f"{PATH}?lang=en")).text
        found = (await service.post(f"{PATH}?lang=en", data={"name": exam.REVOKED.name[:2]})).text
        chinese = (await service.get(f"{PATH}?lang=zh-CN")).text
    assert f"{len(NOT_IN_FORCE)} certificates of this list are not in force now, by later decisions." in page
    assert f"名单中有 {len(NOT_IN_FORCE)} 份证书因后来的决定目前无效。" in chinese
    assert marked(page) == (NOT_IN_FORCE if site.lists.marks else {})
    assert marked(found) == ({exam.REVOKED.name: "Revoked"} if site.lists.marks else {})


async def test_a_list_of_which_all_is_in_force_says_nothing() -> None:
    """And a notice, which has no certificates, neither."""
    register = registry()
    register.statements = [data for data in register.statements if not is_change(data)]
    async with client(register, site=MARKS) as service:
        page = (await service.get(f"{PATH}?lang=en")).text
    assert "not in force now" not in page


async def test_a_change_is_told_as_soon_as_it_is_published() -> None:
    """Neither what was found of a list nor its page is kept beyond the registry's state that it was made of."""
    register = registry()
    everything = register.statements
    register.statements = [data for data in everything if not is_change(data)]
    assert len(register.statements) < len(everything)
    async with client(register) as service:
        assert "not in force now" not in (await service.get(f"{PATH}?lang=en")).text
        register.statements = everything
        assert "are not in force now" in (await service.get(f"{PATH}?lang=en")).text


async def test_a_crowd_at_one_list_has_it_looked_through_once() -> None:
    """Who comes while it is found out which certificates are not in force waits for that, and does not begin anew."""
    register: Any = registry()
    asked = []
    changed_rows = register.changed_rows

    async def counted(exam: str) -> Any:
        asked.append(exam)
        await asyncio.sleep(0.01)
        return await changed_rows(exam)

    register.changed_rows = counted
    async with client(register) as service:
        pages = await asyncio.gather(*(service.post(PATH, data={"name": exam.REVOKED.name}) for _ in range(8)))
    assert {page.status_code for page in pages} == {200}
    assert asked == ["CEM-2022-04"]
