"""A MiniStack of a test session's own, on a free port of this machine."""

import os
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from openbml_local.environments import Environments

LIMIT_S = 60


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:  # it is still writing what nobody reads again
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _python() -> str:
    """Return the interpreter of MiniStack's environment; the variable names one that exists already."""
    return os.environ.get("OPENBML_MINISTACK_PYTHON") or str(Environments().python("ministack"))


@contextmanager
def emulator(folder: Path) -> Iterator[str]:
    """Run a MiniStack until the block ends; give its address."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "S3_DATA_DIR": str(folder / "s3"),
        "STATE_DIR": str(folder / "state"),
        "TMPDIR": str(folder),
    }
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [_python(), "-c", "from ministack.app import main; main()"],
            env=environment,
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        _end(process)


def client(service: str, endpoint_url: str, *, signed: str | None = None) -> Any:
    config = Config(signature_version=signed) if signed else None
    return boto3.client(service, config=config, **access(endpoint_url))


def make_table(endpoint_url: str, name: str) -> Any:
    """Make a new table with the keys that every context's table has (contracts, section 2)."""
    keys = ("pk", "sk", "gsi1pk", "gsi1sk")
    resource = boto3.resource("dynamodb", **access(endpoint_url))
    return resource.create_table(
        TableName=f"{name}-{uuid.uuid4().hex[:8]}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "gsi1",
                "KeySchema": [
                    {"AttributeName": "gsi1pk", "KeyType": "HASH"},
                    {"AttributeName": "gsi1sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def access(endpoint_url: str) -> dict[str, Any]:
    return {
        "endpoint_url": endpoint_url,
        "region_name": "us-east-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while True:
        if process.poll() is not None:
            pytest.fail(f"MiniStack ended with code {process.returncode} before it answered")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, "MiniStack did not answer in time"
        time.sleep(0.1)
