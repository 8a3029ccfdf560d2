"""How calls about hostings end in SageMaker."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from openbml.compute.errors_sagemaker import busy, is_absent, is_limit, is_present, is_refusal, reason_of
from openbml.compute.hostings import HostingRefusedError

Operation = Callable[..., Any]


def make(deployment_id: str, operation: Operation, **members: Any) -> None:
    """Create or change something; what exists already is left as it is.

    A limit counts as a refusal: whoever deploys shall read of it rather than wait for an unknown time.

    Raises:
        HostingRefusedError, RuntimeBusyError
    """
    try:
        operation(**members)
    except ClientError as error:
        if is_present(error):
            return
        if is_refusal(error) or is_limit(error):
            raise HostingRefusedError(deployment_id=deployment_id, reason=reason_of(error)) from error
        raise busy(error) from error
    except BotoCoreError as error:
        raise busy(error) from error


def drop(operation: Operation, **members: Any) -> None:
    """Delete something; what is gone is fine. Raises RuntimeBusyError."""
    try:
        operation(**members)
    except ClientError as error:
        if not is_absent(error):
            raise busy(error) from error
    except BotoCoreError as error:
        raise busy(error) from error


def look(operation: Operation, **members: Any) -> dict[str, Any] | None:
    """Return a description, None of what does not exist. Raises RuntimeBusyError."""
    try:
        reply: dict[str, Any] = operation(**members)
    except ClientError as error:
        if is_absent(error):
            return None
        raise busy(error) from error
    except BotoCoreError as error:
        raise busy(error) from error
    return reply
