"""Lookups by name and ID number, for pages and programs: first the proof of work, then the search."""

from typing import Annotated

import msgspec
from msgspec import Meta

from verify.core import china_time, identity
from verify.core.answer import CertificateView
from verify.core.tables import IdType
from verify.http.answers.problems import Refused
from verify.http.asked.language import N_
from verify.http.check.asker import Asker
from verify.http.guard.challenge import Challenge
from verify.http.guard.lookups_tried import LookupsTried
from verify.http.guard.proof import Proofs


class LookupRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person, by name and ID number."""

    name: Annotated[str, Meta(description=N_("The person's name."), examples=["张三"])]
    id_type: Annotated[IdType, Meta(description=N_("The kind of document."))] = "resident"
    id_number: Annotated[str, Meta(description=N_("The number of that document."), examples=["990101199001010015"])]
    altcha: (
        Annotated[
            str, Meta(description=N_("The solved challenge (ALTCHA 2 payload, base64); without it the answer is 403."))
        ]
        | None
    ) = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A person's certificates."""

    certificates: tuple[CertificateView, ...]


def check_person(name: str, id_type: str, id_number: str, now: int) -> None:
    """Refuses what cannot be anybody, before any search.

    Raises Refused: name_missing, name_too_long, id_missing, id_too_long, and id_length, id_checksum or id_date by
    GB 11643.
    """
    if not identity.name_key(name):
        raise Refused("name_too_long" if len(name) > identity.MAX_TEXT else "name_missing", field="name")
    key = identity.id_key(id_type, id_number)
    if not key:
        raise Refused("id_too_long" if len(id_number) > identity.MAX_ID else "id_missing", field="id_number")
    fault = identity.resident_fault(key, china_time.local(now).date()) if id_type == "resident" else None
    if fault:
        raise Refused(fault, field="id_number")


class LookupDesk:
    """Answers lookups. ``open`` is False where the service holds no lookup secret."""

    def __init__(self, asker: Asker, proofs: Proofs, tried: LookupsTried) -> None:
        self._asker = asker
        self._proofs = proofs
        self._tried = tried

    @property
    def open(self) -> bool:
        """Whether lookups are answered here."""
        return self._asker.looks_up

    async def challenge(self, client: str, name: str | None, hint: str | None, now: int) -> Challenge:
        """The proof of work that a lookup of the client will want; of a name, and of an ID number's last four.

        Raises Refused: lookups_closed.
        """
        if not self.open:
            raise Refused("lookups_closed")
        return await self._proofs.challenge(await self._tried.work(client, name, hint, now), now)

    async def lookup(self, asked: LookupRequest, client: str, now: int) -> tuple[CertificateView, ...]:
        """The person's certificates.

        A proof that comes with what cannot be anybody is not spent. Raises RegistryUnavailable, RegisterDamaged
        and Refused, for want of a proof with a challenge.
        """
        if not self.open:
            raise Refused("lookups_closed")
        key = identity.id_key(asked.id_type, asked.id_number)
        work = await self._tried.work(client, asked.name, key, now)
        try:
            proof = await self._proofs.check(asked.altcha, work, now)
            check_person(asked.name, asked.id_type, asked.id_number, now)
            await self._proofs.spend(proof, now)
        except Refused as refused:
            if refused.field == "altcha":
                refused.challenge = await self._proofs.challenge(work, now)
            raise
        found = await self._asker.person(asked.name, asked.id_type, asked.id_number, now=now)
        if not found:
            await self._tried.failed(proof.mark, client, asked.name, key, now)
        return found
