"""Collaborators of the manual's API, built on first use."""

from functools import cache

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.ids import new_log_id
from openbml.identity.wiring import application_repository, authorizer
from openbml.services.batch.manual_api.answers import BatchApi
from openbml.services.batch.manual_api.callers import IdentityBatchCallers
from openbml.services.batch.wiring import batch_collaborators


@cache
def batch_api() -> BatchApi:
    return BatchApi(
        callers=IdentityBatchCallers(application_repository(), authorizer(), now=utc_now),
        using=batch_collaborators(),
        jobs=compute_gateway(),
        new_log_id=new_log_id,
    )
