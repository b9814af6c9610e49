"""The API's description, OpenAPI 3.1: written here beside the structs that it takes its schemas from.

A test holds it against the routes, and a fuzzer against what they answer.
"""

import functools
from importlib import metadata
from typing import Any, Final

import msgspec
from litestar import Response, Router, get

from verify import refusals
from verify.core import public_keys
from verify.core.verdict import Verdict
from verify.http import api, batch_api, lists_api, problems, uploads, wellknown

_JSON: Final = "application/json"
_OPENAPI_JSON: Final = "application/vnd.oai.openapi+json"
_EXAMPLE_NUMBER: Final = "CEM2204000001U"
_TIME: Final = {"type": "string", "format": "date-time"}


def _text(example: str, description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, "examples": [example], **more}


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


_AS_OF: Final = _TIME | {
    "description": "A time that has passed: what today's register says of that time.",
    "examples": ["2024-05-01T00:00:00Z"],
}
_VERIFY: Final = {
    "oneOf": [
        _closed(
            ["qr"],
            qr=_text("HTTPS://VERIFY.EXAMPLE.ORG/Q/123", "The QR code's text; any text is judged."),
            as_of=_AS_OF,
        ),
        _closed(
            ["number"],
            number=_text(_EXAMPLE_NUMBER, "The certificate number; spaces, dashes and case do not matter."),
            name=_text("张三", "The name that should be the holder's."),
            as_of=_AS_OF,
        ),
    ]
}
_LOOKUP: Final = _closed(
    ["name", "id_number"],
    name=_text("张三", "The person's name."),
    id_type={
        "type": "string",
        "enum": ["resident", "passport", "hk_macau_permit", "taiwan_permit", "other"],
        "default": "resident",
    },
    id_number=_text("990101199001010015", "The number of that document."),
)


def _parameter(name: str, where: str, schema: dict[str, Any], description: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": schema,
        "description": description,
        **more,
    }


_EXAM: Final = _parameter("code", "path", {"type": "string", "minLength": 1}, "The exam.", example="CEM-2022-04")
_CURSOR: Final = _parameter("cursor", "query", {"type": "string"}, "What the page before gave as ``next``.")
_LIMIT: Final = _parameter(
    "limit", "query", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}, "Rows of one page."
)


def _schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _operation(
    identifier: str,
    summary: str,
    answer: tuple[str, dict[str, Any]],
    codes: tuple[str, ...],
    *,
    parameters: tuple[dict[str, Any], ...] = (),
    body: dict[str, Any] | None = None,
    description: str = "",
) -> dict[str, Any]:
    """One operation: its answer as media type and schema, and the codes of its problems."""
    media_type, schema = answer
    responses: dict[str, Any] = {"200": {"description": summary, "content": {media_type: {"schema": schema}}}}
    always = ("rate_limited", "internal")
    by_status: dict[int, list[str]] = {}
    for code in (*codes, *always):
        by_status.setdefault(problems.KINDS[code].status, []).append(code)
    for status, of_status in sorted(by_status.items()):
        responses[str(status)] = {
            "description": "; ".join(f"`{code}`: {problems.KINDS[code].detail}" for code in of_status),
            "content": {problems.PROBLEM_JSON: {"schema": _schema("Problem")}},
        }
    operation: dict[str, Any] = {"operationId": identifier, "summary": summary, "responses": responses}
    if description:
        operation["description"] = description
    if parameters:
        operation["parameters"] = list(parameters)
    if body:
        operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": body}}}
    return operation


_FILE: Final = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
}
_ROWS: Final = {
    "type": "array",
    "minItems": 1,
    "maxItems": 5000,
    "items": _closed(
        ["number"],
        number=_text(_EXAMPLE_NUMBER, "The certificate number; any text is judged."),
        name={**_text("张三", "The name that should be the holder's."), "type": ["string", "null"]},
    ),
}


