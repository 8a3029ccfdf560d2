"""A client of an API that knows nothing but its own description."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from openbml_client import Client
from openbml_client.datasets import DatasetVersion
from openbml_client.sessions import Session, SessionFile, now_utc
from openbml_client.transport import Transport
from tests.fakes.described_api import DescribedApi

URL = "http://openbml.test"


class Storage:
    """What lies behind presigned addresses, by path."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            self.objects[request.url.path] = request.content
            return httpx.Response(200, headers={"ETag": "e"})
        return httpx.Response(200, content=self.objects[request.url.path])


@pytest.fixture
def api() -> DescribedApi:
    made = DescribedApi()
    made.say("GET /v1/identity/projects", {"items": [{"project_id": 1, "name": "default"}]})
    return made


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
def client(api: DescribedApi, storage: Storage, tmp_path: Path) -> Client:
    sessions = SessionFile(tmp_path / "session.json")
    expires_at = now_utc() + timedelta(hours=1)
    sessions.save(Session(url=URL, email="a@b.c", id_token="t", refresh_token="r", expires_at=expires_at))
    http = httpx.Client(transport=httpx.MockTransport(api.answer))
    return Client(Transport(URL, sessions=sessions, http=http, sleep=lambda _: None, storage=storage.client))


@pytest.fixture
def version(client: Client) -> DatasetVersion:
    return client.project().datasets.at(1, 2)
