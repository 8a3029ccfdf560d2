"""What a SigV4 header says about the caller. The signature itself is not verified."""

import re

from sagemaker_local.protocol.arns import Scope

_CREDENTIAL = re.compile(
    r"Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[a-z0-9-]{1,32})/[a-z0-9-]+/aws4_request"
)


def scope_of(authorization: str | None, *, account_id: str, default_region: str) -> Scope:
    found = _CREDENTIAL.search(authorization or "")
    return Scope(region=found["region"] if found else default_region, account_id=account_id)
