"""The API operations on training jobs."""

import sqlite3
import time
from collections.abc import Mapping
from typing import Any, Protocol

from sagemaker_local.capacity.machine import CapacityError, InstanceTypes
from sagemaker_local.inputs.input_channels import InputChannels
from sagemaker_local.protocol.arns import TRAINING_JOB, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ResourceInUse, ResourceLimitExceeded, ValidationException
from sagemaker_local.protocol.paging import PageTokens, list_filter, page
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import cursors, resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.training.job_store import emit, save_change
from sagemaker_local.training.jobs import DEFAULT_MAX_RUNTIME_S, TrainingJob, from_record
from sagemaker_local.training.requests import check_request
from sagemaker_local.training.views import described, summary


class JobRunners(Protocol):
    """Port to what runs the jobs."""

    def begin(self, job: TrainingJob) -> None: ...
    def stop(self, arn: str) -> None: ...
    async def discard(self, arn: str) -> None: ...


class TrainingOperations:
    def __init__(
        self,
        database: Database,
        runners: JobRunners,
        instance_types: InstanceTypes,
        inputs: InputChannels,
        tokens: PageTokens,
    ) -> None:
        self._database = database
        self._runners = runners
        self._instance_types = instance_types
        self._inputs = inputs
        self._tokens = tokens

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateTrainingJob": self.create,
            "DescribeTrainingJob": self.describe,
            "ListTrainingJobs": self.list,
            "StopTrainingJob": self.stop,
            "DeleteTrainingJob": self.delete,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        wanted_tags = tags_of_request(request)
        filled = {**request, "StoppingCondition": {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME_S}}
        filled["StoppingCondition"] |= request.get("StoppingCondition", {})
        check_request(filled, self._inputs)
        self._check_capacity(filled)
        now = time.time()
        name = str(request["TrainingJobName"])
        arn = scope.arn(TRAINING_JOB, name)
        job = TrainingJob(
            arn=arn, name=name, region=scope.region, request=filled, created_at=now, modified_at=now
        ).moved("Starting", now, "Starting the training job")

        def work(connection: sqlite3.Connection) -> None:
            if not resources.insert(connection, job.record()):
                raise ResourceInUse(
                    f"Training job names must be unique within an AWS account and region, and a "
                    f"training job with this name already exists ({arn})"
                )
            tags.put(connection, arn, wanted_tags)
            emit(connection, job)

        await self._database.run(work)
        self._runners.begin(job)
        return {"TrainingJobArn": arn}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = scope.arn(TRAINING_JOB, request["TrainingJobName"])

        def work(connection: sqlite3.Connection) -> dict[str, Any]:
            return described(_load(connection, arn), cursors.metrics_of(connection, arn))

        return await self._database.read(work)

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        wanted, question = list_filter(
            request, operation="ListTrainingJobs", kind=TRAINING_JOB, scope=scope, tokens=self._tokens
        )
        records, more = await self._database.read(lambda connection: resources.search(connection, wanted))
        return page(
            records=records,
            more=more,
            wanted=wanted,
            question=question,
            tokens=self._tokens,
            member="TrainingJobSummaries",
            summary=summary,
        )

    async def stop(self, scope: Scope, request: Mapping[str, Any]) -> None:
        arn = scope.arn(TRAINING_JOB, request["TrainingJobName"])

        def work(connection: sqlite3.Connection) -> None:
            before = _load(connection, arn)
            if before.is_terminal:
                raise ValidationException(
                    f"The request was rejected because the training job is in status {before.status}."
                )
            if before.stop_cause is None:
                asked = before.model_copy(update={"stop_cause": "request"})
                save_change(
                    connection, before, asked.moved("Stopping", time.time(), "Stopping the training job")
                )

        await self._database.run(work)
        self._runners.stop(arn)

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> None:
        arn = scope.arn(TRAINING_JOB, request["TrainingJobName"])

        def work(connection: sqlite3.Connection) -> None:
            job = _load(connection, arn)
            if not job.is_terminal:
                raise ResourceInUse(
                    f"The training job {arn} is in status {job.status} and cannot be deleted."
                )
            resources.delete(connection, arn)
            cursors.forget_metrics(connection, arn)

        await self._database.run(work)
        await self._runners.discard(arn)

    def _check_capacity(self, request: Mapping[str, Any]) -> None:
        config = request["ResourceConfig"]
        groups = config.get("InstanceGroups") or [config]
        try:
            for group in groups:
                self._instance_types.slot(group["InstanceType"])
        except CapacityError as error:
            raise ResourceLimitExceeded(str(error)) from error


def _load(connection: sqlite3.Connection, arn: str) -> TrainingJob:
    record = resources.get(connection, arn)
    if record is None:
        raise ValidationException("Requested resource not found.")
    return from_record(record)
