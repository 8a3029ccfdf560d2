"""HTTP with the control API: session, errors, retries of what is safe to repeat."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import httpx

from openbml_client.errors import ApiError, NotSignedInError, UnreachableError, api_error_type
from openbml_client.sessions import DEFAULT_URL, Session, SessionFile, now_utc

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_STORAGE_TIMEOUT = httpx.Timeout(120.0, connect=5.0)
_REPEATABLE = {"GET", "PUT", "DELETE"}
_ATTEMPTS = 3


def storage_client() -> httpx.Client:
    """Return a client for presigned addresses of stored objects."""
    return httpx.Client(timeout=_STORAGE_TIMEOUT, follow_redirects=True)


class Transport:
    """Sends control calls of one user to one installation.

    Args:
        url: address of the installation; default: the session's, else `OPENBML_URL`, else the local one.
        sessions: where the session is kept.
        http: for tests.
        sleep: waits between attempts, in seconds.
        storage: makes the clients of uploads and downloads, which go to storage directly.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        sessions: SessionFile | None = None,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
        storage: Callable[[], httpx.Client] = storage_client,
    ) -> None:
        self.storage = storage
        self._sessions = sessions or SessionFile.default()
        self._session = self._sessions.load()
        stored = self._session.url if self._session else None
        self.url = (url or os.environ.get("OPENBML_URL") or stored or DEFAULT_URL).rstrip("/")
        if self._session and self._session.url != self.url:
            self._session = None
        self._http = http or httpx.Client(timeout=_TIMEOUT)
        self._sleep = sleep

    def close(self) -> None:
        """Close the connections; the session stays."""
        self._http.close()

    @property
    def session(self) -> Session | None:
        return self._session

    def remember(self, session: Session) -> None:
        self._session = session
        self._sessions.save(session)

    def forget(self) -> None:
        self._session = None
        self._sessions.clear()

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        public: bool = False,
    ) -> Any:
        """Return the reply's JSON document, or None for an empty one.

        Raises:
            NotSignedInError: no session, and none could be made or renewed.
            ApiError: the API refused the call.
            UnreachableError: nothing answered.
        """
        headers = {} if public else {"Authorization": f"Bearer {self._token()}"}
        reply = self._send(method, path, headers, body, params)
        if reply.status_code == httpx.codes.UNAUTHORIZED and not public:
            headers = {"Authorization": f"Bearer {self._token(renew=True)}"}
            reply = self._send(method, path, headers, body, params)
        if reply.is_error:
            raise _api_error(reply)
        return reply.json() if reply.content else None

    def pages(self, path: str, *, params: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Yield every item of a list, page by page."""
        query = {key: value for key, value in (params or {}).items() if value is not None}
        while True:
            page = self.call("GET", path, params=query)
            yield from page["items"]
            if not page.get("next_cursor"):
                return
            query["cursor"] = page["next_cursor"]

    def sign_in(self, email: str, password: str) -> dict[str, Any]:
        """Return the tokens or a challenge; tokens are remembered."""
        reply = self.call(
            "POST", "/v1/identity/sessions", body={"email": email, "password": password}, public=True
        )
        return self._signed_in(email, reply)

    def answer_new_password(self, email: str, new_password: str, challenge_session: str) -> dict[str, Any]:
        body = {"email": email, "new_password": new_password, "session": challenge_session}
        return self._signed_in(
            email, self.call("POST", "/v1/identity/sessions/password", body=body, public=True)
        )

    def _signed_in(self, email: str, reply: dict[str, Any]) -> dict[str, Any]:
        if reply.get("id_token"):
            expires_at = now_utc() + timedelta(seconds=int(reply["expires_in"]))
            self.remember(
                Session(
                    url=self.url,
                    email=email,
                    id_token=reply["id_token"],
                    refresh_token=reply["refresh_token"],
                    expires_at=expires_at,
                )
            )
        return reply

    def _token(self, *, renew: bool = False) -> str:
        session = self._session
        if session is not None and not renew and session.is_fresh(now_utc()):
            return session.id_token
        if session is not None and self._renew(session):
            return self._current().id_token
        self._sign_in_from_environment()
        return self._current().id_token

    def _current(self) -> Session:
        if self._session is None:
            raise NotSignedInError
        return self._session

    def _renew(self, session: Session) -> bool:
        try:
            reply = self.call(
                "POST",
                "/v1/identity/sessions/refresh",
                body={"refresh_token": session.refresh_token},
                public=True,
            )
        except ApiError:
            return False
        self.remember(session.renewed(reply["id_token"], int(reply["expires_in"]), now_utc()))
        return True

    def _sign_in_from_environment(self) -> None:
        email, password = os.environ.get("OPENBML_EMAIL"), os.environ.get("OPENBML_PASSWORD")
        if not email or not password:
            reason = "Your session has ended." if self._session else "You are not signed in."
            raise NotSignedInError(reason)
        self.sign_in(email, password)

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
        params: Mapping[str, Any] | None,
    ) -> httpx.Response:
        query = {key: value for key, value in (params or {}).items() if value is not None}
        attempts = _ATTEMPTS if method in _REPEATABLE else 1
        for attempt in range(1, attempts + 1):
            try:
                reply = self._http.request(
                    method, self.url + path, headers=dict(headers), json=body, params=query
                )
            except httpx.TransportError as error:
                if attempt == attempts:
                    raise UnreachableError(
                        f"{self.url} does not answer ({type(error).__name__}). "
                        "Is the local cloud up (`bml up`)? Is OPENBML_URL right?"
                    ) from error
            else:
                if attempt == attempts or reply.status_code not in (429, 502, 503, 504):
                    return reply
            self._sleep(0.3 * 2**attempt)
        raise AssertionError("the loop returns or raises")


def _api_error(reply: httpx.Response) -> ApiError:
    try:
        error = reply.json()["error"]
        return api_error_type(reply.status_code)(
            reply.status_code, error["code"], error["message"], error["details"], error["request_id"]
        )
    except (ValueError, KeyError, TypeError):
        text = reply.text[:200] or reply.reason_phrase
        return ApiError(reply.status_code, "unexpected_reply", f"HTTP {reply.status_code}: {text}", {}, "")
