"""From the requests of the API to the plan of an inference component."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from sagemaker_local.capacity.machine import CapacityError, InstanceTypes
from sagemaker_local.hosting.components import ComponentPlan
from sagemaker_local.hosting.definition_store import find
from sagemaker_local.hosting.endpoints import Plan
from sagemaker_local.hosting.model_plans import (
    DEFAULT_STARTUP_S,
    Artifact,
    ContainerPlan,
    ModelPlan,
    container_plan,
    model_plan,
)
from sagemaker_local.hosting.placement import Need
from sagemaker_local.hosting.variants import VariantPlan
from sagemaker_local.protocol.arns import MODEL, Scope
from sagemaker_local.protocol.errors import ResourceLimitExceeded, ValidationException


def component_plan(
    connection: sqlite3.Connection,
    scope: Scope,
    specification: Mapping[str, Any],
    *,
    name: str,
    endpoint: Plan,
    generation: int,
    copies: int,
    at: float,
) -> ComponentPlan:
    """Make the plan of a Specification.

    Raises:
        ValidationException: the specification cannot be used; the message says why.
    """
    problem = next(_problems(specification), None)
    if problem is not None:
        raise ValidationException(problem)
    wanted = specification["ComputeResourceRequirements"]
    scheduling = specification.get("SchedulingConfig", {})
    return ComponentPlan(
        generation=generation,
        specification=dict(specification),
        model=_model(connection, scope, specification, name=name, endpoint=endpoint),
        need=Need(
            cpus=wanted.get("NumberOfCpuCoresRequired", 0),
            memory_mib=wanted["MinMemoryRequiredInMb"],
            gpus=wanted.get("NumberOfAcceleratorDevicesRequired", 0),
        ),
        max_memory_mib=wanted.get("MaxMemoryRequiredInMb"),
        packs=scheduling.get("PlacementStrategy") == "BINPACK",
        copies=copies,
        planned_at=at,
    )


def adapter_plan(
    specification: Mapping[str, Any], *, name: str, base: ComponentPlan, at: float
) -> ComponentPlan:
    """Make the plan of an adapter: files for the copies of its base, without a process or room of its own.

    Raises:
        ValidationException: the specification cannot be used; the message says why.
    """
    problem = next(_adapter_problems(specification), None)
    if problem is not None:
        raise ValidationException(problem)
    container = base.model.containers[0]
    files = Artifact(kind="archive", uri=specification["Container"]["ArtifactUrl"])
    only = ContainerPlan(hostname=name, image=container.image, environment={}, artifact=files)
    return ComponentPlan(
        generation=1,
        specification=dict(specification),
        model=base.model.model_copy(update={"name": name, "containers": (only,)}),
        need=Need(cpus=0, memory_mib=0, gpus=0),
        copies=0,
        planned_at=at,
    )


def _adapter_problems(specification: Mapping[str, Any]) -> Iterator[str]:
    for member in ("ModelName", "ComputeResourceRequirements", "StartupParameters"):
        if specification.get(member):
            yield f"An adapter has no {member} of its own; it uses those of its base inference component."
    container = specification.get("Container", {})
    if container.get("Image") or container.get("Environment"):
        yield "An adapter runs in the container of its base component; give Container.ArtifactUrl only."
    if not container.get("ArtifactUrl", "").startswith("s3://"):
        yield "An adapter needs Container.ArtifactUrl, the S3 address of its archive (s3://bucket/key)."


def check_size(plan: ComponentPlan, variant: VariantPlan, types: InstanceTypes) -> None:
    """Refuse what can never fit.

    Raises:
        ResourceLimitExceeded: one copy needs more than an instance of the variant has, or than this machine.
        ValidationException: the instance type of the variant is not known here.
    """
    need, machine = plan.need, types.machine
    try:
        size = types.size(variant.instance_type or "")
    except CapacityError as error:
        raise ValidationException(f"Variant {variant.name}: {error}") from error
    if not need.fits(size):
        raise ResourceLimitExceeded(
            f"One copy needs {need.cpus:g} CPU cores, {need.memory_mib} MiB and {need.gpus:g} accelerators; "
            f"an instance of type {variant.instance_type} has {size.cpus}, {size.memory_mib} and {size.gpus}."
        )
    if need.memory_mib > machine.memory_mib:
        raise ResourceLimitExceeded(
            f"One copy needs {need.memory_mib} MiB of memory; this machine has {machine.memory_mib} MiB."
        )
    if types.strict_gpu and need.gpus > machine.gpus:
        raise ResourceLimitExceeded(
            f"One copy needs {need.gpus:g} accelerators; this machine has {machine.gpus} (SML_STRICT_GPU)."
        )


def _model(
    connection: sqlite3.Connection,
    scope: Scope,
    specification: Mapping[str, Any],
    *,
    name: str,
    endpoint: Plan,
) -> ModelPlan:
    startup = specification.get("StartupParameters", {})
    startup_s = startup.get("ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_STARTUP_S)
    download_s = startup.get("ModelDataDownloadTimeoutInSeconds")
    model_name = specification.get("ModelName")
    if model_name is None:
        container = specification["Container"]
        definition = {**container, "ModelDataUrl": container.get("ArtifactUrl")}
        return ModelPlan(
            name=name,
            containers=(container_plan(definition),),
            role_arn=endpoint.role_arn,
            isolated=endpoint.isolated,
            startup_timeout_s=startup_s,
            download_timeout_s=download_s,
        )
    model = find(connection, MODEL, scope.arn(MODEL, model_name)).request
    plan = model_plan(model_name, model, startup_timeout_s=startup_s, download_timeout_s=download_s)
    if len(plan.containers) > 1:
        raise ValidationException(
            f"Model {model_name} has several containers; an inference component takes a model with one."
        )
    override = specification.get("Container", {}).get("Environment")
    if override:
        only = plan.containers[0].model_copy(update={"environment": override})
        plan = plan.model_copy(update={"containers": (only,)})
    return plan.model_copy(update={"isolated": plan.isolated or endpoint.isolated})


def _problems(specification: Mapping[str, Any]) -> Iterator[str]:
    model_name, container = specification.get("ModelName"), specification.get("Container")
    if not model_name and not container:
        yield "Specification needs ModelName or Container."
    if model_name and (container or {}).keys() & {"Image", "ArtifactUrl"}:
        yield "Specification takes ModelName or a Container with an Image, not both."
    if container and not model_name and not container.get("Image"):
        yield "Specification.Container needs an Image."
    artifact = (container or {}).get("ArtifactUrl")
    if artifact and not artifact.startswith("s3://"):
        yield f"Specification.Container.ArtifactUrl {artifact} must be an S3 address (s3://bucket/key)."
    if specification.get("InstanceType"):
        yield "Specification.InstanceType is for variants with InstancePools, which are not supported here."
    yield from _resource_problems(specification.get("ComputeResourceRequirements"))


def _resource_problems(wanted: Mapping[str, Any] | None) -> Iterator[str]:
    if wanted is None:
        yield "Specification.ComputeResourceRequirements is required."
        return
    low, high = wanted["MinMemoryRequiredInMb"], wanted.get("MaxMemoryRequiredInMb")
    if high is not None and high < low:
        yield "MaxMemoryRequiredInMb must be greater than or equal to MinMemoryRequiredInMb."
    if not wanted.keys() & {"NumberOfCpuCoresRequired", "NumberOfAcceleratorDevicesRequired"}:
        yield (
            "ComputeResourceRequirements needs NumberOfCpuCoresRequired or "
            "NumberOfAcceleratorDevicesRequired."
        )
    if wanted.get("AcceleratorPartitionType"):
        yield "AcceleratorPartitionType is not supported by sagemaker-local."
