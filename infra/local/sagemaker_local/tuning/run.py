"""Drives one tuning job: looks when something has changed, decides, and writes it down at once."""

import asyncio
import logging
import secrets
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sagemaker_local.capacity.machine import CapacityError, InstanceTypes
from sagemaker_local.protocol.arns import Scope, parse_arn
from sagemaker_local.state import objectives, resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.training.job_store import UnknownJobError
from sagemaker_local.training.job_store import load as load_training_job
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.operations import insert_job, request_stop
from sagemaker_local.tuning import children
from sagemaker_local.tuning.children import Child, ChildRecord, new_record, training_request
from sagemaker_local.tuning.decisions import Decision, Situation, decide
from sagemaker_local.tuning.job_store import UnknownTuningJobError, load, save_change
from sagemaker_local.tuning.jobs import Definition, TuningJob, definitions_of, from_record
from sagemaker_local.tuning.proposals import Proposal, next_proposals

#: Changes that come this soon after a look are looked at together.
_GATHER_S = 0.1
_AFTER_FAULT_S = 2.0

logger = logging.getLogger(__name__)


class JobPreparation(Protocol):
    """Port: checks a request and returns the job it makes."""

    def prepare(self, scope: Scope, request: Mapping[str, Any]) -> TrainingJob: ...


class JobRunners(Protocol):
    """Port to what runs training jobs."""

    def begin(self, job: TrainingJob) -> None: ...
    def stop(self, arn: str) -> None: ...


@dataclass(frozen=True)
class Services:
    """What a run works with."""

    database: Database
    preparation: JobPreparation
    runners: JobRunners
    instance_types: InstanceTypes

    def fits(self, instance_type: str) -> bool:
        try:
            self.instance_types.slot(instance_type)
        except CapacityError:
            return False
        return True


@dataclass(frozen=True)
class NewChild:
    job: TrainingJob
    record: ChildRecord
    metric: str


@dataclass(frozen=True)
class Applied:
    """What the runners have to be told after the commit."""

    begun: Sequence[TrainingJob] = ()
    stopped: Sequence[str] = ()


