"""What the service asks the registry, and the verdict it makes of the answer. One object for pages and API."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from verify.core import identity, verdict
from verify.core.answer import CertificateView, Verdict
from verify.core.certificate import normal_number
from verify.core.chain import Chain
from verify.core.register import Record
from verify.core.tables import IdType
from verify.core.verdict import Seen
from verify.http.answers.problems import Refused
from verify.http.check import known_codes
from verify.http.check.known_codes import KnownCodes
from verify.http.guard.lane import Lane
from verify.http.guard.name_gate import NameGate
from verify.http.guard.names_tried import Try
from verify.http.ops import metrics
from verify.registry.port import Registry

_FREE: Final = 0.3
"""Seconds of this process that a client's lists may have had lately and yet not queue: some hundred rows."""
_REST: Final = 3.0
"""How many times as long as a slice took the next rests, where several clients have lists that do."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a certificate, as ``verdict.judge`` takes it."""

    now: int
    as_of: int | None
    name: str | None
    receipt: bool


class Asker:
    """Asks the registry and judges. Every method raises RegistryUnavailable and RegisterDamaged."""

    def __init__(self, registry: Registry, secrets: Sequence[bytes], gate: NameGate) -> None:
        self.registry = registry
        self.gate = gate
        self.lane = Lane(free=_FREE, rest=_REST)
        """For work on whole lists."""
        self.asking = Lane(free=_FREE, rest=_REST, beside=self.lane)
        """For what whole lists ask of the registry and the keeper: meanwhile another is worked on."""
        self._secrets = tuple(secrets)
        self._codes = KnownCodes()

    @property
    def looks_up(self) -> bool:
        """Whether lookups by name and ID number can be answered."""
        return bool(self._secrets)

    async def qr(
        self, text: str, *, now: int, as_of: int | None = None, name: str | None = None, receipt: bool = False
    ) -> Verdict:
        """The verdict on a QR text, and on the name that should be its holder's where one is given."""
        asked = Question(now=now, as_of=as_of, name=name, receipt=receipt)
        return (await self._judge(lambda chain: verdict.read_qr(text, chain, now), asked))[0]

    async def qr_json(self, text: str, *, now: int) -> bytes:
        """The verdict on a QR text as JSON, sooner where it was asked for before."""
        code = known_codes.code(text)
        if code is None:
            return msgspec.json.encode(await self.qr(text, now=now))
        known = self._codes.get(code, now)
        if known is not None and known.at == await self.registry.moment():
            metrics.judged("valid")
            return known.told(code.data, now)
        asked = Question(now=now, as_of=None, name=None, receipt=False)
        judged, record = await self._judge(lambda chain: verdict.read_code(code.data, chain, now), asked)
        told = msgspec.json.encode(judged)
        if record is not None:
            self._codes.meet(code, judged, told, record, now)
        return told

    async def number(
        self, text: str, *, now: int, name: str | None = None, as_of: int | None = None, receipt: bool = False
    ) -> Verdict:
        """The verdict on a number, and on the name that should be its holder's where one is given.

        For askers' own names see ``named``: this is for names that have passed the gate.
        """
        asked = Question(now=now, as_of=as_of, name=name, receipt=receipt)
        return (await self._judge(lambda chain: verdict.read_number(text, chain), asked))[0]

    async def named(
        self,
        text: str,
        name: str,
        *,
        client: str,
        altcha: str | None,
        now: int,
        as_of: int | None = None,
        receipt: bool = False,
    ) -> Verdict:
        """The verdict on a number and an asker's name, once it is paid for where names were guessed.

        Raises Refused: proof_wanted or what is wrong with the proof, with a challenge.
        """
        number = normal_number(text)
        if number is None:
            return await self.number(text, now=now, name=name, as_of=as_of, receipt=receipt)
        tried = Try(number=number, name=name)
        paid = await self.gate.one(tried, client, altcha, now)
        judged = await self.number(text, now=now, name=name, as_of=as_of, receipt=receipt)
        await self.gate.answer_one(tried, client, now, wrong=judged.outcome == "mismatch", paid=paid)
        return judged

    async def _judge(self, read: Callable[[Chain], Seen], asked: Question) -> tuple[Verdict, Record | None]:
        chain = self.registry.chain_at_hand() or await self.registry.chain()
        while True:
            seen = read(chain)
            record = await self.registry.by_number(seen.number) if seen.number else None
            newest = record.chain if record is not None else await self.registry.chain()
            if newest.newest.version <= chain.newest.version:
                log = await self.registry.log([record]) if record is not None else None
                judged = verdict.judge(
                    seen,
                    record,
                    chain=chain,
                    log=log,
                    now=asked.now,
                    as_of=asked.as_of,
                    name=asked.name,
                    receipt=asked.receipt,
                )
                metrics.judged(judged.outcome)
                return judged, record
            chain = newest  # by which the same may be read otherwise: with a key that the one before lacked

    async def person(self, name: str, id_type: IdType, id_number: str, *, now: int) -> tuple[CertificateView, ...]:
        """Every certificate of the person, in the order of their numbers; none where name or ID number is wrong.

        Raises Refused: lookups_closed where the service holds no lookup secret.
        """
        if not self._secrets:
            raise Refused("lookups_closed")
        # A lone surrogate of JSON has no UTF-8 form, and no name holds one.
        name, id_number = (text.encode("utf-8", "replace").decode() for text in (name, id_number))
        keys = [identity.lookup_key(secret, name, id_type, id_number) for secret in self._secrets]
        numbers = await self.registry.lookup(keys)
        records, chain = await asyncio.gather(self.registry.by_numbers(numbers), self.registry.chain())
        hint = identity.id_hint(identity.id_key(id_type, id_number))
        found = []
        for number in numbers:
            judged = verdict.judge(
                verdict.read_number(number, chain),
                records.get(number),
                chain=chain,
                now=now,
                name=name,
                known_person=True,
            )
            # The index is not believed on its own: the certificate itself must name this person.
            if judged.certificate is not None and judged.certificate.id_hint == hint:
                found.append(judged.certificate)
        return tuple(found)
