"""The API operations on training jobs."""

import sqlite3
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sagemaker_local.core import Core
from sagemaker_local.jobs.instances import with_selection
from sagemaker_local.jobs.operations import JobOperations
from sagemaker_local.jobs.runs import JobRuns
from sagemaker_local.jobs.store import JobStore
from sagemaker_local.protocol.arns import TRAINING_JOB, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ResourceInUse, ValidationException
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import cursors
from sagemaker_local.state.resources import ListFilter
from sagemaker_local.training import warm_pools
from sagemaker_local.training.job_store import TRAINING_JOBS
from sagemaker_local.training.jobs import DEFAULT_MAX_RUNTIME_S, TrainingJob, from_record
from sagemaker_local.training.requests import check_request
from sagemaker_local.training.views import described, summary
from sagemaker_local.training.warm_pools import arns_with_status


class TrainingOperations:
    def __init__(self, core: Core, store: JobStore[TrainingJob], runs: JobRuns[TrainingJob]) -> None:
        self._database = core.database
        self._inputs = core.inputs
        self._kind = store.kind
        self._jobs = JobOperations(core, store, runs, not_found=lambda _: "Requested resource not found.")

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateTrainingJob": self.create,
            "DescribeTrainingJob": self.describe,
            "ListTrainingJobs": self.list,
            "UpdateTrainingJob": self.update,
            "StopTrainingJob": self.stop,
            "DeleteTrainingJob": self.delete,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        wanted_tags = tags_of_request(request)
        job = self.prepare(scope, request)
        await self._jobs.begin(job, wanted_tags)
        return {"TrainingJobArn": job.arn}

    def prepare(self, scope: Scope, request: Mapping[str, Any]) -> TrainingJob:
        """Check a request and return the job it makes; nothing is stored yet."""
        filled = {**request, "StoppingCondition": {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME_S}}
        filled["StoppingCondition"] |= request.get("StoppingCondition", {})
        check_request(filled, self._inputs)
        filled["ResourceConfig"] = with_selection(filled["ResourceConfig"])
        now = time.time()
        name = str(request["TrainingJobName"])
        job = TrainingJob(
            arn=scope.arn(TRAINING_JOB, name),
            name=name,
            region=scope.region,
            request=filled,
            created_at=now,
            modified_at=now,
        )
        self._jobs.check_capacity(job)
        return job.moved("Starting", now)

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        name = request["TrainingJobName"]
        arn = scope.arn(TRAINING_JOB, name)

        def work(connection: sqlite3.Connection) -> dict[str, Any]:
            job = self._jobs.load(connection, arn, name)
            return described(job, cursors.metrics_of(connection, arn), _described_pool(connection, arn))

        return await self._database.read(work)

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        pool_status = request.get("WarmPoolStatusEquals")

        def narrow(wanted: ListFilter) -> ListFilter:
            return replace(wanted, among=pool_status and arns_with_status(pool_status, time.time()))

        return await self._jobs.list(
            scope,
            request,
            operation="ListTrainingJobs",
            member="TrainingJobSummaries",
            summary=lambda connection, record: summary(
                from_record(record), _described_pool(connection, record.arn)
            ),
            narrow=narrow,
        )

    async def update(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        """Change how long a warm pool is kept; 0 ends one that waits."""
        name = request["TrainingJobName"]
        arn = scope.arn(TRAINING_JOB, name)
        others = request.keys() - {"TrainingJobName", "ResourceConfig"}
        if others or "ResourceConfig" not in request:
            raise ValidationException(
                "UpdateTrainingJob of sagemaker-local changes ResourceConfig.KeepAlivePeriodInSeconds only."
            )
        keep_alive_s, now = request["ResourceConfig"]["KeepAlivePeriodInSeconds"], time.time()

        def work(connection: sqlite3.Connection) -> None:
            job = self._jobs.load(connection, arn, name)
            pool = warm_pools.pool_of(connection, arn)
            status = pool.status(now) if pool is not None else None
            if status in ("Reused", "Terminated") or (pool is None and not job.keep_alive_s):
                raise ValidationException(
                    f"The training job {arn} has no warm pool whose KeepAlivePeriodInSeconds could be "
                    f"changed (WarmPoolStatus: {status or 'none'})."
                )
            if pool is not None:
                warm_pools.save(connection, arn, pool.kept_for(keep_alive_s, now))
            self._kind.save_change(connection, job, job.kept_alive(keep_alive_s, now))

        await self._database.run(work)
        return {"TrainingJobArn": arn}

    async def stop(self, scope: Scope, request: Mapping[str, Any]) -> None:
        name = request["TrainingJobName"]
        await self._jobs.stop(scope.arn(TRAINING_JOB, name), name)

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> None:
        name = request["TrainingJobName"]
        arn = scope.arn(TRAINING_JOB, name)

        def also(connection: sqlite3.Connection) -> None:
            pool = warm_pools.pool_of(connection, arn)
            if pool is not None and pool.status(time.time()) == "Available":
                raise ResourceInUse(
                    f"The training job {arn} retains an Available warm pool; end it with UpdateTrainingJob "
                    "and KeepAlivePeriodInSeconds 0 first."
                )
            warm_pools.forget(connection, arn)

        await self._jobs.delete(arn, name, also)


def _described_pool(connection: sqlite3.Connection, arn: str) -> dict[str, Any] | None:
    pool = warm_pools.pool_of(connection, arn)
    return pool.described(time.time()) if pool is not None else None


def insert_job(connection: sqlite3.Connection, job: TrainingJob, its_tags: Mapping[str, str]) -> None:
    """Store a new job; whoever calls this begins its run after the commit."""
    TRAINING_JOBS.insert(connection, job, its_tags)


def request_stop(connection: sqlite3.Connection, job: TrainingJob, message: str) -> None:
    """Ask an unfinished job to stop, once; its run is told after the commit."""
    asked = job.stopping("request", time.time(), message)
    if asked is not job:
        TRAINING_JOBS.save_change(connection, job, asked)
