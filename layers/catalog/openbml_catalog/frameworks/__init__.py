"""Frameworks of imported models: which the repository takes, what serves them, by which API."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document
from openbml_catalog.frameworks.file_rules import Layout

Contract = Literal["task", "framework"]
ANY_TASK = "*"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Framework(_Row):
    """A framework.

    Attributes:
        image: image of the catalogue that serves its models; None: they are not served.
        service_code: the user's code that a model needs beside its files: `wrapper` is `PredictWrapper` and
            `CustomException` (spec 03 section 8), `functions` `model_fn`, `input_fn`, `output_fn` (spec 08,
            8.4).
        layouts: the ways in which a model's files may lie; the first that fits is taken.
        refusal_en, refusal_zh: why its models are not taken although the manual lists them.
    """

    code: str
    name: str
    image: str | None
    service_code: Literal["none", "wrapper", "functions"]
    layouts: Sequence[Layout] = ()
    refusal_en: str | None = None
    refusal_zh: str | None = None


class ImportRow(_Row):
    """What models of a task may be imported from.

    Attributes:
        task: a task's code, or `ANY_TASK`.
        contract: the API of a service: the task's, or the framework's own.
        deployments: where a version may go.
        checked: files are looked at on upload and again on submit; where not, only the service code is (spec
            03, section 7.6).
        extension: the manual's table does not have the row.
    """

    task: str
    frameworks: Sequence[str]
    contract: Contract
    deployments: Sequence[Literal["cloud", "edge"]]
    checked: bool = True
    extension: bool = False


@cache
def frameworks() -> Mapping[str, Framework]:
    """Return all frameworks by code."""
    rows = load_document("frameworks", "frameworks.yaml")["frameworks"]
    return {row["code"]: Framework.model_validate(row) for row in rows}


@cache
def import_rows() -> Sequence[ImportRow]:
    rows = load_document("frameworks", "frameworks.yaml")["imports"]
    return tuple(ImportRow.model_validate(row) for row in rows)


def import_row(task: str, framework: str) -> ImportRow | None:
    """Return the row that allows models of the task from the framework, None where none does."""
    return next(
        (row for row in import_rows() if row.task in (task, ANY_TASK) and framework in row.frameworks), None
    )
