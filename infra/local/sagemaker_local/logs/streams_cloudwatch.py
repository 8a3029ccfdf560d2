"""CloudWatch Logs of the emulator."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.logs.shipper import LogEvent, LogServiceUnavailable
from sagemaker_local.storage.aws_clients import AwsClients


class CloudWatchStreams:
    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients
        self._known: set[tuple[str, str]] = set()

    def put(self, group: str, stream: str, events: list[LogEvent]) -> None:
        try:
            if (group, stream) not in self._known:
                self._create(group, stream)
            try:
                self._put(group, stream, events)
            except ClientError as error:
                if not _is(error, "ResourceNotFoundException"):
                    raise
                self._create(group, stream)  # the emulator was reset
                self._put(group, stream, events)
        except (BotoCoreError, ClientError) as error:
            raise LogServiceUnavailable(str(error)) from error

    def last(self, group: str, stream: str) -> LogEvent | None:
        try:
            answer = self._logs.get_log_events(
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

    @property
    def _logs(self) -> Any:
        return self._clients.own("logs")

    def _put(self, group: str, stream: str, events: list[LogEvent]) -> None:
        self._logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": event.at_ms, "message": event.message} for event in events],
        )

    def _create(self, group: str, stream: str) -> None:
        for create, arguments in (
            (self._logs.create_log_group, {"logGroupName": group}),
            (self._logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            try:
                create(**arguments)
            except ClientError as error:
                if not _is(error, "ResourceAlreadyExistsException"):
                    raise
        self._known.add((group, stream))


def _is(error: ClientError, code: str) -> bool:
    return str(error.response["Error"].get("Code", "")) == code
