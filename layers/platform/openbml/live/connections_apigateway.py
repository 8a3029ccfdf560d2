"""API Gateway adapter of `Sender`, and the SDK session that Chalice's WebSocket API uses."""

from typing import Any
from urllib.parse import urlsplit

import boto3  # noqa: TID251 - an adapter
from botocore.config import Config

from openbml.live.connections import ConnectionGoneError

_QUICK = Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 2, "mode": "standard"})


def management_client(api_url: str, endpoint: str = "") -> Any:
    """Return a client of the API's connections.

    Args:
        api_url: address of the API's stage, `https://{api}.execute-api.{region}.amazonaws.com/{stage}`.
        endpoint: where execute-api is reached instead (an interface endpoint, a local cloud); the API is then
            named by the `Host` header, as such endpoints want it.
    """
    if not endpoint:
        return boto3.client("apigatewaymanagementapi", endpoint_url=api_url, config=_QUICK)
    api = urlsplit(api_url)
    client = boto3.client(
        "apigatewaymanagementapi", endpoint_url=f"{endpoint.rstrip('/')}{api.path}", config=_QUICK
    )

    def name_the_api(request: Any, **_: Any) -> None:
        request.headers["Host"] = api.netloc

    client.meta.events.register("before-sign.apigatewaymanagementapi", name_the_api)
    return client


class ManagementSession:
    """Stands where Chalice wants a boto3 session; Chalice itself would always call amazonaws.com."""

    region_name = None

    def __init__(self, endpoint: str = "") -> None:
        self._endpoint = endpoint

    def client(self, service: str, *, endpoint_url: str) -> Any:
        if service != "apigatewaymanagementapi":
            raise ValueError(f"not a WebSocket service: {service}")
        return management_client(endpoint_url, self._endpoint)


class ApiGatewaySender:
    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, connection_id: str, text: str) -> None:
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=text.encode())
        except self._client.exceptions.GoneException as error:
            raise ConnectionGoneError from error
