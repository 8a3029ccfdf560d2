"""Environment of the live functions."""

from openbml.core.settings import Settings


class LiveSettings(Settings):
    live_table_name: str


class ConnectionSettings(Settings):
    """How connections are reached; the endpoint variables are the AWS SDKs' own."""

    live_api_url: str = ""
    aws_endpoint_url: str = ""
    aws_endpoint_url_apigatewaymanagementapi: str = ""

    @property
    def endpoint(self) -> str:
        return self.aws_endpoint_url_apigatewaymanagementapi or self.aws_endpoint_url
