"""CloudWatch metrics of the emulator."""

import json
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.logs.metric_dispatcher import Datum, MetricsUnavailable
from sagemaker_local.storage.aws_clients import AwsClients


class CloudWatchMetrics:
    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def put(self, region: str, namespace: str, data: list[Datum]) -> None:
        try:
            self._clients.own("cloudwatch", region).put_metric_data(
                Namespace=namespace, MetricData=[_entry(one) for one in data]
            )
        except (BotoCoreError, ClientError) as error:
            raise MetricsUnavailable(str(error)) from error


def _entry(one: Datum) -> dict[str, Any]:
    dimensions = json.loads(one.dimensions)
    return {
        "MetricName": one.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Timestamp": datetime.fromtimestamp(one.at, UTC),
        "Values": list(one.values),
        "Counts": list(one.values.values()),
        "Unit": one.unit,
    }
