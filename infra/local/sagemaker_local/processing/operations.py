"""The API operations on processing jobs."""

import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from sagemaker_local.core import Core
from sagemaker_local.jobs.instances import with_selection
from sagemaker_local.jobs.job import DEFAULT_MAX_RUNTIME_S
from sagemaker_local.jobs.operations import JobOperations
from sagemaker_local.jobs.runs import JobRuns
from sagemaker_local.jobs.store import JobStore
from sagemaker_local.processing.jobs import ProcessingJob
from sagemaker_local.processing.requests import check_request
from sagemaker_local.processing.views import described, summary
from sagemaker_local.protocol.arns import PROCESSING_JOB, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.tagging import tags_of_request


class ProcessingOperations:
    def __init__(self, core: Core, store: JobStore[ProcessingJob], runs: JobRuns[ProcessingJob]) -> None:
        self._database = core.database
        self._kind = store.kind
        self._jobs = JobOperations(
            core, store, runs, not_found=lambda name: f"Could not find requested job with name: {name}"
        )

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateProcessingJob": self.create,
            "DescribeProcessingJob": self.describe,
            "ListProcessingJobs": self.list,
            "StopProcessingJob": self.stop,
            "DeleteProcessingJob": self.delete,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        wanted_tags = tags_of_request(request)
        check_request(request)
        resources = request["ProcessingResources"]
        filled = {
            "StoppingCondition": {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME_S},
            **request,
            "ProcessingResources": {
                **resources,
                "ClusterConfig": with_selection(resources["ClusterConfig"]),
            },
        }
        now = time.time()
        name = str(request["ProcessingJobName"])
        arn = scope.arn(PROCESSING_JOB, name)
        job = ProcessingJob(
            arn=arn, name=name, region=scope.region, request=filled, created_at=now, modified_at=now
        ).moved("Starting", now)
        self._jobs.check_capacity(job)
        await self._jobs.begin(job, wanted_tags)
        return {"ProcessingJobArn": arn}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        name = request["ProcessingJobName"]
        arn = scope.arn(PROCESSING_JOB, name)

        def work(connection: sqlite3.Connection) -> dict[str, Any]:
            return described(self._jobs.load(connection, arn, name))

        return await self._database.read(work)

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        return await self._jobs.list(
            scope,
            request,
            operation="ListProcessingJobs",
            member="ProcessingJobSummaries",
            summary=lambda _, record: summary(self._kind.from_record(record)),
        )

    async def stop(self, scope: Scope, request: Mapping[str, Any]) -> None:
        name = request["ProcessingJobName"]
        await self._jobs.stop(scope.arn(PROCESSING_JOB, name), name)

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> None:
        name = request["ProcessingJobName"]
        await self._jobs.delete(scope.arn(PROCESSING_JOB, name), name)
