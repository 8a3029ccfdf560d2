"""Brings the decided result of an asynchronous call to S3 and notes what is to be told of it."""

import asyncio
import logging
import time
from pathlib import Path

from sagemaker_local.hosting import async_queue
from sagemaker_local.hosting.async_notices import notices_of
from sagemaker_local.hosting.async_queue import AsyncCall, Outcome
from sagemaker_local.state.database import Database
from sagemaker_local.storage.aws_clients import AwsClients
from sagemaker_local.storage.objects_s3 import (
    ObjectStoreError,
    ObjectStoreUnavailable,
    S3Objects,
    parse_s3_uri,
)
from sagemaker_local.storage.roles import RoleCredentials, RoleError

_MAX_BACKOFF_S = 15.0
_SHOWN_CHARACTERS = 1024

logger = logging.getLogger(__name__)


class AsyncResults:
    """Results wait in ``folder``, one file per call."""

    def __init__(self, database: Database, clients: AwsClients, roles: RoleCredentials, folder: Path) -> None:
        self._database = database
        self._clients = clients
        self._roles = roles
        self._folder = folder

    def file(self, call: AsyncCall, suffix: str) -> Path:
        return self._folder / f"{call.call_id}.{suffix}"

    def store(self, call: AsyncCall) -> S3Objects:
        return S3Objects(self._clients, self._roles, role_arn=call.role_arn, region=call.region)

    async def decide(self, call: AsyncCall, outcome: Outcome) -> None:
        """From here on the call never runs again."""
        await self._database.run(lambda connection: async_queue.decide(connection, call.call_id, outcome))
        await self.settle(call, outcome)

    async def settle(self, call: AsyncCall, outcome: Outcome) -> None:
        if outcome.status == "Completed":
            problem = await self._uploaded(call, call.output_location)
            if problem is not None:
                outcome = failed(f"ClientError: {problem}", outcome.variant)
                await self.decide(call, outcome)
                return
        elif call.failure_location is not None:
            self.file(call, "out").write_text(outcome.failure_reason or "")
            problem = await self._uploaded(call, call.failure_location)
            if problem is not None:
                logger.warning("the failure of call %s cannot be stored: %s", call.call_id, problem)
        told = await asyncio.to_thread(notices_of, call, outcome, self.file(call, "out"))
        await self._database.run(lambda connection: async_queue.finish(connection, call.call_id, told))
        for suffix in ("in", "out"):
            self.file(call, suffix).unlink(missing_ok=True)

    async def _uploaded(self, call: AsyncCall, location: str) -> str | None:
        """Upload the result, however long S3 is away; return why it can never be stored there."""
        backoff_s = 0.5
        while True:
            try:
                await asyncio.to_thread(
                    self.store(call).upload, self.file(call, "out"), parse_s3_uri(location)
                )
            except (ObjectStoreError, RoleError) as error:
                return str(error)
            except FileNotFoundError:
                return "the engine's copy of the result is gone"
            except ObjectStoreUnavailable as error:
                logger.warning("result of call %s waits %.1f s: %s", call.call_id, backoff_s, error)
                await asyncio.sleep(backoff_s)
                backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)
            else:
                return None


def failed(reason: str, variant: str = "") -> Outcome:
    return Outcome(
        status="Failed",
        decided_at=time.time(),
        failure_reason=reason[:_SHOWN_CHARACTERS],
        variant=variant,
        log_line=f"Inference request failed. {reason}",
    )
