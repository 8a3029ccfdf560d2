"""The part of the machine that a job holds while it runs."""

from sagemaker_local.capacity.machine import InstanceTypes, Slot
from sagemaker_local.capacity.queue import Claim, SlotQueue
from sagemaker_local.jobs.job import Job


def node_slots(job: Job, instance_types: InstanceTypes) -> list[Slot]:
    return instance_types.shares([instance_types.slot(name) for name in job.instance_types])


class SlotHold:
    """One job's claim on the queue."""

    def __init__(self, queue: SlotQueue, instance_types: InstanceTypes) -> None:
        self._queue = queue
        self._instance_types = instance_types
        self._owner: str | None = None

    def try_acquire(self, job: Job) -> bool:
        if not self._queue.try_acquire(self._claim(job)):
            return False
        self._owner = job.arn
        return True

    async def acquire(self, job: Job) -> None:
        await self._queue.acquire(self._claim(job))
        self._owner = job.arn

    def take(self, job: Job) -> None:
        """Count a job that runs already; after a restart it does not queue again."""
        self._queue.take(self._claim(job))
        self._owner = job.arn

    def finish(self, job: Job) -> None:
        """The job's processes have ended: what is left of it needs no slot."""
        self._queue.finish(job.arn)
        self._owner = job.arn

    def release(self) -> None:
        if self._owner is not None:
            self._queue.release(self._owner)
            self._owner = None

    def _claim(self, job: Job) -> Claim:
        wanted = [self._instance_types.slot(name) for name in job.instance_types]
        return self._queue.claim(
            job.arn,
            nodes=1,
            cpus=sum(slot.cpus for slot in wanted),
            memory_mib=sum(slot.memory_mib for slot in wanted),
            priority=job.priority,
        )
