"""Tuning jobs as a part of the engine."""

import asyncio
from collections.abc import Mapping

from sagemaker_local.core import Core, Part
from sagemaker_local.protocol.arns import TUNING_JOB
from sagemaker_local.protocol.control import Handler
from sagemaker_local.state import resources
from sagemaker_local.training.part import TrainingPart
from sagemaker_local.tuning.operations import TuningOperations
from sagemaker_local.tuning.run import Services, TuningRun


class TuningRuns:
    """All tuning jobs that are being driven; each commit of the engine wakes them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._runs: dict[str, TuningRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._has_recovered = False
        services.database.on_commit(self._notice)

    async def recover(self) -> int:
        """Take up unfinished tuning jobs; their children are taken up by the training part."""
        self._has_recovered = True
        records = await self._services.database.read(
            lambda connection: resources.all_of(connection, TUNING_JOB, ("InProgress", "Stopping"))
        )
        for record in records:
            self.begin(record.arn)
        return len(records)

    def begin(self, arn: str) -> None:
        """Drive a stored job. One made while the engine still recovers waits for that, then it is found."""
        if not self._has_recovered or arn in self._tasks:
            return
        run = TuningRun(arn, self._services)
        task = asyncio.create_task(run.run(), name=f"tuning {arn}")
        self._runs[arn], self._tasks[arn] = run, task
        task.add_done_callback(lambda _: self._forget(arn, task))

    async def suspend(self) -> None:
        """The children are told to end by the training part; their tuning jobs go on at the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _notice(self) -> None:
        for run in self._runs.values():
            run.notice()

    def _forget(self, arn: str, task: "asyncio.Task[None]") -> None:
        if self._tasks.get(arn) is task:
            del self._tasks[arn], self._runs[arn]


class TuningPart(Part):
    def __init__(self, core: Core, training: TrainingPart) -> None:
        services = Services(
            database=core.database,
            preparation=training.operations,
            runners=training.runs,
            instance_types=core.instance_types,
        )
        self._runs = TuningRuns(services)
        self._operations = TuningOperations(services, self._runs, core.listings)

    def handlers(self) -> Mapping[str, Handler]:
        return self._operations.handlers()

    async def recover(self) -> int:
        return await self._runs.recover()

    async def suspend(self) -> None:
        await self._runs.suspend()
