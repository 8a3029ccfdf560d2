"""Collaborators of what comes of calls, built on first use."""

from functools import cache

from openbml.core.clock import utc_now
from openbml.core.wiring import aws_client, cursor_codec, dynamodb_table, s3_presigner
from openbml.models.wiring import models
from openbml.services.calls.call_book_dynamodb import DynamoCallBook
from openbml.services.calls.examples_models import ReferencedExamples
from openbml.services.calls.expiring_objects_s3 import S3ExpiringObjects
from openbml.services.calls.feedback_dynamodb import DynamoFeedbackBook
from openbml.services.calls.read_calls import CallReaders
from openbml.services.settings import CallSettings
from openbml.services.wiring import services, services_settings


@cache
def call_book() -> DynamoCallBook:
    return DynamoCallBook(dynamodb_table(services_settings().services_table_name))


@cache
def feedback_book() -> DynamoFeedbackBook:
    return DynamoFeedbackBook(dynamodb_table(services_settings().services_table_name))


@cache
def call_objects() -> S3ExpiringObjects:
    return S3ExpiringObjects(aws_client("s3"), CallSettings.from_env().data_bucket_name, s3_presigner())


@cache
def example_requests() -> ReferencedExamples:
    return ReferencedExamples(models())


@cache
def call_readers() -> CallReaders:
    return CallReaders(
        services=services(),
        book=call_book(),
        feedback=feedback_book(),
        objects=call_objects(),
        cursors=cursor_codec(),
        now=utc_now,
    )
