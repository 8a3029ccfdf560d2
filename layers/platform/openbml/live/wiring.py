"""Live's collaborators, built on first use."""

from functools import cache

from openbml.core.wiring import dynamodb_table
from openbml.live.connections import LiveRepository, Sender
from openbml.live.connections_apigateway import ApiGatewaySender, ManagementSession, management_client
from openbml.live.live_dynamodb import DynamoLiveRepository
from openbml.live.settings import ConnectionSettings, LiveSettings


@cache
def live_repository() -> LiveRepository:
    return DynamoLiveRepository(dynamodb_table(LiveSettings.from_env().live_table_name))


@cache
def management_session() -> ManagementSession:
    return ManagementSession(ConnectionSettings.from_env().endpoint)


@cache
def sender() -> Sender:
    settings = ConnectionSettings.from_env()
    return ApiGatewaySender(management_client(settings.live_api_url, settings.endpoint))
