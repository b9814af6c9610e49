"""How much one client may ask for, and whose request it is."""

import pytest

from tests.http_service import client
from verify.http.asked.clients import client_address
from verify.http.guard import limits
from verify.service.settings import _networks


async def test_lookups_and_other_requests_have_allowances_of_their_own() -> None:
    """120 lookups and 600 other requests at once pass; one more is a 429 with Retry-After, as page or problem."""
    async with client() as service:
        for _ in range(600):
            assert (await service.get("/api/v1/nothing")).status_code == 404
        over = await service.get("/api/v1/nothing")
        page = await service.get("/check", headers={"accept-language": "en"})
        free = [(await service.get(address)).status_code for address in ("/health/live", "/static/site.css")]
        lookup = await service.post("/api/v1/lookup", json={})
    assert (over.status_code, over.json()["code"]) == (429, "rate_limited")
    assert int(over.headers["retry-after"]) >= 1
    assert (page.status_code, page.headers["content-type"]) == (429, "text/html; charset=utf-8")
    assert "You may ask again in 1 second" in page.text
    assert free == [200, 200]
    assert lookup.status_code == 400


async def test_an_allowance_grows_back_and_is_each_clients_own() -> None:
    """A bucket of 2 at once and 60 a minute gives one more each second."""
    limiter = limits.MemoryLimiter({"ask": limits.Rate(per_minute=60, burst=2), "lookup": limits.RATES["lookup"]})
    waits = [(await limiter.take("ask", "a", now)).wait for now in (0, 0, 0, 0.5, 1, 1, 10, 10, 10)]
    assert waits == [0, 0, 1, 1, 0, 1, 0, 0, 1]
    assert (await limiter.take("ask", "b", 0)).wait == 0
    assert (await limiter.take("lookup", "a", 0)).wait == 0


async def test_memory_for_clients_is_bounded() -> None:
    """A flood of addresses does not fill the memory."""
    limiter = limits.MemoryLimiter(most=100)
    for number in range(1000):
        assert (await limiter.take("ask", str(number), 0)).wait == 0
    assert len(limiter._full_at) <= 100


async def test_limits_can_be_switched_off() -> None:
    """For benchmarks."""
    async with client(rate_limits=False) as service:
        codes = {(await service.get("/api/v1/nothing")).status_code for _ in range(700)}
    assert codes == {404}


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "client"),
    [
        ("192.0.2.1", [], "", "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.9"], "", "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.9"], "192.0.2.0/24", "198.51.100.9"),
        ("192.0.2.1", ["203.0.113.5, 198.51.100.9"], "192.0.2.1", "198.51.100.9"),
        ("192.0.2.1", ["203.0.113.5", "198.51.100.9, 192.0.2.7"], "192.0.2.0/24", "198.51.100.9"),
        ("192.0.2.1", ["unknown"], "192.0.2.0/24", "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.5, nonsense"], "192.0.2.0/24", "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.9:1234"], "192.0.2.0/24", "198.51.100.9"),
        ("::1", ["[2001:db8:1:2:3::9]:443"], "::1", "2001:db8:1::/56"),
        ("2001:db8:1:ff:3::9", [], "", "2001:db8:1::/56"),
        ("2001:db8:1:1ff::9", [], "", "2001:db8:1:100::/56"),
        ("fe80::1%eth0", [], "", "fe80::/56"),
        ("192.0.2.1", ["::ffff:198.51.100.9"], "192.0.2.1", "198.51.100.9"),
        ("::ffff:192.0.2.1", ["::ffff:c633:6409"], "192.0.2.1", "198.51.100.9"),
        ("::ffff:192.0.2.1", [], "", "192.0.2.1"),
        ("2001:db8::1", [], "", "2001:db8::/56"),
        (None, ["198.51.100.9"], "0.0.0.0/0", "-"),
    ],
)
def test_a_forwarded_address_is_believed_from_named_proxies_only(
    peer: str | None, forwarded: list[str], proxies: str, client: str
) -> None:
    """X-Forwarded-For counts from its end, as far as the hops are trusted."""
    assert client_address(peer, forwarded, _networks(proxies)) == client


async def test_a_spoofed_address_does_not_escape_the_allowance() -> None:
    """Who writes another X-Forwarded-For into each request is limited all the same."""
    async with client() as service:
        codes = {
            (await service.get("/api/v1/nothing", headers={"x-forwarded-for": f"203.0.113.{n % 250}"})).status_code
            for n in range(650)
        }
    assert codes == {404, 429}
