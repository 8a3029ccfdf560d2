"""Who may talk to the engine: no web page of another site, and with keys configured only their holders."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]{1,32})"
    r"/(?P<service>[a-z0-9-]{1,32})/aws4_request,\s*SignedHeaders=(?P<headers>[a-z0-9;-]{1,1024}),"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_MAX_SKEW = timedelta(minutes=5)
#: What must be under the signature, or it would also fit another request.
_MUST_BE_SIGNED = ("host", "x-amz-date")


class AccessError(Exception):
    """The call is refused; ``name`` is the error name of the wire protocol."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Incoming:
    """A request as any server has read it; header names are lower case, repeated ones joined by a comma."""

    method: str
    target: str  # path and query as they came
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def host(self) -> str:
        return self.headers.get("host", "")


class AccessGate:
    """In front of all routes.

    Args:
        hosts: names under which a browser may call (against DNS rebinding); None takes any name.
        keys: access key to secret; when empty, signatures are not checked.
        admin_token: shown in its header, it stands for a signature.
    """

    def __init__(
        self, *, hosts: tuple[str, ...] | None, keys: Mapping[str, str], admin_token: str, token_header: str
    ) -> None:
        self._hosts = None if hosts is None else (*_LOOPBACK, *hosts)
        self._keys = keys
        self._admin_token = admin_token
        self._token_header = token_header.lower()

    def needs_signature(self, call: Incoming) -> bool:
        """The AWS protocols do; the engine's own routes and notebooks have tokens and cookies."""
        is_api = call.path == "/" or call.path.startswith("/endpoints/")
        shown = call.headers.get(self._token_header, "").encode()
        return bool(self._keys) and is_api and not hmac.compare_digest(shown, self._admin_token.encode())

    def check(self, call: Incoming) -> None:
        """Raises AccessError for a browser that was led here."""
        name = _host_name(call.host)
        is_known = self._hosts is None or name in self._hosts or name.endswith(".localhost")
        if not is_known and _is_browser(call):
            raise AccessError("AccessDeniedException", f"The engine does not answer under the name {name}.")
        _check_origin(call)

    def check_signature(self, call: Incoming, body: bytes) -> None:
        """Raises AccessError."""
        check_signature(call, body, self._keys, datetime.now(UTC))

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
            headers = {name.lower(): ",".join(request.headers.getall(name)) for name in request.headers}
            call = Incoming(request.method, request.raw_path, headers)
            try:
                self.check(call)
                if self.needs_signature(call):
                    self.check_signature(call, await request.read())
            except AccessError as error:
                return web.json_response(
                    {"__type": error.name, "message": str(error)},
                    status=403,
                    headers={"x-amzn-ErrorType": error.name},
                )
            return await handler(request)

        return checked


def check_signature(call: Incoming, body: bytes, keys: Mapping[str, str], now: datetime) -> None:
    """Raises AccessError unless the request carries a fresh signature (version 4) of one of the keys."""
    found = _AUTHORIZATION.fullmatch(call.headers.get("authorization", "").strip())
    if found is None:
        raise AccessError("MissingAuthenticationTokenException", "Missing Authentication Token")
    secret = keys.get(found["key"])
    if secret is None:
        message = "The security token included in the request is invalid."
        raise AccessError("UnrecognizedClientException", message)
    stamp = call.headers.get("x-amz-date", "")
    _check_time(stamp, found["date"], now)
    signed_headers = found["headers"].split(";")
    must = {*_MUST_BE_SIGNED, *(["x-amz-target"] if "x-amz-target" in call.headers else [])}
    if not must <= set(signed_headers):
        raise AccessError("IncompleteSignatureException", f"{', '.join(sorted(must))} must be signed.")
    signed = {name: call.headers.get(name, "") for name in signed_headers}
    again = AWSRequest(call.method, f"http://{call.host}{call.target}", signed, body)
    again.context["timestamp"] = stamp
    signer = SigV4Auth(Credentials(found["key"], secret), found["service"], found["region"])
    text = signer.string_to_sign(again, signer.canonical_request(again))
    if not hmac.compare_digest(signer.signature(text, again), found["signature"]):
        raise AccessError(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS "
            "Secret Access Key and signing method.",
        )


def _check_time(stamp: str, date: str, now: datetime) -> None:
    try:
        at = datetime.strptime(stamp, SIGV4_TIMESTAMP).replace(tzinfo=UTC)
    except ValueError as error:
        raise AccessError("IncompleteSignatureException", "X-Amz-Date is missing or malformed.") from error
    if abs(now - at) > _MAX_SKEW or not stamp.startswith(date):
        raise AccessError("InvalidSignatureException", f"Signature expired or not yet current: {stamp}.")


def _is_browser(call: Incoming) -> bool:
    """Others may use any name for this machine. A page cannot hide its browser where it matters: a request
    that changes something always has an origin.
    """
    agent = call.headers.get("user-agent", "")
    return "origin" in call.headers or "sec-fetch-site" in call.headers or agent.startswith("Mozilla/")


def _check_origin(call: Incoming) -> None:
    """A page of another site may link here, but not read or change anything (CSRF)."""
    origin = call.headers.get("origin")
    site = call.headers.get("sec-fetch-site", "same-origin")
    is_link = call.headers.get("sec-fetch-mode") == "navigate" and call.method == "GET"
    foreign = origin is not None and urlsplit(origin).netloc != call.host
    if foreign or (site in ("cross-site", "same-site") and not is_link):
        raise AccessError("AccessDeniedException", "A page of another site may not call the engine.")


def _host_name(host: str) -> str:
    name = host.lower()
    return name.partition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]
