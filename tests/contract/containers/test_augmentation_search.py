"""What a job with `augmentation` of mode auto owes: a policy, found in its own time; a kill does not lose
it."""

import json
import signal
from pathlib import Path

import pytest

from openbml_catalog.augmentation.settings import read_augmentation
from tests.contract.containers.conftest import new_job
from tests.contract.containers.environments import Finished, Job, read_json

pytestmark = pytest.mark.contract

TASK = "image_classification"
AUTO = json.dumps({"mode": "auto", "search_minutes": 3})


def auto_job(base: Path) -> Job:
    return new_job(base, epochs=1, batch_size=8, augmentation=AUTO)


@pytest.fixture(scope="module")
def killed_and_resumed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Finished, Finished]:
    """A job that was killed after its third candidate, and the one that went on with its check-points."""
    job = auto_job(tmp_path_factory.mktemp("auto"))
    killed = job.run_until(
        lambda record: record["kind"] == "progress" and record["done"] == 3, then=signal.SIGKILL
    )
    return job, killed, job.run()


@pytest.mark.slow
def test_the_search_is_a_stage_before_training(killed_and_resumed: tuple[Job, Finished, Finished]) -> None:
    _, _, finished = killed_and_resumed
    assert finished.exit_code == 0, finished.err
    stages = [record["stage"] for record in finished.records("stage")]
    assert stages == ["loading", "augmentation_search", "training", "evaluating", "exporting", "done"]


@pytest.mark.slow
def test_a_killed_search_goes_on_where_it_was(killed_and_resumed: tuple[Job, Finished, Finished]) -> None:
    job, killed, finished = killed_and_resumed
    assert killed.exit_code == -signal.SIGKILL
    done = [record["done"] for record in finished.records("progress")]
    assert done[0] > 3
    assert done == list(range(done[0], done[-1] + 1))
    candidates = job.report()["augmentation"]["search"]["candidates"]
    assert len(candidates) == done[-1]
    assert len({json.dumps(row["candidate"]) for row in candidates}) == len(candidates)


@pytest.mark.slow
def test_the_policy_found_is_in_the_report_and_can_be_used_again(
    killed_and_resumed: tuple[Job, Finished, Finished],
) -> None:
    job, _, _ = killed_and_resumed
    found = job.report()["augmentation"]
    reuse = read_json(job.base / "output" / "data" / "augmentation.json")
    assert found["mode"] == "auto"
    assert reuse["operators"] == found["policy"]
    again = read_augmentation(reuse, TASK)
    assert again.mode == "manual"
    assert len({row.group for row in again.operators}) == 5


@pytest.mark.slow
def test_better_candidates_are_looked_at_twice_and_the_best_are_taken(
    killed_and_resumed: tuple[Job, Finished, Finished],
) -> None:
    found = killed_and_resumed[0].report()["augmentation"]
    looked = [row for row in found["search"]["candidates"] if row["final_loss"] is not None]
    best = min(looked, key=lambda row: row["final_loss"])
    assert [choice["name"] for choice in best["candidate"]] == [row["name"] for row in found["policy"][:2]]


@pytest.mark.slow
def test_the_seconds_of_the_search_are_part_of_the_jobs_time_and_only_a_search_has_some(
    killed_and_resumed: tuple[Job, Finished, Finished], trained: tuple[Job, Finished]
) -> None:
    job, _, finished = killed_and_resumed
    at = {record["stage"]: record["at"] for record in finished.records("stage")}
    searched = job.report()["augmentation"]["search"]["seconds"]
    assert 0 < searched < 181
    assert at["augmentation_search"] < at["training"]  # inside the interval that is billed
    without = trained[0].report()["augmentation"]
    assert without == {"mode": "default", "flip": "auto", "mixing": [], "policy": [], "search": None}


def test_a_setting_that_is_not_allowed_fails_the_job_with_what_is(tmp_path: Path) -> None:
    chosen = {"mode": "manual", "operators": [{"name": "Rotate", "magnitude": [0, 270]}]}
    job = new_job(tmp_path, augmentation=json.dumps(chosen))
    assert job.run().exit_code != 0
    assert job.failure().startswith(
        "user: augmentation.operators[0].magnitude: must be within 0 to 180, not 270"
    )
