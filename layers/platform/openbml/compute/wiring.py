"""Collaborators of this context, built on first use."""

import time
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from openbml.compute.component_places import ComponentPlaces
from openbml.compute.gateway import ComputeGateway
from openbml.compute.hosted_models_sagemaker import HostedModels
from openbml.compute.hosting_logs import HostingLogs
from openbml.compute.hosting_logs_cloudwatch import CloudWatchContainerLogs
from openbml.compute.hosting_pools_sagemaker import HostingPools
from openbml.compute.hostings import HostingMode, HostingRuntime
from openbml.compute.hostings_by_mode import HostingRuntimes
from openbml.compute.hostings_components_sagemaker import ComponentHostingRuntime
from openbml.compute.hostings_dynamodb import DynamoHostingRepository
from openbml.compute.hostings_sagemaker import SageMakerHostingRuntime
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.invocations import Invoker
from openbml.compute.invocations_sagemaker import ComponentInvoker, EndpointInvoker, FirstKnownInvoker
from openbml.compute.jobs import JobRuntimes
from openbml.compute.jobs_dynamodb import DynamoJobRepository
from openbml.compute.names import ComputeNames
from openbml.compute.processing_sagemaker import SageMakerProcessingRuntime
from openbml.compute.progress_dynamodb import DynamoDeliveryMarks
from openbml.compute.settings import ComputeSettings, InvokerSettings
from openbml.compute.training_sagemaker import SageMakerTrainingRuntime
from openbml.core.clock import utc_now
from openbml.core.queues import MessageQueue
from openbml.core.wiring import aws_client, dynamodb_table, event_publisher, sqs_queue
from openbml_catalog.images import predicting_images

_CONNECT_TIMEOUT_S = 2


@cache
def compute_settings() -> ComputeSettings:
    return ComputeSettings.from_env()


@cache
def names() -> ComputeNames:
    return ComputeNames(stage=InvokerSettings.from_env().stage)


@cache
def jobs() -> DynamoJobRepository:
    return DynamoJobRepository(dynamodb_table(compute_settings().compute_table_name))


@cache
def delivery_marks() -> DynamoDeliveryMarks:
    return DynamoDeliveryMarks(dynamodb_table(compute_settings().compute_table_name), now=utc_now)


@cache
def compute_gateway() -> ComputeGateway:
    settings = compute_settings()
    client = aws_client("sagemaker")
    addresses = ImageAddresses(prefix=settings.image_repository_prefix, tag=settings.image_tag)
    return ComputeGateway(
        jobs=jobs(),
        runtimes=JobRuntimes(
            training=SageMakerTrainingRuntime(
                client, names=names(), images=addresses, role_arn=settings.training_role_arn
            ),
            processing=SageMakerProcessingRuntime(
                client,
                names=names(),
                images=addresses,
                role_arns={
                    "data": settings.data_job_role_arn,
                    "search": settings.search_role_arn,
                    **dict.fromkeys(predicting_images(), settings.batch_role_arn),
                },
            ),
        ),
        hostings=hostings(),
        hosting=_hosting_runtimes(client, addresses, settings.hosting_role_arn),
        hosting_mode=settings.hosting_mode,
        events=event_publisher(),
        now=utc_now,
    )


@cache
def hostings() -> DynamoHostingRepository:
    return DynamoHostingRepository(dynamodb_table(compute_settings().compute_table_name))


@cache
def hosting_logs() -> HostingLogs:
    return HostingLogs(hostings=hostings(), names=names(), logs=CloudWatchContainerLogs(aws_client("logs")))


@cache
def hosting_looks() -> MessageQueue:
    return sqs_queue(compute_settings().hosting_looks_queue_url)


@cache
def invoker() -> Invoker:
    places = ComponentPlaces(aws_client("sagemaker"), names=names(), seconds=time.monotonic)
    components = ComponentInvoker(_runtime_client, places=places)
    endpoints = EndpointInvoker(_runtime_client, names=names())
    if InvokerSettings.from_env().hosting_mode is HostingMode.COMPONENTS:
        return FirstKnownInvoker([components, endpoints])
    return FirstKnownInvoker([endpoints, components])


def _hosting_runtimes(client: Any, addresses: ImageAddresses, role_arn: str) -> HostingRuntime:
    models = HostedModels(client, names=names(), images=addresses, role_arn=role_arn)
    pools = HostingPools(client, names=names(), role_arn=role_arn, now=utc_now)
    return HostingRuntimes(
        {
            HostingMode.ENDPOINTS: SageMakerHostingRuntime(client, names=names(), models=models),
            HostingMode.COMPONENTS: ComponentHostingRuntime(
                client, names=names(), models=models, pools=pools, now=utc_now
            ),
        }
    )


@cache
def _runtime_client(timeout_s: float) -> Any:
    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=timeout_s,
        retries={"total_max_attempts": 2, "mode": "standard"},
        max_pool_connections=32,
    )
    return boto3.client("sagemaker-runtime", config=config)
