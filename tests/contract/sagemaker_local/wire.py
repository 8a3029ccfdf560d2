"""Strict checks of every reply, at the wire: botocore itself forgives too much."""

import json
import math
from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape

#: Error names that are not in the service model but belong to the protocol.
COMMON_ERRORS = {
    "ValidationException",
    "UnknownOperationException",
    "SerializationException",
    "ThrottlingException",
}
_RUNTIME_ERRORS = set(botocore.session.Session().get_service_model("sagemaker-runtime").shape_names)


def watch(client: Any) -> None:
    """Make a client fail the test on a reply that does not fit the service model."""
    service = client.meta.service_model.service_name
    check = check_control if service == "sagemaker" else check_runtime

    def handler(operation_model: OperationModel, response_dict: dict[str, Any], **_: Any) -> None:
        problems = check(operation_model, response_dict)
        assert not problems, f"{operation_model.name}: {problems}"

    client.meta.events.register(f"before-parse.{service}", handler)


def check_control(operation: OperationModel, reply: dict[str, Any]) -> list[str]:
    status, body = reply["status_code"], reply["body"]
    problems = [] if reply["headers"].get("x-amzn-RequestId") else ["no x-amzn-RequestId"]
    if reply["headers"].get("Content-Type") != "application/x-amz-json-1.1":
        problems.append("wrong content type")
    if status >= 400:
        name = json.loads(body)["__type"]
        if name not in {shape.name for shape in operation.error_shapes} | COMMON_ERRORS:
            problems.append(f"error {name} is not modelled")
        return problems
    if operation.output_shape is None:
        return problems + ([] if body == b"" else ["a body, but the operation has no output"])
    return problems + list(misfits(operation.output_shape, json.loads(body), "$"))


def check_runtime(operation: OperationModel, reply: dict[str, Any]) -> list[str]:
    headers = reply["headers"]
    problems = [] if headers.get("x-amzn-RequestId") else ["no x-amzn-RequestId"]
    if reply["status_code"] == 200:
        return problems + ([] if headers.get("x-Amzn-Invoked-Production-Variant") else ["no variant header"])
    if reply["status_code"] == 202 and operation.name == "InvokeEndpointAsync":
        problems += [] if headers.get("X-Amzn-SageMaker-OutputLocation") else ["no output location"]
        return problems + list(misfits(operation.output_shape, json.loads(reply["body"]), "$"))
    if headers.get("x-amzn-ErrorType") not in _RUNTIME_ERRORS:
        problems.append(f"error {headers.get('x-amzn-ErrorType')} is not modelled")
    if reply["status_code"] == 424:
        missing = {"Message", "OriginalStatusCode", "OriginalMessage", "LogStreamArn"} - json.loads(
            reply["body"]
        ).keys()
        problems += [f"ModelError lacks {name}" for name in missing]
    return problems


def misfits(  # noqa: C901 - one branch per kind of shape
    shape: Shape, value: Any, path: str
) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        if not isinstance(value, dict):
            yield f"{path}: not an object"
            return
        yield from (f"{path}.{name} is missing" for name in shape.required_members if value.get(name) is None)
        for name, item in value.items():
            if name not in shape.members or item is None:
                yield f"{path}.{name} is unknown or null"
            else:
                yield from misfits(shape.members[name], item, f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for index, item in enumerate(value):
            yield from misfits(shape.member, item, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from misfits(shape.value, item, f"{path}[{key}]")
    elif isinstance(shape, StringShape):
        if not isinstance(value, str) or (shape.enum and value not in shape.enum):
            yield f"{path}: {value!r} is no {shape.name}"
        elif len(value) > shape.metadata.get("max", math.inf):
            yield f"{path}: too long"
    elif shape.type_name == "boolean":
        if not isinstance(value, bool):
            yield f"{path}: {value!r} is no boolean"
    elif isinstance(value, bool) or not isinstance(
        value, int if shape.type_name in ("integer", "long") else int | float
    ):
        yield f"{path}: {value!r} is no {shape.type_name}"
