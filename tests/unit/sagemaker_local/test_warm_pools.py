"""Pools that end by the clock."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.state.database import Database
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.warm_pools import WarmPool, arns_with_status, follow, pool_key, pool_of

SECONDS = st.integers(0, 100).map(float)


def job(name: str, keep_alive_s: int = 600, **resources: Any) -> TrainingJob:
    config = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
    request = {
        "RoleArn": "arn:aws:iam::000000000000:role/r",
        "ResourceConfig": config | {"KeepAlivePeriodInSeconds": keep_alive_s} | resources,
    }
    return TrainingJob(arn=name, name=name, region="r", request=request, created_at=1.0, modified_at=1.0)


@pytest.fixture
def connection(tmp_path: Path) -> Any:
    path = tmp_path / "state.sqlite3"
    Database(path).close()
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def starts(connection: sqlite3.Connection, one: TrainingJob) -> TrainingJob:
    after = one.moved("Downloading", 10.0)
    follow(connection, one, after)
    return after


def ends(connection: sqlite3.Connection, one: TrainingJob, at: float, reason: str = "") -> None:
    after = one.failed(reason, at) if reason else one.moved("Completed", at)
    follow(connection, one, after)


def status(connection: sqlite3.Connection, name: str, now: float) -> str | None:
    pool = pool_of(connection, name)
    return pool.status(now) if pool else None


def test_a_pool_is_in_use_then_available_then_terminated(connection: sqlite3.Connection) -> None:
    ends(connection, starts(connection, job("a", 60)), 100.0)
    pool = pool_of(connection, "a")
    assert pool is not None
    assert pool.described(159.0) == {"Status": "Available"}
    assert pool.described(160.0) == {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 60}


def test_a_job_without_keep_alive_has_no_pool(connection: sqlite3.Connection) -> None:
    ends(connection, starts(connection, job("a", 0)), 100.0)
    assert pool_of(connection, "a") is None


def test_a_second_start_of_the_same_job_takes_no_other_pool(connection: sqlite3.Connection) -> None:
    far = 1e12
    ends(connection, starts(connection, job("a")), far)
    again = starts(connection, job("b")).interrupted("x", 20.0, counts_as_retry=True)
    assert status(connection, "a", far) == "Reused"
    ends(connection, starts(connection, job("c")), far)
    starts(connection, again)
    assert status(connection, "c", far) == "Available"


@pytest.mark.parametrize(
    "resources",
    [{"VolumeSizeInGB": 2}, {"InstanceCount": 2}, {"InstanceType": "ml.m5.xlarge"}, {"VolumeKmsKeyId": "k"}],
)
def test_other_resources_are_another_pool(connection: sqlite3.Connection, resources: dict[str, Any]) -> None:
    far = 1e12
    ends(connection, starts(connection, job("a")), far)
    starts(connection, job("b", **resources))
    assert status(connection, "a", far) == "Available"
    assert pool_key(job("a")) != pool_key(job("b", **resources))


def test_machines_on_which_the_engine_failed_are_not_kept_but_those_of_a_bad_script_are(
    connection: sqlite3.Connection,
) -> None:
    ends(connection, starts(connection, job("a")), 100.0, "InternalServerError: x")
    ends(connection, starts(connection, job("b")), 100.0, "AlgorithmError: x")
    assert status(connection, "a", 100.0) == "Terminated"
    assert status(connection, "b", 100.0) == "Available"


@given(SECONDS, SECONDS, SECONDS)
def test_a_shorter_keep_alive_ends_a_pool_now_and_counts_what_it_was_kept(
    available_at: float, waited: float, keep_alive_s: float
) -> None:
    now = available_at + waited
    pool = WarmPool(1000.0, available_at).kept_for(keep_alive_s, now)
    if keep_alive_s <= waited:
        assert (pool.status(now), pool.retained_s(now)) == ("Terminated", waited)
    else:
        assert pool.status(now) == "Available"
        assert pool.status(available_at + keep_alive_s) == "Terminated"


@given(SECONDS, st.none() | SECONDS, st.booleans(), SECONDS)
def test_the_query_for_a_status_agrees_with_the_rule(
    keep_alive_s: float,
    available_at: float | None,
    reused: bool,
    now: float,
) -> None:
    reused_by = "b" if reused and available_at is not None else None
    pool = WarmPool(keep_alive_s, available_at, available_at if reused_by else None, reused_by)
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(
            "CREATE TABLE warm_pool (arn, key, keep_alive_s, available_at, reused_at, reused_by)"
        )
        row = ("a", "k", pool.keep_alive_s, pool.available_at, pool.reused_at, pool.reused_by)
        connection.execute("INSERT INTO warm_pool VALUES (?, ?, ?, ?, ?, ?)", row)
        for one in ("InUse", "Available", "Reused", "Terminated"):
            query, values = arns_with_status(one, now)
            assert bool(connection.execute(query, values).fetchall()) == (pool.status(now) == one)
    finally:
        connection.close()
