"""WebSocket API: opens connections by ticket, lets them follow topics, forgets them when they end."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from chalice.app import Chalice, WebsocketEvent

from openbml.core.clock import utc_now
from openbml.core.observability import logger
from openbml.live.connections import TicketRefusedError
from openbml.live.messages import answer
from openbml.live.use_cases import open_connection
from openbml.live.wiring import live_repository, management_session

app = Chalice(app_name="push_live", configure_logs=False)
app.experimental_feature_flags.update(["WEBSOCKETS"])


@app.on_ws_connect()
def connect(event: WebsocketEvent) -> dict[str, Any]:
    ticket = (event.to_dict().get("queryStringParameters") or {}).get("ticket")
    try:
        open_connection(event.connection_id, ticket, live=live_repository(), now=utc_now)
    except TicketRefusedError:
        logger.info("ticket refused")
        return {"statusCode": 401}
    return {"statusCode": 200}


@app.on_ws_message()
def message(event: WebsocketEvent) -> None:
    app.websocket_api.send(
        event.connection_id, answer(event.connection_id, event.body, live=live_repository())
    )


@app.on_ws_disconnect()
def disconnect(event: WebsocketEvent) -> None:
    live_repository().remove_connection(event.connection_id)


_HANDLERS = {"CONNECT": connect, "MESSAGE": message, "DISCONNECT": disconnect}


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    kind = event["requestContext"]["eventType"]
    logger.info("websocket", event_type=kind)
    app.websocket_api.session = management_session()
    response: dict[str, Any] = _HANDLERS[kind](event, context)
    return response
