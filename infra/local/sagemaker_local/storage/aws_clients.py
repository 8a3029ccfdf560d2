"""boto3 clients of the emulator, for the engine itself or for a role.

Making a client costs tens of milliseconds (it reads service models), so each is made once. All come from
one session, which keeps the models it has read.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from sagemaker_local.protocol.arns import Scope

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "max_attempts": 4},
    max_pool_connections=32,
    s3={"addressing_style": "path"},
)
#: Deliveries have their own endless retry, so one call gives up soon.
_DELIVERY_CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "max_attempts": 1},
    max_pool_connections=16,
    parameter_validation=False,  # it costs more than all else at 10,000 log lines a second
)
_DELIVERIES = ("events", "logs", "cloudwatch")
_KEPT_CLIENTS = 128


@dataclass(frozen=True)
class Credentials:
    access_key_id: str
    secret_access_key: str
    session_token: str | None = None
    expires_at: float | None = None


class AwsClients:
    """The clients of one emulator; the least recently used one is given up when there are many."""

    def __init__(self, *, endpoint_url: str, home: Scope, credentials: Credentials) -> None:
        self._endpoint_url = endpoint_url
        self._home = home
        self._credentials = credentials
        self._kept: OrderedDict[tuple[str, str, Credentials], Any] = OrderedDict()
        self._lock = threading.Lock()
        self._session: Any = None

    def own(self, service: str, scope: Scope | None = None) -> Any:
        """Return a client of the engine itself, in the home account and region or in another one."""
        scope = scope or self._home
        credentials = self._credentials
        if scope.account_id != self._home.account_id:  # the emulator takes an account's number for its root
            credentials = Credentials(scope.account_id, self._credentials.secret_access_key)
        return self.for_credentials(service, scope.region, credentials)

    def beside(self, arn: str) -> Scope:
        """Return the account of an ARN, in the home region."""
        return Scope(self._home.region, arn.split(":")[4])

    def for_credentials(self, service: str, region: str, credentials: Credentials) -> Any:
        key = (service, region, credentials)
        with self._lock:  # making a client from a session is not thread-safe
            if key not in self._kept:
                self._kept[key] = self._make(service, region, credentials)
                if len(self._kept) > _KEPT_CLIENTS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def _make(self, service: str, region: str, credentials: Credentials) -> Any:
        if self._session is None:
            self._session = boto3.session.Session(region_name=self._home.region)
        return self._session.client(
            service,
            region_name=region,
            endpoint_url=self._endpoint_url,
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
            config=_DELIVERY_CONFIG if service in _DELIVERIES else _CONFIG,
        )
