"""Log subscription: passes on what running jobs print."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import CloudWatchLogsEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.compute.progress import Delivery, RawLine, ingest_progress
from openbml.compute.wiring import delivery_marks, jobs, names
from openbml.core.observability import logger, metrics
from openbml.core.wiring import event_publisher


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@event_source(data_class=CloudWatchLogsEvent)
def lambda_handler(event: CloudWatchLogsEvent, context: LambdaContext) -> dict[str, Any]:
    data = event.parse_logs_data()
    delivery = Delivery(
        log_stream=data.log_stream,
        lines=[
            RawLine(id=line.get_id, timestamp=line.timestamp, message=line.message)
            for line in data.log_events
        ],
    )
    passed_on = ingest_progress(
        delivery, names=names(), jobs=jobs(), marks=delivery_marks(), events=event_publisher()
    )
    metrics.add_metric("LogLines", MetricUnit.Count, passed_on)
    logger.info("log lines ingested", log_stream=data.log_stream, lines=passed_on)
    return {"lines": passed_on}
