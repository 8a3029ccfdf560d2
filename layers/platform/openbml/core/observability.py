"""Logger and metrics of every function; messages are constant, data goes in keys.

Traces come from Lambda and API Gateway themselves (`Tracing: Active`), see docs/decisions/0005.
"""

from aws_lambda_powertools import Logger, Metrics

logger = Logger(service="openbml")
metrics = Metrics(namespace="OpenBML", service="openbml")
