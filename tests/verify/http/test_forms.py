"""Forms that no browser sends: wrong boundaries, charsets that are none, too many fields, and senders that go away."""

import logging
from typing import Any

import httpx
import pytest

from tests import invented_exam as exam
from tests.http_service import URL, client, registry, settings
from verify.http.app import create
from verify.http.asked import escapes
from verify.http.asked.forms import MOST_FIELDS


def part(name: str, text: bytes, **headers: str) -> bytes:
    """One field of a multipart form."""
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"'
    for header, value in headers.items():
        head += f"\r\n{header.replace('_', '-')}: {value}"
    return head.encode() + b"\r\n\r\n" + text + b"\r\n"


END = b"--x--\r\n"
MULTIPART = {"content-type": "multipart/form-data; boundary=x"}
NUMBER = exam.VALID.number.encode()


async def post(service: httpx.AsyncClient, address: str, body: bytes, **headers: str) -> httpx.Response:
    """A multipart form."""
    return await service.post(address, content=body, headers=MULTIPART | headers)


@pytest.mark.parametrize("charset", ["punycode", "nonsense", "rot13", "utf-16", "zlib"])
async def test_a_field_is_utf_8_whatever_it_says_of_itself(charset: str) -> None:
    """A charset that a field names is not looked at: some are none, and some take minutes for a megabyte."""
    async with client() as service:
        page = await post(
            service, "/check?lang=en", part("number", NUMBER, Content_Type=f"text/plain; charset={charset}") + END
        )
    assert page.status_code == 200
    assert exam.VALID.number in page.text


async def test_bytes_that_are_no_utf_8_are_no_error() -> None:
    """They become U+FFFD, as in a form that is URL-encoded."""
    async with client() as service:
        page = await post(service, "/check?lang=en", part("number", b"\xff\xfe") + END)
        encoded = await service.post("/check?lang=en", content=b"number=%ff%fe", headers=FORM)
    assert page.status_code == encoded.status_code == 200


FORM = {"content-type": "application/x-www-form-urlencoded"}
BROKEN = {
    "no boundary": (b"x", "multipart/form-data"),
    "another boundary": (part("file", b"x") + END, "multipart/form-data; boundary=y"),
    "no end": (part("file", b"x"), "multipart/form-data; boundary=x"),
    "no header": (b"--x\r\n\r\nabc\r\n" + END, "multipart/form-data; boundary=x"),
    "too many": (part("a", b"b") * (MOST_FIELDS + 1) + END, "multipart/form-data; boundary=x"),
    "long boundary": (b"x", "multipart/form-data; boundary=" + "x" * 3000),
    "many fields": (b"&".join([b"a=b"] * (MOST_FIELDS + 1)), FORM["content-type"]),
}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("address", ["/check", "/lookup", "/upload", "/batch", "/api/v1/verify/document"])
async def test_a_form_that_is_none_is_refused(address: str, broken: str) -> None:
    """A 400 as page or problem, never an error of ours."""
    body, content_type = BROKEN[broken]
    async with client() as service:
        answer = await service.post(address, content=body, headers={"content-type": content_type})
    assert answer.status_code == 400


async def test_a_file_where_a_text_belongs_is_refused() -> None:
    """And the other way round."""
    async with client() as service:
        page = await service.post("/check", files={"number": ("a.txt", NUMBER)})
        file = await service.post("/api/v1/verify/document", data={"file": "text"})
    assert (page.status_code, file.status_code, file.json()["code"]) == (400, 400, "file_missing")


async def test_a_sender_that_goes_away_is_no_error_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    """Half a body and then nothing: nobody hears an answer, and the operator is told nothing."""
    app = create(registry(), settings())
    scope: Any = {
        "type": "http", "method": "POST", "path": "/api/v1/verify", "query_string": b"", "client": ("192.0.2.1", 1),
        "headers": [(b"host", URL.encode()), (b"content-type", b"application/json")], "state": {},
    }  # fmt: skip
    messages: list[Any] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    with caplog.at_level(logging.WARNING):
        await app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert not caplog.records


@pytest.mark.parametrize("text", [b"50%\n", b"50%\r\n", b"%", b"a%2", b"%zz"])
def test_a_percent_that_begins_no_escape_is_not_dropped(text: bytes) -> None:
    """A form is refused for it, also at the end of a line; an address keeps it as it is."""
    with pytest.raises(escapes.Broken):
        escapes.unescaped(text)
    assert escapes.query(b"a=" + text) == {"a": [text.decode()]}
