"""What a SigV4 header says about the caller."""

import re

from sagemaker_local.protocol.arns import Scope

_CREDENTIAL = re.compile(
    r"Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[a-z0-9-]{1,32})/[a-z0-9-]+/aws4_request"
)
_ACCOUNT = re.compile(r"\d{12}")


def scope_of(authorization: str | None, *, account_id: str, default_region: str) -> Scope:
    """Region and account of a call.

    An access key of twelve digits is the account itself, as in the emulator; any other
    key belongs to the configured account.
    """
    found = _CREDENTIAL.search(authorization or "")
    if found is None:
        return Scope(region=default_region, account_id=account_id)
    key = found["key"]
    return Scope(region=found["region"], account_id=key if _ACCOUNT.fullmatch(key) else account_id)
