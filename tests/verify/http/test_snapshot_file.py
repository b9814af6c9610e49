"""The snapshot as a verifier fetches it: the newest that is believed, open to every origin."""

from tests.http_service import client, registry
from tests.invented import CERTIFICATE, ISSUED_AT, STATUS
from verify.core.snapshot import Snapshot


async def test_the_newest_believed_snapshot_is_served_as_it_was_signed() -> None:
    """Before there is one a problem says so; one that a certificate key signed hides none."""
    filed = registry()
    taken = Snapshot(taken_at=ISSUED_AT + 50, log_size=3, standings={}, issued_at=ISSUED_AT + 50)
    async with client(filed) as service:
        before = await service.get("/.well-known/yinjian/snapshot")
        assert "link" not in (await service.get("/.well-known/yinjian/keyring")).headers
        assert (before.status_code, before.json()["code"]) == (404, "no_snapshot")
        data = STATUS.sign(taken.draft(STATUS.kid))
        filed.statements += [data, CERTIFICATE.sign(taken.draft(CERTIFICATE.kid))]
        answer = await service.get("/.well-known/yinjian/snapshot")
        head = await service.head("/.well-known/yinjian/snapshot")
        keyring = await service.get("/.well-known/yinjian/keyring")
    assert keyring.headers["link"] == '</.well-known/yinjian/snapshot>; rel="related"'
    assert (answer.content, head.content) == (data, b"")
    assert answer.headers["content-type"] == "application/cose"
    assert answer.headers["access-control-allow-origin"] == "*"
