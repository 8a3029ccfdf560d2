"""The functions of the prediction path over real tables, queues and buckets."""

import base64
import importlib.util
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from openbml.compute import wiring as compute_wiring
from openbml.core import wiring as core_wiring
from openbml.core.clock import utc_now
from openbml.core.items import to_item
from openbml.identity import wiring as identity_wiring
from openbml.identity.applications import Application
from openbml.services import wiring as services_wiring
from openbml.services.calls import wiring as calls_wiring
from openbml.services.policies import Recording, Traffic, WhileAsleep
from openbml.services.prediction import wiring as prediction_wiring
from openbml.services.repositories import CallRecord
from openbml.services.routes import Route
from openbml.services.services_dynamodb import DynamoServiceRepository
from tests.contract.emulator import client, make_table
from tests.fakes.prediction_desk import CHALLENGER, MAIN, PATH
from tests.fakes.services_samples import SCOPE, service

pytestmark = [
    pytest.mark.contract,
    pytest.mark.filterwarnings("ignore:No application metrics to publish"),
]
FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"
MODULES = (core_wiring, compute_wiring, identity_wiring, services_wiring, calls_wiring, prediction_wiring)
CACHED = [value for module in MODULES for value in vars(module).values() if hasattr(value, "cache_clear")]
QUEUES = ("Calls", "Shadows", "Tickets", "Wakes", "Orders")


@dataclass
class Context:
    function_name: str = "function"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "request-1"


class Stack:
    """The functions with an environment as the template gives it."""

    def __init__(self, url: str) -> None:
        mark = uuid.uuid4().hex[:8]
        self.services = make_table(url, "services")
        self.identity = make_table(url, "identity")
        self.bucket = f"data-{mark}"
        client("s3", url).create_bucket(Bucket=self.bucket)
        self.sqs = client("sqs", url)
        self.queues = {name: self.sqs.create_queue(QueueName=f"{name}-{mark}")["QueueUrl"] for name in QUEUES}
        self.environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "STAGE": "dev",
            "SERVICES_TABLE_NAME": self.services.name,
            "IDENTITY_TABLE_NAME": self.identity.name,
            "COMPUTE_TABLE_NAME": self.services.name,
            "DATA_BUCKET_NAME": self.bucket,
            "CALL_QUEUE_URL": self.queues["Calls"],
            "SHADOW_QUEUE_URL": self.queues["Shadows"],
            "TICKET_QUEUE_URL": self.queues["Tickets"],
            "WAKE_QUEUE_URL": self.queues["Wakes"],
            "ORDER_QUEUE_URL": self.queues["Orders"],
            "CLUSTER_QPS": "1000",
            "POWERTOOLS_METRICS_DISABLED": "true",
        }

    def route(self, **changes: Any) -> None:
        """Have the service's address say this."""
        item = {
            "suffix": "digits-5",
            "segment": "classification",
            "service_id": 5,
            "scope": SCOPE,
            "recording": Recording(keep_inputs=True),
        }
        route = Route.model_validate({**item, **changes})
        self.services.put_item(Item=to_item(route, pk="suffix#digits-5", sk="route"))

    def messages(self, queue: str) -> list[dict[str, Any]]:
        reply = self.sqs.receive_message(
            QueueUrl=self.queues[queue], MaxNumberOfMessages=10, WaitTimeSeconds=0
        )
        found = reply.get("Messages", [])
        for message in found:
            self.sqs.delete_message(QueueUrl=self.queues[queue], ReceiptHandle=message["ReceiptHandle"])
        return found

    def consume(self, function: str, queue: str) -> Any:
        """Give a consumer what its queue has."""
        event = json.loads((FUNCTIONS / function / "event.json").read_text(encoding="utf-8"))
        (sample,) = event["Records"]
        records = [
            {**sample, "messageId": message["MessageId"], "body": message["Body"]}
            for message in self.messages(queue)
        ]
        return handler(function).lambda_handler({"Records": records}, Context())


