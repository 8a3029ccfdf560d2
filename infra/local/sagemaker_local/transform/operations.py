"""The API operations on transform jobs."""

import sqlite3
import time
from collections.abc import Mapping
from typing import Any, Protocol

from sagemaker_local.capacity.machine import CapacityError, InstanceTypes
from sagemaker_local.hosting import definition_store
from sagemaker_local.protocol.arns import MODEL, TRANSFORM_JOB, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ResourceInUse, ResourceLimitExceeded, ValidationException
from sagemaker_local.protocol.paging import Listings
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.transform import job_store
from sagemaker_local.transform.jobs import TransformJob
from sagemaker_local.transform.model_servers import server_model
from sagemaker_local.transform.requests import check_request
from sagemaker_local.transform.views import described, summary


class JobRunners(Protocol):
    """Port to what runs the jobs."""

    def begin(self, job: TransformJob) -> None: ...
    def stop(self, arn: str) -> None: ...


class TransformOperations:
    def __init__(
        self, database: Database, runners: JobRunners, instance_types: InstanceTypes, listings: Listings
    ) -> None:
        self._database = database
        self._runners = runners
        self._instance_types = instance_types
        self._listings = listings

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateTransformJob": self.create,
            "DescribeTransformJob": self.describe,
            "ListTransformJobs": self.list,
            "StopTransformJob": self.stop,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        wanted_tags = tags_of_request(request)
        try:
            self._instance_types.slot(request["TransformResources"]["InstanceType"])
        except CapacityError as error:
            raise ResourceLimitExceeded(str(error)) from error
        now = time.time()
        name = str(request["TransformJobName"])
        arn = scope.arn(TRANSFORM_JOB, name)

        def work(connection: sqlite3.Connection) -> TransformJob:
            model_arn = scope.arn(MODEL, request["ModelName"])
            model = definition_store.find(connection, MODEL, model_arn).request
            check_request(request, model)
            job = TransformJob(
                arn=arn,
                name=name,
                region=scope.region,
                request=dict(request),
                model=server_model(request, model),
                created_at=now,
                modified_at=now,
            )
            if not resources.insert(connection, job.record()):
                raise ResourceInUse(
                    f"Job name must be unique within an AWS account and region, and a job with this name "
                    f"already exists ({arn})"
                )
            tags.put(connection, arn, wanted_tags)
            job_store.emit(connection, job)
            return job

        self._runners.begin(await self._database.run(work))
        return {"TransformJobArn": arn}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = scope.arn(TRANSFORM_JOB, request["TransformJobName"])
        return described(await self._database.read(lambda connection: _find(connection, arn)))

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        return await self._listings.of_resources(
            scope,
            request,
            operation="ListTransformJobs",
            kind=TRANSFORM_JOB,
            member="TransformJobSummaries",
            summary=lambda _, record: summary(record),
        )

    async def stop(self, scope: Scope, request: Mapping[str, Any]) -> None:
        arn = scope.arn(TRANSFORM_JOB, request["TransformJobName"])

        def work(connection: sqlite3.Connection) -> None:
            before = _find(connection, arn)
            if before.is_terminal:
                raise ValidationException(
                    f"The request was rejected because the transform job is in status {before.status}."
                )
            after = before.stopping(time.time())
            if after is not before:
                job_store.save_change(connection, before, after)

        await self._database.run(work)
        self._runners.stop(arn)


def _find(connection: sqlite3.Connection, arn: str) -> TransformJob:
    try:
        return job_store.load(connection, arn)
    except job_store.UnknownJobError as error:
        raise ValidationException(
            f"Could not find requested job with name: {arn.rpartition('/')[2]}"
        ) from error
