"""The API for programs: verdicts, and certificates by name and ID number."""

from typing import Literal

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from verify.core import identity
from verify.core.verdict import CertificateView, Verdict
from verify.http.asking import Asker, IdType
from verify.http.bodies import AnyRequest, Inject, json_body, past_time
from verify.http.problems import Refused

VERIFY_BYTES = 4 << 20
"""Any JSON string is judged, an overlong one as unreadable; but there is an end to everything."""


class VerifyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``{"qr"}`` or ``{"number", "name"?}``, and the time asked about."""

    qr: str | UnsetType = UNSET
    number: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    as_of: str | UnsetType = UNSET


class LookupRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person, by name and ID number."""

    name: str
    id_type: IdType = "resident"
    id_number: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A person's certificates."""

    certificates: tuple[CertificateView, ...]


def check_person(name: str, id_type: str, id_number: str) -> None:
    """Refuses what cannot be anybody, before any search.

    Raises Refused: name_missing, id_missing, and id_length, id_checksum or id_date by GB 11643.
    """
    if not identity.name_key(name[:1000]):
        raise Refused("name_missing", field="name")
    key = identity.id_key(id_type, id_number[:1000])
    if not key:
        raise Refused("id_missing", field="id_number")
    fault = identity.resident_fault(key) if id_type == "resident" else None
    if fault:
        raise Refused(fault, field="id_number")


@post("/verify", status_code=200, request_max_body_size=VERIFY_BYTES)
async def verify(request: AnyRequest, asker: Inject[Asker], now: Inject[int]) -> Verdict:
    """The verdict on a QR text, or on a number with or without its holder's name."""
    asked = await json_body(request, VerifyRequest)
    as_of = None if asked.as_of is UNSET else past_time(asked.as_of, now)
    name = None if asked.name is UNSET else asked.name
    if asked.qr is not UNSET and asked.number is UNSET and name is None:
        return await asker.qr(asked.qr, now=now, as_of=as_of)
    if asked.qr is UNSET and asked.number is not UNSET:
        return await asker.number(asked.number, now=now, as_of=as_of, name=name)
    raise Refused("bad_request", field="either qr, or number with or without name")


@get("/certificates/{number:str}")
async def certificate(number: FromPath[str], asker: Inject[Asker], now: Inject[int]) -> Verdict:
    """The verdict on a number, as a stranger may see it."""
    judged = await asker.number(number, now=now)
    failed: dict[str, Literal["number_check", "not_found"]] = {
        "number_check": "number_check",
        "not_found": "not_found",
        "not_a_number": "not_found",
    }
    for check in judged.checks:
        if check.result == "fail" and check.code in failed and judged.certificate is None:
            raise Refused(failed[check.code])
    return judged


@post("/lookup", status_code=200)
async def lookup(request: AnyRequest, asker: Inject[Asker], now: Inject[int]) -> Found:
    """A person's certificates; none for "no such person" and for "name does not match" alike."""
    asked = await json_body(request, LookupRequest)
    check_person(asked.name, asked.id_type, asked.id_number)
    return Found(certificates=await asker.person(asked.name, asked.id_type, asked.id_number, now=now))


ROUTER = Router("/api/v1", route_handlers=[verify, certificate, lookup])
