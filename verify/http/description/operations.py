"""Every operation of the API, for its description."""

from typing import Any, Final

from verify.files import refusals
from verify.http.batch import batch_api
from verify.http.description.parts import BYTES, JSON, REGISTRY, closed, operation, parameter, ref, text

_WORK: Final = ("proof_wanted", "proof_invalid", "proof_expired", "proof_used", "proof_too_easy")
_PROOFS: Final = ("proof_missing", *_WORK[1:])
_EXAMPLE_NUMBER: Final = "CEM2204000001I"
_PICTURES: Final = ("image/png", "image/jpeg", "image/webp", "application/pdf")


_AS_OF: Final = text(
    "2024-05-01T00:00:00Z",
    "A time that has passed, RFC 3339: what today's register says of that time. Later years, once they have passed, "
    "and other offsets are taken too.",
    pattern=r"^20([01][0-9]|2[0-5])-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$",
)
_VERIFY: Final = {
    "oneOf": [
        closed(
            ["qr"],
            qr=text("https://VERIFY.EXAMPLE.ORG/Q/123", "The QR code's text; any text is judged."),
            as_of=_AS_OF,
        ),
        closed(
            ["number"],
            number=text(_EXAMPLE_NUMBER, "The certificate number; spaces, dashes and case do not matter."),
            name=text("张三", "The name that should be the holder's."),
            as_of=_AS_OF,
            altcha={"type": "string", "description": "The solved challenge of an answer `proof_wanted`."},
        ),
    ]
}
_LOOKUP: Final = closed(
    ["name", "id_number"],
    name=text("张三", "The person's name."),
    id_type={
        "type": "string",
        "enum": ["resident", "passport", "hk_macau_permit", "taiwan_permit", "other"],
        "default": "resident",
    },
    id_number=text("990101199001010015", "The number of that document."),
    altcha={
        "type": ["string", "null"],
        "description": "The solved challenge (ALTCHA 2 payload, base64); without it the answer is 403.",
    },
)
_CHALLENGE_FOR: Final = closed(
    ["name"],
    name=text("张三", "The name that will be looked up."),
    id_hint={"type": ["string", "null"], "description": "The last four characters of the ID number."},
)


_EXAM: Final = parameter("code", "path", {"type": "string", "minLength": 1}, "The exam.", example="CEM-2022-04")
_CURSOR: Final = parameter("cursor", "query", {"type": "string"}, "What the page before gave as ``next``.")
_LIMIT: Final = parameter(
    "limit", "query", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}, "Rows of one page."
)


def _form(*types: str) -> dict[str, Any]:
    """A form whose one field is a file of one of these media types."""
    file = {"type": "string", "format": "binary", "minLength": 1}
    return {
        "schema": {"type": "object", "required": ["file"], "properties": {"file": file}},
        "encoding": {"file": {"contentType": ", ".join(types)}},
    }


_ROWS: Final = {
    "type": "array",
    "minItems": 1,
    "maxItems": 5000,
    "items": closed(
        ["number"],
        number=text(_EXAMPLE_NUMBER, "The certificate number; any text is judged."),
        name={**text("张三", "The name that should be the holder's."), "type": ["string", "null"]},
    ),
}


def _file_paths() -> dict[str, Any]:
    """Pictures, PDFs and whole lists."""
    files = (*refusals.DETAILS, "reading_spent", "file_missing", "bad_form", "too_large", "bad_request", *REGISTRY)
    document_of = operation(
        "verifyDocument",
        "A verdict for each QR code of a PNG, JPEG, WebP or PDF of at most 10 MB",
        (JSON, ref("DocumentVerdicts")),
        files,
        description="`codes` says of each what it is, in the same order. Nothing is kept.",
    )
    document_of["requestBody"] = {"required": True, "content": {"multipart/form-data": _form(*_PICTURES)}}
    batch = operation(
        "verifyBatch",
        "Verdicts on up to 5,000 rows of number and name, in order",
        (JSON, ref("BatchVerdicts")),
        (*files, "bad_json"),
        body={"oneOf": [_ROWS, closed(["rows"], rows=_ROWS, altcha={"type": ["string", "null"]})]},
        description=(
            "JSON rows give verdicts. A CSV (UTF-8 or GB 18030) or XLSX file, as the body or as the form field `file`, "
            "comes back with the columns outcome, reason and checked_at. With `Accept: application/x-ndjson` either is "
            "answered line by line while it runs: the total, each row's verdict, the summary. RateLimit and "
            "RateLimit-Policy tell how many rows are left; over that the answer is 429 with Retry-After. Where many "
            "wrong names were tried, names are compared only for a proof of work: `problems` names the rows without a "
            "verdict, and `challenge` (of a file the header Altcha-Challenge, of NDJSON the last line) asks for the "
            "work of the whole list; send it again with the solution as `altcha` in the JSON, the form or a header."
        ),
    )
    batch["requestBody"]["content"] |= {
        "multipart/form-data": _form(*batch_api.TYPES.values()),
        batch_api.TYPES["csv"]: {"schema": {"type": "string"}},
        batch_api.TYPES["xlsx"]: {"schema": BYTES},
    }
    batch["responses"]["200"]["content"] |= {
        batch_api.TYPES["csv"]: {"schema": {"type": "string"}},
        batch_api.TYPES["xlsx"]: {"schema": BYTES},
        batch_api.NDJSON: {"schema": {"type": "string"}},
    }
    headers = ("RateLimit", "RateLimit-Policy")
    batch["responses"]["200"]["headers"] = {name: {"schema": {"type": "string"}} for name in headers}
    return {"/api/v1/verify/document": {"post": document_of}, "/api/v1/verify/batch": {"post": batch}}


