"""How calls about jobs end in SageMaker, whatever kind of job it is."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from openbml.compute.errors_sagemaker import busy, is_absent, is_present, is_refusal, reason_of
from openbml.compute.jobs import JobRefusedError

Call = Callable[[], Any]


def create(call: Call, job_id: str) -> None:
    """Create a job; one of the same name that was taken before is left as it is.

    Raises:
        JobRefusedError, RuntimeBusyError
    """
    try:
        call()
    except ClientError as error:
        if is_present(error):
            return
        if is_refusal(error):
            raise JobRefusedError(job_id=job_id, reason=reason_of(error)) from error
        raise busy(error) from error
    except BotoCoreError as error:
        raise busy(error) from error


def stop(call: Call) -> None:
    """Ask a job to stop; one that has ended refuses to, which does no harm. Raises RuntimeBusyError."""
    try:
        call()
    except ClientError as error:
        if not is_absent(error) and not is_refusal(error):
            raise busy(error) from error
    except BotoCoreError as error:
        raise busy(error) from error


def describe(call: Call) -> Mapping[str, Any] | None:
    """Return what is known of a job, None if nothing is. Raises RuntimeBusyError."""
    try:
        reply: Mapping[str, Any] = call()
    except ClientError as error:
        if is_absent(error):
            return None
        raise busy(error) from error
    except BotoCoreError as error:
        raise busy(error) from error
    return reply
