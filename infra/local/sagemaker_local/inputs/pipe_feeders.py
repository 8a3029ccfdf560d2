"""The feeders of an attempt of a job, as its companions."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.inputs.channel_objects import ChannelError
from sagemaker_local.inputs.pipe_plans import error_file, read_plan
from sagemaker_local.processes.job_environment import access_variables, merged, service_variables
from sagemaker_local.processes.launcher import ChildProcess, ProcessExit, ProcessSpec
from sagemaker_local.processes.modes import BASE_DIR
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.state import processes
from sagemaker_local.state.database import Database
from sagemaker_local.state.processes import ProcessRecord

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_GRACE_S = 1.0


class FeederLostError(Exception):
    """A feeder died and nobody knows why; what it sent may not be all."""


@dataclass(frozen=True)
class FeederServices:
    database: Database
    supervisor: Supervisor
    endpoint_url: str
    engine_url: str


@dataclass(frozen=True)
class _Feeder:
    record: ProcessRecord
    plan: Path
    found: ChildProcess | ProcessExit


async def keep_feeding(
    plans: Sequence[Path], *, owner_arn: str, attempt: int, services: FeederServices
) -> None:
    """Run the feeders of these plans beside the job's nodes until this is cancelled.

    Feeders that an earlier engine started are found again. Their process group is
    ``pipe-<attempt>``, so they are never taken for nodes. A node may end in the moment its data
    breaks off, so the errors below are raised in answer to a cancellation too.

    Raises:
        ChannelError: the data cannot be sent; the job must not take what it got for all of it.
        FeederLostError: a feeder was killed.
    """
    starting = asyncio.create_task(_all_feeders(plans, owner_arn, f"pipe-{attempt}", services))
    try:
        await asyncio.shield(starting)
        await asyncio.gather(*(_until_end(one) for one in starting.result()))
    finally:
        await asyncio.gather(starting, return_exceptions=True)
        feeders = [] if starting.exception() else starting.result()
        ends = [await _end(one, services.supervisor) for one in feeders]
        for feeder, ended in zip(feeders, ends, strict=True):
            _judge(ended, feeder.plan)


async def _all_feeders(
    plans: Sequence[Path], owner_arn: str, group: str, services: FeederServices
) -> list[_Feeder]:
    rows = {one.variant: one for one in await services.supervisor.of_owner(owner_arn) if one.group == group}
    return [
        _Feeder(*await _found_or_started(rows.get(str(plan)), plan, owner_arn, group, services))
        for plan in plans
    ]


async def _found_or_started(
    known: ProcessRecord | None, plan: Path, owner_arn: str, group: str, services: FeederServices
) -> tuple[ProcessRecord, Path, ChildProcess | ProcessExit]:
    supervisor = services.supervisor
    if known is not None:
        found = await supervisor.find(known)
        if found is not None:
            return known, plan, found
        await supervisor.forget(known)
    content = await asyncio.to_thread(read_plan, plan)
    record = supervisor.new_record(
        owner_arn=owner_arn, group=group, ordinal=content.node, variant=str(plan), role_arn=content.role_arn
    )

    def work(connection: sqlite3.Connection) -> None:
        processes.save(connection, record)

    await services.database.run(work)
    started = await supervisor.start(record, _spec(record, plan, content.region, services))
    return record, plan, started


def _spec(record: ProcessRecord, plan: Path, region: str, services: FeederServices) -> ProcessSpec:
    """A process of the engine, not of the job: it needs S3 also when the job has no network."""
    access = access_variables(
        endpoint_url=services.endpoint_url,
        credentials_url=f"{services.engine_url}/_local/credentials/{record.process_id}",
        token=record.credentials_token or "",
    )
    own = {"PATH": os.defpath, "PYTHONPATH": str(_PACKAGE_ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return ProcessSpec(
        argv=[sys.executable, "-m", "sagemaker_local.inputs.pipe_feeder", str(plan)],
        env=merged(own, service_variables(region=region, run_id=record.process_id), access),
        cwd="/",
        mode=BASE_DIR,
        grace_s=_GRACE_S,
    )


async def _until_end(feeder: _Feeder) -> None:
    """A feeder that ends is a fault: it feeds as long as the job's folder is there."""
    ended = feeder.found if isinstance(feeder.found, ProcessExit) else await feeder.found.wait()
    _judge(ended, feeder.plan)


async def _end(feeder: _Feeder, supervisor: Supervisor) -> ProcessExit:
    ended = feeder.found
    if not isinstance(ended, ProcessExit):
        ended.kill()
        ended = await ended.wait()
    await supervisor.ended(feeder.record)
    return ended


def _judge(ended: ProcessExit, plan: Path) -> None:
    try:
        reason = error_file(plan).read_text()
    except FileNotFoundError:
        reason = ""
    if reason:
        raise ChannelError(f"channel {plan.stem}: {reason}")
    if not ended.succeeded and not ended.killed:
        raise FeederLostError(f"the process that feeds channel {plan.stem} was ended")
