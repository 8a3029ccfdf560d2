"""What a job has planned: the shards of samples that an import is to commit."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from openbml.datasets.jobs.data_job_kinds import Result
from openbml.datasets.jobs.data_jobs import DataJob, shards_prefix


class PlannedWork(BaseModel):
    """What every planning job's result has at least; `shards` are numbered from 0."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    shards: int = Field(ge=0)
    samples: int = Field(ge=0)


class JobPlan(BaseModel):
    """Keys of shard files (`openbml_formats.planned`) in the uploads bucket, in their order."""

    model_config = ConfigDict(frozen=True)

    shard_keys: Sequence[str]
    sample_count: int


def plan_from_job(job: DataJob, result: Result) -> JobPlan:
    """Return the plan that a finished job of the kinds `plan_import`, `cleaning`, `augmentation` left.

    The shards stay where the job wrote them; committing them twice commits the same chunks.

    Raises:
        pydantic.ValidationError: the result is none of a planning job.
    """
    work = PlannedWork.model_validate(result)
    prefix = shards_prefix(job.scope, job.job_id)
    keys = [f"{prefix}{index:06}.json.z" for index in range(work.shards)]
    return JobPlan(shard_keys=keys, sample_count=work.samples)
