"""A small world of training: ports in memory, an experiment, data of two labels."""

from datetime import timedelta
from itertools import count
from typing import Any, Literal

from openbml.compute.failures import Failure
from openbml.compute.intervals import Interval
from openbml.compute.owners import Owner
from openbml.training.create_runs import ExperimentRequest, create_experiment, create_run, stop_run
from openbml.training.events import RunStateChanged
from openbml.training.job_files import Report
from openbml.training.run_requests import RunRequest
from openbml.training.runs import Run, RunState
from openbml.training.search.search_ports import SearchPorts
from openbml.training.start_runs import announce_waiting_runs, resume_runs, start_run
from openbml.training.track_runs import JobChange, track_run
from tests.fakes.compute_memory import NOON, RecordedEvents, Ticking
from tests.fakes.compute_samples import SCOPE
from tests.fakes.training_memory import (
    FakeJobFiles,
    FakeTrainingData,
    FakeTrainingJobs,
    InMemoryExperimentRepository,
    InMemoryRunProgressStore,
    InMemoryRunRepository,
    InMemorySearchRepository,
)

JobWord = Literal["queued", "running", "stopping", "completed", "failed", "stopped"]
DATA_URI = "s3://data/projects/42/runs/1/job/name/output/data/"
REPORT = Report(
    overall={"accuracy": 0.92, "macro_f1": 0.9},
    topk={"1": 0.92, "2": 0.99},
    recommended_threshold=0.4,
    document={"format": "openbml.report/1", "wrong_examples": [{"sample_id": "s1"}, {"sample_id": "gone"}]},
)


class TrainingWorld:
    task_type = "image_classification"
    direction = "vision"

    def __init__(self) -> None:
        self.experiments = InMemoryExperimentRepository()
        self.runs = InMemoryRunRepository(self.experiments)
        self.searches = InMemorySearchRepository()
        self.data = FakeTrainingData()
        self.jobs = FakeTrainingJobs()
        self.files = FakeJobFiles()
        self.store = InMemoryRunProgressStore()
        self.events = RecordedEvents()
        self.now = Ticking()
        ids = count(1001)
        self.new_id = lambda: next(ids)
        self.selection = self.data.add(5, {"cat": 10, "dog": 12})
        request = ExperimentRequest(name="pets", direction=self.direction, task_type=self.task_type)
        self.experiment = create_experiment(
            request, scope=SCOPE, experiments=self.experiments, new_id=self.new_id, now=self.now
        )

    def create(self, *, paid_billing: bool = False, **changes: Any) -> Run:
        return create_run(
            RunRequest.model_validate({**self.request, **changes}),
            scope=SCOPE,
            experiment_id=self.experiment.experiment_id,
            paid_billing=paid_billing,
            experiments=self.experiments,
            runs=self.runs,
            searches=self.searches,
            data=self.data,
            files=self.files,
            events=self.events,
            new_id=self.new_id,
            now=self.now,
        )

    @property
    def request(self) -> dict[str, Any]:
        """A run's request that keeps the rules."""
        return {
            "training_data": [self.selection],
            "network": "ResNet18_vd",
            "hyper_parameters": {"epochs": 3},
            "machine_type": "GPU_P4",
            "max_training_minutes": 60,
        }

    @property
    def searching(self) -> SearchPorts:
        return SearchPorts(
            searches=self.searches,
            runs=self.runs,
            jobs=self.jobs,
            files=self.files,
            events=self.events,
            now=self.now,
            table_name="training-table",
        )

    def start(self, run: Run) -> Run:
        return start_run(SCOPE, run.run_id, **self._starting())

    def announced(self, since: int) -> list[int]:
        """Return the runs announced as preparing since that many events."""
        new = [event for event in self.events.published[since:] if isinstance(event, RunStateChanged)]
        return [event.run_id for event in new if event.state is RunState.PREPARING]

    def snapshot_ended(self, snapshot_id: str) -> list[int]:
        since = len(self.events.published)
        announce_waiting_runs(SCOPE, snapshot_id, runs=self.runs, events=self.events)
        return self.announced(since)

    def resume(self) -> list[int]:
        since = len(self.events.published)
        resume_runs(runs=self.runs, events=self.events, now=self.now)
        return self.announced(since)

    def stop(self, run: Run) -> Run:
        return stop_run(
            run.run_id,
            scope=SCOPE,
            runs=self.runs,
            jobs=self.jobs,
            searching=self.searching,
            events=self.events,
            now=self.now,
        )

    def track(
        self, run: Run, state: JobWord, *, minutes: float = 0, failure: Failure | None = None
    ) -> Run | None:
        intervals = [Interval(start=NOON, end=NOON + timedelta(minutes=minutes))] if minutes else []
        change = JobChange(
            scope=SCOPE,
            owner=Owner(context="training", id=str(run.run_id)),
            state=state,
            failure=failure,
            intervals=intervals,
            data_uri=DATA_URI,
            model_uri=DATA_URI,
            at=self.now(),
        )
        return track_run(change, runs=self.runs, jobs=self.jobs, files=self.files, events=self.events)

    def stored(self, run: Run) -> Run:
        return self.runs.get(SCOPE, run.run_id)

    def _starting(self) -> dict[str, Any]:
        return {
            "runs": self.runs,
            "data": self.data,
            "jobs": self.jobs,
            "files": self.files,
            "searching": self.searching,
            "events": self.events,
            "now": self.now,
        }
