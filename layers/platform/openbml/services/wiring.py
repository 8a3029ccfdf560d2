"""Collaborators of this context, built on first use."""

from functools import cache

from openbml.core.clock import utc_now
from openbml.core.queues import MessageQueue
from openbml.core.wiring import dynamodb_table, sqs_queue
from openbml.metering import wiring as metering
from openbml.models import wiring as models
from openbml.services.call_rights_dynamodb import DynamoCallRights
from openbml.services.last_calls_dynamodb import DynamoLastCalls
from openbml.services.neighbours import MeteredFunds, RepositoryVersions
from openbml.services.services_dynamodb import DynamoServiceRepository
from openbml.services.settings import ServicesSettings
from openbml.services.wakes_sqs import LeasedWakes


@cache
def services_settings() -> ServicesSettings:
    return ServicesSettings.from_env()


@cache
def services() -> DynamoServiceRepository:
    return DynamoServiceRepository(dynamodb_table(services_settings().services_table_name))


@cache
def call_rights() -> DynamoCallRights:
    return DynamoCallRights(dynamodb_table(services_settings().services_table_name))


@cache
def orders() -> MessageQueue:
    return sqs_queue(services_settings().order_queue_url)


@cache
def wake_orders() -> MessageQueue:
    return sqs_queue(services_settings().wake_queue_url)


@cache
def wakes() -> LeasedWakes:
    return LeasedWakes(dynamodb_table(services_settings().services_table_name), wake_orders())


@cache
def last_calls() -> DynamoLastCalls:
    return DynamoLastCalls(dynamodb_table(services_settings().services_table_name))


@cache
def versions() -> RepositoryVersions:
    return RepositoryVersions(models.models())


@cache
def funds() -> MeteredFunds:
    return MeteredFunds(accounts=metering.accounts(), ledger=metering.ledger(), now=utc_now)
