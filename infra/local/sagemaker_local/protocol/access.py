"""Who may talk to the engine: no web page of another site, and with keys configured only their holders."""

import hmac
import re
from collections.abc import Mapping
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


class AccessGate:
    """Middleware in front of all routes.

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
        self._token_header = token_header

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                self._check_host(request)
                _check_origin(request)
                if self._keys and _is_api_call(request) and not self._shows_token(request):
                    check_signature(request, await request.read(), self._keys, datetime.now(UTC))
            except AccessError as error:
                return web.json_response(
                    {"__type": error.name, "message": str(error)},
                    status=403,
                    headers={"x-amzn-ErrorType": error.name},
                )
            return await handler(request)

        return check

    def _check_host(self, request: web.Request) -> None:
        name = _host_name(request.headers.get("Host", ""))
        if self._hosts is not None and name not in self._hosts and not name.endswith(".localhost"):
            raise AccessError("AccessDeniedException", f"The engine does not answer under the name {name}.")

    def _shows_token(self, request: web.Request) -> bool:
        return hmac.compare_digest(
            request.headers.get(self._token_header, "").encode(), self._admin_token.encode()
        )


def check_signature(request: web.Request, body: bytes, keys: Mapping[str, str], now: datetime) -> None:
    """Raises AccessError unless the request carries a fresh signature (version 4) of one of the keys."""
    found = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", "").strip())
    if found is None:
        raise AccessError("MissingAuthenticationTokenException", "Missing Authentication Token")
    secret = keys.get(found["key"])
    if secret is None:
        message = "The security token included in the request is invalid."
        raise AccessError("UnrecognizedClientException", message)
    stamp = request.headers.get("X-Amz-Date", "")
    _check_time(stamp, found["date"], now)
    signed_headers = found["headers"].split(";")
    must = {*_MUST_BE_SIGNED, *(["x-amz-target"] if "X-Amz-Target" in request.headers else [])}
    if not must <= set(signed_headers):
        raise AccessError("IncompleteSignatureException", f"{', '.join(sorted(must))} must be signed.")
    signed = {name: ",".join(request.headers.getall(name, [])) for name in signed_headers}
    again = AWSRequest(request.method, f"http://{request.host}{request.raw_path}", signed, body)
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


def _is_api_call(request: web.Request) -> bool:
    """The AWS protocols; the engine's own routes and notebooks have tokens and cookies of their own."""
    return request.path == "/" or request.path.startswith("/endpoints/")


def _check_origin(request: web.Request) -> None:
    """A page of another site may link here, but not read or change anything (CSRF)."""
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    is_link = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.method == "GET"
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("Host", "")
    if foreign or (site in ("cross-site", "same-site") and not is_link):
        raise AccessError("AccessDeniedException", "A page of another site may not call the engine.")


def _host_name(host: str) -> str:
    name = host.lower()
    return name.partition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]
