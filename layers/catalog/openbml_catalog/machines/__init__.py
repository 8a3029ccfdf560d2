"""Machine types and the instance types they map to (spec 01 section 2, spec 03 section 2.13)."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document


class Module(StrEnum):
    """Billing modules; each has a free allowance of its own."""

    PRESET = "preset"
    CUSTOM_JOB = "custom_job"
    BATCH = "batch"
    NOTEBOOK = "notebook"
    ONLINE_SERVICE = "online_service"


class Machine(BaseModel):
    model_config = ConfigDict(frozen=True)

    code: str
    label: str
    cpu: int
    memory_gb: int
    gpu: str | None
    gpu_memory_gb: int
    instance_type: str | None
    modules: Sequence[Module]


@cache
def machines() -> Mapping[str, Machine]:
    """Return all machine types by code."""
    rows = load_document("machines", "machines.yaml")["machines"]
    return {row["code"]: Machine.model_validate(row) for row in rows}


def machines_of(module: Module) -> list[Machine]:
    return [machine for machine in machines().values() if module in machine.modules]


@cache
def largest_compute_units() -> int:
    rows = load_document("machines", "machines.yaml")["serving_instance_types"]
    return max(int(row["max_compute_units"]) for row in rows)


@cache
def serving_instance_type(compute_units: int) -> str:
    """Return the smallest instance type whose copy holds the compute units.

    Raises:
        ValueError: more units than the largest type holds.
    """
    for row in load_document("machines", "machines.yaml")["serving_instance_types"]:
        if compute_units <= row["max_compute_units"]:
            return str(row["instance_type"])
    raise ValueError(f"no instance type holds {compute_units} compute units")
