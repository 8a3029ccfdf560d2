"""What becomes of a data job's result: each kind plugs in here."""

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from openbml.datasets.jobs.data_jobs import DataJob
from openbml_formats.data_jobs import DataJobKind

Result = Mapping[str, JsonValue]


class DataJobHook(Protocol):
    """A kind's own business with its jobs; each call may come again, also after a crash in the middle."""

    def completed(self, job: DataJob, result: Result) -> None:
        """Take the result; the job becomes `finished` only when this has returned.

        Raises:
            pydantic.ValidationError: the result is not what the kind leaves; the job fails as our fault.
        """

    def not_completed(self, job: DataJob) -> None:
        """The job has failed or was cancelled; `job` tells which and why, before it is kept so."""


Hooks = Mapping[DataJobKind, DataJobHook]
