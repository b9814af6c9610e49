"""What holds for every address of the service: errors, HEAD, headers, caches, allowances, languages and logs."""

import logging
from typing import Any, cast
from unittest.mock import Mock

import httpx
import pytest

from tests import invented_exam as exam
from tests.http_service import URL, client, registry
from tests.invented import CERTIFICATE, ROOT, keyring
from tests.memory_registry import MemoryRegistry
from verify.core.chain import Chain
from verify.core.errors import RegisterDamaged
from verify.core.keyring import thumbprint
from verify.http.answers import problems
from verify.http.answers.direct import Direct
from verify.http.app import ROUTES, direct
from verify.http.asked import state
from verify.http.edge import Edge
from verify.http.files.intake import Intake
from verify.http.guard import limits
from verify.registry.port import RegistryUnavailable

GETS = [
    "/",
    "/check",
    "/lookup",
    exam.VALID.path,
    "/pass-lists",
    "/pass-lists/CEM-2022-04",
    f"/api/v1/certificates/{exam.VALID.number}",
    "/api/v1/exams",
    "/api/v1/exams/CEM-2022-04/pass-list",
    "/api/v1/exams/CEM-2022-04/pass-list.csv",
    "/api/v1/exams/CEM-2022-04/pass-list.cbor",
    "/.well-known/yinjian/keyring",
    "/.well-known/jwks.json",
    "/.well-known/did.json",
    "/health/live",
    "/health/ready",
    "/api/schema/openapi.json",
    "/static/site.css",
]


@pytest.mark.parametrize("address", GETS)
async def test_head_is_answered_as_get_without_a_body(address: str) -> None:
    """HEAD wherever GET, with the same headers."""
    async with client() as service:
        got = await service.get(address)
        head = await service.head(address)
    assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
    assert head.headers == got.headers


@pytest.mark.parametrize("address", [*GETS, "/nothing", "/api/nothing"])
async def test_every_answer_has_the_headers_that_guard_it(address: str) -> None:
    """A content security policy without unsafe-inline, nosniff, no-referrer and a Cache-Control."""
    async with client() as service:
        answer = await service.get(address)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"]
    assert "strict-transport-security" not in answer.headers
    assert "set-cookie" not in answer.headers


async def test_https_is_demanded_only_where_there_is_https() -> None:
    """HSTS goes with a public address of https."""
    async with client(public_url="https://verify.example.org") as service:
        answer = await service.get("/")
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


ERRORS = [
    ("GET", "/api/v1/nothing", 404, "no_such_address"),
    ("GET", "/api/v1/verify", 405, "method_not_allowed"),
    ("PUT", "/api/v1/exams", 405, "method_not_allowed"),
    ("DELETE", "/.well-known/jwks.json", 405, "method_not_allowed"),
    ("TRACE", "/api/v1/exams", 405, "method_not_allowed"),
    ("POST", "/health/live", 405, "method_not_allowed"),
    ("GET", "/static/nothing.css", 404, "no_such_address"),
    ("GET", "/.well-known/nothing", 404, "no_such_address"),
]


@pytest.mark.parametrize(("method", "address", "status", "code"), ERRORS)
async def test_errors_for_programs_are_problem_details(method: str, address: str, status: int, code: str) -> None:
    """Every error below an address for programs, the framework's own too, is RFC 9457."""
    async with client() as service:
        answer = await service.request(method, address)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (status, status, code)
    assert answer.headers["cache-control"] == "no-store"
    if status == 405:
        allowed = answer.headers["allow"].split(", ")
        assert method not in allowed
        assert ("HEAD" in allowed) == ("GET" in allowed)


@pytest.mark.parametrize(
    ("method", "address", "status"), [("GET", "/nothing", 404), ("PUT", "/", 405), ("GET", "/pass-lists/X", 404)]
)
async def test_errors_for_people_are_pages(method: str, address: str, status: int) -> None:
    """Errors under a page's address are pages, in the asker's language, or JSON for who ranks it first."""
    async with client() as service:
        page = await service.request(method, address, headers={"accept-language": "en"})
        told = await service.request(method, address, headers={"accept": "application/json"})
    assert page.status_code == told.status_code == status
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="en">' in page.text
    assert told.headers["content-type"] == "application/problem+json"


