"""The signing room: signing against the library's own rate, and 10,000 rows from workbook to release."""

import tempfile
import time
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.figures import Figure, beside, limit
from bench.memory import apart
from keys.custody import KeySigner
from signing.centre.room import Session
from signing.ledger.values import Given
from signing.release.produce import Bench
from signing.spread import spread
from signing.steps.making import drawing_up
from signing.workbook import judging
from tests import signing_room
from tests.signing_room import NOW
from tests.workbooks import person, write
from verify.shared.progress import shown as progress

PEOPLE: Final = 10_000
SAMPLE: Final = 4_000
LEAST_SIGNING: Final = 0.65
MOST_PIPELINE: Final = 4.0
MOST_MEMORY: Final = 1 << 30


def _signing() -> Figure:
    """Rate of signed certificates against that of bare signatures of the same bytes, in turns."""
    private = Ed25519PrivateKey.generate()
    signer = KeySigner(private)
    given = [
        Given(
            number=f"CEM2204{serial:06}X",
            exam="CEM-2022-04",
            holder="买买提·吐尔逊江",
            id_hint="002X",
            lookup_key=b"",
            issued_at=NOW,
            kid=signer.kid,
            job=1,
        )
        for serial in range(SAMPLE)
    ]
    message = given[0].certificate.draft(signer.kid).signed
    raw, ours = [], []
    for _turn in range(5):
        begun = time.process_time()
        for _one in given:
            private.sign(message)
        raw.append(SAMPLE / (time.process_time() - begun))
        begun = time.process_time()
        for one in given:
            signer.sign(one.certificate.draft(one.kid))
        ours.append(SAMPLE / (time.process_time() - begun))
    return beside("signing, one core", ours, raw, unit="/s", against="bare Ed25519", bound=LEAST_SIGNING)


def _pipeline(folder: Path) -> Figure:
    """Workbook to release against signing and self-checking the same certificates alone."""
    place = signing_room.make(folder / "centre")
    book = write(folder / "book.xlsx", [person(number) for number in range(PEOPLE)])
    session = place.session()
    with session.ledger:
        begun = time.perf_counter()
        judged = judging.read(book, session.room.centre, {})
        made = drawing_up.issue(session, judged, "2022-04", "bench")
        whole = time.perf_counter() - begun
        alone = min(_alone(session, made.certificates) for _turn in range(2))
    work, against = f"{PEOPLE:,} rows, workbook to release", "signing and self-checking alone"
    return beside(work, [whole], [alone], unit="s", against=against, bound=MOST_PIPELINE, side="at most")


def _alone(session: Session, certificates: tuple[Given, ...]) -> float:
    kids = {one.kid for one in certificates}
    bench = Bench(session.unlocked, kids, session.room.centre.host, session.now)
    begun = time.perf_counter()
    with progress("alone", len(certificates)) as advance:
        spread(bench.certificates, certificates, advance)
    return time.perf_counter() - begun


def run() -> list[Figure]:
    """Both figures, and the memory they took."""
    figures = [_signing()]
    with tempfile.TemporaryDirectory(prefix="yinjian-bench-") as folder:
        pipeline, most = apart(_pipeline, Path(folder))
    return [*figures, pipeline, limit("the same: memory with its workers", most, MOST_MEMORY >> 20, unit="MiB")]
