"""The API for programs: verdicts, and certificates by name and ID number."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from verify.core.answer import Verdict
from verify.http.answers.direct import Direct, Reply, as_json, json
from verify.http.answers.problems import Refused
from verify.http.asked.bodies import JSON_BYTES, AnyRequest, json_body, past_time
from verify.http.asked.language import N_
from verify.http.asked.state import State
from verify.http.check.asker import Asker
from verify.http.lookup.lookups import Found, LookupDesk, LookupRequest

_BODY_BYTES: Final = 64 << 10
_AsOf: TypeAlias = Annotated[
    str,
    Meta(
        description=N_("A time that has passed (RFC 3339): the answer is what today's register says of that time."),
        examples=["2024-05-31T00:00:00Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
_Solution: TypeAlias = Annotated[
    str, Meta(description=N_("The solved challenge (ALTCHA 2 payload, base64) of an answer that wanted one."))
]


_Name: TypeAlias = Annotated[str, Meta(description=N_("The name that should be the holder's."), examples=["张三"])]


class _Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    as_of: _AsOf | UnsetType = UNSET
    receipt: Annotated[
        bool, Meta(description=N_("Whether the answer is to carry the certificate's receipt from the public log."))
    ] = False
    altcha: _Solution | UnsetType = UNSET


class VerifyQr(_Asked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A QR code's text, and the time asked about."""

    qr: Annotated[
        str,
        Meta(
            description=N_("The QR code's text as scanned or pasted; any text is judged."),
            examples=["https://VERIFY.EXAMPLE.ORG/Q/123"],
        ),
    ]


class VerifyNumber(_Asked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A certificate number, perhaps with the name that should be its holder's, and the time asked about."""

    number: Annotated[
        str,
        Meta(
            description=N_("The certificate number; spaces, dashes and case do not matter."),
            examples=["CEM2204000001I"],
        ),
    ]
    name: (
        Annotated[str, Meta(description=N_("The name that should be the holder's."), examples=["张三"])] | UnsetType
    ) = UNSET


class ChallengeFor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The person that a challenge is for: the name, and the last four characters of the ID number."""

    name: Annotated[str, Meta(description=N_("The name that will be looked up."), examples=["张三"])]
    id_hint: Annotated[str, Meta(description=N_("The last four characters of the ID number."))] | None = None


def direct(asker: Asker, desk: LookupDesk) -> list[Direct]:
    """The routes that are asked most."""

    async def verify(request: AnyRequest, known: State) -> Reply:
        """The verdict on a QR text, or on a number with or without its holder's name."""
        asked = await json_body(request, VerifyQr, other=("number", VerifyNumber))
        now = known.now
        as_of = None if asked.as_of is UNSET else past_time(asked.as_of, now)
        if isinstance(asked, VerifyQr):
            if as_of is None and not asked.receipt:
                return json(await asker.qr_json(asked.qr, now=now))
            return as_json(await asker.qr(asked.qr, now=now, as_of=as_of, receipt=asked.receipt))
        if asked.name is UNSET:
            return as_json(await asker.number(asked.number, now=now, as_of=as_of, receipt=asked.receipt))
        altcha = None if asked.altcha is UNSET else asked.altcha
        return as_json(
            await asker.named(
                asked.number,
                asked.name,
                client=known.client,
                altcha=altcha,
                now=now,
                as_of=as_of,
                receipt=asked.receipt,
            )
        )

    async def certificate(_request: AnyRequest, known: State) -> Reply:
        """The verdict on a number, as a stranger may see it."""
        judged = await asker.number(known.last, now=known.now)
        if (refused := no_certificate(judged)) is not None:
            raise Refused(refused)
        return as_json(judged)

    async def lookup(request: AnyRequest, known: State) -> Reply:
        """A person's certificates; none for "no such person" and for "name does not match" alike."""
        asked = await json_body(request, LookupRequest)
        return as_json(Found(certificates=await desk.lookup(asked, known.client, known.now)))

    async def challenge(_request: AnyRequest, known: State) -> Reply:
        """The proof of work that a lookup wants from this client."""
        return as_json(await desk.challenge(known.client, None, None, known.now))

    async def challenge_for(request: AnyRequest, known: State) -> Reply:
        """The same, hard enough for one person: sent in the body, where no log and no Referer has it."""
        asked = await json_body(request, ChallengeFor)
        return as_json(await desk.challenge(known.client, asked.name, asked.id_hint, known.now))

    return [
        Direct("/api/v1/verify", post=verify, most_bytes=JSON_BYTES),
        Direct("/api/v1/certificates/{number}", get=certificate),
        Direct("/api/v1/lookup", post=lookup, most_bytes=_BODY_BYTES),
        Direct("/api/v1/challenge", get=challenge, post=challenge_for, most_bytes=_BODY_BYTES),
    ]


def no_certificate(judged: Verdict) -> Literal["number_check", "not_found"] | None:
    """Why there is nothing at a number's address, here and at ``/c/NUMBER``; None where a certificate stands there."""
    if judged.certificate is not None:
        return None
    failed = (_NO_CERTIFICATE.get(check.code) for check in judged.checks if check.result == "fail")
    return next((code for code in failed if code is not None), None)


_NO_CERTIFICATE: Final[Mapping[str, Literal["number_check", "not_found"]]] = {
    "number_check": "number_check",
    "not_found": "not_found",
    "not_a_number": "not_found",
}