async def test_a_body_beyond_the_limit_is_413() -> None:
    """Both with an honest Content-Length and without one; the page says what a file may have, and leads back."""

    async def chunks() -> Any:
        for _ in range(100):
            yield b" " * 100_000

    async with client() as service:
        honest = await service.post("/api/v1/verify", content=b" " * 5_000_000)
        chunked = await service.post("/api/v1/verify", content=chunks())
        page = await service.post("/check", content=b"number=" + b"1" * 100_000, headers=FORM)
    for answer in (honest, chunked):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (page.status_code, page.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert "10 MB" in page.text
    assert '<a class="button main" href="/check' in page.text


FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("failure", [RegistryUnavailable("no answer"), RegisterDamaged("register_damaged", "x")])
async def test_a_register_that_cannot_be_asked_is_503_and_never_a_verdict(failure: Exception) -> None:
    """Pages and programs are told that nothing could be checked; the process stays alive and recovers."""
    register = registry()
    register.failing = failure
    posts = [("/api/v1/verify", {"qr": exam.VALID.qr}), ("/api/v1/verify", {"number": exam.VALID.number})]
    async with client(register) as service:
        answers = [await service.post(address, json=body) for address, body in posts]
        answers += [await service.get(f"/api/v1/certificates/{exam.VALID.number}"), await service.get("/health/ready")]
        pages = [await service.get(exam.VALID.path), await service.get("/pass-lists")]
        pages.append(await service.post("/check", data={"number": exam.VALID.number}))
        alive = [(await service.get(address)).status_code for address in ("/", "/check", "/lookup", "/health/live")]
        register.failing = None
        recovered = await service.get("/health/ready")
    for answer in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert answer.headers["retry-after"]
        assert "outcome" not in answer.json()
    for page in pages:
        assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert exam.VALID.name not in page.text
    assert alive == [200] * 4
    assert recovered.status_code == 200


async def test_an_unforeseen_error_tells_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    """A bug is a 500 without detail, and the log has its place without its message."""
    register = registry()
    register.failing = KeyError("王莉 99010119900201001X")
    async with client(register) as service:
        answer = await service.get("/api/v1/exams")
        page = await service.get("/pass-lists")
    assert (answer.status_code, answer.json()["code"], page.status_code) == (500, "internal", 500)
    assert "王莉" not in answer.text + page.text + caplog.text
    assert "unforeseen KeyError at" in caplog.text


async def test_a_keyring_published_between_two_questions_does_not_forge_a_certificate() -> None:
    """A new key's certificate that is found before its keyring was read is judged by the newer keyring."""
    old = keyring([ROOT.entry("root")])
    new = keyring(
        [ROOT.entry("root"), CERTIFICATE.entry("certificate")],
        version=2,
        previous=Chain.follow(
            [(ROOT.sign(old.draft(ROOT.kid)), 0)], thumbprint(ROOT.public)
        ).versions[0].statement.digest,
    )  # fmt: skip
    rings = [ROOT.sign(ring.draft(ROOT.kid)) for ring in (old, new)]

    class Late(MemoryRegistry):
        async def by_number(self, number: str) -> Any:
            self.statements = [*rings, exam.VALID.data, exam.pass_list(exam.VALID)]
            return await super().by_number(number)

    async with client(Late(rings[:1], exam.NOW)) as service:
        answer = await service.post("/api/v1/verify", json={"number": exam.VALID.number})
    assert answer.json()["outcome"] == "valid"


async def test_the_log_holds_routes_and_nothing_that_was_asked(caplog: pytest.LogCaptureFixture) -> None:
    """No QR digits, number, name, ID number or client address reaches a log."""
    with caplog.at_level(logging.DEBUG):
        async with client(peer="198.51.100.77") as service:
            await service.get(exam.VALID.path)
            await service.get(f"/api/v1/certificates/{exam.VALID.number}?x=王莉")
            await service.post("/check", data={"number": exam.VALID.number, "name": "王莉"})
            await service.post("/lookup", data={"name": "王莉", "id_number": exam.VALID.id_number})
            await service.get("/王莉")
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("yinjian"))
    assert "GET /Q/{text} 200" in ours
    assert "POST /lookup " in ours
    for secret in (exam.VALID.path[3:20], exam.VALID.number, "王莉", exam.VALID.id_number, "198.51.100.77"):
        assert secret not in ours


