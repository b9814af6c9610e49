"""What one operation of the API is, and how its description is written in a language."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from verify.http.answers import problems
from verify.http.answers.problem_table import KINDS

JSON: Final = "application/json"
BYTES: Final = {"type": "string", "contentMediaType": "application/octet-stream"}
TEXT: Final = {"type": "string"}
_ALWAYS: Final = ("rate_limited", "internal")

Say = Callable[[str], str]
"""Translates a message."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a path or query."""

    name: str
    place: str
    schema: Mapping[str, Any]
    description: str
    example: str | None = None

    def written(self, say: Say) -> dict[str, Any]:
        """Its description."""
        told = {
            "name": self.name,
            "in": self.place,
            "required": self.place == "path",
            "schema": self.schema,
            "description": say(self.description),
        }
        return told if self.example is None else told | {"example": self.example}


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation: what it answers, by media type, and the codes of its problems."""

    method: str
    path: str
    identifier: str
    summary: str
    answers: Mapping[str, Any]
    codes: tuple[str, ...] = ()
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Any] = {}
    """What is sent, by media type."""
    headers: tuple[str, ...] = ()
    """Headers of a good answer."""

    def written(self, say: Say) -> dict[str, Any]:
        """Its description."""
        good: dict[str, Any] = {"description": say(self.summary), "content": self.answers}
        if self.headers:
            good["headers"] = {name: {"schema": TEXT} for name in self.headers}
        told: dict[str, Any] = {"operationId": self.identifier, "summary": say(self.summary)}
        if self.description:
            told["description"] = say(self.description)
        if self.parameters:
            told["parameters"] = [parameter.written(say) for parameter in self.parameters]
        if self.body:
            told["requestBody"] = {"required": True, "content": self.body}
        return told | {"responses": {"200": good, **self._problems(say)}}

    def _problems(self, say: Say) -> dict[str, Any]:
        by_status: dict[int, list[str]] = {}
        for code in (*self.codes, *_ALWAYS):
            by_status.setdefault(KINDS[code].status, []).append(code)
        return {
            str(status): {
                "description": "; ".join(f"`{code}`: {say(KINDS[code].detail)}" for code in codes),
                "content": {problems.PROBLEM_JSON: {"schema": ref("Problem")}},
            }
            for status, codes in sorted(by_status.items())
        }


def ref(name: str) -> dict[str, str]:
    """A reference to a struct's schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def schema(of: Mapping[str, Any]) -> dict[str, Any]:
    """A media type's entry."""
    return {"schema": of}


def form(*types: str) -> dict[str, Any]:
    """A form whose one field is a file of one of these media types."""
    file = {"type": "string", "format": "binary", "minLength": 1}
    return {
        "schema": {"type": "object", "required": ["file"], "properties": {"file": file}},
        "encoding": {"file": {"contentType": ", ".join(types)}},
    }
