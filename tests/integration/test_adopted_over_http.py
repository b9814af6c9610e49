"""A thousand papers of an earlier year, adopted and published, as the public finds them."""

import asyncio
import datetime
import time
from pathlib import Path

from signing.release import into_registry
from signing.steps import adopt
from signing.workbook import old_papers
from tests import signing_room
from tests.conftest import Urls
from tests.http_service import Time, client, proof
from tests.signing.steps.test_adopt import EXAM, book
from tests.signing_room import NOW, Place
from tests.workbooks import resident
from verify.registry.postgres import PostgresRegistry

PAPERS = 1000
TODAY = datetime.date(2022, 4, 15)


async def test_a_thousand_old_papers_are_found_by_number_and_name(registry_urls: Urls, tmp_path: Path) -> None:
    """By number, by number and name, by name and ID number where the centre knew it; and told as what they are."""
    place = signing_room.make(tmp_path / "centre")
    place.settings("\n[[rules]]\n", f"\n{EXAM}\n[[rules]]\n")
    known = resident(7)
    rows = [("王莉", "ZB20190000", "2019-06-30", known)]
    rows += [(f"候选{chr(0x4E00 + n)}", f"ZB2019{n:04}", "2019-06-30", "") for n in range(1, PAPERS)]
    session = place.session()
    with session.ledger:
        path = book(place.folder, *rows)
        judged = old_papers.read(path, place.room.centre, {}, TODAY, programmes=["CEM"])
        assert len(judged.candidates) == PAPERS
        made = adopt.adopt(session, judged, "2019-06")
        secret = session.unlocked.secret(None)
    keyring = (place.folder / "keys" / "keyring.cbor").read_bytes()
    await publish_in_thread(made.path, registry_urls.signer, keyring, place)

    registry = await PostgresRegistry.open(registry_urls.reader, place.root)
    try:
        async with client(registry, clock=Time(time.time()), root=place.root, lookup_secrets=(secret,)) as service:
            for n in (0, 1, 500, 999):
                body = {"number": f"zb-2019-{n:04}", "name": rows[n][0]}
                verdict = (await service.post("/api/v1/verify", json=body)).json()
                assert verdict["outcome"] == "valid", verdict
                assert verdict["certificate"]["issued_at"].startswith("2019-06-29T16:00:00")
                assert verdict["certificate"]["registered_at"].startswith("2022-04-15")
            asked = {"name": "王莉", "id_number": known, "altcha": await proof(service, "王莉")}
            found = (await service.post("/api/v1/lookup", json=asked)).json()
            assert [one["number"] for one in found["certificates"]] == ["ZB20190000"]
            asked = {"name": rows[1][0], "id_number": resident(8), "altcha": await proof(service, rows[1][0])}
            assert (await service.post("/api/v1/lookup", json=asked)).json() == {"certificates": []}
            form = {"number": "ZB20190500", "name": rows[500][0]}
            page = await service.post("/check", data=form, headers={"accept-language": "zh-CN"})
            assert "2019年6月30日 的纸质证书" in page.text
            english = await service.post("/check", data=form, headers={"accept-language": "en"})
            assert "A paper of" in english.text
    finally:
        await registry.close()


async def publish_in_thread(path: Path, url: str, keyring: bytes, place: Place) -> None:
    """Publishes as the command does, beside the test's own loop."""
    await asyncio.to_thread(into_registry.publish, path, url, keyring=keyring, root=place.root, log=place.log, now=NOW)
