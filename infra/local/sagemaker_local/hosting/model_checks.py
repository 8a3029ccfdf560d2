"""What the service model alone does not say about CreateModel (contract section 6.1)."""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sagemaker_local.protocol.arns import Scope
from sagemaker_local.protocol.errors import ValidationException

_MAX_CONTAINERS = 15
_HOSTNAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


def check_model(_: sqlite3.Connection, __: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request as it is kept.

    Raises:
        ValidationException: it cannot be used; the message says why.
    """
    problem = next(_problems(request), None)
    if problem is not None:
        raise ValidationException(problem)
    return {"EnableNetworkIsolation": False, **request}


def _problems(request: Mapping[str, Any]) -> Iterator[str]:
    primary, containers = request.get("PrimaryContainer"), request.get("Containers", [])
    if bool(primary) == bool(containers):
        yield "A model needs either PrimaryContainer or Containers."
    if len(containers) > _MAX_CONTAINERS:
        yield f"A model has at most {_MAX_CONTAINERS} containers."
    mode = request.get("InferenceExecutionConfig", {}).get("Mode")
    if mode is not None and primary:
        yield "InferenceExecutionConfig is for models with several Containers."
    yield from _hostname_problems(containers, is_direct=mode == "Direct")
    for container in [primary] if primary else containers:
        yield from _container_problems(container)
    needs_role = any(_reads_s3(one) for one in ([primary] if primary else containers))
    if needs_role and not request.get("ExecutionRoleArn"):
        yield "ExecutionRoleArn is required for a model with model data in S3."


def _hostname_problems(containers: Sequence[Mapping[str, Any]], *, is_direct: bool) -> Iterator[str]:
    names = [one["ContainerHostname"] for one in containers if one.get("ContainerHostname")]
    if len(set(names)) != len(names):
        yield "Container host names must be unique within a model."
    if is_direct and len(names) != len(containers):
        yield "Every container needs a ContainerHostname when InferenceExecutionConfig.Mode is Direct."


def _container_problems(container: Mapping[str, Any]) -> Iterator[str]:
    if not container.get("Image"):
        yield "A container needs an Image; model packages are not supported by sagemaker-local."
    if container.get("Mode", "SingleModel") != "SingleModel":
        yield "Mode MultiModel is not supported by sagemaker-local; use one inference component per model."
    hostname = container.get("ContainerHostname")
    if hostname and not _HOSTNAME.fullmatch(hostname):
        yield f"ContainerHostname {hostname} is not a valid host name."
    source = container.get("ModelDataSource")
    if source and container.get("ModelDataUrl"):
        yield "A container takes ModelDataUrl or ModelDataSource, not both."
    if source and "S3DataSource" not in source:
        yield "ModelDataSource needs S3DataSource."
    url = container.get("ModelDataUrl")
    if url and not url.startswith("s3://"):
        yield f"ModelDataUrl {url} must be an S3 address (s3://bucket/key)."
    if source:
        yield from _source_problems("ModelDataSource", source["S3DataSource"])
    yield from _additional_problems(container.get("AdditionalModelDataSources", []))


def _additional_problems(sources: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    names = [one["ChannelName"] for one in sources]
    if len(set(names)) != len(names):
        yield "Channel names of AdditionalModelDataSources must be unique."
    for one in sources:
        yield from _source_problems(f"AdditionalModelDataSources {one['ChannelName']}", one["S3DataSource"])


def _source_problems(name: str, source: Mapping[str, Any]) -> Iterator[str]:
    if not source["S3Uri"].startswith("s3://"):
        yield f"{name}: S3Uri must be an S3 address (s3://bucket/key)."
    for member in ("HubAccessConfig", "ManifestS3Uri"):
        if source.get(member):
            yield f"{name}: {member} is not supported by sagemaker-local; give the S3Uri of the files."
    if source["S3DataType"] == "S3Object" and source["S3Uri"].endswith("/"):
        yield f"{name}: S3Uri of an S3Object must name one object, not a prefix."


def _reads_s3(container: Mapping[str, Any]) -> bool:
    return any(
        container.get(name) for name in ("ModelDataUrl", "ModelDataSource", "AdditionalModelDataSources")
    )
