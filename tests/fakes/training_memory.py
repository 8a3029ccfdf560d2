"""Fakes of training's ports."""

from collections.abc import Mapping, Sequence
from typing import Any

from openbml.compute.jobs import (
    Job,
    JobConflictError,
    JobNotFoundError,
    ProcessingJobRequest,
    TrainingJobRequest,
)
from openbml.core.scope import ProjectScope
from openbml.datasets.samples import SampleNotFoundError
from openbml.training.experiments import (
    Experiment,
    ExperimentNameTakenError,
    ExperimentNotFoundError,
    Position,
)
from openbml.training.job_files import ModelFacts, Report
from openbml.training.leaderboards import Leaderboard
from openbml.training.run_progress import Epoch, LogEntry, Progress, Reported, SamplePredictions
from openbml.training.runs import Run, RunConflictError, RunNotFoundError, RunState
from openbml.training.search.searches import Search, SearchConflictError, SearchNotFoundError
from openbml.training.search.trials import Trial
from openbml.training.training_data import (
    DataNotSelectableError,
    DatasetView,
    PictureUrls,
    SampleContent,
    Selection,
    SnapshotState,
    SnapshotView,
    TableBeginning,
    TableView,
)
from openbml_formats.searches import SearchState
from openbml_formats.tables.column_types import ColumnType
from openbml_formats.tables.schemas import TableColumn, TableSchema
from tests.fakes.compute_memory import NOON


class InMemoryExperimentRepository:
    def __init__(self) -> None:
        self.experiments: dict[int, Experiment] = {}

    def add(self, experiment: Experiment) -> None:
        if any(
            (known.scope, known.name) == (experiment.scope, experiment.name)
            for known in self.experiments.values()
        ):
            raise ExperimentNameTakenError(name=experiment.name)
        self.experiments[experiment.experiment_id] = experiment

    def get(self, scope: ProjectScope, experiment_id: int) -> Experiment:
        experiment = self.experiments.get(experiment_id)
        if experiment is None or experiment.scope != scope:
            raise ExperimentNotFoundError(experiment_id=experiment_id)
        return experiment

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position
    ) -> tuple[Sequence[Experiment], Position]:
        mine = sorted(
            (row for row in self.experiments.values() if row.scope == scope),
            key=lambda row: -row.experiment_id,
        )
        start = position["start"] if position else 0
        following = {"start": start + limit} if start + limit < len(mine) else None
        return mine[start : start + limit], following


class InMemoryRunRepository:
    def __init__(self, experiments: InMemoryExperimentRepository) -> None:
        self._experiments = experiments
        self.runs: dict[int, Run] = {}

    def add(self, run: Run, experiment: Experiment) -> None:
        stored = self._experiments.get(run.scope, run.experiment_id)
        if stored.last_version != experiment.last_version or run.run_id in self.runs:
            raise RunConflictError(run_id=run.run_id)
        changed = stored.model_copy(update={"last_version": run.version_number})
        self._experiments.experiments[run.experiment_id] = changed
        self.runs[run.run_id] = run

    def get(self, scope: ProjectScope, run_id: int) -> Run:
        run = self.runs.get(run_id)
        if run is None or run.scope != scope:
            raise RunNotFoundError(run_id=run_id)
        return run

    def save(self, run: Run) -> None:
        stored = self.runs.get(run.run_id)
        if stored is None or stored.revision != run.revision - 1:
            raise RunConflictError(run_id=run.run_id)
        self.runs[run.run_id] = run

    def page(
        self, scope: ProjectScope, experiment_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[Run], Position]:
        mine = sorted(
            (run for run in self.runs.values() if (run.scope, run.experiment_id) == (scope, experiment_id)),
            key=lambda run: -run.version_number,
        )
        start = position["start"] if position else 0
        following = {"start": start + limit} if start + limit < len(mine) else None
        return mine[start : start + limit], following

    def preparing(self, scope: ProjectScope | None = None) -> Sequence[tuple[ProjectScope, int]]:
        return [
            (run.scope, run.run_id)
            for run in self.runs.values()
            if run.state is RunState.PREPARING and scope in (None, run.scope)
        ]


