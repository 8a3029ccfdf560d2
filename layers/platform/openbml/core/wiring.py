"""Shared collaborators, built on first use."""

from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.utilities import parameters
from botocore.config import Config

from openbml.core.events import EventPublisher
from openbml.core.events_eventbridge import EventBridgePublisher
from openbml.core.pages import CursorCodec
from openbml.core.queues import MessageQueue
from openbml.core.queues_sqs import SqsQueue
from openbml.core.settings import CoreSettings


@cache
def core_settings() -> CoreSettings:
    return CoreSettings.from_env()


@cache
def aws_client(service: str) -> Any:
    make: Any = boto3.client  # typed per service name, which is a variable here
    return make(service)


@cache
def s3_presigner() -> Any:
    """Return a client that computes addresses; they ask browsers for no checksums, which only an SDK has."""
    return boto3.client(
        "s3", config=Config(signature_version="s3v4", request_checksum_calculation="when_required")
    )


@cache
def dynamodb_table(name: str) -> Any:
    return boto3.resource("dynamodb").Table(name)


@cache
def event_publisher() -> EventPublisher:
    return EventBridgePublisher(aws_client("events"), core_settings().event_bus_name)


@cache
def sqs_queue(queue_url: str) -> MessageQueue:
    return SqsQueue(aws_client("sqs"), queue_url)


@cache
def cursor_codec() -> CursorCodec:
    secret = parameters.get_secret(core_settings().cursor_secret_arn)
    return CursorCodec(str(secret).encode())


def public_url() -> str:
    """Return the installation's public address, without a trailing slash (docs/decisions/0003).

    Kept for five minutes, so that a changed address arrives without a deploy.
    """
    value = parameters.get_parameter(core_settings().public_url_parameter, max_age=300)
    return str(value).rstrip("/")
