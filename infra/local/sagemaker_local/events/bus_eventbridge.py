"""EventBridge of the emulator. ``aws.*`` sources are refused there as in the cloud."""

import logging
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.events.dispatcher import BusUnavailable
from sagemaker_local.protocol.arns import parse_arn
from sagemaker_local.state.outbox import OutboxEvent
from sagemaker_local.storage.aws_clients import AwsClients

SOURCE = "local.sagemaker"

logger = logging.getLogger(__name__)


class EventBridgeBus:
    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def put(self, events: list[OutboxEvent]) -> list[int]:
        scope = parse_arn(events[0].arn).scope
        batch = [event for event in events if parse_arn(event.arn).scope == scope]
        entries = [
            {
                "Source": SOURCE,
                "DetailType": event.detail_type,
                "Detail": event.detail,
                "Resources": [event.arn],
                "Time": datetime.fromtimestamp(event.happened_at, UTC),
            }
            for event in batch
        ]
        try:
            answer = self._clients.own("events", scope).put_events(Entries=entries)
        except (BotoCoreError, ClientError) as error:
            raise BusUnavailable(str(error)) from error
        taken = []
        for event, result in zip(batch, answer["Entries"], strict=True):
            if result.get("ErrorCode"):
                logger.warning("event %s is refused: %s", event.event_id, result["ErrorCode"])
            else:
                taken.append(event.event_id)
        return taken
