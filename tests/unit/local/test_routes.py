"""The gateway's routes come from the distribution and behave as CloudFront's path patterns do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_local.errors import GatewayRoutesError
from openbml_local.gateway import localised, localised_policy
from openbml_local.routes import derive_routes, pattern_expression

API = {"Id": "api", "DomainName": "ab12.execute-api.us-east-1.amazonaws.com", "OriginPath": "/local"}
LIVE = {"Id": "live", "DomainName": "cd34.execute-api.us-east-1.amazonaws.com"}
BUCKET = {"Id": "console", "DomainName": "console.s3.us-east-1.amazonaws.com"}
POLICY = {"SecurityHeadersConfig": {"FrameOptions": {"FrameOption": "DENY"}, "ContentTypeOptions": {}}}


def distribution(*behaviours: tuple[str, str]) -> dict[str, Any]:
    return {
        "DomainName": "dabc.cloudfront.net",
        "DistributionConfig": {
            "Origins": {"Items": [API, LIVE, BUCKET]},
            "CacheBehaviors": {
                "Items": [
                    {"PathPattern": pattern, "TargetOriginId": origin, "ResponseHeadersPolicyId": "p"}
                    for pattern, origin in behaviours
                ]
            },
            "DefaultCacheBehavior": {"TargetOriginId": "console"},
        },
    }


def derive(*behaviours: tuple[str, str]) -> Any:
    return derive_routes(distribution(*behaviours), websocket_apis={"cd34"}, header_policies={"p": POLICY})


def test_each_behaviour_becomes_a_route_in_order_and_the_default_is_last() -> None:
    routes = derive(("/v1/*", "api"), ("/live", "live")).routes
    assert [(route.pattern, route.target.kind) for route in routes] == [
        ("/v1/*", "rest"),
        ("/live", "websocket"),
        ("*", "edge"),
    ]
    assert (routes[0].target.api_id, routes[0].target.origin_path) == ("ab12", "/local")


def test_the_headers_policy_of_a_behaviour_is_kept() -> None:
    assert derive(("/v1/*", "api")).routes[0].headers == {
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
    }


def test_an_origin_that_does_not_exist_is_named() -> None:
    with pytest.raises(GatewayRoutesError, match="nowhere"):
        derive(("/v1/*", "nowhere"))


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/v1/datasets*", "/v1/datasets/projects/1", True),
        ("/v1/datasets*", "/v1/Datasets", False),
        ("v1/*", "/v1/x", True),
        ("/live", "/live/x", False),
        ("/a?c", "/abc", True),
        ("/a.c", "/abc", False),
        ("*", "/anything/at all\n", True),
        ("/oauth/*", "/rpc/oauth/", False),
    ],
)
def test_path_patterns_follow_cloudfront(pattern: str, path: str, fits: bool) -> None:
    assert bool(pattern_expression(pattern).match(path)) is fits


@given(st.text(alphabet=st.characters(blacklist_characters="*?"), max_size=30))
def test_a_pattern_without_wildcards_fits_itself_only(path: str) -> None:
    expression = pattern_expression("/" + path)
    assert expression.match("/" + path)
    assert not expression.match("/" + path + "x")


def test_a_policy_that_admits_aws_admits_the_local_endpoint() -> None:
    policy = "default-src 'self'; connect-src 'self' https://*.amazonaws.com; upgrade-insecure-requests"
    assert localised_policy(policy, endpoint="http://127.0.0.1:4566") == (
        "default-src 'self'; connect-src 'self' https://*.amazonaws.com http://127.0.0.1:4566"
    )


def test_browsers_are_not_told_to_insist_on_https() -> None:
    assert localised({"Strict-Transport-Security": "max-age=1", "X-A": "b"}, endpoint="e") == {"X-A": "b"}
