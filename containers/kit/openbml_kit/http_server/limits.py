"""What a client may ask of a server: sizes, times, how many at once."""

import resource

from pydantic import BaseModel, ConfigDict, Field

# Files and pipes of the process itself, beside its connections.
_OWN_DESCRIPTORS = 64


class HttpLimits(BaseModel):
    """Attributes:
    max_body_bytes: a larger body is read to its end and left away; the handler answers it.
    max_discarded_bytes: a body that is announced to be larger than this is not even read.
    body_budget_bytes: of all bodies that are held at once; one that does not fit is left away, too.
    head_timeout_s: from a request's first byte to the end of its headers.
    body_timeout_s: from there to the end of its body.
    idle_timeout_s: between two requests.
    write_timeout_s: until a client has taken an answer that does not fit the buffers between.
    linger_s: how long a client that still sends may read its answer.
    """

    model_config = ConfigDict(frozen=True)

    max_body_bytes: int = Field(default=6 * 1024 * 1024, ge=1)
    max_discarded_bytes: int = Field(default=32 * 1024 * 1024, ge=0)
    body_budget_bytes: int = Field(default=512 * 1024 * 1024, ge=1)
    max_head_bytes: int = Field(default=32 * 1024, ge=256)
    max_connections: int = Field(default=10_240, ge=1)
    head_timeout_s: float = Field(default=10.0, gt=0)
    body_timeout_s: float = Field(default=30.0, gt=0)
    idle_timeout_s: float = Field(default=75.0, gt=0)
    write_timeout_s: float = Field(default=30.0, gt=0)
    linger_s: float = Field(default=2.0, gt=0)


def connections_allowed(wanted: int) -> int:
    """Raise the process's limit of open files as far as it may; return how many connections it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _OWN_DESCRIPTORS
    if soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(wanted, soft - _OWN_DESCRIPTORS))
