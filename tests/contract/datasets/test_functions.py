"""The functions behind the queues take their sample events; what they are asked about is gone already."""

import importlib.util
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from openbml.compute import wiring as compute_wiring
from openbml.core import wiring as core_wiring
from openbml.datasets import wiring
from openbml.datasets.annotating.bulk_operations import (
    ActionKind,
    BulkAction,
    OperationMessage,
    OperationState,
)
from tests.contract.datasets.conftest import World
from tests.contract.datasets.planting import classes, planted
from tests.contract.datasets.test_annotating_operations import begun
from tests.contract.emulator import client

FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"
CONSUMERS = [
    "plan_import",
    "import_shard",
    "pack_snapshot",
    "delete_dataset",
    "carry_out_operation",
    "start_data_job",
    "track_data_job",
]
CACHED = [
    value
    for module in (core_wiring, compute_wiring, wiring)
    for value in vars(module).values()
    if hasattr(value, "cache_clear")
]


@dataclass
class Context:
    function_name: str = "function"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@pytest.fixture
def environment(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    queue = client("sqs", world.url).create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]
    for name, value in {
        "AWS_ENDPOINT_URL": world.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "EVENT_BUS_NAME": "default",
        "DATASETS_TABLE_NAME": world.table.name,
        "DATA_BUCKET_NAME": world.data._bucket,
        "UPLOADS_BUCKET_NAME": world.archives._bucket,
        "DELETIONS_QUEUE_URL": queue,
        "IMPORT_SHARDS_QUEUE_URL": queue,
        "DATA_JOBS_QUEUE_URL": queue,
        "SNAPSHOTS_QUEUE_URL": queue,
        "OPERATIONS_QUEUE_URL": queue,
        "STAGE": "dev",
        "COMPUTE_TABLE_NAME": world.table.name,
        "IMAGE_REPOSITORY_PREFIX": "localhost/openbml",
        "IMAGE_TAG": "1",
        "TRAINING_ROLE_ARN": "arn:aws:iam::000000000000:role/training",
        "HOSTING_ROLE_ARN": "arn:aws:iam::000000000000:role/hosting",
        "DATA_JOB_ROLE_ARN": "arn:aws:iam::000000000000:role/data-job",
        "SEARCH_ROLE_ARN": "arn:aws:iam::000000000000:role/search",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    for function in CACHED:
        function.cache_clear()
    yield world
    for function in CACHED:
        function.cache_clear()


def handler(function: str) -> Any:
    path = FUNCTIONS / function / "handler.py"
    specification = importlib.util.spec_from_file_location(f"{function}_handler", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.lambda_handler


def event(function: str) -> Any:
    return json.loads((FUNCTIONS / function / "event.json").read_text())


@pytest.mark.parametrize("function", CONSUMERS)
@pytest.mark.filterwarnings("ignore:No application metrics to publish")
def test_a_message_about_something_gone_is_done_with(environment: World, function: str) -> None:
    assert handler(function)(event(function), Context()) == {"batchItemFailures": []}


@pytest.mark.parametrize("function", CONSUMERS)
def test_a_message_of_another_shape_goes_to_the_dead_letters(environment: World, function: str) -> None:
    wrong = event(function)
    wrong["Records"][0]["body"] = "[]"
    with pytest.raises(BatchProcessingError):
        handler(function)(wrong, Context())


def test_the_schedule_ends_nothing_when_nothing_is_open(environment: World) -> None:
    assert handler("expire_imports")(event("expire_imports"), Context()) is None


def test_the_schedule_sweeps_nothing_when_nothing_is_due(environment: World) -> None:
    assert handler("sweep_objects")(event("sweep_objects"), Context()) is None


def test_the_schedule_resumes_no_job_when_none_is_left_behind(environment: World) -> None:
    assert handler("resume_data_jobs")(event("resume_data_jobs"), Context()) is None


def test_the_schedule_resumes_nothing_when_no_operation_is_silent(environment: World) -> None:
    assert handler("resume_operations")(event("resume_operations"), Context()) is None


def test_an_operation_goes_through_its_function_from_plan_to_end(environment: World) -> None:
    world = environment
    key = world.dataset()
    planted(world, key, 5, lambda _place: classes("a"))
    operation = begun(world, key, BulkAction(kind=ActionKind.DELETE_LABEL, label="a"))
    for chunk in (None, *world.samples.chunks(key)):
        message = OperationMessage(version_key=key, operation_id=operation.operation_id, chunk=chunk)
        record = event("carry_out_operation")
        record["Records"][0]["body"] = message.model_dump_json()
        assert handler("carry_out_operation")(record, Context()) == {"batchItemFailures": []}
    assert world.operations.get(key, operation.operation_id).state is OperationState.FINISHED
    assert world.labels.all(key) == []
