"""What the container itself wants to be asked with: ``GET /execution-parameters``."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sagemaker_local.transform.jobs import BatchStrategy, Parameters
from sagemaker_local.transform.requests import MAX_IN_FLIGHT_MB, MAX_PAYLOAD_MB

_TIMEOUT = aiohttp.ClientTimeout(total=10.0)
_LIMIT_BYTES = 64 * 1024
_STRATEGIES: dict[str, BatchStrategy] = {"MULTI_RECORD": "MultiRecord", "SINGLE_RECORD": "SingleRecord"}


class ContainerParametersError(Exception):
    """The container's answer is not what it must be."""


class ContainerParameters(BaseModel):
    model_config = ConfigDict(frozen=True)

    max_concurrent: int | None = Field(default=None, alias="MaxConcurrentTransforms", ge=1)
    max_payload_mb: int | None = Field(default=None, alias="MaxPayloadInMB", ge=0, le=MAX_PAYLOAD_MB)
    strategy: str | None = Field(default=None, alias="BatchStrategy", pattern="^(MULTI|SINGLE)_RECORD$")


async def ask_container(http: aiohttp.ClientSession, address: str) -> ContainerParameters:
    """A container that does not know the route has no wishes.

    Raises:
        ContainerParametersError: it answered 200 with something else than parameters.
    """
    try:
        async with http.get(f"{address}/execution-parameters", timeout=_TIMEOUT) as answer:
            if answer.status != 200:
                return ContainerParameters()
            text = await answer.content.read(_LIMIT_BYTES)
    except (aiohttp.ClientError, TimeoutError, OSError):
        return ContainerParameters()
    try:
        return ContainerParameters.model_validate(json.loads(text))
    except (ValueError, ValidationError) as error:
        raise ContainerParametersError(f"GET /execution-parameters answered {text[:200]!r}") from error


def resolve(request: Mapping[str, Any], container: ContainerParameters) -> Parameters:
    """The request wins over the container, the container over the defaults.

    Where the container's wishes break the limit of what may be in flight, fewer requests go out.
    """
    defaults = Parameters()
    payload = _first(request.get("MaxPayloadInMB"), container.max_payload_mb, defaults.max_payload_mb)
    concurrent = _first(
        request.get("MaxConcurrentTransforms"), container.max_concurrent, defaults.max_concurrent
    )
    if payload:
        concurrent = min(concurrent, max(1, MAX_IN_FLIGHT_MB // payload))
    wish = _STRATEGIES.get(container.strategy or "", defaults.strategy)
    return Parameters(
        max_concurrent=concurrent, max_payload_mb=payload, strategy=request.get("BatchStrategy", wish)
    )


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)