@pytest.mark.parametrize(
    ("accept", "json"),
    [
        ("application/json", True),
        ("application/problem+json", True),
        ("application/json, text/plain, */*", True),
        ("text/html;q=0.5, application/json", True),
        ("text/html, application/json", False),
        ("text/html, application/json;q=0.9", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("application/json;q=0", False),
        ("application/json;q=1e400", False),
        ("application/json;q=nan", False),
        ("application/json;q=-1", False),
        ("application/json;;;q=", False),
        ("/json", False),
        ("," * 5000, False),
        ("*/*", False),
    ],
)
async def test_json_is_for_who_ranks_it_above_html(accept: str, json: bool) -> None:
    """A verdict and an error alike; a weight that is none (RFC 9110 section 12.4.2) is no wish, and no error."""
    async with client() as service:
        found = await service.get(exam.VALID.path, headers={"accept": accept})
        lost = await service.get("/nothing", headers={"accept": accept})
    assert (found.status_code, lost.status_code) == (200, 404)
    assert found.headers["content-type"].startswith("application/json") is json
    assert lost.headers["content-type"].startswith("application/problem+json") is json
    assert found.headers["vary"] == "Accept, Accept-Language"


async def test_slashes_too_many_change_nothing() -> None:
    """Another spelling of an address has the same allowance, the same headers and the same kind of errors."""
    async with client() as service:
        verdict = await service.get(f"{URL}/{exam.VALID.path}", headers={"accept": "application/json"})
        nothing = await service.get(f"{URL}//api/v1//nothing")
        lookups = [(await service.post(f"{URL}//api//v1/lookup//", json={})).status_code for _ in range(121)]
    assert (verdict.status_code, verdict.headers["vary"]) == (200, "Accept, Accept-Language")
    assert nothing.headers["content-type"] == "application/problem+json"
    assert lookups == [400] * 120 + [429]


async def test_an_error_that_no_handler_catches_is_answered_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    """Outside the routes, or where the errors' own page fails: problem details, and a log without any message."""

    async def broken(*_: Any) -> None:
        raise KeyError("王莉")

    def worse(*_: Any) -> Any:
        raise KeyError("99010119900201001X")

    for complain in (lambda _, error: problems.as_json(problems.of(error), {}), worse):
        edge = Edge(broken, limiter=limits.Unlimited(), complain=complain, trees=Intake().tree)
        transport = httpx.ASGITransport(app=edge)  # type: ignore[arg-type]  # ASGI by another spelling
        async with httpx.AsyncClient(transport=transport, base_url=URL) as service:
            answer = await service.get("/")
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert answer.headers["content-security-policy"]
    assert "unforeseen KeyError" in caplog.text
    assert "王莉" not in caplog.text
    assert "9901" not in caplog.text


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "", "zh-CN"),
        ("", "en-US,en;q=0.9", "en"),
        ("", "zh-TW,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("", "fr,en;q=0.5,zh;q=0.4", "en"),
        ("", "fr", "zh-CN"),
        ("", "en;q=0, *;q=0.1", "zh-CN"),
        ("", "en;q=x;;,,=", "zh-CN"),
        ("", "tlh", "zh-CN"),
        ("lang=en", "zh-CN", "en"),
        ("lang=zh-CN", "en", "zh-CN"),
        ("lang=tlh", "en", "en"),
        ("lang=xx&lang=en", "", "en"),
    ],
)
async def test_pages_speak_the_language_that_was_asked_for(query: str, header: str, language: str) -> None:
    """The switch first, then Accept-Language, then Chinese; a language nobody has is no error."""
    async with client() as service:
        page = await service.get(f"/?{query}", headers={"accept-language": header})
    assert page.headers["content-language"] == language
    assert f'<html lang="{language}">' in page.text
    assert "Accept-Language" in page.headers["vary"]
    chosen = query.startswith("lang=") and not query.startswith("lang=tlh")
    assert (f"lang={language}" in page.text.partition("<main")[2]) is chosen


