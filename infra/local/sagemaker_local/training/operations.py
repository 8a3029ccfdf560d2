"""The API operations on training jobs."""

import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from sagemaker_local.core import Core
from sagemaker_local.jobs.operations import JobOperations
from sagemaker_local.jobs.runs import JobRuns
from sagemaker_local.jobs.store import JobStore
from sagemaker_local.protocol.arns import TRAINING_JOB, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import cursors
from sagemaker_local.training.jobs import DEFAULT_MAX_RUNTIME_S, TrainingJob, from_record
from sagemaker_local.training.requests import check_request
from sagemaker_local.training.views import described, summary


class TrainingOperations:
    def __init__(self, core: Core, store: JobStore[TrainingJob], runs: JobRuns[TrainingJob]) -> None:
        self._database = core.database
        self._inputs = core.inputs
        self._jobs = JobOperations(core, store, runs, not_found=lambda _: "Requested resource not found.")

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
        now = time.time()
        name = str(request["TrainingJobName"])
        arn = scope.arn(TRAINING_JOB, name)
        job = TrainingJob(
            arn=arn, name=name, region=scope.region, request=filled, created_at=now, modified_at=now
        ).moved("Starting", now)
        await self._jobs.begin(job, wanted_tags)
        return {"TrainingJobArn": arn}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        name = request["TrainingJobName"]
        arn = scope.arn(TRAINING_JOB, name)

        def work(connection: sqlite3.Connection) -> dict[str, Any]:
            return described(self._jobs.load(connection, arn, name), cursors.metrics_of(connection, arn))

        return await self._database.read(work)

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        return await self._jobs.list(
            scope,
            request,
            operation="ListTrainingJobs",
            member="TrainingJobSummaries",
            summary=lambda _, record: summary(from_record(record)),
        )

    async def stop(self, scope: Scope, request: Mapping[str, Any]) -> None:
        name = request["TrainingJobName"]
        await self._jobs.stop(scope.arn(TRAINING_JOB, name), name)

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> None:
        name = request["TrainingJobName"]
        await self._jobs.delete(scope.arn(TRAINING_JOB, name), name)
