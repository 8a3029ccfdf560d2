"""The search image's own process in its own environment: killed in the middle, gone on with by another."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from openbml.training.jobs import JobPlaces
from openbml.training.search.searches import Search
from openbml.training.search.searches_dynamodb import DynamoSearchRepository
from openbml.training.search.trials import Trial
from openbml_catalog.search import SearchConfig, search_plan
from openbml_formats.searches import SearchState, TrialState, search_partition
from tests.contract.containers.environments import ROOT, environment, interpreter
from tests.contract.emulator import emulator, make_table
from tests.fakes.compute_memory import NOON
from tests.fakes.compute_samples import SCOPE

pytestmark = pytest.mark.contract
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
FOLDERS = ("containers/search", "containers/kit", "layers/catalog", "layers/formats")
PLACES = JobPlaces(train_uri="s3://d/t/", eval_uri=None, weights_uri=None, runs_uri="s3://d/runs/")
LIMIT_S = 60


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator(tmp_path_factory.mktemp("emulator")) as address:
        yield address


class Desk:
    """A search in a table, and managers that work on it."""

    def __init__(self, url: str, folder: Path, strategy: str = "bayesian", **config: Any) -> None:
        self.url, self.folder = url, folder
        self.table = make_table(url, "search")
        self.repository = DynamoSearchRepository(self.table)
        wish = SearchConfig.model_validate({"strategy": strategy, **config})
        search = Search(
            scope=SCOPE,
            search_id=91,
            run_id=1,
            experiment_id=2,
            name="pets",
            task_type="image_classification",
            network="ResNet18_vd",
            weights_family="public",
            plan=search_plan(wish, task="image_classification", network="ResNet18_vd"),
            created_at=NOON,
            changed_at=NOON,
        )
        self.repository.add(search)
        self.repository.save(search, search.begun(PLACES, "pets V1", NOON))

    @contextmanager
    def manager(self, *, linger_s: float) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [interpreter("search"), ROOT / "containers" / "search" / "process"],
            env=environment(
                "search",
                self.folder,
                **KEYS,
                PYTHONPATH=os.pathsep.join(str(ROOT / folder) for folder in FOLDERS),
                AWS_DEFAULT_REGION="us-east-1",
                AWS_ENDPOINT_URL=self.url,
                SEARCH_TABLE_NAME=self.table.name,
                SEARCH_PARTITION=search_partition(SCOPE.key, 91),
                SEARCH_LINGER_S=str(linger_s),
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate(timeout=LIMIT_S)

    def turn(self) -> str:
        with self.manager(linger_s=0) as process:
            out, err = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0, err
        return out

    @property
    def trials(self) -> list[Trial]:
        return list(self.repository.trials(SCOPE, 91))

    def end(self, number: int, quality: float) -> None:
        trial = self.trials[number]
        self.repository.save_trial(
            trial.submitted().model_copy(
                update={"state": TrialState.SUCCEEDED, "quality": quality, "revision": trial.revision + 1}
            )
        )


def until(wanted: int, desk: Desk) -> None:
    deadline = time.monotonic() + LIMIT_S
    while len(desk.trials) < wanted:
        assert time.monotonic() < deadline, f"{len(desk.trials)} trials"
        time.sleep(0.1)


@pytest.mark.slow
def test_a_manager_that_is_killed_is_followed_by_one_that_fills_the_same_table(
    url: str, tmp_path: Path
) -> None:
    config = {"max_trials": 6, "max_concurrent": 2, "initial_points": 2}
    killed, undisturbed = Desk(url, tmp_path, **config), Desk(url, tmp_path, **config)
    with killed.manager(linger_s=600) as first:
        until(2, killed)
        killed.end(0, 0.4)
        until(3, killed)
        first.kill()
    killed.end(1, 0.7)
    assert '"kind": "progress"' in killed.turn()
    undisturbed.turn()
    undisturbed.end(0, 0.4)
    undisturbed.turn()
    undisturbed.end(1, 0.7)
    undisturbed.turn()
    proposed = [(trial.number, trial.parameters, trial.seed) for trial in killed.trials]
    assert proposed == [(trial.number, trial.parameters, trial.seed) for trial in undisturbed.trials]
    assert len(proposed) == 4


def test_two_managers_at_once_double_nothing(url: str, tmp_path: Path) -> None:
    desk = Desk(url, tmp_path, "evolutionary", population=6, rounds=5)
    with desk.manager(linger_s=0) as one, desk.manager(linger_s=0) as other:
        for manager in (one, other):
            _, err = manager.communicate(timeout=LIMIT_S)
            assert manager.returncode == 0, err
    assert [trial.number for trial in desk.trials] == list(range(6))


def test_a_manager_without_a_search_says_what_is_wrong(url: str, tmp_path: Path) -> None:
    desk = Desk(url, tmp_path)
    desk.table.delete_item(Key={"pk": search_partition(SCOPE.key, 91), "sk": "search"})
    with desk.manager(linger_s=0) as process:
        process.communicate(timeout=LIMIT_S)
    assert process.returncode == 1
    assert (tmp_path / "output" / "message").read_text().startswith("platform: there is no search")


@pytest.mark.slow
def test_a_manager_leaves_once_the_search_is_stopped(url: str, tmp_path: Path) -> None:
    desk = Desk(url, tmp_path, max_trials=10)
    with desk.manager(linger_s=600) as process:
        until(5, desk)
        search = desk.repository.get(SCOPE, 91)
        desk.repository.save(search, search.stopping(SearchState.STOPPED, None, NOON))
        _, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, len(desk.trials)) == (0, 5), err


@pytest.mark.slow
def test_a_manager_that_is_told_to_stop_ends_at_once(url: str, tmp_path: Path) -> None:
    desk = Desk(url, tmp_path, max_trials=10)
    with desk.manager(linger_s=600) as process:
        until(5, desk)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT_S)
    assert process.returncode == -signal.SIGTERM
