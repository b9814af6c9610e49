"""The API's description, OpenAPI 3.1: written here beside the structs that it takes its schemas from.

A test holds it against the routes, and a fuzzer against what they answer.
"""

import functools
from importlib import metadata
from typing import Any, Final

import msgspec
from litestar import Response, Router, get

from verify.core import public_keys
from verify.core.answer import Verdict
from verify.http.answers import problems
from verify.http.answers.problem_table import KINDS
from verify.http.answers.rendering import Views
from verify.http.asked.bodies import AnyRequest, Inject
from verify.http.batch import batch_api
from verify.http.description.operations import paths
from verify.http.description.parts import closed
from verify.http.files import uploads
from verify.http.guard.challenge import Challenge
from verify.http.lists import lists_api
from verify.http.lookup import desk
from verify.http.ops import wellknown

_OPENAPI_JSON: Final = "application/vnd.oai.openapi+json"


@functools.cache
def document() -> dict[str, Any]:
    """The whole description."""
    types = (
        Verdict,
        uploads.DocumentVerdicts,
        batch_api.BatchVerdicts,
        desk.Found,
        Challenge,
        lists_api.ExamItems,
        lists_api.ListRows,
        public_keys.JwkSet,
        problems.Problem,
    )
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schemas["Problem"]["properties"]["code"] = {"type": "string", "enum": sorted(KINDS)}
    schemas["Health"] = closed(["status"], status={"const": "ok"}, detail={"type": "string"})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Yinjian",
            "version": metadata.version("yinjian"),
            "description": "Verifies signed certificates. Errors are problem details (RFC 9457) with a stable code.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths(),
        "components": {"schemas": schemas},
    }


@get("/openapi.json", sync_to_thread=False)
def openapi_json() -> Response[bytes]:
    """The description itself."""
    return wellknown.tagged(msgspec.json.encode(document()), _OPENAPI_JSON, {"Cache-Control": "public, max-age=300"})


@get("/", sync_to_thread=False)
def page(request: AnyRequest, views: Inject[Views]) -> Response[str]:
    """The description as a page, of our own templates and nothing from elsewhere."""
    return views.page(request, "api.html", cache="public, max-age=300", document=document())


ROUTER = Router("/api/schema", route_handlers=[openapi_json, page])
