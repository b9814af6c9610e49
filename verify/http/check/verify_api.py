"""The API for programs: verdicts, and certificates by name and ID number."""

from typing import Literal

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from verify.core.answer import Verdict
from verify.http.answers.problems import Refused
from verify.http.asked.bodies import JSON_BYTES, AnyRequest, Inject, json_body, past_time
from verify.http.check.asker import Asker
from verify.http.files.intake import client_of
from verify.http.guard.challenge import Challenge
from verify.http.lookup.desk import Found, LookupDesk, LookupRequest


class VerifyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``{"qr"}`` or ``{"number", "name"?}``, and the time asked about."""

    qr: str | UnsetType = UNSET
    number: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    as_of: str | UnsetType = UNSET
    altcha: str | UnsetType = UNSET


class ChallengeFor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The person that a challenge is for: the name, and the last four characters of the ID number."""

    name: str
    id_hint: str | None = None


@post("/verify", status_code=200, request_max_body_size=JSON_BYTES)
async def verify(request: AnyRequest, asker: Inject[Asker], now: Inject[int]) -> Verdict:
    """The verdict on a QR text, or on a number with or without its holder's name."""
    asked = await json_body(request, VerifyRequest)
    as_of = None if asked.as_of is UNSET else past_time(asked.as_of, now)
    name = None if asked.name is UNSET else asked.name
    if asked.qr is not UNSET and asked.number is UNSET and name is None:
        return await asker.qr(asked.qr, now=now, as_of=as_of)
    if asked.qr is UNSET and asked.number is not UNSET:
        if name is None:
            return await asker.number(asked.number, now=now, as_of=as_of)
        altcha = None if asked.altcha is UNSET else asked.altcha
        return await asker.named(asked.number, name, client=client_of(request), altcha=altcha, now=now, as_of=as_of)
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
async def lookup(request: AnyRequest, desk: Inject[LookupDesk], now: Inject[int]) -> Found:
    """A person's certificates; none for "no such person" and for "name does not match" alike."""
    asked = await json_body(request, LookupRequest)
    return Found(certificates=await desk.lookup(asked, client_of(request), now))


@get("/challenge")
async def challenge(request: AnyRequest, desk: Inject[LookupDesk], now: Inject[int]) -> Challenge:
    """The proof of work that a lookup wants from this client."""
    return await desk.challenge(client_of(request), None, None, now)


@post("/challenge", status_code=200)
async def challenge_for(request: AnyRequest, desk: Inject[LookupDesk], now: Inject[int]) -> Challenge:
    """The same, hard enough for one person: sent in the body, where no log and no Referer has it."""
    asked = await json_body(request, ChallengeFor)
    return await desk.challenge(client_of(request), asked.name, asked.id_hint, now)


ROUTER = Router("/api/v1", route_handlers=[verify, certificate, lookup, challenge, challenge_for])
