"""Every operation of the API, for its description."""

from typing import Final

from verify.files import refusals
from verify.http.asked.language import N_
from verify.http.batch import batch_api
from verify.http.description.operation import BYTES, JSON, TEXT, Operation, Parameter, form, ref, schema

_REGISTRY: Final = ("registry_unavailable", "register_damaged")
_ASKS: Final = ("bad_request", *_REGISTRY)
_BODY: Final = ("bad_json", "too_large", *_ASKS)
_READ: Final = ("reader_lost", "reader_failed", "took_too_long", "took_too_much_memory", "busy", "reading_spent")
"""What a large body meets, which a reader of files reads."""
_WORK: Final = ("proof_wanted", "proof_invalid", "proof_expired", "proof_used", "proof_too_easy")
_PERSON: Final = ("name_missing", "name_too_long", "id_missing", "id_too_long", "id_length", "id_checksum", "id_date")
_OF_LIST: Final = ("no_such_exam", "list_expired", *_ASKS)
_FILES: Final = (*refusals.DETAILS, "reading_spent", "file_missing", "bad_form", "too_large", *_ASKS)
_PICTURES: Final = ("image/png", "image/jpeg", "image/webp", "application/pdf")
_CSV: Final = batch_api.TYPES["csv"]
_XLSX: Final = batch_api.TYPES["xlsx"]
_SOME: Final = {"type": "string", "minLength": 1}

