"""The API's description, OpenAPI 3.1: operations from their table, schemas from the structs that are read and sent.

A test holds it against the structs and the routes, and a fuzzer against what they answer.
"""

import functools
import inspect
import re
from importlib import metadata
from typing import Any, Final, TypeAlias

import msgspec
from markupsafe import Markup, escape

from verify.core import public_keys
from verify.core.answer import DETAILS, STEPS, Verdict
from verify.http.answers import problems
from verify.http.answers.direct import Direct, Reply, as_sent, raw
from verify.http.answers.problem_table import KINDS
from verify.http.answers.rendering import Views
from verify.http.asked import language
from verify.http.asked.bodies import AnyRequest
from verify.http.asked.language import N_, Language
from verify.http.asked.state import State
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
_PUBLIC: Final = "public, max-age=300"
_REFERENCE: Final = re.compile(r"#/components/schemas/(\w+)")
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


@functools.cache
def _encoded(wanted: Language) -> Reply:
    headers = {"Cache-Control": _PUBLIC, "Vary": "Accept-Language", "Content-Language": wanted}
    return Reply(msgspec.json.encode(document(wanted)), raw({"Content-Type": _OPENAPI_JSON} | headers))


def direct(views: Views) -> list[Direct]:
    """The description's routes."""

    async def openapi_json(_request: AnyRequest, known: State) -> Reply:
        """The description itself, in the language that is asked for."""
        return _encoded(known.language)

    async def page(request: AnyRequest, known: State) -> Reply:
        """The description as a page, of our own templates and nothing from elsewhere."""
        return as_sent(
            views.page(request, "api.html", cache=_PUBLIC, document=document(known.language), pretty=_pretty)
        )

    return [Direct("/api/schema/openapi.json", get=openapi_json), Direct("/api/schema", get=page)]


def _pretty(schema: object) -> Markup:
    """A schema as indented JSON, in which each reference leads to what it names on the same page."""
    text = str(escape(msgspec.json.format(msgspec.json.encode(schema), indent=2).decode()))
    return Markup(_REFERENCE.sub(r'<a href="#\1">\g<0></a>', text))  # noqa: S704 -- escaped; a name is of letters
