"""What the service model alone does not say about CreateProcessingJob (contract section 5.1)."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from sagemaker_local.jobs.instances import instance_problems
from sagemaker_local.processing.jobs import PROCESSING_ROOT
from sagemaker_local.protocol.errors import ValidationException


def check_request(request: Mapping[str, Any]) -> None:
    problem = next(_problems(request), None)
    if problem is not None:
        raise ValidationException(problem)


def _problems(request: Mapping[str, Any]) -> Iterator[str]:
    yield from instance_problems(
        "ProcessingResources.ClusterConfig", request["ProcessingResources"]["ClusterConfig"]
    )
    inputs = request.get("ProcessingInputs", [])
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    yield from _unique("InputName", inputs)
    yield from _unique("OutputName", outputs)
    for one in inputs:
        if not one.get("AppManaged"):
            yield from _input(one)
    for one in outputs:
        if not one.get("AppManaged"):
            yield from _output(one)
    paths = [PurePosixPath(one["S3Input"]["LocalPath"]) for one in inputs if not one.get("AppManaged")]
    if len(set(paths)) != len(paths):
        yield "Two ProcessingInputs have the same LocalPath; each input needs a folder of its own."


def _unique(member: str, listed: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    names = [one[member] for one in listed]
    if len(set(names)) != len(names):
        yield f"Every {member} must be unique."


def _input(one: Mapping[str, Any]) -> Iterator[str]:
    name = one["InputName"]
    if "DatasetDefinition" in one:
        yield (
            f"ProcessingInput {name}: DatasetDefinition is not supported by sagemaker-local; "
            "write the query's result to S3 and give it as S3Input."
        )
    elif "S3Input" not in one:
        yield f"ProcessingInput {name} needs S3Input."
    else:
        source = one["S3Input"]
        if source.get("S3InputMode", "File") != "File":
            yield f"ProcessingInput {name}: S3InputMode Pipe is not supported by sagemaker-local; use File."
        yield from _address(f"ProcessingInput {name}", source)


def _output(one: Mapping[str, Any]) -> Iterator[str]:
    name = one["OutputName"]
    if "FeatureStoreOutput" in one:
        yield f"ProcessingOutput {name}: FeatureStoreOutput is not supported by sagemaker-local."
    elif "S3Output" not in one:
        yield f"ProcessingOutput {name} needs S3Output."
    else:
        yield from _address(f"ProcessingOutput {name}", one["S3Output"])


def _address(who: str, place: Mapping[str, Any]) -> Iterator[str]:
    if not place["S3Uri"].startswith("s3://"):
        yield f"{who}: S3Uri must be an S3 address."
    path = PurePosixPath(place.get("LocalPath", ""))
    if not path.is_relative_to(PROCESSING_ROOT) or str(path) == PROCESSING_ROOT or ".." in path.parts:
        yield f"{who}: LocalPath must be a folder below {PROCESSING_ROOT}."
