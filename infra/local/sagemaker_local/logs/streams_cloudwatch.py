"""CloudWatch Logs of the emulator."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.logs.shipper import LogEvent, LogServiceUnavailable
from sagemaker_local.protocol.arns import Scope
from sagemaker_local.storage.aws_clients import AwsClients

_KNOWN_STREAMS = 10_000


class CloudWatchStreams:
    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients
        self._groups: set[tuple[Scope | None, str]] = set()
        self._streams: set[tuple[Scope | None, str, str]] = set()

    def put(self, scope: Scope | None, group: str, stream: str, events: list[LogEvent]) -> None:
        try:
            if (scope, group, stream) not in self._streams:
                self._create(scope, group, stream)
            try:
                self._put(scope, group, stream, events)
            except ClientError as error:
                if not _is(error, "ResourceNotFoundException"):
                    raise
                self._groups.discard((scope, group))  # the emulator was reset
                self._create(scope, group, stream)
                self._put(scope, group, stream, events)
        except (BotoCoreError, ClientError) as error:
            raise LogServiceUnavailable(str(error)) from error

    def last(self, scope: Scope | None, group: str, stream: str) -> LogEvent | None:
        try:
            answer = self._logs(scope).get_log_events(
                logGroupName=group, logStreamName=stream, limit=1, startFromHead=False
            )
        except ClientError as error:
            if _is(error, "ResourceNotFoundException"):
                return None
            raise LogServiceUnavailable(str(error)) from error
        except BotoCoreError as error:
            raise LogServiceUnavailable(str(error)) from error
        events = answer["events"]
        return LogEvent(int(events[-1]["timestamp"]), str(events[-1]["message"])) if events else None

    def _logs(self, scope: Scope | None) -> Any:
        return self._clients.own("logs", scope)

    def _put(self, scope: Scope | None, group: str, stream: str, events: list[LogEvent]) -> None:
        self._logs(scope).put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": event.at_ms, "message": event.message} for event in events],
        )

    def _create(self, scope: Scope | None, group: str, stream: str) -> None:
        logs = self._logs(scope)
        if (scope, group) not in self._groups:
            self._create_one(logs.create_log_group, logGroupName=group)
            self._groups.add((scope, group))
        try:
            self._create_one(logs.create_log_stream, logGroupName=group, logStreamName=stream)
        except ClientError as error:
            if not _is(error, "ResourceNotFoundException"):
                raise
            self._create_one(logs.create_log_group, logGroupName=group)
            self._create_one(logs.create_log_stream, logGroupName=group, logStreamName=stream)
        if len(self._streams) >= _KNOWN_STREAMS:
            self._streams.clear()  # asking again costs a call
        self._streams.add((scope, group, stream))

    @staticmethod
    def _create_one(create: Callable[..., Any], **arguments: str) -> None:
        try:
            create(**arguments)
        except ClientError as error:
            if not _is(error, "ResourceAlreadyExistsException"):
                raise


def _is(error: ClientError, code: str) -> bool:
    return str(error.response["Error"].get("Code", "")) == code
