"""QR codes that are asked for again: what their verdicts say that is about nobody, by the codes' digests (ADR 33).

A valid verdict that only publishing or a known moment can change is remembered as its JSON without the holder's name,
number and hint. These are taken from the code itself whenever it is asked about, where the first verdict found them:
the digest says that it is the same code to the bit. What is remembered carries the registry's moment, and counts only
while the registry says that this is still its moment.
"""

import datetime
import functools
import hashlib
from collections.abc import Hashable, Sequence
from typing import Final

import msgspec

from verify.core import qr_text
from verify.core.answer import CertificateView, Verdict, moment
from verify.core.errors import Unreadable
from verify.core.making_room import make_room
from verify.core.register import Record

MOST: Final = 50_000
"""Codes, some 15 MB."""
_MOST_SHAPES: Final = 4096
_SMALL: Final = 1 << 10
"""Bytes of a code that is remembered."""
_FOREVER: Final = 1 << 60
_HOLES: Final = ("\x01", "\x02", "\x03")
"""In the places of number, holder and hint."""
_PARTS: Final = 6
_NO_TIME: Final = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)

Span = tuple[int, int]


class Code(msgspec.Struct, frozen=True):
    """A code that can be read."""

    data: bytes
    digest: bytes


class _Known(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of one."""

    at: Hashable
    """The registry's moment."""
    since: int
    until: int
    """Seconds since 1970: from when the verdict was given up to when it holds, and not then."""
    parts: tuple[bytes, ...]
    """The JSON around times, number, holder and hint; one object for all of an exam."""
    spans: Sequence[Span]
    """Where number, holder and hint stand in the code."""

    def told(self, data: bytes, now: int) -> bytes:
        """The verdict on the code."""
        begin, middle, number, holder, hint, end = self.parts
        time = _json_time(now)
        (a, b), (c, d), (e, f) = self.spans
        return b"".join((begin, time, middle, time, number, data[a:b], holder, data[c:d], hint, data[e:f], end))


class KnownCodes:
    """The codes that were met, the first of which make room. What is met once leaves its digest alone."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: dict[bytes, _Known | None] = {}
        self._shapes: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def get(self, code: Code, now: int) -> _Known | None:
        """What is remembered of a code, if it can hold now: whoever takes it asks the registry for its moment."""
        known = self._known.get(code.digest)
        return known if known is not None and known.since <= now < known.until else None

    def meet(self, code: Code, judged: Verdict, told: bytes, record: Record, now: int) -> None:
        """Remembers a verdict that was given now, the second time that its code is met. ``told`` is its JSON."""
        if code.digest in self._known:
            self._known[code.digest] = self._again(code, judged, told, record, now)
            return
        make_room(self._known, self._most)
        self._known[code.digest] = None

    def _again(self, code: Code, judged: Verdict, told: bytes, record: Record, now: int) -> _Known | None:
        until = _holds_until(code, judged, record)
        if until <= now or judged.certificate is None:
            return None
        spans = _spans(code.data, judged.certificate)
        parts = _parts(judged, judged.certificate)
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        known = _Known(record.moment, now, until, self._shapes.setdefault(parts, parts), spans)
        # It is not where JSON writes a name otherwise than the code.
        return known if len(parts) == _PARTS and known.told(code.data, now) == told else None


def _spans(data: bytes, shown: CertificateView) -> Sequence[Span]:
    """Where a code has number, holder and hint; an empty place where it has not."""
    words = [text.encode() for text in (shown.number, shown.holder, shown.id_hint or "")]
    places = [data.find(word) for word in words]
    return tuple((place, place + len(word)) for place, word in zip(places, words, strict=True))


def _parts(judged: Verdict, shown: CertificateView) -> tuple[bytes, ...]:
    """A verdict's JSON without its times and what it says of a person."""
    number, holder, hint = _HOLES
    blank = msgspec.structs.replace(shown, number=number, holder=holder, id_hint=hint)
    shape = msgspec.json.encode(msgspec.structs.replace(judged, checked_at=_NO_TIME, as_of=_NO_TIME, certificate=blank))
    for hole in (_NO_TIME, *_HOLES):
        shape = shape.replace(msgspec.json.encode(hole)[1:-1], b"\0")
    return tuple(shape.split(b"\0"))


def code(text: str) -> Code | None:
    """The code of a text, None where it is none or one that is not remembered."""
    try:
        data = qr_text.read(text)
    except Unreadable:
        return None
    return Code(data, hashlib.sha256(data).digest()) if len(data) <= _SMALL else None


def _holds_until(code: Code, judged: Verdict, record: Record) -> int:
    """Up to when nothing but publishing changes a verdict: 0 where that cannot be said, or it is not simply valid."""
    short = code.digest[:16]
    simple = (
        record.moment is not None
        and judged.outcome == judged.status_now == "valid"
        and judged.checked_at == judged.as_of
        and judged.receipt is None
        and all(check.result == "pass" for check in judged.checks)
        and not record.changes
        and sum(map(len, record.certificates.values())) == 1
        and all(listed.names(short) for listed in record.lists)
    )
    ends = judged.certificate.expires_at if judged.certificate is not None else None
    if not simple:
        return 0
    return min(record.chain.newest.expires_at + 1, _FOREVER if ends is None else int(ends.timestamp()))


@functools.lru_cache(maxsize=16)
def _json_time(now: int) -> bytes:
    return msgspec.json.encode(moment(now))[1:-1]
