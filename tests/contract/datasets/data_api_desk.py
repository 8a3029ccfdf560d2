"""The data API as its function answers it, with real applications, projects and grants."""

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from openbml.core import wiring as core_wiring
from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.core.scope import Principal
from openbml.datasets import wiring
from openbml.datasets.data_api import wiring as api_wiring
from openbml.datasets.delete_datasets import DeletionMessage
from openbml.identity import wiring as identity_wiring
from openbml.identity.access import Authorizer
from openbml.identity.applications import Application, DataAccess
from openbml.identity.applications_dynamodb import DynamoApplicationRepository
from openbml.identity.credentials import create_application, issue_token
from openbml.identity.projects import Project
from openbml.identity.projects_dynamodb import DynamoGrantRepository, DynamoProjectRepository
from tests.contract.datasets.conftest import World
from tests.contract.emulator import client, make_table

HANDLER = Path(__file__).resolve().parents[3] / "functions" / "answer_data_api" / "handler.py"
EVENT = json.loads((HANDLER.parent / "event.json").read_text())
PREFIX = "/rpc/2.0/easydl/pro/dataset"
MODULES = (core_wiring, wiring, identity_wiring, api_wiring)
OWNER = Principal(account_id=1, user_id=7, email="owner@example.com", is_owner=True)


class Context:
    """What a handler is told of its call."""

    function_name = "answer-data-api"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:answer-data-api"
    aws_request_id = "request-1"


@dataclass
class Desk:
    world: World
    identity: Any
    handler: Any
    token: str = ""
    replies: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.applications = DynamoApplicationRepository(self.identity)
        self.grants = DynamoGrantRepository(self.identity)
        self.authorizer = Authorizer(
            projects=DynamoProjectRepository(self.identity), grants=self.grants, region="us-east-1"
        )

    def application(self, principal: Principal = OWNER, **options: Any) -> Application:
        options.setdefault("project_id", self.world.scope.project_id)
        return create_application(
            principal,
            name="client",
            description="",
            authorizer=self.authorizer,
            applications=self.applications,
            now=utc_now,
            new_id=new_id,
            **options,
        )

    def other_project(self) -> int:
        scope = self.world.scope.model_copy(update={"project_id": new_id()})
        project = Project(scope=scope, name="other", created_at=utc_now())
        DynamoProjectRepository(self.identity).add(project)
        return scope.project_id

    def token_of(self, application: Application, *, age: timedelta = timedelta()) -> str:
        return issue_token(
            application.api_key,
            application.secret_key,
            applications=self.applications,
            now=lambda: utc_now() - age,
        ).access_token

    def token_with(self, access: DataAccess) -> str:
        return self.token_of(self.application(data_access=access))

    def raw(
        self,
        operation: str,
        body: str | bytes,
        *,
        token: str | None = "own",
        method: str = "POST",
        path: str | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """Return status and body of a call as API Gateway makes it."""
        query = None if token is None else {"access_token": self.token if token == "own" else token}
        text = body if isinstance(body, str) else body.decode("utf-8", "replace")
        event = {
            **EVENT,
            "path": path or f"{PREFIX}/{operation}",
            "httpMethod": method,
            "queryStringParameters": query,
            "body": text,
            "isBase64Encoded": False,
        }
        reply = self.handler.lambda_handler(event, Context())
        document = json.loads(reply["body"])
        self.replies.append(document)
        return int(reply["statusCode"]), document

    def call(self, operation: str, body: Any, **options: Any) -> dict[str, Any]:
        """Return the body, checked for what every reply owes (spec 02 section 8.1; items 103, 125)."""
        status, document = self.raw(operation, json.dumps(body), **options)
        assert status == 200
        assert isinstance(document["log_id"], int)
        if "error_code" in document or "error_msg" in document:
            assert set(document) == {"log_id", "error_code", "error_msg"}
        return document

    def ok(self, operation: str, body: Any, **options: Any) -> dict[str, Any]:
        document = self.call(operation, body, **options)
        assert "error_code" not in document, document
        return document

    def error(self, operation: str, body: Any, **options: Any) -> tuple[int, str]:
        document = self.call(operation, body, **options)
        assert "error_code" in document, document
        return document["error_code"], document["error_msg"]

    def carried_out(self) -> None:
        """Work off what the function asked to be deleted."""
        sqs = client("sqs", self.world.url)
        url = sqs.get_queue_url(QueueName=self.world.table.name)["QueueUrl"]
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            self.world.deletions.send([DeletionMessage.model_validate_json(message["Body"])])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.world.deletions_carried_out()

    def create(self, name: str, api_type: str, template_type: str, **more: Any) -> dict[str, Any]:
        return self.ok(
            "create", {"dataset_name": name, "type": api_type, "template_type": template_type, **more}
        )


def _forget_collaborators() -> None:
    for module in MODULES:
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def opened(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    identity = make_table(world.url, "identity")
    queue = client("sqs", world.url).create_queue(QueueName=world.table.name)
    jobs = client("sqs", world.url).create_queue(QueueName=f"{world.table.name}-jobs")
    environment = {
        "AWS_ENDPOINT_URL": world.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "EVENT_BUS_NAME": "default",
        "DATASETS_TABLE_NAME": world.table.name,
        "DATA_BUCKET_NAME": world.data._bucket,
        "UPLOADS_BUCKET_NAME": world.archives._bucket,
        "IDENTITY_TABLE_NAME": identity.name,
        "DELETIONS_QUEUE_URL": queue["QueueUrl"],
        "DATA_JOBS_QUEUE_URL": jobs["QueueUrl"],
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_METRICS_NAMESPACE": "OpenBML",
        "POWERTOOLS_SERVICE_NAME": "datasets",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    _forget_collaborators()
    DynamoProjectRepository(identity).add(Project(scope=world.scope, name="default", created_at=utc_now()))
    specification = importlib.util.spec_from_file_location("answer_data_api_handler", HANDLER)
    assert specification is not None
    assert specification.loader is not None
    handler = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(handler)
    built = Desk(world, identity, handler)
    built.token = built.token_of(built.application())
    yield built
    _forget_collaborators()
