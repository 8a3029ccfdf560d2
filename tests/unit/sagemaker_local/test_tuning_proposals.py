"""What the next child of a tuning job gets."""

import json
import math

import pytest

from sagemaker_local.tuning.children import Child
from sagemaker_local.tuning.jobs import PastTrial, TuningJob, definitions_of
from sagemaker_local.tuning.proposals import Proposal, next_proposals
from tests.unit.sagemaker_local.tuning_cases import child, tuning_job


def proposed(job: TuningJob, children: list[Child], count: int) -> list[Proposal]:
    return next_proposals(job, definitions_of(job.request), children, count)


def run_one_by_one(job: TuningJob, count: int) -> list[dict[str, str]]:
    """Each child ends before the next is proposed; the loss is a function of what it got."""
    children: list[Child] = []
    for number in range(1, count + 1):
        tuned = proposed(job, children, 1)[0].tuned
        loss = abs(math.log10(float(tuned["lr"])) + 3) + (tuned["kind"] != "b")
        children.append(child(number, tuned, value=loss))
    return [one.record.tuned for one in children]


@pytest.mark.parametrize("strategy", ["Random", "Hyperband", "Bayesian"])
def test_equal_seeds_and_results_give_equal_proposals(strategy: str) -> None:
    job = tuning_job(Strategy=strategy)
    again = TuningJob.model_validate_json(job.model_dump_json())  # as after a restart
    assert run_one_by_one(job, 14) == run_one_by_one(again, 14)
    other = job.model_copy(update={"seed": 12})
    assert run_one_by_one(job, 3) != run_one_by_one(other, 3)


def test_the_first_ten_bayesian_proposals_are_random_and_later_ones_come_nearer() -> None:
    bayesian = run_one_by_one(tuning_job(Strategy="Bayesian"), 40)
    at_random = run_one_by_one(tuning_job(), 40)
    assert bayesian[:10] == at_random[:10]
    assert bayesian[10:] != at_random[10:]

    def hits(found: list[dict[str, str]]) -> int:
        return sum(abs(math.log10(float(one["lr"])) + 3) < 0.5 and one["kind"] == "b" for one in found[20:])

    assert hits(bayesian) > hits(at_random)


def test_parallel_proposals_differ_from_each_other() -> None:
    job = tuning_job(Strategy="Bayesian")
    children = [child(n, one, value=float(n)) for n, one in enumerate(run_one_by_one(job, 12), start=1)]
    three = proposed(job, children, 3)
    assert [one.number for one in three] == [13, 14, 15]
    assert len({json.dumps(one.tuned) for one in three}) == 3


def test_a_proposal_lies_within_all_ranges() -> None:
    ranges = definitions_of(tuning_job().request)[0].ranges
    for tuned in run_one_by_one(tuning_job(Strategy="Bayesian"), 20):
        assert all(one.contains(tuned[one.name]) for one in ranges)


def test_trials_of_parents_seed_the_model_as_far_as_they_fit() -> None:
    def trial(number: int, **values: str) -> PastTrial:
        fitting = {"lr": "0.001", "decay": "0.95", "depth": str(2 + number % 8), "kind": "b", "only": "one"}
        return PastTrial(values={**fitting, "static": "5", **values}, value=float(number))

    job = tuning_job(Strategy="Bayesian")
    fitting = [trial(number) for number in range(10)]
    outside = [trial(number, lr="7") for number in range(10)]
    incomplete = [PastTrial(values={"lr": "0.001"}, value=1.0)] * 10
    at_random = proposed(job, [], 1)[0].tuned
    assert (
        proposed(job.model_copy(update={"past_trials": (*outside, *incomplete)}), [], 1)[0].tuned == at_random
    )
    assert proposed(job.model_copy(update={"past_trials": tuple(fitting)}), [], 1)[0].tuned != at_random
    cold = job.model_copy(update={"past_trials": tuple(fitting[:9])})
    assert proposed(cold, [], 1)[0].tuned == at_random
    running = child(1, at_random, status="InProgress")
    assert proposed(cold, [running], 1)[0].tuned != proposed(job, [running], 1)[0].tuned


def test_definitions_have_proposals_of_their_own() -> None:
    job = tuning_job()
    definition = {"RoleArn": "r", "DefinitionName": "a"}
    request = {**job.request, "TrainingJobDefinitions": [definition, {**definition, "DefinitionName": "b"}]}
    del request["TrainingJobDefinition"]
    four = proposed(job.model_copy(update={"request": request}), [], 4)
    assert [one.definition.name for one in four] == ["a", "b", "a", "b"]
    assert len({json.dumps(one.tuned) for one in four}) == 4
