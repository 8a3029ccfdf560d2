"""The HTTP client of everything that calls workers."""

import aiohttp

#: Shorter than the keep-alive of any server in use, so a reused connection is not a closed one.
_KEEPALIVE_S = 2.0


def worker_session() -> aiohttp.ClientSession:
    """Bodies and headers pass as they are: nothing is added, followed or unpacked."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )
