"""A tuning job and its children, for the tests of what comes next."""

from typing import Any

from hypothesis import strategies as st

from sagemaker_local.tuning.children import Child, ChildRecord, Outcome
from sagemaker_local.tuning.jobs import TuningJob

losses = st.floats(-1e6, 1e6)


MIXED = {
    "ContinuousParameterRanges": [
        {"Name": "lr", "MinValue": "0.0001", "MaxValue": "0.1"},
        {"Name": "decay", "MinValue": "0.9", "MaxValue": "0.999", "ScalingType": "ReverseLogarithmic"},
    ],
    "IntegerParameterRanges": [{"Name": "depth", "MinValue": "2", "MaxValue": "9"}],
    "CategoricalParameterRanges": [
        {"Name": "kind", "Values": ["a", "b", "c"]},
        {"Name": "only", "Values": ["one"]},
    ],
}


def tuning_job(**config: Any) -> TuningJob:
    settings = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 30, "MaxParallelTrainingJobs": 3},
        "ParameterRanges": MIXED,
        **config,
    }
    return TuningJob(
        arn="arn:aws:sagemaker:us-east-1:000000000000:hyper-parameter-tuning-job/t",
        name="t",
        region="us-east-1",
        request={"HyperParameterTuningJobConfig": settings, "TrainingJobDefinition": {"RoleArn": "r"}},
        seed=11,
        created_at=1000.0,
        modified_at=1000.0,
    )


def child(number: int, tuned: dict[str, str] | None = None, **outcome: Any) -> Child:
    record = ChildRecord(
        arn=f"arn/{number}",
        name=f"t-{number:03d}",
        number=number,
        definition=0,
        tuned=tuned or {},
        created_at=1000.0 + number,
    )
    return Child(record, Outcome(**{"status": "Completed", "ended_at": 2000.0 + number, **outcome}))


outcomes = st.builds(
    Outcome,
    status=st.sampled_from(["InProgress", "Stopping", "Completed", "Failed", "Stopped"]),
    failure_reason=st.sampled_from([None, "AlgorithmError: x", "InternalServerError: y"]),
    value=st.one_of(st.none(), losses),
)
