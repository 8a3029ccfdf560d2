"""A run with a search in memory: jobs end when the test says so, a manager proposes what is wanted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from openbml.compute.failures import Failure
from openbml.compute.intervals import Interval
from openbml.compute.owners import Owner
from openbml.training.job_files import Report
from openbml.training.runs import Run
from openbml.training.search.advance_searches import resume_searches
from openbml.training.search.search_jobs import OWNER_CONTEXT, trial_job_id, turn_job_id
from openbml.training.search.searches import Search
from openbml.training.search.track_searches import record_search_output, track_search_job
from openbml.training.search.trials import Trial
from openbml.training.track_runs import JobChange, JobOutput
from openbml_formats.searches import StudyTrial, TrialState
from openbml_kit.progress import Progress
from openbml_search.study import Journal, Study
from openbml_search.turns import take_turn
from tests.fakes.compute_samples import SCOPE
from tests.fakes.training_samples import JobWord, TrainingWorld

LEARNING_RATES = {"learning_rate": {"type": "log_uniform", "low": 0.0001, "high": 0.1}}


@dataclass
class MemoryJournal:
    """The manager's journal over the fake repository."""

    world: TrainingWorld
    search_id: int

    def read(self) -> Study:
        search = self.world.searches.get(SCOPE, self.search_id)
        trials = self.world.searches.trials(SCOPE, self.search_id)
        return Study(
            search_id=self.search_id,
            task=search.task_type,
            state=search.state,
            plan=search.plan,
            trials=[StudyTrial.model_validate(trial.model_dump(), extra="ignore") for trial in trials],
        )

    def propose(self, trial: StudyTrial) -> bool:
        kept = Trial(scope=SCOPE, search_id=self.search_id, **trial.model_dump())
        return self.world.searches.propose(kept)


class Muted:
    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        return


def turn(
    journal: Journal,
    now: Callable[[], datetime],
    *,
    sleep: Callable[[float], None] = lambda seconds: None,
    linger_s: float = 0,
) -> int:
    """Let a manager propose what is wanted now, then leave."""
    return take_turn(journal, progress=Progress(Muted()), now=now, sleep=sleep, linger_s=linger_s)  # type: ignore[arg-type]


@dataclass
class SearchWorld:
    """A run whose search has begun."""

    strategy: str = "random"
    config: dict[str, Any] = field(default_factory=dict)
    hyper_parameters: dict[str, Any] = field(default_factory=lambda: {"epochs": 3})
    world: TrainingWorld = field(default_factory=TrainingWorld)

    def __post_init__(self) -> None:
        search = {"strategy": self.strategy, "space": LEARNING_RATES, **self.config}
        source = {"kind": "search", "search": search}
        run = self.world.create(hyper_parameter_source=source, hyper_parameters={**self.hyper_parameters})
        self.run_id = run.run_id
        self.search_id = self.run.search_id or 0

    def begin(self) -> "SearchWorld":
        self.world.start(self.run)
        return self

    @property
    def run(self) -> Run:
        return self.world.runs.get(SCOPE, self.run_id)

    @property
    def search(self) -> Search:
        return self.world.searches.get(SCOPE, self.search_id)

    @property
    def trials(self) -> Sequence[Trial]:
        return self.world.searches.trials(SCOPE, self.search_id)

    def numbers(self, state: TrialState) -> list[int]:
        return [trial.number for trial in self.trials if trial.state is state]

    @property
    def running(self) -> list[int]:
        return self.numbers(TrialState.RUNNING)

    def propose(self) -> int:
        """A manager's turn, with the line that it prints, without the end of its job."""
        count = turn(MemoryJournal(self.world, self.search_id), self.world.now)
        self.tell_turn()
        return count

    def end_turn(self, state: JobWord = "completed", failure: Failure | None = None) -> None:
        self.change(f"turn/{self.search.turn}", state, failure=failure)

    def tell_turn(self) -> None:
        owner = Owner(context=OWNER_CONTEXT, id=f"{self.search_id}/turn/{self.search.turn}")
        records = [{"kind": "progress", "done": 1, "total": 2}]
        output = JobOutput(scope=SCOPE, owner=owner, records=records)
        record_search_output(output, ports=self.world.searching)

    def trains(self, number: int) -> None:
        self.change(f"trial/{number}", "running", minutes=0.0)

    def epoch(self, number: int, epoch: int, quality: float | None) -> None:
        owner = Owner(context=OWNER_CONTEXT, id=f"{self.search_id}/trial/{number}")
        record = {"kind": "epoch", "epoch": epoch, "epochs": 3, "eval_accuracy": quality, "eval_loss": 1.0}
        output = JobOutput(scope=SCOPE, owner=owner, records=[record])
        record_search_output(output, ports=self.world.searching)

    def succeeds(self, number: int, quality: float, *, minutes: float = 1.0) -> None:
        self.leave_report(number, quality)
        self.change(f"trial/{number}", "completed", minutes=minutes)

    def fails(self, number: int, failure: Failure | None = None, *, minutes: float = 1.0) -> None:
        self.change(f"trial/{number}", "failed", minutes=minutes, failure=failure)

    def leave_report(self, number: int, quality: float) -> None:
        history = [
            {"epoch": 1, "eval_accuracy": quality / 2, "complete": True},
            {"epoch": 2, "eval_accuracy": quality, "complete": True},
        ]
        document = {"format": "openbml.report/1", "history": history}
        self.world.files.reports[self.data_uri(number)] = Report(
            overall={"accuracy": quality}, document=document
        )

    def data_uri(self, number: int) -> str:
        return f"s3://data/trials/{self.search_id}/{number}/output/data/"

    def change(
        self, job: str, state: JobWord, *, minutes: float = 0.0, failure: Failure | None = None
    ) -> None:
        at = self.world.now()
        spans = [Interval(start=at - timedelta(minutes=minutes), end=at if minutes else None)]
        number = int(job.rpartition("/")[2])
        change = JobChange(
            scope=SCOPE,
            owner=Owner(context=OWNER_CONTEXT, id=f"{self.search_id}/{job}"),
            state=state,
            failure=failure,
            intervals=spans if job.startswith("trial") else [],
            model_uri=f"s3://data/trials/{self.search_id}/{number}/output/model/",
            data_uri=self.data_uri(number),
            at=at,
        )
        track_search_job(change, ports=self.world.searching)

    def resume(self, *, minutes: float = 2.0) -> int:
        self.world.now.pass_time(minutes=minutes)
        return resume_searches(ports=self.world.searching)

    def job(self, number: int) -> Any:
        return self.world.jobs.jobs[trial_job_id(self.search_id, number)].request

    def turn_job(self, number: int) -> Any:
        return self.world.jobs.jobs[turn_job_id(self.search_id, number)].request
