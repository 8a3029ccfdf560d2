"""The API operations on tuning jobs."""

import secrets
import sqlite3
import time
from collections.abc import Mapping
from typing import Any, Protocol

from sagemaker_local.protocol.arns import TUNING_JOB, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ResourceInUse, ResourceNotFound, ValidationException
from sagemaker_local.protocol.paging import Listings
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import resources, tags
from sagemaker_local.tuning import children
from sagemaker_local.tuning.child_listing import listed
from sagemaker_local.tuning.job_store import emit, save_change
from sagemaker_local.tuning.jobs import TuningJob, definitions_of, from_record
from sagemaker_local.tuning.proposals import drawn
from sagemaker_local.tuning.requests import checked_definitions
from sagemaker_local.tuning.run import Services, child_job
from sagemaker_local.tuning.views import child_summary, described, summary
from sagemaker_local.tuning.warm_start import inherited

_CHILDREN_PER_PAGE = 100
_SEED_RANGE = 2**31


class TuningRunners(Protocol):
    """Port to what drives tuning jobs."""

    def begin(self, arn: str) -> None: ...


class TuningOperations:
    def __init__(self, services: Services, runners: TuningRunners, listings: Listings) -> None:
        self._services = services
        self._database = services.database
        self._runners = runners
        self._listings = listings

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateHyperParameterTuningJob": self.create,
            "DescribeHyperParameterTuningJob": self.describe,
            "ListHyperParameterTuningJobs": self.list,
            "ListTrainingJobsForHyperParameterTuningJob": self.list_children,
            "StopHyperParameterTuningJob": self.stop,
            "DeleteHyperParameterTuningJob": self.delete,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        wanted_tags = tags_of_request(request)
        definitions = checked_definitions(request)
        kept = {name: value for name, value in request.items() if name != "Tags"}
        name, now = str(request["HyperParameterTuningJobName"]), time.time()
        seed = request["HyperParameterTuningJobConfig"].get("RandomSeed", secrets.randbelow(_SEED_RANGE))
        job = TuningJob(
            arn=scope.arn(TUNING_JOB, name),
            name=name,
            region=scope.region,
            request=kept,
            seed=seed,
            created_at=now,
            modified_at=now,
        )
        for one in definitions:  # what is wrong with every training job is wrong with the tuning job
            child_job(self._services, job, one, 1, drawn(one, seed, 0))

        def work(connection: sqlite3.Connection) -> None:
            past = inherited(connection, scope, request, definitions[0])
            full = job.model_copy(update={"past_trials": past.trials, "best_of_parents": past.best})
            if not resources.insert(connection, full.record()):
                raise ResourceInUse(
                    "Hyperparameter tuning job names must be unique within an AWS account and region, and a "
                    f"hyperparameter tuning job with this name already exists ({job.arn})"
                )
            tags.put(connection, job.arn, wanted_tags)
            emit(connection, full)

        await self._database.run(work)
        self._runners.begin(job.arn)
        return {"HyperParameterTuningJobArn": job.arn}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        def work(connection: sqlite3.Connection) -> dict[str, Any]:
            job = _load(connection, scope, request)
            return described(job, children.of(connection, job.arn))

        return await self._database.read(work)

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        return await self._listings.of_resources(
            scope,
            request,
            operation="ListHyperParameterTuningJobs",
            kind=TUNING_JOB,
            member="HyperParameterTuningJobSummaries",
            summary=lambda connection, record: summary(
                from_record(record), children.of(connection, record.arn)
            ),
        )

    async def list_children(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        operation = "ListTrainingJobsForHyperParameterTuningJob"
        place = self._listings.place(request, operation, default_limit=_CHILDREN_PER_PAGE)

        def work(connection: sqlite3.Connection) -> dict[str, Any]:
            job = _load(connection, scope, request)
            found = listed(
                children.of(connection, job.arn),
                status=request.get("StatusEquals"),
                sort_by=request.get("SortBy", "Name"),
                descending=request.get("SortOrder") == "Descending",
            )
            definitions = definitions_of(job.request)
            return self._listings.page(
                place,
                found,
                member="TrainingJobSummaries",
                summary=lambda one: child_summary(job, definitions, one),
            )

        return await self._database.read(work)

    async def stop(self, scope: Scope, request: Mapping[str, Any]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            before = _load(connection, scope, request)
            if before.is_terminal:
                raise ValidationException(
                    "The request was rejected because the hyperparameter tuning job is in status "
                    f"{before.status}."
                )
            if before.status != "Stopping":
                save_change(connection, before, before.asked_to_stop(time.time()))

        await self._database.run(work)

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            try:
                job = _load(connection, scope, request)
            except ResourceNotFound as error:  # this operation has no such error in the service model
                raise ValidationException(error.message) from error
            if not job.is_terminal:
                raise ValidationException(
                    f"The hyperparameter tuning job {job.arn} is in status {job.status} and cannot be "
                    "deleted; stop it first."
                )
            children.forget(connection, job.arn)
            resources.delete(connection, job.arn)

        await self._database.run(work)


def _load(connection: sqlite3.Connection, scope: Scope, request: Mapping[str, Any]) -> TuningJob:
    record = resources.get(connection, scope.arn(TUNING_JOB, request["HyperParameterTuningJobName"]))
    if record is None:
        raise ResourceNotFound("Requested resource not found.")
    return from_record(record)
