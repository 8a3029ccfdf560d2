"""What a tuning job does next."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.tuning.children import Child, Outcome
from sagemaker_local.tuning.decisions import Decision, Situation, decide
from sagemaker_local.tuning.jobs import TuningJob, definitions_of
from tests.unit.sagemaker_local.tuning_cases import child, outcomes, tuning_job


def decision(job: TuningJob, children: list[Child], at: float = 1010.0, **series: list[float]) -> Decision:
    found = {f"arn/{name[1:]}": tuple(values) for name, values in series.items()}
    return decide(Situation(job, definitions_of(job.request), children, found), at)


def test_room_is_what_the_parallel_and_the_total_limit_leave() -> None:
    running = child(2, status="InProgress")
    assert decision(tuning_job(), []).room == 3
    assert decision(tuning_job(), [child(1, value=1.0), running]).room == 2
    almost_all = [child(n, value=1.0) for n in range(1, 30)]
    assert decision(tuning_job(), almost_all).room == 1


def test_after_the_time_limit_children_are_stopped_and_the_job_completes() -> None:
    limits = {"MaxParallelTrainingJobs": 2, "MaxRuntimeInSeconds": 120}
    job = tuning_job(ResourceLimits=limits)
    children = [child(1, value=1.0), child(2, status="InProgress")]
    assert decision(job, children, at=1119.0).ending is None
    over = decision(job, children, at=1120.0)
    assert (over.ending, over.room, list(over.stops)) == ("runtime", 0, ["arn/2"])
    ended = decision(job.ending_for("runtime", 1120.0), [child(1, value=1.0), child(2, status="Stopped")])
    assert ended.status == "Completed"


def test_the_target_counts_final_values_in_the_right_direction() -> None:
    criteria = {"TargetObjectiveMetricValue": 0.5}
    up = {"Type": "Maximize", "MetricName": "accuracy"}
    job = tuning_job(TuningJobCompletionCriteria=criteria, HyperParameterTuningJobObjective=up)
    assert decision(job, [child(1, value=0.4)]).ending is None
    assert decision(job, [child(1, value=0.6, status="InProgress")]).ending is None
    assert decision(job, [child(1, value=0.6)]).ending == "target"
    down = tuning_job(TuningJobCompletionCriteria=criteria)
    assert decision(down, [child(1, value=0.6)]).ending is None
    assert decision(down, [child(1, value=0.4)]).ending == "target"


def test_a_best_that_does_not_improve_ends_the_job() -> None:
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
    job = tuning_job(TuningJobCompletionCriteria=criteria)
    values = [3.0, 1.0, 2.0, 2.0]
    children = [child(n, value=value) for n, value in enumerate(values, start=1)]
    assert decision(job, children).ending is None
    assert decision(job, [*children, child(5, value=1.0)]).ending == "not-improving"


def test_convergence_ends_the_job_only_when_asked() -> None:
    children = [child(n, value=1.0) for n in range(1, 21)]
    noted = decision(tuning_job(), children)
    assert (noted.converged, noted.ending) == (True, None)
    wanted = {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}
    assert decision(tuning_job(TuningJobCompletionCriteria=wanted), children).ending == "convergence"


def test_first_jobs_without_a_value_fail_the_tuning_job_and_say_how_many() -> None:
    failed = [child(n, status="Failed", failure_reason="AlgorithmError: no") for n in range(1, 6)]
    found = decision(tuning_job(), failed)
    assert found.ending == "hopeless"
    assert found.status == "Failed"
    assert found.failure_reason is not None
    assert found.failure_reason.startswith("All 5 training jobs")
    assert "AlgorithmError: no" in found.failure_reason


def test_a_value_worse_than_the_median_stops_a_child_once() -> None:
    job = tuning_job(TrainingJobEarlyStoppingType="Auto")
    finished = [child(n, value=1.0) for n in (1, 2, 3)]
    series = {"n1": [3.0, 1.0], "n2": [3.0, 1.0], "n3": [3.0, 1.0]}
    running = child(4, status="InProgress")
    assert not decision(job, [*finished, running], n4=[2.5], **series).stops
    bad = decision(job, [*finished, running], n4=[2.5, 2.1], **series)
    assert list(bad.stops) == ["arn/4"]
    assert bad.judged == {"arn/4": 2}
    assert not decision(job, [*finished[:2], running], n4=[9.0], n1=[3.0], n2=[3.0]).stops
    stopping = child(4, status="Stopping", is_stopping=True)
    assert not decision(job, [*finished, stopping], n4=[2.5, 9.0], **series).stops
    assert not decision(tuning_job(), [*finished, running], n4=[9.0], **series).stops


def test_hyperband_stops_the_worse_at_a_rung_and_everyone_at_max_resource() -> None:
    strategy = {"HyperbandStrategyConfig": {"MinResource": 2, "MaxResource": 6}}
    job = tuning_job(Strategy="Hyperband", StrategyConfig=strategy)
    first, second = child(1, status="InProgress"), child(2, status="InProgress")
    early = decision(job, [first, second], n1=[1.0], n2=[9.0])
    assert not early.stops
    rung = decision(job, [first, second], n1=[1.0, 1.0], n2=[9.0, 9.0])
    assert list(rung.stops) == ["arn/2"]
    alone = decision(job, [first], n1=[1.0] * 6)
    assert "MaxResource" in alone.stops["arn/1"]


@given(
    st.lists(outcomes, max_size=12),
    st.sampled_from([None, "request", "target", "hopeless", "fault", "runtime"]),
)
def test_a_tuning_job_ends_only_when_no_child_runs_and_never_makes_more_than_planned(
    found: list[Outcome], ending: Any
) -> None:
    limits = {"MaxNumberOfTrainingJobs": 12, "MaxParallelTrainingJobs": 4}
    job = tuning_job(ResourceLimits=limits).model_copy(update={"ending": ending})
    children = [Child(child(n).record, one) for n, one in enumerate(found, start=1)]
    result = decision(job, children)
    running = [one for one in children if not one.is_finished]
    if result.status is not None:
        assert not running
        assert result.room == 0
    assert len(children) + result.room <= 12
    if result.room:
        assert len(running) + result.room <= 4
    if result.ending is not None:
        assert result.room == 0
        assert {one.record.arn for one in running if not one.outcome.is_stopping} == set(result.stops)
