"""Use cases of provenance: train a run once more on the very same data, and say how alike the models are.

A rebuild takes the frozen snapshots of the run, its hyper-parameters (those that a search found, too), its
script, weights, machine and nodes. What may differ is told with the comparison: code and image by their
digests, and what the runtime leaves to chance.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.errors import OpenBMLError
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.scope import ProjectScope
from openbml.training.create_runs import record_run
from openbml.training.events import RunStateChanged
from openbml.training.experiments import ExperimentRepository
from openbml.training.job_files import JobFiles, ModelFacts
from openbml.training.run_requests import check_machine
from openbml.training.runs import Run, RunRepository, RunState
from openbml.training.training_data import SnapshotState, TrainingData

# Figures of two trainings of one network on one machine type differ by chance in this much.
_ALIKE = 0.02


class RunNotRebuildableError(OpenBMLError):
    """The run cannot be trained once more; details: run_id, reason."""


class NoRebuildError(OpenBMLError):
    """The run is none of another's rebuilds, or one of them has not succeeded; details: run_id, reason."""


class Verdict(StrEnum):
    """`identical`: the same graph, byte by byte. `alike`: no figure differs by more than 0.02."""

    IDENTICAL = "identical"
    ALIKE = "alike"
    DIFFERENT = "different"


class ComparedFact(BaseModel):
    """`equal` is null where one of them is unknown."""

    model_config = ConfigDict(frozen=True)

    name: str
    original: str | None
    rebuilt: str | None
    equal: bool | None


class ComparedFigure(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    original: float
    rebuilt: float
    difference: float


class RebuildComparison(BaseModel):
    model_config = ConfigDict(frozen=True)

    original_run_id: int
    rebuilt_run_id: int
    verdict: Verdict
    facts: Sequence[ComparedFact]
    figures: Sequence[ComparedFigure]


def rebuild_run(
    run_id: int,
    *,
    scope: ProjectScope,
    paid_billing: bool,
    experiments: ExperimentRepository,
    runs: RunRepository,
    data: TrainingData,
    files: JobFiles,
    events: EventPublisher,
    new_id: IdFactory,
    now: Clock,
) -> Run:
    """Record a run that repeats another one; `start_run` takes it from there.

    Raises:
        RunNotFoundError, RunNotRebuildableError, PaidBillingNeededError
    """
    original = runs.get(scope, run_id)
    if original.state is not RunState.SUCCEEDED or original.snapshot_id is None:
        raise RunNotRebuildableError(run_id=run_id, reason=f"it is {original.state}, not succeeded")
    for snapshot_id in (original.snapshot_id, original.evaluation_snapshot_id):
        view = data.kept_snapshot(scope, snapshot_id) if snapshot_id else None
        if snapshot_id and (view is None or view.state is not SnapshotState.READY):
            raise RunNotRebuildableError(run_id=run_id, reason=f"its data {snapshot_id} is no longer kept")
    check_machine(original.machine_type, paid_billing=paid_billing)
    at = now()
    draft = Run(
        **{name: getattr(original, name) for name in _REPEATED},
        scope=scope,
        run_id=new_id(),
        version_number=1,
        remark=f"rebuild of V{original.version_number}",
        rebuild_of=original.run_id,
        hyper_parameter_source="script" if original.hyper_parameter_source == "script" else "manual",
        created_at=at,
        changed_at=at,
    )
    script = files.script(scope, run_id)
    if script is not None:
        files.write_script(scope, draft.run_id, script)
    run = record_run(
        draft, experiments.get(scope, original.experiment_id), experiments=experiments, runs=runs
    )
    events.publish([RunStateChanged.of(run)])
    logger.info("rebuild asked for", run_id=run.run_id, rebuild_of=run_id)
    return run


def compare_rebuild(
    scope: ProjectScope, run_id: int, *, runs: RunRepository, files: JobFiles
) -> RebuildComparison:
    """Return how alike a rebuild and its original are.

    Raises:
        RunNotFoundError, NoRebuildError
    """
    rebuilt = runs.get(scope, run_id)
    if rebuilt.rebuild_of is None:
        raise NoRebuildError(run_id=run_id, reason="it repeats no other run")
    if rebuilt.state is not RunState.SUCCEEDED:
        raise NoRebuildError(run_id=run_id, reason=f"it is {rebuilt.state}")
    original = runs.get(scope, rebuilt.rebuild_of)
    before, after = (_model_facts(run, files) for run in (original, rebuilt))
    figures = _figures(original.metrics or {}, rebuilt.metrics or {})
    same_graph = before.graph_digest is not None and before.graph_digest == after.graph_digest
    alike = all(abs(figure.difference) <= _ALIKE for figure in figures)
    return RebuildComparison(
        original_run_id=original.run_id,
        rebuilt_run_id=run_id,
        verdict=Verdict.IDENTICAL if same_graph else Verdict.ALIKE if alike else Verdict.DIFFERENT,
        facts=[
            _fact("snapshot_id", original.snapshot_id, rebuilt.snapshot_id),
            _fact("hyper_parameters", _text(original), _text(rebuilt)),
            _fact("code_digest", before.code_digest, after.code_digest),
            _fact("image_digest", before.image_digest, after.image_digest),
            _fact("graph_digest", before.graph_digest, after.graph_digest),
        ],
        figures=figures,
    )


_REPEATED = (
    "experiment_id",
    "experiment_name",
    "task_type",
    "training_data",
    "evaluation_data",
    "labels",
    "network",
    "hyper_parameters",
    "machine_type",
    "node_count",
    "max_training_minutes",
    "cost_estimate",
    "base_run_id",
    "cautions",
    "snapshot_id",
    "evaluation_snapshot_id",
)


def _model_facts(run: Run, files: JobFiles) -> ModelFacts:
    return (files.model_facts(run.model_uri) if run.model_uri else None) or ModelFacts()


def _figures(before: Mapping[str, float], after: Mapping[str, float]) -> list[ComparedFigure]:
    return [
        ComparedFigure(name=name, original=value, rebuilt=after[name], difference=after[name] - value)
        for name, value in before.items()
        if name in after
    ]


def _fact(name: str, original: str | None, rebuilt: str | None) -> ComparedFact:
    known = original is not None and rebuilt is not None
    return ComparedFact(
        name=name, original=original, rebuilt=rebuilt, equal=original == rebuilt if known else None
    )


def _text(run: Run) -> str:
    return "; ".join(f"{name}={value}" for name, value in sorted(run.hyper_parameters.items()))
