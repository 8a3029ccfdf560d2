"""Collaborators of the prediction API, built on first use."""

import time
from functools import cache

from openbml.compute.wiring import invoker
from openbml.core.clock import utc_now
from openbml.core.ids import new_log_id
from openbml.core.queues import MessageQueue
from openbml.core.wiring import dynamodb_table, sqs_queue
from openbml.identity.wiring import application_repository
from openbml.services.calls_dynamodb import DynamoCallCounters, DynamoCallRights
from openbml.services.prediction.answers import PredictionApi
from openbml.services.prediction.applications_identity import IdentityApplications
from openbml.services.prediction.callers import RememberedCallers, RememberedRights, RememberedRoutes
from openbml.services.services_dynamodb import DynamoServiceRepository
from openbml.services.settings import ServicesSettings


@cache
def _settings() -> ServicesSettings:
    return ServicesSettings.from_env()


@cache
def applications() -> IdentityApplications:
    return IdentityApplications(application_repository(), now=utc_now)


@cache
def calls_queue() -> MessageQueue:
    return sqs_queue(_settings().call_queue_url)


@cache
def prediction_api() -> PredictionApi:
    table = dynamodb_table(_settings().services_table_name)
    return PredictionApi(
        callers=RememberedCallers(applications(), time.monotonic),
        routes=RememberedRoutes(DynamoServiceRepository(table), time.monotonic),
        rights=RememberedRights(DynamoCallRights(table), time.monotonic),
        counters=DynamoCallCounters(table),
        invoker=invoker(),
        now=utc_now,
        new_log_id=new_log_id,
    )