class TuningRun:
    def __init__(self, arn: str, services: Services) -> None:
        self.arn = arn
        self._services = services
        self._database = services.database
        self._changed = asyncio.Event()
        self._finished_losses: dict[str, tuple[float, ...]] = {}

    def notice(self) -> None:
        """Something was committed; whether it matters here is looked up."""
        self._changed.set()

    async def run(self) -> None:
        while True:
            try:
                situation = await self._database.read(self._look)
                if situation is None or situation.job.is_terminal:
                    return
                await self._step(situation)
                await self._wait_for_change(situation)
            except Exception as error:
                logger.exception("tuning job %s failed in the engine", self.arn)
                await self._give_up(error)
                await asyncio.sleep(_AFTER_FAULT_S)

    async def _wait_for_change(self, situation: Situation) -> None:
        deadline = None if situation.job.ending else situation.job.deadline
        while True:
            self._changed.clear()
            looked_at = time.monotonic()
            mark = await self._database.read(lambda connection: children.fingerprint(connection, self.arn))
            if mark != situation.fingerprint:
                return
            left_s = None if deadline is None else max(0.0, deadline - time.time())
            try:
                async with asyncio.timeout(left_s):
                    await self._changed.wait()
            except TimeoutError:
                return
            await asyncio.sleep(max(0.0, looked_at + _GATHER_S - time.monotonic()))

    # -- look ----------------------------------------------------------------------------

    def _look(self, connection: sqlite3.Connection) -> Situation | None:
        record = resources.get(connection, self.arn)
        if record is None:
            return None
        job = from_record(record)
        definitions = definitions_of(job.request)
        found = children.of(connection, self.arn)
        needs_losses = job.stops_early or job.strategy == "Hyperband"
        return Situation(
            job=job,
            definitions=definitions,
            children=found,
            losses=self._losses(connection, definitions, found) if needs_losses else {},
            fingerprint=children.fingerprint(connection, self.arn),
        )

    def _losses(
        self, connection: sqlite3.Connection, definitions: Sequence[Definition], found: Sequence[Child]
    ) -> dict[str, tuple[float, ...]]:
        """The values of all children; those of finished ones do not change and are read once."""
        losses = dict(self._finished_losses)
        for child in found:
            arn, definition = child.record.arn, definitions[child.record.definition]
            if arn not in losses:
                continues = "CheckpointConfig" in definition.request
                values = objectives.series(connection, arn, attempts_continue=continues)
                losses[arn] = tuple(definition.objective.loss(value) for value in values)
            if child.is_finished:
                self._finished_losses[arn] = losses[arn]
        return losses

    # -- act -----------------------------------------------------------------------------

    async def _step(self, situation: Situation) -> None:
        decision = await asyncio.to_thread(decide, situation, time.time())
        proposals: list[Proposal] = []
        if decision.room:
            proposals = await asyncio.to_thread(
                next_proposals, situation.job, situation.definitions, situation.children, decision.room
            )
        made = [self._new_child(situation.job, one) for one in proposals]
        if not _is_anything_to_do(situation, decision, made):
            return
        applied = await self._database.run(lambda c: self._apply(c, situation, decision, made))
        for job in applied.begun:
            self._services.runners.begin(job)
        for arn in applied.stopped:
            self._services.runners.stop(arn)

    def _new_child(self, job: TuningJob, proposal: Proposal) -> NewChild:
        definition = proposal.definition
        made = child_job(self._services, job, definition, proposal.number, proposal.tuned)
        record = new_record(made, proposal.number, definition, proposal.tuned)
        return NewChild(made, record, definition.objective.metric)

    def _apply(
        self,
        connection: sqlite3.Connection,
        situation: Situation,
        decision: Decision,
        made: Sequence[NewChild],
    ) -> Applied:
        """Write everything of one step; nothing when the job has changed since the look at it."""
        before, now = load(connection, self.arn), time.time()
        if before != situation.job:
            return Applied()
        for child in situation.children:
            _keep(connection, child, decision)
        stopped = [arn for arn, why in decision.stops.items() if _stop(connection, arn, why)]
        its_tags = tags.of(connection, self.arn)
        for one in made:
            children.insert(connection, self.arn, one.record, one.metric)
            insert_job(connection, one.job, its_tags)
        after = _changed(before, decision, now)
        if after.is_terminal:
            objectives.forget(connection, [child.record.arn for child in situation.children])
        save_change(connection, before, after)
        return Applied([one.job for one in made], stopped)

    async def _give_up(self, error: Exception) -> None:
        """End the tuning job as Failed; a fault that is not its own (a full disk) is met again and again."""
        reason = f"InternalServerError: {type(error).__name__}: {error}"

        def work(connection: sqlite3.Connection) -> None:
            before = load(connection, self.arn)
            if before.ending is None:
                save_change(connection, before, before.ending_for("fault", time.time(), reason))

        try:
            await self._database.run(work)
        except (sqlite3.Error, UnknownTuningJobError) as failure:
            logger.warning("tuning job %s: its fault could not be stored: %s", self.arn, failure)


def child_job(
    services: Services, job: TuningJob, definition: Definition, number: int, tuned: Mapping[str, str]
) -> TrainingJob:
    """The training job that a proposal makes; nothing is stored yet."""
    name = f"{job.name}-{number:03d}-{secrets.token_hex(4)}"
    request = training_request(definition, name, tuned, services.fits)
    scope = Scope(region=job.region, account_id=parse_arn(job.arn).account_id)
    made = services.preparation.prepare(scope, request)
    return made.model_copy(update={"tuning_job_arn": job.arn})


def _is_anything_to_do(situation: Situation, decision: Decision, made: Sequence[NewChild]) -> bool:
    return bool(
        made
        or decision.stops
        or decision.judged
        or decision.status
        or decision.ending != situation.job.ending
        or (decision.converged and situation.job.converged_at is None)
        or any(child.is_finished and child.record.outcome is None for child in situation.children)
    )


def _keep(connection: sqlite3.Connection, child: Child, decision: Decision) -> None:
    record = child.record
    judged = decision.judged.get(record.arn, record.judged)
    outcome = child.outcome if child.is_finished else None
    after = record.model_copy(update={"judged": judged, "outcome": outcome})
    if after != record:
        children.update(connection, after)


def _stop(connection: sqlite3.Connection, arn: str, why: str) -> bool:
    try:
        job = load_training_job(connection, arn)
    except UnknownJobError:
        return False
    if job.is_terminal:
        return False
    request_stop(connection, job, why)
    return True


def _changed(job: TuningJob, decision: Decision, now: float) -> TuningJob:
    after = job.model_copy(update={"modified_at": max(now, job.modified_at)})
    if decision.converged and job.converged_at is None:
        after = after.model_copy(update={"converged_at": now})
    if decision.ending is not None and job.ending is None:
        after = after.ending_for(decision.ending, now)
    if decision.failure_reason is not None:
        after = after.failing_with(decision.failure_reason)
    return after if decision.status is None else after.moved(decision.status, now)
