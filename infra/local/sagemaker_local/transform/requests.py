"""What the service model alone does not say about CreateTransformJob (contract section 5.2)."""

from collections.abc import Iterator, Mapping
from typing import Any

from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.transform.json_paths import PathError, parse_path
from sagemaker_local.transform.records import format_of

MAX_PAYLOAD_MB = 100
MAX_IN_FLIGHT_MB = 100


def check_request(request: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    """Raises ValidationException when the job could not be run as asked."""
    for problem in (_source(request), _limits(request), _processing(request), _model(model)):
        found = next(problem, None)
        if found is not None:
            raise ValidationException(found)


def limits_problem(max_concurrent: int, max_payload_mb: int) -> str | None:
    if max_payload_mb > MAX_PAYLOAD_MB:
        return f"MaxPayloadInMB {max_payload_mb} is larger than {MAX_PAYLOAD_MB}."
    if max_concurrent * max_payload_mb > MAX_IN_FLIGHT_MB:
        return (
            f"MaxConcurrentTransforms ({max_concurrent}) times MaxPayloadInMB ({max_payload_mb}) must not "
            f"exceed {MAX_IN_FLIGHT_MB} MB."
        )
    return None


def _source(request: Mapping[str, Any]) -> Iterator[str]:
    source = request["TransformInput"]["DataSource"]["S3DataSource"]
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        yield f"Batch transform takes S3DataType S3Prefix or ManifestFile, not {source['S3DataType']}."
    if not source["S3Uri"].startswith("s3://"):
        yield "TransformInput.DataSource.S3DataSource.S3Uri must be an S3 address."
    if not request["TransformOutput"]["S3OutputPath"].startswith("s3://"):
        yield "TransformOutput.S3OutputPath must be an S3 address."
    if request.get("DataCaptureConfig"):
        yield "DataCaptureConfig of transform jobs is not supported by sagemaker-local; leave it out."


def _limits(request: Mapping[str, Any]) -> Iterator[str]:
    if request.get("MaxConcurrentTransforms") == 0:
        yield "MaxConcurrentTransforms must be at least 1; leave it out for the container's own value."
    problem = limits_problem(request.get("MaxConcurrentTransforms", 1), request.get("MaxPayloadInMB", 0))
    if problem:
        yield problem
    split = request["TransformInput"].get("SplitType", "None")
    if request.get("BatchStrategy") == "SingleRecord" and split == "None":
        yield "BatchStrategy SingleRecord needs a SplitType other than None."


def _processing(request: Mapping[str, Any]) -> Iterator[str]:
    processing = request.get("DataProcessing", {})
    paths = {name: processing.get(name, "$") for name in ("InputFilter", "OutputFilter")}
    for name, text in paths.items():
        try:
            parse_path(text)
        except PathError as error:
            yield f"DataProcessing.{name}: {error}."
    joins = processing.get("JoinSource", "None") == "Input"
    if not joins and set(paths.values()) == {"$"}:
        return
    source, output = request["TransformInput"], request["TransformOutput"]
    split = source.get("SplitType", "None")
    if split not in ("None", "Line"):
        yield f"DataProcessing needs SplitType Line or None, not {split}."
    by_line = split == "Line"
    incoming = format_of(source.get("ContentType"), by_line=by_line)
    outgoing = format_of(output.get("Accept") or source.get("ContentType"), by_line=by_line)
    if (joins or paths["InputFilter"] != "$") and incoming is None:
        yield "DataProcessing needs ContentType text/csv, application/json or application/jsonlines."
    if (joins or paths["OutputFilter"] != "$") and outgoing is None:
        yield "DataProcessing needs Accept text/csv, application/json or application/jsonlines."
    if joins and incoming != outgoing:
        yield "JoinSource Input needs the same format for ContentType and Accept."


def _model(model: Mapping[str, Any]) -> Iterator[str]:
    if model.get("InferenceExecutionConfig", {}).get("Mode") == "Direct":
        yield "Batch transform needs a model whose containers run in Serial mode."
    containers = model.get("Containers") or [model["PrimaryContainer"]]
    if any(one.get("Mode", "SingleModel") != "SingleModel" for one in containers):
        yield "Batch transform needs a model of Mode SingleModel."
    if not model.get("ExecutionRoleArn"):
        yield "The model has no ExecutionRoleArn, which batch transform reads and writes S3 with."
