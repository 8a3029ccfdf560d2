"""The committed description of the control API is the code's, and client and documentation keep to it."""

import inspect
import json
import re
from pathlib import Path

import pytest

from openbml_client import client as sdk
from openbml_openapi.merge import document

REPOSITORY = Path(__file__).resolve().parents[3]
COMMITTED = REPOSITORY / "console" / "openapi.json"
# Calls of the data service are held to the description by tests/unit/sdk/test_datasets.py.
BASES = {
    "Training": "/v1/training/projects/{}",
    "Models": "/v1/models/projects/{}",
    "Services": "/v1/services/projects/{}",
}
CALL = re.compile(r"\._(?P<verb>get|post|pages)\(\s*f?\"(?P<path>/[^\"]*)\"")


def without_names(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def sdk_routes() -> list[tuple[str, str]]:
    found = []
    for name, base in BASES.items():
        source = inspect.getsource(getattr(sdk, name))
        for match in CALL.finditer(source):
            method = "post" if match["verb"] == "post" else "get"
            found.append((method, without_names(base + match["path"])))
    return found


def test_the_committed_description_is_current() -> None:
    current = document()

    assert json.loads(COMMITTED.read_text(encoding="utf-8"))["paths"] == current["paths"], (
        "regenerate it: make openapi"
    )


def test_the_client_has_routes_to_check() -> None:
    assert len(sdk_routes()) >= 20


@pytest.mark.parametrize(("method", "path"), sorted(set(sdk_routes())))
def test_every_call_of_the_client_is_a_route(method: str, path: str) -> None:
    routes = {without_names(route): methods for route, methods in document()["paths"].items()}

    assert method in routes.get(path, {}), f"{method.upper()} {path} is not in the control API"


def test_every_route_may_answer_an_error_reply() -> None:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            failures = [status for status in operation["responses"] if status.startswith(("4", "default"))]
            assert failures, f"{method} {path} describes no failure"


@pytest.mark.parametrize(
    "module", sorted((REPOSITORY / "layers" / "platform" / "openbml").glob("*/api*.py")), ids=str
)
def test_every_router_is_served_by_its_contexts_function(module: Path) -> None:
    """The description finds routers by their files; a function must name them."""
    if "router = Router()" not in module.read_text(encoding="utf-8"):
        return
    handler = REPOSITORY / "functions" / f"serve_{module.parent.name}_api" / "handler.py"
    source = handler.read_text(encoding="utf-8")
    by_name = f"from openbml.{module.parent.name}.{module.stem} import router"
    assert by_name in source or re.search(rf"\b{module.stem}\.router\b", source), module.stem