class InMemorySearchRepository:
    def __init__(self) -> None:
        self.searches: dict[int, Search] = {}
        self.kept_trials: dict[tuple[int, int], Trial] = {}

    def add(self, search: Search) -> None:
        if search.search_id in self.searches:
            raise SearchConflictError(search_id=search.search_id)
        self.searches[search.search_id] = search

    def get(self, scope: ProjectScope, search_id: int) -> Search:
        search = self.searches.get(search_id)
        if search is None or search.scope != scope:
            raise SearchNotFoundError(search_id=search_id)
        return search

    def trials(self, scope: ProjectScope, search_id: int) -> Sequence[Trial]:
        mine = [trial for (owner, _), trial in sorted(self.kept_trials.items()) if owner == search_id]
        return [trial for trial in mine if trial.scope == scope]

    def save(self, before: Search, after: Search, trials: Sequence[Trial] = ()) -> None:
        if self.searches[after.search_id].revision != before.revision or after.revision <= before.revision:
            raise SearchConflictError(search_id=after.search_id)
        self._check(trials)
        self.searches[after.search_id] = after
        self.kept_trials |= {(trial.search_id, trial.number): trial for trial in trials}

    def save_trial(self, trial: Trial) -> None:
        self._check([trial])
        self.kept_trials[trial.search_id, trial.number] = trial

    def propose(self, trial: Trial) -> bool:
        """What the manager does: take the next number if the search runs and nobody has."""
        key = (trial.search_id, trial.number)
        if key in self.kept_trials or self.searches[trial.search_id].state is not SearchState.RUNNING:
            return False
        self.kept_trials[key] = trial
        return True

    def finished(self, scope: ProjectScope) -> Sequence[Search]:
        mine = [search for search in self.searches.values() if search.scope == scope]
        done = [search for search in mine if search.state is SearchState.FINISHED]
        return sorted(done, key=lambda search: -search.search_id)

    def unsettled(self) -> Sequence[tuple[ProjectScope, int]]:
        return [(row.scope, row.search_id) for row in self.searches.values() if not row.settled]

    def _check(self, trials: Sequence[Trial]) -> None:
        for trial in trials:
            known = self.kept_trials.get((trial.search_id, trial.number))
            if known is None or known.revision != trial.revision - 1:
                raise SearchConflictError(search_id=trial.search_id)