def handler(function: str) -> Any:
    path = FUNCTIONS / function / "handler.py"
    spec = importlib.util.spec_from_file_location(f"call_functions_{function}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def stack(emulator_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    made = Stack(emulator_url)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    for cached in CACHED:
        cached.cache_clear()
    DynamoServiceRepository(made.services).add(service())
    yield made
    for cached in CACHED:
        cached.cache_clear()


class Caller:
    """An application that calls the public API through its function."""

    def __init__(self) -> None:
        application = Application(
            app_id=9,
            account_id=SCOPE.account_id,
            name="app",
            api_key="the-key",
            secret_key="the-secret",
            created_at=utc_now() - timedelta(hours=1),
        )
        identity_wiring.application_repository().add(application)
        keys = {
            "grant_type": "client_credentials",
            "client_id": "the-key",
            "client_secret": "the-secret",
        }
        self.token = self._asked("POST", "/oauth/2.0/token", keys)[0]["access_token"]

    def post(self, body: bytes = b'{"image": "abc"}') -> tuple[dict[str, Any], dict[str, str]]:
        return self._asked("POST", PATH, {"access_token": self.token}, body)

    def get(self, path: str) -> tuple[dict[str, Any], dict[str, str]]:
        return self._asked("GET", path, {"access_token": self.token})

    def _asked(
        self, method: str, path: str, query: dict[str, str], body: bytes = b""
    ) -> tuple[dict[str, Any], dict[str, str]]:
        event = json.loads((FUNCTIONS / "answer_prediction" / "event.json").read_text(encoding="utf-8"))
        event |= {
            "httpMethod": method,
            "path": path,
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
            "body": base64.b64encode(body).decode(),
        }
        reply = handler("answer_prediction").lambda_handler(event, Context())
        assert reply["statusCode"] == 200
        return json.loads(reply["body"]), reply["headers"]


def test_a_call_is_answered_counted_recorded_and_kept_once(stack: Stack) -> None:
    stack.route(main=MAIN)
    caller = Caller()

    reply, headers = caller.post()
    assert reply["error_code"] == 336100  # nothing is deployed behind the route
    assert headers["Retry-After"] == "30"
    assert stack.consume("record_call", "Calls") == {"batchItemFailures": []}

    book = calls_wiring.call_book()
    record: CallRecord = book.find(SCOPE, reply["log_id"])
    assert (record.app_id, record.error_code, record.model_version) == (9, 336100, 1)
    assert record.kept_as is not None
    kept = json.loads(calls_wiring.call_objects().read(record.kept_as))
    assert kept["request"] == '{"image": "abc"}'
    day = utc_now().date()
    usage = book.usage(SCOPE, day - timedelta(days=1), day + timedelta(days=1))
    assert [tally.calls for tally in usage.values()] == [1]
    assert services_wiring.last_calls().last(5) is not None


def test_a_malformed_report_comes_back_alone(stack: Stack) -> None:
    stack.sqs.send_message(QueueUrl=stack.queues["Calls"], MessageBody="{}")

    reply = stack.consume("record_call", "Calls")

    assert len(reply["batchItemFailures"]) == 1


def test_a_ticket_is_made_answered_and_fetched(stack: Stack) -> None:
    stack.route(sleeps=True, while_asleep=WhileAsleep.TICKET)
    caller = Caller()
    reply, headers = caller.post()
    assert (reply["error_code"], headers["Retry-After"]) == (336100, "30")
    assert len(stack.messages("Wakes")) == 1
    path = f"/rpc/2.0/ai_custom_bml/v1/tickets/{reply['ticket']}"

    assert stack.consume("answer_tickets", "Tickets") == {"batchItemFailures": []}
    assert caller.get(path)[0]["error_code"] == 336100
    stack.services.delete_item(Key={"pk": "suffix#digits-5", "sk": "route"})
    assert stack.consume("answer_tickets", "Tickets") == {"batchItemFailures": []}

    answer, headers = caller.get(path)
    assert (answer["log_id"], answer["error_code"]) == (reply["log_id"], 3)
    assert "Retry-After" not in headers


def test_a_shadow_is_asked_after_the_call_and_recorded_as_one(stack: Stack) -> None:
    stack.route(main=MAIN, challenger=CHALLENGER, traffic=Traffic(shadow=True))
    Caller().post(b'{"image": "%s"}' % (b"A" * 300_000))

    assert stack.consume("answer_shadow", "Shadows") == {"batchItemFailures": []}
    assert stack.consume("record_call", "Calls") == {"batchItemFailures": []}

    hour = utc_now()
    hours = calls_wiring.call_book().hours(5, hour - timedelta(hours=1), hour)
    assert {(key.role, key.model_version) for key in hours} == {("main", 1), ("shadow", 2)}


def test_the_sample_events_are_taken(stack: Stack) -> None:
    for function in ("record_call", "answer_tickets", "answer_shadow"):
        event = json.loads((FUNCTIONS / function / "event.json").read_text(encoding="utf-8"))
        assert handler(function).lambda_handler(event, Context()) == {"batchItemFailures": []}
