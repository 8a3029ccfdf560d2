"""CloudWatch metrics of the emulator."""

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.logs.metric_dispatcher import MetricsUnavailable
from sagemaker_local.protocol.arns import Scope
from sagemaker_local.state.metric_outbox import Datum
from sagemaker_local.storage.aws_clients import AwsClients


class CloudWatchMetrics:
    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def put(self, scope: Scope, namespace: str, data: list[Datum]) -> None:
        try:
            self._clients.own("cloudwatch", scope).put_metric_data(
                Namespace=namespace, MetricData=[_entry(one) for one in data]
            )
        except (BotoCoreError, ClientError) as error:
            raise MetricsUnavailable(str(error)) from error


def _entry(one: Datum) -> dict[str, Any]:
    return {
        "MetricName": one.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in one.dimensions.items()],
        "Timestamp": datetime.fromtimestamp(one.at, UTC),
        "Values": [value for value, _ in one.values],
        "Counts": [float(count) for _, count in one.values],
        "Unit": one.unit,
    }
