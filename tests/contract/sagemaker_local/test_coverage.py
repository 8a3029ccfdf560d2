"""The page that says what the engine covers is true."""

import re
from pathlib import Path

import pytest

from tests.contract.sagemaker_local.engine_process import REPOSITORY, EngineProcess
from tests.contract.sagemaker_local.test_protocol import call

pytestmark = pytest.mark.contract

PAGE = (REPOSITORY / "docs" / "reference" / "engine-coverage.md").read_text()


def operations(heading: str) -> list[str]:
    """The operations of the table whose second column has this heading."""
    table = PAGE.split(f"| Group | {heading} |\n", 1)[1].split("\n\n", 1)[0]
    rows = [row.split("|")[2] for row in table.splitlines()[1:]]
    return [name.strip() for row in rows for name in row.split(",")]


@pytest.mark.parametrize("operation", operations("Implemented"))
def test_an_operation_that_is_said_to_be_implemented_looks_at_its_request(
    engine: EngineProcess, operation: str
) -> None:
    status, reply = call(engine, operation, b'{"NoSuchMember": 1}')
    assert (status, reply["__type"]) == (400, "ValidationException")
    assert "noSuchMember" in reply["message"]


@pytest.mark.parametrize("operation", operations("Not implemented"))
def test_an_operation_that_is_said_to_be_missing_is_unknown(engine: EngineProcess, operation: str) -> None:
    status, reply = call(engine, operation, b"{}")
    assert (status, reply["__type"]) == (400, "UnknownOperationException")
    assert operation in reply["message"]


def test_every_test_that_the_page_names_exists() -> None:
    sources = "\n".join(path.read_text() for path in Path(REPOSITORY, "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named
    assert sorted(name for name in named if f"def {name}(" not in sources) == []