_NUMBER: Final = Parameter(
    name="number", place="path", schema=_SOME, description=N_("The certificate number."), example="CEM2204000001I"
)
_EXAM: Final = Parameter(
    name="code", place="path", schema=_SOME, description=N_("The exam's code."), example="CEM-2022-04"
)
_TILE: Final = Parameter(
    name="path",
    place="path",
    schema=_SOME,
    description=N_("Level and place, or entries and place."),
    example="0/000.p/1",
)
_PROGRAMME: Final = Parameter(
    name="programme", place="query", schema=TEXT, description=N_("Only exams of this programme.")
)
_CURSOR: Final = Parameter(
    name="cursor", place="query", schema=TEXT, description=N_("What the page before gave as `next`.")
)
_LIMIT: Final = Parameter(
    name="limit",
    place="query",
    schema={"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
    description=N_("Rows of one page."),
)


def _one_of(*names: str) -> dict[str, object]:
    return {JSON: schema({"oneOf": [ref(name) for name in names]})}


_CHECKS: Final = (
    Operation(
        method="post",
        path="/api/v1/verify",
        identifier="verify",
        summary=N_("The verdict on a QR code's text, or on a number with or without its holder's name"),
        answers={JSON: schema(ref("Verdict"))},
        codes=(*_BODY, *_READ, "bad_time", "future_time", *_WORK),
        body=_one_of("VerifyQr", "VerifyNumber"),
    ),
    Operation(
        method="post",
        path="/api/v1/verify/document",
        identifier="verifyDocument",
        summary=N_("A verdict for each QR code of a PNG, JPEG, WebP or PDF of at most 10 MB"),
        answers={JSON: schema(ref("DocumentVerdicts"))},
        codes=_FILES,
        description=N_("`codes` says of each what it is, in the same order. Nothing is kept."),
        body={"multipart/form-data": form(*_PICTURES)},
    ),
    Operation(
        method="post",
        path="/api/v1/verify/batch",
        identifier="verifyBatch",
        summary=N_("Verdicts on up to 5,000 rows of number and name, in order"),
        answers={
            JSON: schema(ref("BatchVerdicts")),
            _CSV: schema(TEXT),
            _XLSX: schema(BYTES),
            batch_api.NDJSON: schema(TEXT),
        },
        codes=(*_FILES, "bad_json"),
        description=N_(
            "JSON rows give verdicts. A CSV (UTF-8 or GB 18030) or XLSX file, as the body or as the form field `file`, "
            "comes back with the columns outcome, reason and checked_at. With `Accept: application/x-ndjson` either is "
            "answered line by line while it runs: the total, each row's verdict, the summary. RateLimit and "
            "RateLimit-Policy tell how many rows are left; over that the answer is 429 with Retry-After. Where many "
            "wrong names were tried, names are compared only for a proof of work: `problems` names the rows without a "
            "verdict, and `challenge` (of a file the header Altcha-Challenge, of NDJSON the last line) asks for the "
            "work of the whole list; send it again with the solution as `altcha` in the JSON, the form or a header."
        ),
        body={
            JSON: schema({"oneOf": [ref("RowList"), ref("Rows")]}),
            "multipart/form-data": form(*batch_api.TYPES.values()),
            _CSV: schema(TEXT),
            _XLSX: schema(BYTES),
        },
        headers=("RateLimit", "RateLimit-Policy", "Yinjian-Rows"),
    ),
    Operation(
        method="get",
        path="/api/v1/certificates/{number}",
        identifier="certificate",
        summary=N_("The verdict on a number, as a stranger may see it"),
        answers={JSON: schema(ref("Verdict"))},
        codes=("not_found", "number_check", *_ASKS),
        parameters=(_NUMBER,),
    ),
    Operation(
        method="post",
        path="/api/v1/lookup",
        identifier="lookup",
        summary=N_("A person's certificates; none for no such person and for a wrong name alike"),
        answers={JSON: schema(ref("Found"))},
        codes=(*_BODY, *_PERSON, "proof_missing", *_WORK[1:], "lookups_closed"),
        body={JSON: schema(ref("LookupRequest"))},
    ),
    Operation(
        method="get",
        path="/api/v1/challenge",
        identifier="challenge",
        summary=N_("The proof of work that a lookup wants (ALTCHA 2)"),
        answers={JSON: schema(ref("Challenge"))},
        codes=("lookups_closed",),
        description=N_("Solve it with an ALTCHA library. It is good for one lookup and ten minutes."),
    ),
    Operation(
        method="post",
        path="/api/v1/challenge",
        identifier="challengeForName",
        summary=N_("The same, hard enough for one person"),
        answers={JSON: schema(ref("Challenge"))},
        codes=("bad_json", "bad_request", "too_large", "lookups_closed"),
        description=N_("Wanted where a lookup was `proof_too_easy`, which brings a challenge as well."),
        body={JSON: schema(ref("ChallengeFor"))},
    ),
)
_LISTS: Final = (
    Operation(
        method="get",
        path="/api/v1/exams",
        identifier="exams",
        summary=N_("Exams, the last held first"),
        answers={JSON: schema(ref("ExamItems"))},
        codes=("bad_cursor", *_ASKS),
        parameters=(_PROGRAMME, _CURSOR, _LIMIT),
    ),
    Operation(
        method="get",
        path="/api/v1/exams/{code}/pass-list",
        identifier="passList",
        summary=N_("Rows of an exam's newest pass list"),
        answers={JSON: schema(ref("ListRows"))},
        codes=("bad_cursor", *_OF_LIST),
        parameters=(_EXAM, _CURSOR, _LIMIT),
    ),
    Operation(
        method="get",
        path="/api/v1/exams/{code}/pass-list.csv",
        identifier="passListCsv",
        summary=N_("The whole list as a table, UTF-8 with BOM"),
        answers={_CSV: schema(TEXT)},
        codes=_OF_LIST,
        parameters=(_EXAM,),
    ),
    Operation(
        method="get",
        path="/api/v1/exams/{code}/pass-list.cbor",
        identifier="passListStatement",
        summary=N_("The list's signed statement, COSE_Sign1"),
        answers={"application/cose": schema(BYTES)},
        codes=_OF_LIST,
        parameters=(_EXAM,),
    ),
)
_KEYS: Final = (
    Operation(
        method="get",
        path="/.well-known/yinjian/keyring",
        identifier="keyring",
        summary=N_("Every keyring version, a CBOR sequence"),
        answers={"application/cbor-seq": schema(BYTES)},
        headers=("Link",),
        codes=_REGISTRY,
    ),
    Operation(
        method="get",
        path="/.well-known/yinjian/snapshot",
        identifier="snapshot",
        summary=N_("The newest snapshot of what is not valid, COSE_Sign1"),
        answers={"application/cose": schema(BYTES)},
        codes=("no_snapshot", *_REGISTRY),
    ),
    Operation(
        method="get",
        path="/.well-known/jwks.json",
        identifier="jwks",
        summary=N_("The public keys that are not compromised"),
        answers={"application/jwk-set+json": schema(ref("JwkSet"))},
        codes=_REGISTRY,
    ),
    Operation(
        method="get",
        path="/.well-known/did.json",
        identifier="did",
        summary=N_("The same keys as a did:web document"),
        answers={"application/did+json": schema({"type": "object"})},
        codes=_REGISTRY,
    ),
    Operation(
        method="get",
        path="/log/checkpoint",
        identifier="checkpoint",
        summary=N_("The public log's newest checkpoint, a signed note (C2SP tlog-checkpoint)"),
        answers={"text/plain": schema(TEXT)},
        codes=("no_such_address", *_REGISTRY),
    ),
    Operation(
        method="get",
        path="/log/tile/{path}",
        identifier="tile",
        summary=N_("A tile of the log's hashes, or a bundle of its entries (C2SP tlog-tiles)"),
        answers={"application/octet-stream": schema(BYTES)},
        codes=("no_such_address", *_REGISTRY),
        parameters=(_TILE,),
    ),
    Operation(
        method="get",
        path="/health/live",
        identifier="live",
        summary=N_("Whether the process lives"),
        answers={JSON: schema(ref("Health"))},
    ),
    Operation(
        method="get",
        path="/health/ready",
        identifier="ready",
        summary=N_("Whether the service can judge"),
        answers={JSON: schema(ref("Health"))},
        codes=_REGISTRY,
    ),
)
OPERATIONS: Final = (*_CHECKS, *_LISTS, *_KEYS)
"""In the order of the description."""