class FakeTrainingData:
    """Datasets as a test sets them; snapshots are ready when the test says so."""

    def __init__(self) -> None:
        self.views: dict[tuple[int, int], DatasetView] = {}
        self.snapshot_state = SnapshotState.READY
        self.snapshot_labels: Sequence[str] | None = None
        self.contents: dict[tuple[int, int, int], SampleContent] = {}
        self.rows: dict[int, Sequence[Sequence[Any]]] = {}
        self.swept: set[str] = set()

    def add_table(
        self,
        dataset_id: int,
        columns: Mapping[str, str],
        *,
        rows: int = 100,
        source_bytes: int = 10_000,
        state: str = "import_finished",
    ) -> Selection:
        """Add a table of columns by name and type; without rows it is a dataset that has none yet."""
        schema = TableSchema.checked(
            [
                TableColumn(name=name, type=ColumnType.parse(written), ordinal=place)
                for place, (name, written) in enumerate(columns.items())
            ]
        )
        table = TableView(columns=schema, rows=rows, source_bytes=source_bytes) if rows else None
        self.views[dataset_id, 1] = DatasetView(
            dataset_id=dataset_id,
            version_number=1,
            annotation_type="table",
            template="table",
            state=state,
            labels={},
            table=table,
        )
        return Selection(dataset_id=dataset_id, version_number=1)

    def table_beginning(self, scope: ProjectScope, selection: Selection, *, cells: int) -> TableBeginning:
        table = self.describe(scope, selection).table
        if table is None:
            raise DataNotSelectableError(
                dataset_id=selection.dataset_id, version_number=1, reason="it has no rows"
            )
        width = len(table.columns.columns)
        rows = self.rows[selection.dataset_id][: max(1, cells // width)]
        return TableBeginning(**dict(table), values=list(zip(*rows, strict=True)))

    def add(self, dataset_id: int, labels: Mapping[str, int], **changes: str) -> Selection:
        fields = {
            "annotation_type": "image_classification",
            "template": "single_label",
            "state": "import_finished",
            **changes,
        }
        self.views[dataset_id, 1] = DatasetView(
            dataset_id=dataset_id, version_number=1, labels=labels, **fields
        )
        return Selection(dataset_id=dataset_id, version_number=1)

    def describe(self, scope: ProjectScope, selection: Selection) -> DatasetView:
        view = self.views.get((selection.dataset_id, selection.version_number))
        if view is None:
            raise DataNotSelectableError(
                dataset_id=selection.dataset_id,
                version_number=selection.version_number,
                reason="there is no such version",
            )
        return view

    def request_snapshot(
        self, scope: ProjectScope, task: str, selections: Sequence[Selection]
    ) -> SnapshotView:
        labels = {name for row in selections for name in (row.labels or self.describe(scope, row).labels)}
        name = "-".join(str(row.dataset_id) for row in selections)
        return SnapshotView(
            snapshot_id=f"snapshot-{name}",
            state=self.snapshot_state,
            uri=f"s3://data/{scope.prefix}snapshots/snapshot-{name}/",
            parts_uri=self._parts_uri(scope, name, selections),
            labels=sorted(labels) if self.snapshot_labels is None else self.snapshot_labels,
            sample_count=10,
            failure="the disk is full" if self.snapshot_state is SnapshotState.FAILED else None,
        )

    def kept_snapshot(self, scope: ProjectScope, snapshot_id: str) -> SnapshotView | None:
        if snapshot_id in self.swept:
            return None
        return SnapshotView(
            snapshot_id=snapshot_id,
            state=self.snapshot_state,
            uri=f"s3://data/{scope.prefix}snapshots/{snapshot_id}/",
            labels=["cat", "dog"] if self.snapshot_labels is None else self.snapshot_labels,
            sample_count=10,
        )

    def _parts_uri(self, scope: ProjectScope, name: str, selections: Sequence[Selection]) -> str | None:
        is_table = all(self.describe(scope, row).table for row in selections)
        return f"s3://data/{scope.prefix}snapshots/snapshot-{name}/parts.json" if is_table else None

    def picture_urls(self, scope: ProjectScope, sample_ids: Sequence[str]) -> Mapping[str, PictureUrls]:
        return {
            name: PictureUrls(thumbnail_url=f"https://thumbnails/{name}", image_url=f"https://images/{name}")
            for name in sample_ids
            if name != "gone"
        }

    def sample_content(
        self, scope: ProjectScope, dataset_id: int, version_number: int, sample_id: int
    ) -> SampleContent:
        content = self.contents.get((dataset_id, version_number, sample_id))
        if content is None:
            raise SampleNotFoundError(sample_id=sample_id)
        return content


class FakeTrainingJobs:
    """Compute as training sees it; `refusing` makes it fail like a function that was killed."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.stopped: list[str] = []
        self.announced: list[str] = []
        self.refusing = False

    def submit_training(self, request: TrainingJobRequest) -> Job:
        return self._submitted(request)

    def submit_processing(self, request: ProcessingJobRequest) -> Job:
        return self._submitted(request)

    def stop_processing(self, job_id: str) -> Job:
        return self.stop_training(job_id)

    def announce_end(self, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise JobNotFoundError(job_id=job_id)
        self.announced.append(job_id)
        return self.jobs[job_id]

    def _submitted(self, request: TrainingJobRequest | ProcessingJobRequest) -> Job:
        if self.refusing:
            raise ConnectionError("compute is unreachable")
        job = self.jobs.setdefault(request.job_id, Job(request=request, created_at=NOON, changed_at=NOON))
        if job.request != request:
            raise JobConflictError(job_id=request.job_id)
        return job

    def stop_training(self, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise JobNotFoundError(job_id=job_id)
        self.stopped.append(job_id)
        return self.jobs[job_id]


class FakeJobFiles:
    def __init__(self) -> None:
        self.reports: dict[str, Report] = {}
        self.scripts: dict[int, str] = {}
        self.files: dict[str, Sequence[str]] = {}
        self.facts: dict[str, ModelFacts] = {}

    def model_facts(self, model_uri: str) -> ModelFacts | None:
        return self.facts.get(model_uri)

    def runs_uri(self, scope: ProjectScope) -> str:
        return f"s3://data/{scope.prefix}runs/"

    def weights_uri(self, tag: str) -> str | None:
        return None

    def write_script(self, scope: ProjectScope, run_id: int, script: str) -> None:
        self.scripts[run_id] = script

    def script(self, scope: ProjectScope, run_id: int) -> str | None:
        return self.scripts.get(run_id)

    def report(self, data_uri: str) -> Report | None:
        return self.reports.get(data_uri)

    def url(self, data_uri: str, name: str) -> str:
        return f"https://files/{name}"

    def download_url(self, data_uri: str, name: str, filename: str) -> str | None:
        return f"https://files/{name}?as={filename}" if name in self.files.get(data_uri, ()) else None


class InMemoryRunProgressStore:
    def __init__(self) -> None:
        self._epochs: dict[tuple[int, int], Epoch] = {}
        self._lines: dict[tuple[int, str], LogEntry] = {}
        self._progress: dict[int, Progress] = {}
        self._samples: dict[int, SamplePredictions] = {}
        self._stage_at: dict[int, str] = {}
        self._leaderboards: dict[int, Leaderboard] = {}

    def record(
        self, scope: ProjectScope, run_id: int, *, reported: Reported, lines: Sequence[LogEntry]
    ) -> None:
        self._epochs |= {(run_id, row.epoch): row for row in reported.epochs}
        self._lines |= {(run_id, line.id): line for line in lines}
        known = self._samples.get(run_id)
        if reported.samples and (known is None or known.epoch <= reported.samples.epoch):
            self._samples[run_id] = reported.samples
        board = reported.leaderboard
        if board and self._leaderboards.get(run_id, Leaderboard()).at <= board.at:
            self._leaderboards[run_id] = board
        now = self._progress.get(run_id, Progress())
        new = reported.progress
        if new.epoch is not None and new.epoch >= (now.epoch or 0):
            now = now.model_copy(update={"epoch": new.epoch, "epochs": new.epochs})
        if reported.stage is not None and reported.stage_at >= self._stage_at.get(run_id, ""):
            now = now.model_copy(update={"stage": reported.stage})
            self._stage_at[run_id] = reported.stage_at
        self._progress[run_id] = now

    def progress(self, scope: ProjectScope, run_id: int) -> Progress:
        return self._progress.get(run_id, Progress())

    def leaderboard(self, scope: ProjectScope, run_id: int) -> Leaderboard | None:
        return self._leaderboards.get(run_id)

    def samples(self, scope: ProjectScope, run_id: int) -> SamplePredictions | None:
        return self._samples.get(run_id)

    def epochs(self, scope: ProjectScope, run_id: int) -> Sequence[Epoch]:
        return [row for (run, _), row in sorted(self._epochs.items()) if run == run_id]

    def lines(self, scope: ProjectScope, run_id: int, *, after: str | None, limit: int) -> Sequence[LogEntry]:
        mine = [line for (run, _), line in sorted(self._lines.items()) if run == run_id]
        return [line for line in mine if line.id > (after or "")][:limit]
