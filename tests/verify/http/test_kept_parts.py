"""Parts of pages that are made once hold nothing of anybody, and follow the page that they stand on."""

from typing import Any

import pytest
from markupsafe import Markup

from tests import invented_exam as exam
from tests.http_service import client
from verify.http.answers import rendering

PAGES = ("/", "/batch", "/batch/", "/pass-lists", "/help", "/check", "/lookup")
HERE = {"/": "/", "/batch": "/batch", "/batch/": "/batch", "/pass-lists": "/pass-lists"}


async def test_the_way_that_one_is_on_is_marked_on_each_page_anew() -> None:
    """The page itself, a page below it, none; in both languages, with the language that a link keeps."""
    async with client() as service:
        for lang in ("", "?lang=en", "?lang=zh-CN"):
            for path in PAGES:
                page = (await service.get(path + lang)).text
                marked = [part.split('"')[1] for part in page.split("<a ") if 'aria-current="page"' in part]
                assert marked == ([HERE[path] + lang] if path in HERE else [])
                assert f'href="/privacy{lang}"' in page
        below = (await service.get("/pass-lists/CEM-2022-04")).text
        assert below.count('aria-current="true"') == 1
        assert 'aria-current="page"' not in below


async def test_what_is_made_once_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither names nor numbers are among the values by which a part is kept, or in what was made of them."""
    made: list[tuple[str, str]] = []
    environment_of = rendering._environment

    def watched(*arguments: Any) -> Any:
        environment = environment_of(*arguments)
        part: Any = environment.globals["part"]

        def noted(name: str, **values: object) -> Markup:
            told: Markup = part(name, **values)
            made.append((name, f"{values} {told}"))
            return told

        environment.globals["part"] = noted
        return environment

    monkeypatch.setattr(rendering, "_environment", watched)
    async with client() as service:
        for asked in (exam.VALID, exam.REVOKED):
            page = await service.get(f"/c/{asked.number}", headers={"accept": "text/html"})
            assert asked.number in page.text
            form = {"number": asked.number, "name": asked.name, "as_of": "", "altcha": ""}
            assert asked.name in (await service.post("/check", data=form)).text
    assert {name for name, _ in made} >= {"_steps.html", "_top.html", "_footer.html", "_programme.html"}
    for asked in (exam.VALID, exam.REVOKED):
        assert not [name for name, said in made if asked.number in said or asked.name in said]
