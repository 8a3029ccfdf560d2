"""Plans of imports that data jobs make: what the job is told, and what it tells."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from openbml_formats.planning import PlanLimits, PlanSummary
from openbml_formats.records import Problem, Severity


class PlanJobSettings(BaseModel):
    """What a job is told beside its order.

    Attributes:
        archive: whether the one upload is a zip, not a file of the format itself.
        shards_prefix, problems_prefix: where the plan goes, uploads bucket.
    """

    model_config = ConfigDict(frozen=True)

    format: str
    labelled: bool
    archive: bool
    limits: PlanLimits
    shards_prefix: str
    problems_prefix: str


class PlanJobFailure(BaseModel):
    """Why the upload as a whole cannot be imported; `reason` is an import's failure reason."""

    model_config = ConfigDict(frozen=True)

    reason: str
    message: str


class PlanJobResult(BaseModel):
    """What a job has found; its problems are `problem_parts` files of some hundred each."""

    model_config = ConfigDict(frozen=True)

    summary: PlanSummary = PlanSummary()
    problems: Mapping[Severity, int] = Field(default_factory=dict)
    problem_parts: int = 0
    failure: PlanJobFailure | None = None


_PROBLEMS = TypeAdapter(list[Problem])


def problems_key(prefix: str, place: int) -> str:
    return f"{prefix}{place:06}.json"


def dumped_problems(problems: Sequence[Problem]) -> bytes:
    return _PROBLEMS.dump_json(list(problems), exclude_defaults=True)


def loaded_problems(data: bytes) -> Sequence[Problem]:
    return _PROBLEMS.validate_json(data)