def _file_paths() -> dict[str, Any]:
    """Pictures, PDFs and whole lists."""
    files = (*refusals.DETAILS, "file_missing", "bad_form", "too_large", "bad_request", *_REGISTRY)
    document_of = _operation(
        "verifyDocument",
        "A verdict for each QR code of a PNG, JPEG, WebP or PDF of at most 10 MB",
        (_JSON, _schema("DocumentVerdicts")),
        files,
        description="`codes` says of each what it is, in the same order. Nothing is kept.",
    )
    document_of["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _FILE}}}
    batch = _operation(
        "verifyBatch",
        "Verdicts on up to 5,000 rows of number and name, in order",
        (_JSON, _schema("BatchVerdicts")),
        (*files, "bad_json"),
        body=_ROWS,
        description=(
            "JSON rows give verdicts. A CSV (UTF-8 or GB 18030) or XLSX file, as the body or as the form field `file`, "
            "comes back with the columns outcome, reason and checked_at. With `Accept: application/x-ndjson` either is "
            "answered line by line while it runs: the total, each row's verdict, the summary. RateLimit and "
            "RateLimit-Policy tell how many rows are left; over that the answer is 429 with Retry-After."
        ),
    )
    batch["requestBody"]["content"] |= {
        "multipart/form-data": {"schema": _FILE},
        batch_api.TYPES["csv"]: {"schema": {"type": "string"}},
        batch_api.TYPES["xlsx"]: {"schema": _BYTES},
    }
    batch["responses"]["200"]["content"] |= {
        batch_api.TYPES["csv"]: {"schema": {"type": "string"}},
        batch_api.TYPES["xlsx"]: {"schema": _BYTES},
        batch_api.NDJSON: {"schema": {"type": "string"}},
    }
    headers = ("RateLimit", "RateLimit-Policy")
    batch["responses"]["200"]["headers"] = {name: {"schema": {"type": "string"}} for name in headers}
    return {"/api/v1/verify/document": {"post": document_of}, "/api/v1/verify/batch": {"post": batch}}


_REGISTRY: Final = ("registry_unavailable", "register_damaged")
_BYTES: Final = {"type": "string", "contentMediaType": "application/octet-stream"}


def _paths() -> dict[str, Any]:
    asks = ("bad_request", *_REGISTRY)
    body = ("bad_json", "too_large", *asks)
    of_list = ("no_such_exam", "list_expired", *asks)
    return {
        "/api/v1/verify": {
            "post": _operation(
                "verify",
                "The verdict on a QR code's text, or on a number with or without its holder's name",
                (_JSON, _schema("Verdict")),
                (*body, "bad_time", "future_time"),
                body=_VERIFY,
            )
        },
        **_file_paths(),
        "/api/v1/certificates/{number}": {
            "get": _operation(
                "certificate",
                "The verdict on a number, as a stranger may see it",
                (_JSON, _schema("Verdict")),
                ("not_found", "number_check", *asks),
                parameters=(
                    _parameter(
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
            "post": _operation(
                "lookup",
                "A person's certificates; none for no such person and for a wrong name alike",
                (_JSON, _schema("Found")),
                (*body, "name_missing", "id_missing", "id_length", "id_checksum", "id_date", "lookups_closed"),
                body=_LOOKUP,
            )
        },
        "/api/v1/exams": {
            "get": _operation(
                "exams",
                "Exams, the last held first",
                (_JSON, _schema("ExamItems")),
                ("bad_cursor", *asks),
                parameters=(
                    _parameter("programme", "query", {"type": "string"}, "Only exams of this programme."),
                    _CURSOR,
                    _LIMIT,
                ),
            )
        },
        "/api/v1/exams/{code}/pass-list": {
            "get": _operation(
                "passList",
                "Rows of an exam's newest pass list",
                (_JSON, _schema("ListRows")),
                ("bad_cursor", *of_list),
                parameters=(_EXAM, _CURSOR, _LIMIT),
            )
        },
        "/api/v1/exams/{code}/pass-list.csv": {
            "get": _operation(
                "passListCsv",
                "The whole list as a table, UTF-8 with BOM",
                ("text/csv", {"type": "string"}),
                of_list,
                parameters=(_EXAM,),
            )
        },
        "/api/v1/exams/{code}/pass-list.cbor": {
            "get": _operation(
                "passListStatement",
                "The list's signed statement, COSE_Sign1",
                ("application/cose", _BYTES),
                of_list,
                parameters=(_EXAM,),
            )
        },
        "/.well-known/yinjian/keyring": {
            "get": _operation(
                "keyring", "Every keyring version, a CBOR sequence", ("application/cbor-seq", _BYTES), _REGISTRY
            )
        },
        "/.well-known/jwks.json": {
            "get": _operation(
                "jwks",
                "The public keys that are not compromised",
                ("application/jwk-set+json", _schema("JwkSet")),
                _REGISTRY,
            )
        },
        "/health/live": {"get": _operation("live", "Whether the process lives", (_JSON, _schema("Health")), ())},
        "/health/ready": {
            "get": _operation("ready", "Whether the service can judge", (_JSON, _schema("Health")), _REGISTRY)
        },
    }


@functools.cache
def document() -> dict[str, Any]:
    """The whole description."""
    types = (
        Verdict,
        uploads.DocumentVerdicts,
        batch_api.BatchVerdicts,
        api.Found,
        lists_api.ExamItems,
        lists_api.ListRows,
        public_keys.JwkSet,
        problems.Problem,
    )
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schemas["Problem"]["properties"]["code"] = {"type": "string", "enum": sorted(problems.KINDS)}
    schemas["Health"] = _closed(["status"], status={"const": "ok"})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Yinjian",
            "version": metadata.version("yinjian"),
            "description": "Verifies signed certificates. Errors are problem details (RFC 9457) with a stable code.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(),
        "components": {"schemas": schemas},
    }


@get("/openapi.json", sync_to_thread=False)
def openapi_json() -> Response[bytes]:
    """The description itself."""
    return wellknown.tagged(msgspec.json.encode(document()), _OPENAPI_JSON, {"Cache-Control": "public, max-age=300"})


ROUTER = Router("/api/schema", route_handlers=[openapi_json])
