"""The API's description, OpenAPI 3.1: operations from their table, schemas from the structs that are read and sent.

A test holds it against the structs and the routes, and a fuzzer against what they answer.
"""

import functools
import inspect
from importlib import metadata
from typing import Any, Final, TypeAlias

import msgspec
from litestar import Response, Router, get

from verify.core import public_keys
from verify.core.answer import DETAILS, STEPS, Verdict
from verify.http.answers import problems
from verify.http.answers.problem_table import KINDS
from verify.http.answers.rendering import Views
from verify.http.asked import language, state
from verify.http.asked.bodies import AnyRequest, Inject
from verify.http.asked.language import N_, Language
from verify.http.batch import batch_api
from verify.http.check import verify_api
from verify.http.description.operation import Say
from verify.http.description.operations import OPERATIONS
from verify.http.files import uploads
from verify.http.guard.challenge import Challenge
from verify.http.lists import lists_api
from verify.http.lookup import lookups
from verify.http.ops import health

_OPENAPI_JSON: Final = "application/vnd.oai.openapi+json"
_ABOUT: Final = N_("Verifies signed certificates. Errors are problem details (RFC 9457) with a stable code.")

REQUESTS: Final = (
    verify_api.VerifyQr,
    verify_api.VerifyNumber,
    verify_api.ChallengeFor,
    lookups.LookupRequest,
    batch_api.Rows,
)
ANSWERS: Final = (
    Verdict,
    uploads.DocumentVerdicts,
    batch_api.BatchVerdicts,
    lookups.Found,
    Challenge,
    lists_api.ExamItems,
    lists_api.ListRows,
    public_keys.JwkSet,
    health.Health,
    problems.Problem,
)
"""All that is read and sent as JSON."""
_Schemas: TypeAlias = dict[str, dict[str, Any]]


@functools.cache
def document(wanted: Language) -> dict[str, Any]:
    """The whole description, in a language."""
    say = language.catalogue(wanted).gettext
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = operation.written(say)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Yinjian 印鉴",
            "version": metadata.version("yinjian"),
            "description": say(_ABOUT),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": _said(_schemas(), say)},
    }


def _schemas() -> _Schemas:
    (rows, *_), schemas = msgspec.json.schema_components(
        (batch_api.RowList, *REQUESTS, *ANSWERS), ref_template="#/components/schemas/{name}"
    )
    schemas["RowList"] = rows
    schemas["Problem"]["properties"]["code"] = {"type": "string", "enum": sorted(KINDS)}
    schemas["Check"]["properties"]["check"] = {"type": "string", "enum": list(STEPS)}
    schemas["Check"]["properties"]["code"] = {"type": "string", "enum": sorted(DETAILS)}
    return schemas


def _said(tree: Any, say: Say) -> Any:
    """A tree of schemas with its descriptions in another language."""
    if isinstance(tree, dict):
        return {
            key: say(inspect.cleandoc(value)) if key == "description" and isinstance(value, str) else _said(value, say)
            for key, value in tree.items()
        }
    return [_said(item, say) for item in tree] if isinstance(tree, list) else tree


@get("/openapi.json", sync_to_thread=False)
def openapi_json(request: AnyRequest) -> Response[bytes]:
    """The description itself, in the language that is asked for."""
    wanted = state.of(request.scope).language
    headers = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Language", "Content-Language": wanted}
    return Response(msgspec.json.encode(document(wanted)), media_type=_OPENAPI_JSON, headers=headers)


@get("/", sync_to_thread=False)
def page(request: AnyRequest, views: Inject[Views]) -> Response[str]:
    """The description as a page, of our own templates and nothing from elsewhere."""
    wanted = state.of(request.scope).language
    return views.page(request, "api.html", cache="public, max-age=300", document=document(wanted))


ROUTER = Router("/api/schema", route_handlers=[openapi_json, page])