def paths() -> dict[str, Any]:
    """The operations by path and method."""
    asks = ("bad_request", *REGISTRY)
    body = ("bad_json", "too_large", *asks)
    of_list = ("no_such_exam", "list_expired", *asks)
    return {
        "/api/v1/verify": {
            "post": operation(
                "verify",
                "The verdict on a QR code's text, or on a number with or without its holder's name",
                (JSON, ref("Verdict")),
                (*body, "bad_time", "future_time", *_WORK),
                body=_VERIFY,
            )
        },
        **_file_paths(),
        "/api/v1/certificates/{number}": {
            "get": operation(
                "certificate",
                "The verdict on a number, as a stranger may see it",
                (JSON, ref("Verdict")),
                ("not_found", "number_check", *asks),
                parameters=(
                    parameter(
                        "number",
                        "path",
                        {"type": "string", "minLength": 1},
                        "The certificate number.",
                        example=_EXAMPLE_NUMBER,
                    ),
                ),
            )
        },
        "/api/v1/lookup": {
            "post": operation(
                "lookup",
                "A person's certificates; none for no such person and for a wrong name alike",
                (JSON, ref("Found")),
                (
                    *body,
                    "name_missing",
                    "name_too_long",
                    "id_missing",
                    "id_too_long",
                    "id_length",
                    "id_checksum",
                    "id_date",
                    *_PROOFS,
                    "lookups_closed",
                ),
                body=_LOOKUP,
            )
        },
        "/api/v1/challenge": {
            "get": operation(
                "challenge",
                "The proof of work that a lookup wants (ALTCHA 2)",
                (JSON, ref("Challenge")),
                ("lookups_closed",),
                description="Solve it with an ALTCHA library. It is good for one lookup and ten minutes.",
            ),
            "post": operation(
                "challengeForName",
                "The same, hard enough for one person",
                (JSON, ref("Challenge")),
                ("bad_json", "bad_request", "too_large", "lookups_closed"),
                description="Wanted where a lookup was `proof_too_easy`, which brings a challenge as well.",
                body=_CHALLENGE_FOR,
            ),
        },
        "/api/v1/exams": {
            "get": operation(
                "exams",
                "Exams, the last held first",
                (JSON, ref("ExamItems")),
                ("bad_cursor", *asks),
                parameters=(
                    parameter("programme", "query", {"type": "string"}, "Only exams of this programme."),
                    _CURSOR,
                    _LIMIT,
                ),
            )
        },
        "/api/v1/exams/{code}/pass-list": {
            "get": operation(
                "passList",
                "Rows of an exam's newest pass list",
                (JSON, ref("ListRows")),
                ("bad_cursor", *of_list),
                parameters=(_EXAM, _CURSOR, _LIMIT),
            )
        },
        "/api/v1/exams/{code}/pass-list.csv": {
            "get": operation(
                "passListCsv",
                "The whole list as a table, UTF-8 with BOM",
                ("text/csv", {"type": "string"}),
                of_list,
                parameters=(_EXAM,),
            )
        },
        "/api/v1/exams/{code}/pass-list.cbor": {
            "get": operation(
                "passListStatement",
                "The list's signed statement, COSE_Sign1",
                ("application/cose", BYTES),
                of_list,
                parameters=(_EXAM,),
            )
        },
        "/.well-known/yinjian/keyring": {
            "get": operation(
                "keyring", "Every keyring version, a CBOR sequence", ("application/cbor-seq", BYTES), REGISTRY
            )
        },
        "/.well-known/jwks.json": {
            "get": operation(
                "jwks",
                "The public keys that are not compromised",
                ("application/jwk-set+json", ref("JwkSet")),
                REGISTRY,
            )
        },
        "/.well-known/did.json": {
            "get": operation(
                "did",
                "The same keys as a did:web document",
                ("application/did+json", {"type": "object"}),
                REGISTRY,
            )
        },
        "/health/live": {"get": operation("live", "Whether the process lives", (JSON, ref("Health")), ())},
        "/health/ready": {"get": operation("ready", "Whether the service can judge", (JSON, ref("Health")), REGISTRY)},
    }
