"""What the API's description is put together from."""

from typing import Any, Final

from verify.http.answers import problems
from verify.http.answers.problem_table import KINDS

JSON: Final = "application/json"

REGISTRY: Final = ("registry_unavailable", "register_damaged")
BYTES: Final = {"type": "string", "contentMediaType": "application/octet-stream"}


def text(example: str, description: str, **more: Any) -> dict[str, Any]:
    """A string's schema."""
    return {"type": "string", "description": description, "examples": [example], **more}


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    """The schema of an object that has no other fields."""
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def parameter(name: str, where: str, schema: dict[str, Any], description: str, **more: Any) -> dict[str, Any]:
    """A parameter of a path or query."""
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": schema,
        "description": description,
        **more,
    }


def ref(name: str) -> dict[str, str]:
    """A reference to a struct's schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def operation(
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
        by_status.setdefault(KINDS[code].status, []).append(code)
    for status, of_status in sorted(by_status.items()):
        responses[str(status)] = {
            "description": "; ".join(f"`{code}`: {KINDS[code].detail}" for code in of_status),
            "content": {problems.PROBLEM_JSON: {"schema": ref("Problem")}},
        }
    operation: dict[str, Any] = {"operationId": identifier, "summary": summary, "responses": responses}
    if description:
        operation["description"] = description
    if parameters:
        operation["parameters"] = list(parameters)
    if body:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return operation
