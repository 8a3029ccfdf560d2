"""The engine's port: signatures when it is open to others, and no call from a page of another site."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.conftest import new_engine
from tests.contract.sagemaker_local.engine_process import REPOSITORY, EngineProcess

pytestmark = pytest.mark.contract


def client(engine: EngineProcess, service: str, key: str, secret: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=engine.url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 0, "mode": "standard"}),
    )


def status_of(
    engine: EngineProcess, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str
) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(engine.url + path, method=method, data=body, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def keyed(
    emulator: str, event_queue: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EngineProcess]:
    engine = new_engine(
        tmp_path_factory.mktemp("keyed"),
        emulator,
        ports=2,
        SML_ACCESS_KEYS="AKIAONE:secret-one, AKIATWO:secret/two+",
        SML_HOST="0.0.0.0",
        SML_ALLOW_REMOTE="1",
    )
    engine.start()
    yield engine
    engine.stop()


@pytest.mark.parametrize(("key", "secret"), [("AKIAONE", "secret-one"), ("AKIATWO", "secret/two+")])
def test_a_call_signed_with_a_configured_key_is_answered(keyed: EngineProcess, key: str, secret: str) -> None:
    assert client(keyed, "sagemaker", key, secret).list_training_jobs()["TrainingJobSummaries"] == []
    runtime = client(keyed, "sagemaker-runtime", key, secret)
    with pytest.raises(ClientError, match="ValidationError"):
        runtime.invoke_endpoint(EndpointName="no-such", Body=b"x", CustomAttributes="a b  c,d")


@pytest.mark.parametrize(
    ("key", "secret", "name"),
    [
        ("AKIAONE", "wrong", "InvalidSignatureException"),
        ("AKIANOBODY", "secret-one", "UnrecognizedClientException"),
    ],
)
def test_a_call_with_another_key_or_secret_is_refused(
    keyed: EngineProcess, key: str, secret: str, name: str
) -> None:
    with pytest.raises(ClientError) as caught:
        client(keyed, "sagemaker", key, secret).list_training_jobs()
    assert caught.value.response["Error"]["Code"] == name
    with pytest.raises(ClientError) as caught:
        client(keyed, "sagemaker-runtime", key, secret).invoke_endpoint(EndpointName="e", Body=b"x")
    assert caught.value.response["Error"]["Code"] == name


def test_a_call_without_a_signature_or_with_a_changed_body_is_refused(keyed: EngineProcess) -> None:
    target = {"X_Amz_Target": "SageMaker.ListTrainingJobs", "Content_Type": "application/x-amz-json-1.1"}
    assert status_of(keyed, "/", method="POST", body=b"{}", **target) == 403
    sent: dict[str, Any] = {}
    honest = client(keyed, "sagemaker", "AKIAONE", "secret-one")
    honest.meta.events.register("before-send.sagemaker.*", lambda request, **_: sent.update(request.headers))
    honest.list_training_jobs()
    headers = {
        name.replace("-", "_"): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in sent.items()
        if name.lower() != "content-length"
    }
    assert status_of(keyed, "/", method="POST", body=b"{}", **headers) == 200
    assert status_of(keyed, "/", method="POST", body=b'{"MaxResults": 5}', **headers) == 403
    for changed in ({"X_Amz_Target": "SageMaker.ListModels"}, {"X_Amz_Date": "20200101T000000Z"}):
        assert status_of(keyed, "/", method="POST", body=b"{}", **{**headers, **changed}) == 403


def test_remote_access_without_keys_is_refused_at_start(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sagemaker_local", "serve"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY / "infra" / "local"),
            "SML_STATE_DIR": str(tmp_path / "state"),
            "SML_HOST": "0.0.0.0",
            "SML_ALLOW_REMOTE": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "SML_ACCESS_KEYS" in ended.stderr


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:4570"}, 200),
        ({"Host": "[::1]:4570"}, 200),
        # A name of theirs that resolves to 127.0.0.1: for the browser a page of it is of the same origin.
        ({"Host": "evil.example:4570", "User_Agent": "Mozilla/5.0"}, 403),
        ({"Host": "evil.example:4570", "Origin": "http://evil.example:4570"}, 403),
        ({"Host": "127.0.0.1.evil.example", "Origin": "http://127.0.0.1.evil.example"}, 403),
        ({"Host": "host.docker.internal:4570"}, 200),  # no browser
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}, 200),  # a link
        ({"Sec_Fetch_Site": "same-origin"}, 200),
    ],
)
def test_only_pages_of_the_engine_itself_may_call_it(
    engine: EngineProcess, headers: dict[str, str], status: int
) -> None:
    assert status_of(engine, "/_local/health", **headers) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Host": "evil.example:4570", "Origin": "http://evil.example:4570"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"}, 403),
    ],
)
def test_no_page_of_another_site_may_call_an_endpoint(
    engine: EngineProcess, headers: dict[str, str], status: int
) -> None:
    path = "/endpoints/no-such/invocations"
    assert status_of(engine, path, method="POST", body=b"x", **headers) == status


def test_a_page_of_the_engine_itself_may_call_it(engine: EngineProcess) -> None:
    assert status_of(engine, "/_local/health", Origin=engine.url) == 200


def test_admin_routes_want_the_token(engine: EngineProcess) -> None:
    assert status_of(engine, "/_local/state") == 403
    assert status_of(engine, "/_local/state", X_Sml_Token="x" * 43) == 403
    assert status_of(engine, "/_local/gc", method="POST", body=b"") == 403
    assert "processes" in engine.admin("GET", "state")
