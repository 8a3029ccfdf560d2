"""What is told of an asynchronous call when it has ended, and its delivery."""

import asyncio
import base64
import json
import logging
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.hosting import async_queue
from sagemaker_local.hosting.async_queue import AsyncCall, Notice, Outcome, StoredNotice
from sagemaker_local.logs.shipper import LogEvent, LogServiceUnavailable
from sagemaker_local.logs.streams_cloudwatch import CloudWatchStreams
from sagemaker_local.protocol.arns import Scope, parse_arn
from sagemaker_local.state.database import Database
from sagemaker_local.storage.aws_clients import AwsClients
from sagemaker_local.storage.roles import RoleCredentials, RoleError, RolesUnavailable

_MAX_INCLUDED_BYTES = 128 * 1024
_BATCH = 100
_MAX_BACKOFF_S = 15.0
_STALE = {"InvalidAccessKeyId", "ExpiredToken", "InvalidToken", "InvalidClientTokenId"}
_FIRST_SERVER_FAULT = 500

logger = logging.getLogger(__name__)


class TopicsUnavailable(Exception):  # noqa: N818 - a state that passes
    """SNS cannot be reached now."""


def notices_of(call: AsyncCall, outcome: Outcome, result: Path) -> list[Notice]:
    """The message to the topic of this outcome, if there is one, and the line of the data log."""
    account_id = parse_arn(call.endpoint_arn).account_id
    found = [
        Notice(
            kind="log",
            region=call.region,
            account_id=account_id,
            to=f"/aws/sagemaker/Endpoints/{call.endpoint}",
            stream=f"{outcome.variant or 'endpoint'}/data-log",
            at=outcome.decided_at,
            text=f"{_iso(outcome.decided_at)}: [sagemaker logs] [{call.inference_id}] {outcome.log_line}",
        )
    ]
    topic = call.success_topic if outcome.status == "Completed" else call.error_topic
    if topic:
        found.append(
            Notice(
                kind="topic",
                region=call.region,
                account_id=account_id,
                to=topic,
                role_arn=call.role_arn,
                at=outcome.decided_at,
                text=json.dumps(message(call, outcome, result)),
            )
        )
    return found


def message(call: AsyncCall, outcome: Outcome, result: Path) -> dict[str, Any]:
    request = {
        "accept": call.accept,
        "contentType": call.content_type,
        "endpointName": call.endpoint,
        "inputLocation": call.input_location,
    }
    found: dict[str, Any] = {
        "awsRegion": call.region,
        "eventTime": _iso(outcome.decided_at),
        "receivedTime": _iso(call.received_at),
        "invocationStatus": outcome.status,
        "requestParameters": {name: value for name, value in request.items() if value is not None},
    }
    if outcome.status == "Completed":
        found["responseParameters"] = {
            "contentType": outcome.content_type,
            "outputLocation": call.output_location,
        }
        if "SUCCESS_NOTIFICATION_TOPIC" in call.topics_with_response:
            found |= _included(result)
    else:
        found["failureReason"] = outcome.failure_reason
        if "ERROR_NOTIFICATION_TOPIC" in call.topics_with_response:
            found["responseBody"] = {"content": outcome.failure_reason}
    return {
        **found,
        "inferenceId": call.inference_id,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def _included(result: Path) -> dict[str, Any]:
    """The result itself, when a message has room for it."""
    if result.stat().st_size * 4 // 3 > _MAX_INCLUDED_BYTES:
        return {}
    content = base64.b64encode(result.read_bytes()).decode()
    return {"responseBody": {"content": content, "encoding": "BASE64"}}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class NoticeDelivery:
    """Empties the stored notices in order: at least once, and later when the emulator is away."""

    def __init__(self, database: Database, clients: AwsClients, roles: RoleCredentials) -> None:
        self._database = database
        self._clients = clients
        self._roles = roles
        self._streams = CloudWatchStreams(clients)
        self._wake = asyncio.Event()
        database.on_commit(self._wake.set)

    async def run(self) -> None:
        backoff_s = 0.0
        while True:
            self._wake.clear()
            try:
                waits = not await self._deliver()
                backoff_s = 0.0
            except (TopicsUnavailable, LogServiceUnavailable) as error:
                backoff_s = min(max(0.5, backoff_s * 2), _MAX_BACKOFF_S)
                logger.warning("asynchronous notices wait %.1f s: %s", backoff_s, error)
                await asyncio.sleep(backoff_s)
                waits = False
            if waits:
                await self._wake.wait()

    async def _deliver(self) -> bool:
        """Deliver one batch; False when there was none."""
        batch = await self._database.read(lambda connection: async_queue.notices(connection, _BATCH))
        for stored in batch:
            await asyncio.to_thread(self._send, stored.notice)
            await self._forget(stored)
        return bool(batch)

    async def _forget(self, stored: StoredNotice) -> None:
        def work(connection: sqlite3.Connection) -> None:
            async_queue.forget_notices(connection, [stored.notice_id])

        await self._database.run(work)

    def _send(self, notice: Notice) -> None:
        if notice.kind == "log":
            scope = Scope(notice.region, notice.account_id)
            line = LogEvent(round(notice.at * 1000), notice.text)
            self._streams.put(scope, notice.to, notice.stream, [line])
            return
        try:
            self._publish(notice)
        except RoleError as error:
            logger.warning("no message to %s: %s", notice.to, error)

    def _publish(self, notice: Notice) -> None:
        for attempt in (1, 2):
            try:
                credentials = self._roles.get(notice.role_arn)
                topics = self._clients.for_credentials("sns", notice.region, credentials)
                topics.publish(TopicArn=notice.to, Message=notice.text)
            except ClientError as error:
                if attempt == 1 and error.response["Error"].get("Code") in _STALE:
                    self._roles.forget(notice.role_arn)
                    continue
                status = int(error.response["ResponseMetadata"].get("HTTPStatusCode", 0))
                if status >= _FIRST_SERVER_FAULT:
                    raise TopicsUnavailable(str(error)) from error
                logger.warning("the topic %s takes no message: %s", notice.to, error)
            except (BotoCoreError, RolesUnavailable) as error:
                raise TopicsUnavailable(str(error)) from error
            return
