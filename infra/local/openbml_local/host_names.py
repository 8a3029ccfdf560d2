"""Lets MiniStack know APIs by the host names that AWS gives them.

MiniStack 1.5.33 matches `{api}.execute-api.localhost` only; a request that names
`{api}.execute-api.{region}.amazonaws.com` in its `Host` header, as clients behind an interface endpoint or a
proxy do, would reach the management API instead.
"""

import re

_EXECUTE_API = re.compile(r"^([a-f0-9]{8})\.execute-api\.")


def accept_aws_names() -> None:
    from ministack import app

    app._EXECUTE_API_RE = _EXECUTE_API
