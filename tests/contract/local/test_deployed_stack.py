"""What the deployed stack can do through the gateway, as in an account through CloudFront."""

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import aiohttp
import pytest

from openbml_local.stack import Stack
from tests.contract.local.conftest import Bml, until

pytestmark = pytest.mark.contract


def call(bml: Bml, path: str, **options: Any) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(bml.cloud.url + path, **options)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, dict(reply.headers), reply.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def test_a_function_gets_its_role_its_layer_and_the_local_endpoints(bml: Bml) -> None:
    status, _, body = call(bml, "/v1/hello")
    answer = json.loads(body)
    assert status == 200
    assert answer["hello"] == "hello cloud"
    assert ":assumed-role/openbml-EchoRole" in answer["caller"]
    assert answer["python"] == [3, 11]
    assert answer["environment"] == {
        "AWS_ENDPOINT_URL": bml.cloud.endpoint,
        "AWS_ENDPOINT_URL_SAGEMAKER": bml.cloud.engine_endpoint,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": bml.cloud.engine_endpoint,
        "AWS_REGION": "us-east-1",
    }


def test_what_no_policy_allows_is_denied_as_in_aws(bml: Bml) -> None:
    status, _, body = call(bml, "/v1/forbidden")
    assert status == 502
    assert b"not authorized to perform: dynamodb:ListTables" in body


def test_path_query_headers_and_body_reach_the_function_unchanged(bml: Bml) -> None:
    status, _, body = call(
        bml, "/v1/a%20b?x=1&x=2&y=%2F%26", method="POST", data=b'{"a": "\xc3\xa9"}',
        headers={"Authorization": "Bearer abc", "Content-Type": "application/json"},
    )  # fmt: skip
    answer = json.loads(body)
    assert status == 200
    assert answer["query"] == {"x": ["1", "2"], "y": ["/&"]}
    assert answer["body"] == '{"a": "é"}'
    assert answer["headers"]["authorization"] == "Bearer abc"
    assert answer["headers"]["x-forwarded-host"] == f"127.0.0.1:{bml.cloud.ports.gateway}"


def test_the_console_is_served_with_the_headers_of_the_template(bml: Bml) -> None:
    status, headers, body = call(bml, "/")
    assert (status, body) == (200, b"<html>the console</html>")
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Type"] == "text/html"
    assert "Strict-Transport-Security" not in headers


def test_a_room_of_the_console_is_served_by_the_templates_function(bml: Bml) -> None:
    assert call(bml, "/projects/12/datasets")[2] == b"<html>the console</html>"


def test_a_hashed_asset_may_be_kept_and_a_missing_one_is_an_error(bml: Bml) -> None:
    assert "immutable" in call(bml, "/assets/app-1.js")[1]["Cache-Control"]
    assert call(bml, "/assets/app-2.js")[0] in (403, 404)


def test_a_websocket_is_carried_both_ways(bml: Bml) -> None:
    async def talk() -> str:
        url = bml.cloud.url.replace("http:", "ws:") + "/live?ticket=1"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            await socket.send_str('{"action": "subscribe"}')
            return str(await socket.receive_str(timeout=15))

    assert asyncio.run(talk()) == 'heard {"action": "subscribe"}'


def test_a_refused_websocket_is_refused_to_the_viewer(bml: Bml) -> None:
    async def connect() -> int:
        url = bml.cloud.url.replace("http:", "ws:") + "/live?ticket=forged"
        async with aiohttp.ClientSession() as session:
            try:
                async with session.ws_connect(url, timeout=aiohttp.ClientWSTimeout(ws_close=5)):
                    return 101
            except aiohttp.WSServerHandshakeError as error:
                return error.status

    assert asyncio.run(connect()) in (401, 403)


def test_a_message_is_consumed_by_the_function(bml: Bml) -> None:
    bml.client("sqs").send_message(
        QueueUrl=Stack(bml.cloud).outputs()["WorkQueue"], MessageBody="over the queue"
    )
    until(lambda: "over the queue" in {item.get("body") for item in bml.table().scan()["Items"]})


def test_a_browser_may_upload_to_a_presigned_address_from_the_console_only(bml: Bml) -> None:
    url = json.loads(call(bml, "/v1/presign")[2])["url"]
    assert url.startswith(bml.cloud.endpoint)

    def preflight(origin: str) -> int:
        headers = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        request = urllib.request.Request(url, method="OPTIONS", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                assert reply.headers["Access-Control-Allow-Origin"] == origin
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert preflight(bml.cloud.url) == 200
    assert preflight("http://elsewhere.example") == 403
    upload = urllib.request.Request(url, method="PUT", data=b"bytes", headers={"Origin": bml.cloud.url})
    with urllib.request.urlopen(upload, timeout=10) as reply:
        assert reply.status == 200
        assert reply.headers["Access-Control-Allow-Origin"] == bml.cloud.url


def test_the_administrator_has_a_password_that_lasts(bml: Bml) -> None:
    pool = bml.client("cognito-idp")
    pool_id = Stack(bml.cloud).outputs()["UserPoolId"]
    administrator = bml.state.administrator(bml.cloud.admin_email)
    client = pool.create_user_pool_client(
        UserPoolId=pool_id, ClientName="test", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    reply = pool.initiate_auth(
        ClientId=client, AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": administrator.email, "PASSWORD": administrator.password},
    )  # fmt: skip
    assert reply["AuthenticationResult"]["IdToken"]


@pytest.fixture
def stranger() -> Iterator[int]:
    """Another program that holds a port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_port_in_use_is_one_message_that_names_its_owner(bml: Bml, stranger: int) -> None:
    other = Bml(bml.state_dir.parent / "other", bml.project, bml.ports | {"ministack": stranger})
    done = other(*other.up_arguments)
    assert done.returncode == 3
    assert f"port {stranger} for ministack is in use by process" in done.stderr
    assert "--port-ministack" in done.stderr
    assert "Traceback" not in done.stderr
