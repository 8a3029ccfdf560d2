"""Collaborators of the prediction API and of what follows it later, built on first use."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from aws_lambda_powertools.metrics import MetricUnit

from openbml.compute.wiring import invoker
from openbml.core.clock import utc_now
from openbml.core.ids import new_log_id
from openbml.core.observability import metrics
from openbml.core.queues import MessageQueue
from openbml.core.wiring import dynamodb_table, sqs_queue
from openbml.identity.wiring import application_repository
from openbml.services.calls.reports import QueuedReports
from openbml.services.calls.wiring import call_objects
from openbml.services.prediction.answer_tickets import LateAnswers, TicketCounter
from openbml.services.prediction.answers import PredictionApi
from openbml.services.prediction.applications_identity import IdentityApplications
from openbml.services.prediction.callers import RememberedCallers, RememberedRights, RememberedRoutes
from openbml.services.prediction.last_calls import NotedCalls
from openbml.services.prediction.leases import LeasedTallies
from openbml.services.prediction.limits import CallLimits
from openbml.services.prediction.models import Models
from openbml.services.prediction.shadows import Shadows
from openbml.services.prediction.sleeping import Sleepers
from openbml.services.prediction.tallies_dynamodb import DynamoTallies
from openbml.services.prediction.tickets_dynamodb import DynamoTickets
from openbml.services.settings import ClusterSettings
from openbml.services.wiring import call_rights, last_calls, services, services_settings, wakes

_COPYING_THREADS = 4


@cache
def applications() -> IdentityApplications:
    return IdentityApplications(application_repository(), now=utc_now)


@cache
def reports() -> QueuedReports:
    return QueuedReports(sqs_queue(services_settings().call_queue_url), call_objects())


@cache
def ticket_orders() -> MessageQueue:
    return sqs_queue(services_settings().ticket_queue_url)


@cache
def tickets() -> DynamoTickets:
    return DynamoTickets(dynamodb_table(services_settings().services_table_name))


@cache
def routes() -> RememberedRoutes:
    return RememberedRoutes(services(), time.monotonic)


@cache
def models() -> Models:
    return Models(invoker(), routes())


@cache
def late_answers() -> LateAnswers:
    return LateAnswers(
        tickets=tickets(),
        objects=call_objects(),
        orders=ticket_orders(),
        routes=routes(),
        wakes=wakes(),
        models=models(),
        reports=reports(),
        draw=random.random,
        now=utc_now,
    )


@cache
def prediction_api() -> PredictionApi:
    tallies = LeasedTallies(DynamoTallies(dynamodb_table(services_settings().services_table_name)), utc_now)
    return PredictionApi(
        callers=RememberedCallers(applications(), time.monotonic),
        routes=routes(),
        rights=RememberedRights(call_rights(), time.monotonic),
        limits=CallLimits(tallies, cluster_qps=ClusterSettings.from_env().cluster_qps, now=utc_now),
        last_calls=NotedCalls(last_calls(), time.monotonic),
        models=models(),
        sleepers=Sleepers(wakes(), services(), sleep=time.sleep, draw=random.random, now=utc_now),
        ticket_counter=TicketCounter(tickets(), call_objects(), ticket_orders(), utc_now),
        tickets=tickets(),
        objects=call_objects(),
        shadows=_shadows(),
        draw=random.random,
        now=utc_now,
        new_log_id=new_log_id,
    )


@cache
def _shadows() -> Shadows:
    return Shadows(
        sqs_queue(services_settings().shadow_queue_url),
        call_objects(),
        executor=ThreadPoolExecutor(_COPYING_THREADS, thread_name_prefix="shadow"),
        new_log_id=new_log_id,
        now=utc_now,
        lost=lambda: metrics.add_metric("ShadowsLost", MetricUnit.Count, 1),
    )
