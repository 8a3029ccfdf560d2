"""What the repositories of experiments, runs and progress owe; fakes and tables pass the same suites."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from openbml.core.scope import ProjectScope
from openbml.training.auto_publishing import AutoPublish
from openbml.training.cautions import Caution
from openbml.training.experiments import (
    Experiment,
    ExperimentNameTakenError,
    ExperimentNotFoundError,
    ExperimentRepository,
)
from openbml.training.experiments_dynamodb import DynamoExperimentRepository
from openbml.training.leaderboards import Leaderboard, LeaderboardEntry
from openbml.training.run_progress import (
    Epoch,
    LogEntry,
    Progress,
    Reported,
    RunProgressStore,
    SaidLabel,
    SamplePrediction,
    SamplePredictions,
)
from openbml.training.run_progress_dynamodb import DynamoRunProgressStore
from openbml.training.runs import Observation, Outcome, Run, RunConflictError, RunRepository, RunState
from openbml.training.runs_dynamodb import DynamoRunRepository
from openbml_catalog.tabular.settings import TabularSettings
from tests.contract.emulator import make_table
from tests.fakes.compute_memory import NOON
from tests.fakes.compute_samples import SCOPE
from tests.fakes.training_memory import (
    InMemoryExperimentRepository,
    InMemoryRunProgressStore,
    InMemoryRunRepository,
)
from tests.fakes.training_samples import TrainingWorld

_IDS = count(5000)
OTHER = ProjectScope(account_id=7, region="us-east-1", project_id=43)
Repositories = tuple[ExperimentRepository, RunRepository]


def experiment(name: str, **changes: Any) -> Experiment:
    fields: dict[str, Any] = {
        "scope": SCOPE,
        "experiment_id": next(_IDS),
        "name": name,
        "direction": "vision",
        "task_type": "image_classification",
        "created_at": NOON,
    }
    return Experiment.model_validate({**fields, **changes})


def run_of(parent: Experiment, version: int = 1) -> Run:
    template = TrainingWorld().create()
    return template.model_copy(
        update={
            "run_id": next(_IDS),
            "experiment_id": parent.experiment_id,
            "version_number": version,
            "scope": parent.scope,
        }
    )


class RepositoriesContract:
    def test_an_experiment_comes_back_as_it_was_kept(self, repositories: Repositories) -> None:
        experiments, _ = repositories
        kept = experiment("猫 & dogs / #1")
        experiments.add(kept)
        assert experiments.get(SCOPE, kept.experiment_id) == kept

    def test_a_name_is_taken_once_in_its_project_only(self, repositories: Repositories) -> None:
        experiments, _ = repositories
        experiments.add(experiment("pets"))
        with pytest.raises(ExperimentNameTakenError):
            experiments.add(experiment("pets"))
        experiments.add(experiment("pets", scope=OTHER))

    def test_other_projects_see_nothing(self, repositories: Repositories) -> None:
        experiments, _ = repositories
        kept = experiment("mine")
        experiments.add(kept)
        with pytest.raises(ExperimentNotFoundError):
            experiments.get(OTHER, kept.experiment_id)

    def test_experiments_are_listed_by_page_the_newest_first(self, repositories: Repositories) -> None:
        experiments, _ = repositories
        made = [experiment(f"e{number}") for number in range(5)]
        for one in made:
            experiments.add(one)
        first, position = experiments.page(SCOPE, limit=3, position=None)
        rest, _ = experiments.page(SCOPE, limit=3, position=position)
        assert [*first, *rest] == made[::-1]

    def test_a_version_number_is_given_once(self, repositories: Repositories) -> None:
        experiments, runs = repositories
        parent = experiment("versions")
        experiments.add(parent)
        runs.add(run_of(parent), parent)
        with pytest.raises(RunConflictError):
            runs.add(run_of(parent), parent)
        parent = experiments.get(SCOPE, parent.experiment_id)
        assert parent.last_version == 1
        runs.add(run_of(parent, 2), parent)
        listed, _ = runs.page(SCOPE, parent.experiment_id, limit=10, position=None)
        assert [run.version_number for run in listed] == [2, 1]

    def test_a_run_comes_back_as_it_was_kept_at_every_step(self, repositories: Repositories) -> None:
        experiments, runs = repositories
        parent = experiment("steps")
        experiments.add(parent)
        run = run_of(parent)
        runs.add(run, parent)
        assert runs.get(SCOPE, run.run_id) == run
        assert (SCOPE, run.run_id) in runs.preparing()
        assert (SCOPE, run.run_id) in runs.preparing(SCOPE)
        assert (SCOPE, run.run_id) not in runs.preparing(OTHER)
        run = run.frozen_data("abc", None)
        runs.save(run)
        run = run.submitted(NOON)
        runs.save(run)
        assert (SCOPE, run.run_id) not in runs.preparing()
        outcome = Outcome(metrics={"accuracy": 0.91, "top1": 1.0}, recommended_threshold=0.25)
        run = run.observed(Observation(state=RunState.SUCCEEDED, outcome=outcome, at=NOON))
        runs.save(run)
        assert runs.get(SCOPE, run.run_id) == run

    def test_a_run_of_a_table_comes_back_with_its_settings_and_wishes(
        self, repositories: Repositories
    ) -> None:
        experiments, runs = repositories
        parent = experiment("tables")
        experiments.add(parent)
        settings = TabularSettings(target="churn", positive_label="yes")
        told = Caution(code="memory_below_recommended", message_en="little", message_zh="少")
        run = run_of(parent).model_copy(
            update={
                "task_type": "tabular_prediction",
                "hyper_parameters": {"tabular": settings.as_text()},
                "labels": (),
                "cautions": (told,),
                "auto_publish": AutoPublish(model_name="churn"),
            }
        )
        runs.add(run, parent)
        kept = runs.get(SCOPE, run.run_id)
        assert kept == run
        assert kept.tabular == settings

    def test_the_slower_of_two_writers_is_refused(self, repositories: Repositories) -> None:
        experiments, runs = repositories
        parent = experiment("race")
        experiments.add(parent)
        run = run_of(parent)
        runs.add(run, parent)
        runs.save(run.submitted(NOON))
        with pytest.raises(RunConflictError):
            runs.save(run.cancelled(NOON))


class TestInMemory(RepositoriesContract):
    @pytest.fixture
    def repositories(self) -> Repositories:
        experiments = InMemoryExperimentRepository()
        return experiments, InMemoryRunRepository(experiments)


@pytest.mark.contract
class TestDynamo(RepositoriesContract):
    @pytest.fixture
    def repositories(self, emulator_url: str) -> Repositories:
        table = make_table(emulator_url, "training")
        return DynamoExperimentRepository(table), DynamoRunRepository(table)


def line(number: int) -> LogEntry:
    return LogEntry(
        id=f"{number:015d}-00000-x", at=NOON + timedelta(seconds=number), message=f"line {number}"
    )


def epochs(*numbers: int) -> list[Epoch]:
    return [
        Epoch(epoch=number, epochs=9, at="t", figures={"train_loss": 1 / number, "eval_loss": None})
        for number in numbers
    ]


class ProgressContract:
    def test_a_run_without_reports_has_no_progress(self, store: RunProgressStore) -> None:
        assert store.progress(SCOPE, 1) == Progress()
        assert list(store.epochs(SCOPE, 1)) == []
        assert list(store.lines(SCOPE, 1, after=None, limit=10)) == []

    def test_epochs_and_lines_that_come_twice_are_kept_once(self, store: RunProgressStore) -> None:
        reported = Reported(epochs=epochs(1, 2), stage="training", stage_at="a")
        for _ in range(2):
            store.record(SCOPE, 1, reported=reported, lines=[line(1), line(2), line(1)])
        assert [row.flat()["epoch"] for row in store.epochs(SCOPE, 1)] == [1, 2]
        assert [row.message for row in store.lines(SCOPE, 1, after=None, limit=10)] == ["line 1", "line 2"]
        assert store.progress(SCOPE, 1) == Progress(stage="training", epoch=2, epochs=9)

    def test_an_older_report_leaves_the_newer_position(self, store: RunProgressStore) -> None:
        store.record(SCOPE, 1, reported=Reported(epochs=epochs(3), stage="done", stage_at="b"), lines=[])
        store.record(SCOPE, 1, reported=Reported(epochs=epochs(1), stage="training", stage_at="a"), lines=[])
        assert store.progress(SCOPE, 1) == Progress(stage="done", epoch=3, epochs=9)
        assert [row.epoch for row in store.epochs(SCOPE, 1)] == [1, 3]

    def test_lines_are_read_on_from_the_last_one(self, store: RunProgressStore) -> None:
        store.record(SCOPE, 1, reported=Reported(), lines=[line(number) for number in range(30)])
        first = store.lines(SCOPE, 1, after=None, limit=20)
        rest = store.lines(SCOPE, 1, after=first[-1].id, limit=20)
        assert [row.message for row in [*first, *rest]] == [f"line {number}" for number in range(30)]

    def test_the_newest_epochs_predictions_are_kept(self, store: RunProgressStore) -> None:
        assert store.samples(SCOPE, 1) is None
        said = (SaidLabel(label="cat", score=0.25, box=(1, 2.5, 3, 4)),)
        item = SamplePrediction(sample_id="5", name="5.jpg", predicted=said)
        for epoch in (1, 4, 2):
            samples = SamplePredictions(epoch=epoch, items=(item,))
            store.record(SCOPE, 1, reported=Reported(samples=samples), lines=[])
        assert store.samples(SCOPE, 1) == SamplePredictions(epoch=4, items=(item,))
        assert store.samples(SCOPE, 11) is None

    def test_the_newest_leaderboard_is_kept(self, store: RunProgressStore) -> None:
        assert store.leaderboard(SCOPE, 1) is None
        entry = LeaderboardEntry(name="LGBM_1", model="LGBM", score=-0.3125, weight=1e-9, state="done")
        for second in (1, 4, 2):
            board = Leaderboard(entries=(entry,) * second, at=f"2026-03-01T12:00:0{second}Z")
            store.record(SCOPE, 1, reported=Reported(leaderboard=board), lines=[])
        kept = store.leaderboard(SCOPE, 1)
        assert kept is not None
        assert (kept.at, len(kept.entries), kept.entries[0]) == ("2026-03-01T12:00:04Z", 4, entry)
        assert store.leaderboard(SCOPE, 11) is None

    def test_runs_do_not_mix(self, store: RunProgressStore) -> None:
        store.record(SCOPE, 1, reported=Reported(epochs=epochs(1)), lines=[line(1)])
        assert list(store.epochs(SCOPE, 11)) == []
        assert list(store.lines(SCOPE, 11, after=None, limit=5)) == []


class TestProgressInMemory(ProgressContract):
    @pytest.fixture
    def store(self) -> RunProgressStore:
        return InMemoryRunProgressStore()


@pytest.mark.contract
class TestProgressDynamo(ProgressContract):
    @pytest.fixture
    def store(self, emulator_url: str) -> RunProgressStore:
        return DynamoRunProgressStore(make_table(emulator_url, "progress"), now=lambda: NOON)
