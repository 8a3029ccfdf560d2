"""A control API that is nothing but its description: refuses what is not described, answers with examples.

A reply is the example of the call's response schema, with what a test says laid over it. An enumeration's
example is a state in which work has ended, where it has one, so that nothing waits.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

_DOCUMENT = Path(__file__).resolve().parents[2] / "console" / "openapi.json"
_ENDED = "finished"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_EXAMPLES: Mapping[str, Any] = {"string": "text", "integer": 1, "number": 0.5, "boolean": True, "null": None}

Reply = Callable[[httpx.Request], Any]


class UndescribedCallError(AssertionError):
    """The client called something that the API does not have."""


class DescribedApi:
    """Answers by `console/openapi.json`; `calls` are what was asked, as `METHOD /path/{of}/route`."""

    def __init__(self) -> None:
        document = json.loads(_DOCUMENT.read_text(encoding="utf-8"))
        self._schemas: Mapping[str, Any] = document["components"]["schemas"]
        self._routes = [
            (method.upper(), path, re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)), operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        ]
        self.calls: list[str] = []
        self.bodies: list[Any] = []
        self._overlays: dict[str, Reply] = {}

    def say(self, route: str, reply: Reply | Any) -> None:
        """Lay something over the example of a route, `GET …/imports/{import_id}` say by its end."""
        self._overlays[route] = reply if callable(reply) else lambda _: reply

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, operation = self._route(request)
        route = f"{request.method} {path}"
        body = json.loads(request.content) if request.content else None
        self._check_query(request, operation, route)
        self._check_body(body, operation, route)
        self.calls.append(route)
        self.bodies.append(body)
        status, schema = _success(operation)
        if schema is None:
            return httpx.Response(status)
        said = self._said(request, path)
        if isinstance(said, httpx.Response):
            return said
        return httpx.Response(status, json=_laid(self.example(schema), said))

    def example(self, schema: Mapping[str, Any], depth: int = 0) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return _ENDED if _ENDED in schema["enum"] else schema["enum"][0]
        for choice in schema.get("anyOf", schema.get("oneOf", ())):
            return self.example(choice, depth)
        if schema.get("type") == "object" or "properties" in schema:
            return {
                name: self.example(member, depth + 1)
                for name, member in schema.get("properties", {}).items()
                if name != "next_cursor"
            }
        if schema.get("type") == "array":
            if "prefixItems" in schema:
                return [self.example(item, depth + 1) for item in schema["prefixItems"]]
            return [self.example(schema.get("items", {"type": "string"}), depth + 1)] if depth < 9 else []
        if schema.get("format") == "date-time":
            return "2026-01-31T10:20:30+00:00"
        return _EXAMPLES.get(schema.get("type", "string"), "text")

    def _route(self, request: httpx.Request) -> tuple[str, Mapping[str, Any]]:
        found = [
            (path, operation)
            for method, path, pattern, operation in self._routes
            if method == request.method and pattern.fullmatch(request.url.path)
        ]
        if not found:
            raise UndescribedCallError(f"there is no {request.method} {request.url.path}")
        return min(found, key=lambda row: row[0].count("{"))

    def _check_query(self, request: httpx.Request, operation: Mapping[str, Any], route: str) -> None:
        known = {row["name"]: row for row in operation.get("parameters", ()) if row["in"] == "query"}
        unknown = set(request.url.params) - set(known)
        missing = {name for name, row in known.items() if row.get("required")} - set(request.url.params)
        if unknown or missing:
            raise UndescribedCallError(f"{route}: unknown query {unknown}, missing query {missing}")
        for name, value in request.url.params.items():
            choices = self._resolved(known[name]["schema"])
            listed = [self._resolved(row).get("enum", ()) for row in (choices, *choices.get("anyOf", ()))]
            allowed = {str(one) for row in listed for one in row}
            if allowed and value not in allowed:
                raise UndescribedCallError(f"{route}: {name} is none of {allowed}, but {value}")

    def _check_body(self, body: Any, operation: Mapping[str, Any], route: str) -> None:
        wanted = operation.get("requestBody")
        if wanted is None:
            if body:
                raise UndescribedCallError(f"{route} takes no body, but got {body}")
            return
        fault = self._fault(body, wanted["content"]["application/json"]["schema"], "body")
        if fault:
            raise UndescribedCallError(f"{route}: {fault}")

    def _fault(self, value: Any, schema: Mapping[str, Any], place: str) -> str | None:
        schema = self._resolved(schema)
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            faults = [self._fault(value, choice, place) for choice in choices]
            return None if None in faults else faults[0]
        if "enum" in schema and value not in schema["enum"]:
            return f"{place} is none of {schema['enum']}, but {value!r}"
        types = _TYPES.get(schema.get("type", ""), (object,))
        if not isinstance(value, types) or (isinstance(value, bool) and int in types):
            return f"{place} is no {schema['type']}, but {value!r}"
        if isinstance(value, dict):
            return self._object_fault(value, schema, place)
        if isinstance(value, list) and "items" in schema:
            found = (self._fault(row, schema["items"], f"{place}[{n}]") for n, row in enumerate(value))
            return next((fault for fault in found if fault), None)
        return None

    def _object_fault(self, value: dict[str, Any], schema: Mapping[str, Any], place: str) -> str | None:
        known = schema.get("properties", {})
        missing = set(schema.get("required", ())) - set(value)
        if missing:
            return f"{place} lacks {sorted(missing)}"
        if known and set(value) - set(known):
            return f"{place} has no {sorted(set(value) - set(known))}"
        found = (
            self._fault(row, known[name], f"{place}.{name}") for name, row in value.items() if name in known
        )
        return next((fault for fault in found if fault), None)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rsplit("/", 1)[-1]]
        return schema

    def _said(self, request: httpx.Request, path: str) -> Any:
        for route, reply in self._overlays.items():
            method, end = route.split(" ", 1)
            if method == request.method and path.endswith(end):
                return reply(request)
        return {}


def _success(operation: Mapping[str, Any]) -> tuple[int, Mapping[str, Any] | None]:
    status = min(code for code in operation["responses"] if code.startswith("2"))
    content = operation["responses"][status].get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return int(status), schema if int(status) != httpx.codes.NO_CONTENT else None


def _laid(example: Any, said: Any) -> Any:
    """Return the example with what was said in its place; lists and values replace, objects merge."""
    if isinstance(example, dict) and isinstance(said, dict):
        return {**example, **{name: _laid(example.get(name), value) for name, value in said.items()}}
    return said if said != {} else example
