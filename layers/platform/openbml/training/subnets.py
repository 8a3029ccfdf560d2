"""Sub-nets that an architecture search found, as networks of other runs (spec 03 section 6)."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.training.job_files import JobFiles
from openbml.training.runs import Run, RunNotFoundError, RunRepository
from openbml_catalog.networks import Network, networks


class SubnetNotFoundError(OpenBMLError):
    """No search of this project found that sub-net; details: run_id, subnet_id, reason."""


class SubnetChoice(BaseModel):
    """A sub-net of the report of a run of NAS-Supernet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: int = Field(ge=1, lt=2**53)
    subnet_id: int = Field(ge=1)


class FoundSubnet(BaseModel):
    """What a job needs to build a sub-net.

    Attributes:
        text: its architecture, JSON.
        input_size: side of its input, pixels.
    """

    model_config = ConfigDict(frozen=True)

    run_id: int
    text: str
    input_size: int


class _Architecture(BaseModel):
    model_config = ConfigDict(extra="allow")

    input_size: int


def is_subnet(network: Network) -> bool:
    return network.adapter == "subnet"


def is_supernet(network: Network) -> bool:
    return network.adapter == "supernet"


def found_subnet(
    scope: ProjectScope, choice: SubnetChoice, task_type: str, *, runs: RunRepository, files: JobFiles
) -> FoundSubnet:
    """Raises SubnetNotFoundError."""
    run, reason = _searched(scope, choice, task_type, runs)
    row = _row(run, choice, files) if run else None
    if row is None:
        raise SubnetNotFoundError(
            run_id=choice.run_id,
            subnet_id=choice.subnet_id,
            reason=reason or "its report has no such sub-net",
        )
    try:
        size = _Architecture.model_validate(row).input_size
    except ValidationError as error:
        raise SubnetNotFoundError(
            run_id=choice.run_id, subnet_id=choice.subnet_id, reason="its report is damaged"
        ) from error
    return FoundSubnet(run_id=choice.run_id, text=json.dumps(row), input_size=size)


def _searched(
    scope: ProjectScope, choice: SubnetChoice, task_type: str, runs: RunRepository
) -> tuple[Run | None, str | None]:
    try:
        run = runs.get(scope, choice.run_id)
    except RunNotFoundError:
        return None, "this project has no such run"
    if run.task_type != task_type:
        return None, f"its task is {run.task_type}"
    if not is_supernet(networks(task_type)[run.network]):
        return None, f"it trained {run.network}, which is no supernet"
    if run.data_uri is None or run.metrics is None:
        return None, f"it has found nothing: it is {run.state}"
    return run, None


def _row(run: Run, choice: SubnetChoice, files: JobFiles) -> Mapping[str, Any] | None:
    report = files.report(run.data_uri) if run.data_uri else None
    found = report.document.get("nas") if report else None
    rows = found.get("subnets") if isinstance(found, dict) else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("subnet_id") == choice.subnet_id:
            subnet = row.get("subnet")
            return subnet if isinstance(subnet, dict) else None
    return None
