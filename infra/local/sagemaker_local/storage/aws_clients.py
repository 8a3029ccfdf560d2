"""boto3 clients of the emulator, for the engine itself or for a role."""

import threading
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "max_attempts": 4},
    max_pool_connections=16,
    s3={"addressing_style": "path"},
)
#: Deliveries have their own endless retry, so one call gives up soon.
_DELIVERY_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 1})


@dataclass(frozen=True)
class Credentials:
    access_key_id: str
    secret_access_key: str
    session_token: str | None = None
    expires_at: float | None = None


class AwsClients:
    """Makes clients for one emulator and keeps the engine's own ones."""

    def __init__(self, *, endpoint_url: str, region: str, credentials: Credentials) -> None:
        self._endpoint_url = endpoint_url
        self._region = region
        self._credentials = credentials
        self._own: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def own(self, service: str, region: str | None = None) -> Any:
        key = (service, region or self._region)
        with self._lock:
            if key not in self._own:
                config = _DELIVERY_CONFIG if service in ("events", "logs") else _CONFIG
                self._own[key] = self._make(service, key[1], self._credentials, config)
            return self._own[key]

    def for_credentials(self, service: str, region: str, credentials: Credentials) -> Any:
        with self._lock:  # making a client from a session is not thread-safe
            return self._make(service, region, credentials, _CONFIG)

    def _make(self, service: str, region: str, credentials: Credentials, config: Config) -> Any:
        session: Any = boto3.session.Session(
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
            region_name=region,
        )
        return session.client(service, endpoint_url=self._endpoint_url, config=config)
