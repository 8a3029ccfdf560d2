"""Errors of the API. The control plane answers 400 with ``__type``; the runtime has its own set."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class ApiError(Exception):
    """An error the caller sees; the class name is the name on the wire."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def name(self) -> str:
        return type(self).__name__


class ValidationException(ApiError):  # noqa: N818 - the name on the wire
    """Malformed input, unknown hosting resource or job, or an operation the state forbids."""


class SerializationException(ApiError):  # noqa: N818 - the name on the wire
    """The body is not JSON, or a member has another type than the model says."""


class UnknownOperationException(ApiError):  # noqa: N818 - the name on the wire
    """The operation does not exist, or the engine does not implement it."""


class ResourceInUse(ApiError):  # noqa: N818 - the name on the wire
    """The name of a job is taken."""


class ResourceNotFound(ApiError):  # noqa: N818 - the name on the wire
    """The resource does not exist."""


class ResourceLimitExceeded(ApiError):  # noqa: N818 - the name on the wire
    """This machine can never satisfy the request."""


class InternalFailure(ApiError):  # noqa: N818 - the name on the wire
    """A fault of the engine."""

    status = 500


@dataclass
class RuntimeApiError(Exception):
    """An error of ``sagemaker-runtime``: its name travels in a header."""

    name: str
    status: int
    message: str
    members: Mapping[str, Any]


def runtime_validation_error(message: str) -> RuntimeApiError:
    return RuntimeApiError("ValidationError", 400, message, {})


def service_unavailable(message: str) -> RuntimeApiError:
    return RuntimeApiError("ServiceUnavailable", 503, message, {})


def model_not_ready(message: str) -> RuntimeApiError:
    return RuntimeApiError("ModelNotReadyException", 429, message, {})


def internal_dependency(message: str) -> RuntimeApiError:
    return RuntimeApiError("InternalDependencyException", 530, message, {})


def model_error(*, message: str, status: int, original: bytes, log_stream_arn: str) -> RuntimeApiError:
    members = {
        "OriginalStatusCode": status,
        "OriginalMessage": original[:8192].decode("utf-8", "replace"),
        "LogStreamArn": log_stream_arn,
    }
    return RuntimeApiError("ModelError", 424, message, members)
