"""Writes the control API's OpenAPI document.

    python -m openbml_openapi.merge --output console/openapi.json

Every router of the layer (`openbml/<context>/api*.py`) is in it. The console takes its types from it, the
SDK's calls are held against it, and the installation serves it as `/v1/openapi.json`.
"""

import argparse
import importlib
import importlib.util
import json
import pkgutil
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

import openbml
from openbml.core.http import ErrorReply, control_api
from openbml_catalog.errors import control_errors

_BEARER = "id_token"
_ERRORS = "ErrorReply"


def contexts() -> Sequence[str]:
    """Return the names of the contexts that have routes."""
    names = (module.name for module in pkgutil.iter_modules(openbml.__path__) if module.ispkg)
    return sorted(name for name in names if importlib.util.find_spec(f"openbml.{name}.api"))


def routers() -> Sequence[Router]:
    """Return the routers of every context: of its `api.py` and of what stands beside it as `api_*.py`."""
    found: list[Router] = []
    for context in contexts():
        package = importlib.import_module(f"openbml.{context}")
        names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
        for name in names:
            if name == "api" or name.startswith("api_"):
                router = getattr(importlib.import_module(f"openbml.{context}.{name}"), "router", None)
                if isinstance(router, Router) and router not in found:
                    found.append(router)
    return found


def document() -> dict[str, Any]:
    """Return the merged document as plain JSON."""
    schema = control_api(*routers()).get_openapi_schema(
        title="OpenBML control API",
        version=_version(),
        description="Everything the console does, project by project. Failed calls answer `ErrorReply`.",
        security_schemes={
            _BEARER: HTTPBearer(description="The id token of POST /v1/identity/sessions.", bearerFormat="JWT")
        },
        security=[{_BEARER: []}],
    )
    merged: dict[str, Any] = json.loads(schema.model_dump_json(by_alias=True, exclude_none=True))
    _describe_errors(merged)
    return merged


def _version() -> str:
    try:
        return metadata.version("openbml-client")
    except metadata.PackageNotFoundError:
        return "0.0.0"


def _describe_errors(merged: dict[str, Any]) -> None:
    """Replace the framework's own error replies, which this API never gives, by ours."""
    schemas = merged.setdefault("components", {}).setdefault("schemas", {})
    reply = ErrorReply.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(reply.pop("$defs", {}))
    schemas[_ERRORS] = reply
    schemas["ErrorBody"]["properties"]["code"]["examples"] = sorted(
        {row.code for row in control_errors().values()}
    )
    for unused in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        schemas.pop(unused, None)
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{_ERRORS}"}}}
    for path, operations in merged["paths"].items():
        for operation in operations.values():
            operation["tags"] = [path.split("/")[2]]
            for status in ("422", "500"):
                operation["responses"].pop(status, None)
            operation["responses"]["default"] = {"description": "The call failed.", "content": content}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, help="file to write; without it, standard output")
    options = parser.parse_args(arguments)
    text = json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if options.output is None:
        sys.stdout.write(text)
        return
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
