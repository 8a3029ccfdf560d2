"""The gateway's routes, read from the CloudFront distribution that the template made.

CloudFormation has resolved every reference of the template by then, so nothing of it is repeated here: path
patterns, origins, origin paths and response headers are the distribution's own.
"""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from openbml_local.errors import GatewayRoutesError

_EXECUTE_API = re.compile(r"^(?P<id>[a-z0-9]+)\.execute-api\.")


class Target(BaseModel):
    """Where a request goes: a REST stage, a WebSocket API, or `edge`: the rest of CloudFront (bucket,
    functions, headers), which MiniStack carries out itself."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["rest", "websocket", "edge"]
    api_id: str = ""
    origin_path: str = ""


class Route(BaseModel):
    model_config = ConfigDict(frozen=True)

    pattern: str
    target: Target
    headers: dict[str, str] = {}


class Routes(BaseModel):
    model_config = ConfigDict(frozen=True)

    distribution_domain: str
    # In order of precedence; the default behaviour is the last, with the pattern `*`.
    routes: tuple[Route, ...]


def derive_routes(
    distribution: dict[str, Any], *, websocket_apis: set[str], header_policies: dict[str, dict[str, Any]]
) -> Routes:
    """Routes of a distribution as `cloudfront:GetDistribution` describes it."""
    config = distribution["DistributionConfig"]
    origins = {origin["Id"]: origin for origin in config["Origins"]["Items"]}

    def route(behaviour: dict[str, Any], pattern: str) -> Route:
        origin = origins.get(behaviour["TargetOriginId"])
        if origin is None:
            raise GatewayRoutesError(
                f"the behaviour {pattern} of the distribution names the unknown origin "
                f"{behaviour['TargetOriginId']}. Correct TargetOriginId in template.yaml."
            )
        policy = header_policies.get(behaviour.get("ResponseHeadersPolicyId", ""), {})
        return Route(
            pattern=pattern, target=_target(origin, websocket_apis), headers=security_headers(policy)
        )

    ordered = [route(b, b["PathPattern"]) for b in config.get("CacheBehaviors", {}).get("Items", [])]
    default = route(config["DefaultCacheBehavior"], "*")
    return Routes(distribution_domain=distribution["DomainName"], routes=(*ordered, default))


def _target(origin: dict[str, Any], websocket_apis: set[str]) -> Target:
    match = _EXECUTE_API.match(origin["DomainName"])
    if match is None:
        return Target(kind="edge")
    api_id = match["id"]
    kind: Literal["websocket", "rest"] = "websocket" if api_id in websocket_apis else "rest"
    return Target(kind=kind, api_id=api_id, origin_path=origin.get("OriginPath", ""))


def security_headers(policy: dict[str, Any]) -> dict[str, str]:
    """The headers that a response headers policy adds."""
    security = policy.get("SecurityHeadersConfig", {})
    headers = {}
    if "ContentTypeOptions" in security:
        headers["X-Content-Type-Options"] = "nosniff"
    if "FrameOptions" in security:
        headers["X-Frame-Options"] = security["FrameOptions"]["FrameOption"]
    if "ReferrerPolicy" in security:
        headers["Referrer-Policy"] = security["ReferrerPolicy"]["ReferrerPolicy"]
    if "ContentSecurityPolicy" in security:
        headers["Content-Security-Policy"] = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    if "StrictTransportSecurity" in security:
        transport = security["StrictTransportSecurity"]
        value = f"max-age={transport['AccessControlMaxAgeSec']}"
        headers["Strict-Transport-Security"] = value + (
            "; includeSubDomains" if transport.get("IncludeSubdomains") else ""
        )
    for item in policy.get("CustomHeadersConfig", {}).get("Items", []):
        headers[item["Header"]] = item["Value"]
    return headers


def pattern_expression(pattern: str) -> re.Pattern[str]:
    """CloudFront's path patterns: `*` any characters, `?` one, a leading `/` optional, case counts."""
    if pattern != "*" and not pattern.startswith("/"):
        pattern = "/" + pattern
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile("".join(parts) + r"\Z", re.DOTALL)
