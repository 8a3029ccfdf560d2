"""Access tokens of an application: fetched once, used by all threads, replaced before they expire."""

import threading
import time
from collections.abc import Callable

import httpx

from openbml_client.errors import OpenBMLClientError

# A token of 30 days is replaced an hour early; a shorter one after nine tenths of its time.
_MARGIN_S = 3600.0
_MARGIN_SHARE = 0.1
_TOKEN_FAILED = 13


class PredictionError(OpenBMLClientError):
    """The prediction API answered with an error.

    Attributes:
        error_code: the manual's number.
        log_id: id of the call, for troubleshooting.
        ticket: of a call that is answered later; `PredictionClient.fetch` gets the answer.
    """

    def __init__(
        self, error_code: int, error_msg: str, log_id: int | None, ticket: str | None = None
    ) -> None:
        super().__init__(f"{error_code}: {error_msg}")
        self.error_code = error_code
        self.log_id = log_id
        self.ticket = ticket


class AccessTokens:
    """Args:
    clock: seconds that never go back.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        secret_key: str,
        *,
        http: httpx.Client,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = f"{url.rstrip('/')}/oauth/2.0/token"
        self._form = {
            "grant_type": "client_credentials",
            "client_id": api_key,
            "client_secret": secret_key,
        }
        self._http = http
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0

    def current(self) -> str:
        """Return a token that is good for a while; of threads that need one at once, one fetches it.

        Raises:
            PredictionError: the keys are wrong; httpx.HTTPError: the platform cannot be reached.
        """
        with self._lock:
            if not self._token or self._clock() >= self._until:
                self._fetch()
            return self._token

    def refused(self, token: str) -> None:
        """Forget a token that the platform does not take, unless it was replaced meanwhile."""
        with self._lock:
            if token == self._token:
                self._token = ""

    def _fetch(self) -> None:
        asked_at = self._clock()
        reply = self._http.post(self._url, params=self._form).json()
        if "access_token" not in reply:
            message = f"{reply.get('error')}: {reply.get('error_description')}"
            raise PredictionError(_TOKEN_FAILED, message, None)
        lifetime_s = float(reply.get("expires_in", 0))
        self._token = str(reply["access_token"])
        self._until = asked_at + lifetime_s - min(_MARGIN_S, lifetime_s * _MARGIN_SHARE)
