"""Logger, metrics and tracer of every function; messages are constant, data goes in keys."""

from aws_lambda_powertools import Logger, Metrics, Tracer

logger = Logger(service="openbml")
metrics = Metrics(namespace="OpenBML", service="openbml")
tracer = Tracer(service="openbml")