async def test_no_address_leads_the_switch_to_another_host() -> None:
    """Two slashes at a path's start are one in the links back to it, and what was asked is asked again."""
    async with client() as service:
        page = await service.get("http://testserver//evil.example/x?a=%22%3E%26b&lang=en")
    assert page.status_code == 404
    assert 'href="/evil.example/x?a=%22%3E%26b&amp;lang=zh-CN"' in page.text
    assert "//evil.example" not in page.text


def routes() -> set[tuple[str, str]]:
    """Every method and path of the routers."""
    return {
        (method.lower(), route.path_format)
        for router in ROUTES
        for route in router.routes  # type: ignore[union-attr]  # all are routers
        for method in route.methods
        if method != "OPTIONS"
    } | {
        (method.lower(), path.replace(":str", ""))
        for route in direct(cast(Any, Mock()), *[cast(Any, None)] * 4, intake=cast(Any, None), limiter=cast(Any, None))
        for path in ([route.template] if isinstance(route, Direct) else cast(Any, route).paths)
        for method in (route.methods if isinstance(route, Direct) else cast(Any, route).http_methods)
    }


async def test_the_description_names_every_route_for_programs_and_no_other() -> None:
    """openapi.json and the routes agree."""
    async with client() as service:
        document = (await service.get("/api/schema/openapi.json")).json()
    described = {(method, path) for path, item in document["paths"].items() for method in item}
    actual = {
        (method, path)
        for method, path in routes()
        if path.startswith(("/api/v1", "/.well-known", "/health", "/log", "/status", "/metrics"))
    }
    assert described == actual
    assert document["openapi"].startswith("3.1")


async def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_list() -> None:
    """A list that is replaced while its table is sent ends the connection, not the table."""
    register = MemoryRegistry(
        [ROOT.sign(keyring().draft(ROOT.kid)), exam.pass_list(*(exam.holder(n, f"人{n}") for n in range(1, 1002)))],
        exam.NOW,
    )
    asked = 0

    class Replaced(MemoryRegistry):
        async def rows(self, *arguments: Any) -> Any:
            nonlocal asked
            asked += 1
            return await super().rows(*arguments) if asked == 1 else None

    register = Replaced(register.statements, exam.NOW)
    async with client(register) as service:
        with pytest.raises(AssertionError):  # httpx's own: the answer has no end
            await service.get("/api/v1/exams/CEM-2022-04/pass-list.csv")


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("/", "GET, HEAD, OPTIONS"),
        ("/check", "GET, HEAD, OPTIONS, POST"),
        ("/api/v1/challenge", "GET, HEAD, OPTIONS, POST"),
        ("/api/v1/verify", "OPTIONS, POST"),
    ],
)
async def test_options_are_told(address: str, allowed: str) -> None:
    """OPTIONS names every method of the address, HEAD among them."""
    async with client() as service:
        answer: httpx.Response = await service.request("OPTIONS", address)
        nowhere = await service.request("OPTIONS", "/api/nothing")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == allowed
    assert nowhere.status_code == 404


async def test_no_router_remembers_what_a_path_says_of_a_person() -> None:
    """Digits of a QR code and numbers go beside the path that the framework routes by, and keeps."""
    seen = []

    async def inner(scope: Any, _receive: Any, send: Any) -> None:
        seen.append((scope["path"], state.of(scope).last))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    edge = Edge(inner, limiter=limits.Unlimited(), complain=lambda _request, _error: None, trees=Intake().tree)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url=URL) as service:  # type: ignore[arg-type]  # ASGI by another spelling
        for path in ("/Q/123", "/q///123/", "/c/CEM1", "/api/v1/certificates/CEM1", "/pass-lists/X", "/Q/1/2", "/"):
            await service.get(path)
    assert seen == [
        ("/Q/-", "123"),
        ("/q/-", "123"),
        ("/c/-", "CEM1"),
        ("/api/v1/certificates/-", "CEM1"),
        ("/pass-lists/-", "X"),
        ("/Q/1/2", ""),
        ("/", ""),
    ]
