"""Why a job or hosting failed, and whose fault it is.

Platform faults are not billed (spec 01 section 2.1, T4).
"""

import re
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

_EXIT_CODE = re.compile(r",\s*exit code:?\s*-?\d+.*$", re.IGNORECASE | re.DOTALL)
_USER_KINDS = ("AlgorithmError", "ClientError")
_SHOWN_CHARACTERS = 1024


class Fault(StrEnum):
    USER = "user"
    PLATFORM = "platform"


class Failure(BaseModel):
    model_config = ConfigDict(frozen=True)

    fault: Fault
    message: str


def classify(reason: str) -> Failure:
    """Return whose fault a SageMaker `FailureReason` tells of, and its cause in the words of the job.

    `AlgorithmError` carries the first line of the job's failure file, which our images prefix with `user:` or
    `platform:`; without the prefix it is the user's code. `ClientError` is the user's data. Anything else, a
    capacity error or an unknown kind among them, is ours.
    """
    kind, separator, rest = reason.partition(":")
    cause = rest if separator and kind.strip().endswith("Error") else reason
    first_line = next((line for line in cause.strip().splitlines() if line.strip()), "")
    first_line = _EXIT_CODE.sub("", first_line).strip() or "the job failed without a reason"
    for fault in Fault:
        prefix = f"{fault.value}:"
        if first_line.startswith(prefix):
            message = first_line.removeprefix(prefix).strip()
            return Failure(fault=fault, message=message[:_SHOWN_CHARACTERS])
    fault = Fault.USER if kind.strip() in _USER_KINDS else Fault.PLATFORM
    return Failure(fault=fault, message=first_line[:_SHOWN_CHARACTERS])
