"""Files compressed once, and sent as the asker takes them."""

import brotli
import pytest

from tests.http_service import client
from verify.http.answers.assets import Files
from verify.service.site import Logo


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("br, gzip", "br"), ("gzip, deflate", "gzip"), ("identity", None), ("br;q=0, gzip;q=0.5", "gzip"), ("", None)],
)
async def test_a_file_comes_in_the_best_coding_that_is_taken(accepted: str, coding: str | None) -> None:
    """Each coding with an ETag of its own, which is answered with 304, and told to caches."""
    address = Files().url("site.css")
    async with client() as service:
        plain = await service.get(address, headers={"accept-encoding": "identity"})
        got = await service.get(address, headers={"accept-encoding": accepted})
        tag = {"accept-encoding": accepted, "if-none-match": got.headers["etag"]}
        again = await service.get(address, headers=tag)
    assert got.headers.get("content-encoding") == coding
    assert got.content == plain.content
    assert got.headers["vary"] == "Accept-Encoding"
    assert (got.headers["etag"] == plain.headers["etag"]) == (coding is None)
    assert again.status_code == 304


def test_what_is_compressed_is_the_file() -> None:
    """And much shorter."""
    file = Files().file("site.css")
    assert brotli.decompress(file.encoded()["br"]) == file.data
    assert len(file.encoded()["br"]) < len(file.data) / 3


def test_the_start_compresses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is known by its address before any is compressed: whoever first asks for one has it done."""

    def never(*_: object, **__: object) -> bytes:
        raise AssertionError("compressed at the start")

    monkeypatch.setattr(brotli, "compress", never)
    assert Files(logo=Logo(name="new.svg", data=b"<svg/>")).url("site/new.svg").startswith("/static/site/new.svg?v=")
