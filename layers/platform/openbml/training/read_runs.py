"""Use cases that only read: lists, one run, its metrics, log and report."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, JsonValue

from openbml.compute.failures import Failure
from openbml.core.errors import OpenBMLError
from openbml.core.pages import CursorCodec, Page
from openbml.core.scope import ProjectScope
from openbml.training.auto_publishing import AutoPublish
from openbml.training.cautions import Caution
from openbml.training.experiments import Experiment, ExperimentRepository
from openbml.training.job_files import JobFiles
from openbml.training.leaderboards import Leaderboard
from openbml.training.run_progress import LogEntry, Progress, RunProgressStore, SamplePrediction
from openbml.training.runs import Run, RunRepository, RunState
from openbml.training.training_data import Selection, TrainingData
from openbml_catalog.tabular.settings import TabularSettings

SEARCHING = "searching"  # the stage of a run whose search is going on
_LOG_LINES = 500


class NoScriptError(OpenBMLError):
    """The run trains without a script; details: run_id."""


class ScriptText(BaseModel):
    model_config = ConfigDict(frozen=True)

    script: str


class EpochPosition(BaseModel):
    model_config = ConfigDict(frozen=True)

    epoch: int
    epochs: int | None


class RunView(BaseModel):
    """A run as the API shows it (contracts, section 4)."""

    model_config = ConfigDict(frozen=True)

    run_id: int
    experiment_id: int
    name: str
    version_number: int
    task_type: str
    state: RunState
    stage: str | None
    network: str
    hyper_parameters: Mapping[str, str]
    hyper_parameter_source: str
    search_id: int | None
    base_run_id: int | None
    rebuild_of: int | None
    machine_type: str
    node_count: int
    max_training_minutes: int
    remark: str
    training_data: Sequence[Selection]
    evaluation_data: Sequence[Selection]
    labels: Sequence[str]
    snapshot_id: str | None
    evaluation_snapshot_id: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    training_seconds: float
    progress: EpochPosition | None
    metrics: Mapping[str, float] | None
    recommended_threshold: float | None
    failure: Failure | None
    cost_estimate: Decimal
    tabular: TabularSettings | None
    cautions: Sequence[Caution]
    auto_publish: AutoPublish | None

    @classmethod
    def of(cls, run: Run, progress: Progress) -> "RunView":
        position = (
            EpochPosition(epoch=progress.epoch, epochs=progress.epochs)
            if progress.epoch is not None
            else None
        )
        known = {name: getattr(run, name) for name in cls.model_fields if name not in ("stage", "progress")}
        stage = SEARCHING if run.searching else progress.stage
        return cls(stage=None if run.state.is_final else stage, progress=position, **known)


class ShownSample(SamplePrediction):
    """A sample with its addresses, which are null where it is gone."""

    thumbnail_url: str | None = None
    image_url: str | None = None


class ShownSamples(BaseModel):
    """`epoch` is null while nothing was told."""

    model_config = ConfigDict(frozen=True)

    epoch: int | None = None
    items: Sequence[ShownSample] = ()


class LogPage(BaseModel):
    """Lines in order; `next_after` asks for what came since, it stays when there is nothing new."""

    model_config = ConfigDict(frozen=True)

    items: Sequence[LogEntry]
    next_after: str | None


def list_experiments(
    scope: ProjectScope,
    *,
    limit: int,
    cursor: str | None,
    experiments: ExperimentRepository,
    cursors: CursorCodec,
) -> Page[Experiment]:
    purpose = f"experiments {scope.key}"
    position = cursors.decode(cursor, purpose=purpose)
    items, following = experiments.page(scope, limit=limit, position=position)
    return Page(items=items, next_cursor=cursors.encode(following, purpose=purpose))


def list_runs(
    scope: ProjectScope,
    experiment_id: int,
    *,
    limit: int,
    cursor: str | None,
    experiments: ExperimentRepository,
    runs: RunRepository,
    store: RunProgressStore,
    cursors: CursorCodec,
) -> Page[RunView]:
    """Raises ExperimentNotFoundError."""
    experiments.get(scope, experiment_id)
    purpose = f"runs {scope.key} {experiment_id}"
    position = cursors.decode(cursor, purpose=purpose)
    items, following = runs.page(scope, experiment_id, limit=limit, position=position)
    views = [RunView.of(run, _progress(run, store)) for run in items]
    return Page(items=views, next_cursor=cursors.encode(following, purpose=purpose))


def run_view(scope: ProjectScope, run_id: int, *, runs: RunRepository, store: RunProgressStore) -> RunView:
    """Raises RunNotFoundError."""
    return RunView.of(runs.get(scope, run_id), store.progress(scope, run_id))


def run_metrics(
    scope: ProjectScope, run_id: int, *, runs: RunRepository, store: RunProgressStore
) -> dict[str, list[dict[str, JsonValue]]]:
    """Return the figures of every epoch. Raises RunNotFoundError."""
    runs.get(scope, run_id)
    return {"epochs": [epoch.flat() for epoch in store.epochs(scope, run_id)]}


def run_log(
    scope: ProjectScope, run_id: int, *, after: str | None, runs: RunRepository, store: RunProgressStore
) -> LogPage:
    """Return the next lines behind `after`. Raises RunNotFoundError."""
    runs.get(scope, run_id)
    lines = store.lines(scope, run_id, after=after, limit=_LOG_LINES)
    return LogPage(items=lines, next_after=lines[-1].id if lines else after)


def run_script(scope: ProjectScope, run_id: int, *, runs: RunRepository, files: JobFiles) -> ScriptText:
    """Return the script the run trains with. Raises RunNotFoundError, NoScriptError."""
    runs.get(scope, run_id)
    script = files.script(scope, run_id)
    if script is None:
        raise NoScriptError(run_id=run_id)
    return ScriptText(script=script)


def run_samples(
    scope: ProjectScope, run_id: int, *, runs: RunRepository, store: RunProgressStore, data: TrainingData
) -> ShownSamples:
    """Return what the newest epoch's model says of a few evaluated samples. Raises RunNotFoundError."""
    runs.get(scope, run_id)
    newest = store.samples(scope, run_id)
    if newest is None:
        return ShownSamples()
    urls = data.picture_urls(scope, [row.sample_id for row in newest.items])
    addresses = {sample_id: found.model_dump() for sample_id, found in urls.items()}
    items = [ShownSample(**row.model_dump(), **addresses.get(row.sample_id, {})) for row in newest.items]
    return ShownSamples(epoch=newest.epoch, items=items)


def run_leaderboard(
    scope: ProjectScope, run_id: int, *, runs: RunRepository, store: RunProgressStore
) -> Leaderboard:
    """Return the models of the run so far, none before its job has told any. Raises RunNotFoundError."""
    runs.get(scope, run_id)
    return store.leaderboard(scope, run_id) or Leaderboard()


def _progress(run: Run, store: RunProgressStore) -> Progress:
    return Progress() if run.state.is_final else store.progress(run.scope, run.run_id)
