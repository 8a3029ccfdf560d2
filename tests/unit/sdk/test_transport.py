"""The client's transport: sessions are renewed, errors are typed, repeats are safe."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from openbml_client.errors import ApiError, NotSignedInError, UnreachableError
from openbml_client.sessions import Session, SessionFile, now_utc
from openbml_client.transport import Transport

URL = "http://openbml.test"
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENBML_URL", "OPENBML_EMAIL", "OPENBML_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


def stored_session(folder: Path, *, expires_in_s: int) -> SessionFile:
    sessions = SessionFile(folder / "session.json")
    expires_at = now_utc() + timedelta(seconds=expires_in_s)
    sessions.save(
        Session(url=URL, email="a@b.c", id_token="old", refresh_token="again", expires_at=expires_at)
    )
    return sessions


def transport(answer: Answer, sessions: SessionFile) -> Transport:
    http = httpx.Client(transport=httpx.MockTransport(answer))
    return Transport(URL, sessions=sessions, http=http, sleep=lambda _: None)


def test_a_call_carries_the_stored_token(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"seen": request.headers["Authorization"]})

    reply = transport(answer, stored_session(tmp_path, expires_in_s=3600)).call("GET", "/v1/identity/me")

    assert reply == {"seen": "Bearer old"}


def test_a_session_about_to_expire_is_renewed_and_kept(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/refresh"):
            assert json.loads(request.content) == {"refresh_token": "again"}
            return httpx.Response(200, json={"id_token": "new", "expires_in": 3600})
        return httpx.Response(200, json={"seen": request.headers["Authorization"]})

    sessions = stored_session(tmp_path, expires_in_s=30)

    assert transport(answer, sessions).call("GET", "/v1/x") == {"seen": "Bearer new"}
    kept = sessions.load()
    assert kept is not None
    assert kept.id_token == "new"


def test_without_a_session_the_error_says_how_to_sign_in(tmp_path: Path) -> None:
    sender = transport(lambda _: httpx.Response(200), SessionFile(tmp_path / "none.json"))

    with pytest.raises(NotSignedInError, match="bml login"):
        sender.call("GET", "/v1/x")


def test_a_refused_call_keeps_code_details_and_request_id(tmp_path: Path) -> None:
    error = {"code": "dataset_not_found", "message": "no", "details": {"dataset_id": 5}, "request_id": "r-1"}
    sender = transport(
        lambda _: httpx.Response(404, json={"error": error}), stored_session(tmp_path, expires_in_s=3600)
    )

    with pytest.raises(ApiError) as caught:
        sender.call("GET", "/v1/x")

    refused = caught.value
    assert (refused.status, refused.code, refused.details, refused.request_id) == (
        404,
        "dataset_not_found",
        {"dataset_id": 5},
        "r-1",
    )


def test_a_reply_that_is_not_ours_is_an_error_not_a_crash(tmp_path: Path) -> None:
    sender = transport(
        lambda _: httpx.Response(502, text="<html>bad gateway"), stored_session(tmp_path, expires_in_s=3600)
    )

    with pytest.raises(ApiError, match="HTTP 502"):
        sender.call("POST", "/v1/x")


def test_a_read_is_repeated_over_a_broken_connection_but_a_create_is_not(tmp_path: Path) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        if len(seen) == 1:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json={})

    sender = transport(answer, stored_session(tmp_path, expires_in_s=3600))
    sender.call("GET", "/v1/x")
    assert seen == ["GET", "GET"]

    seen.clear()
    with pytest.raises(UnreachableError, match="bml up"):
        sender.call("POST", "/v1/x")
    assert seen == ["POST"]


def test_pages_follow_the_cursor_to_the_end(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        cursor = request.url.params.get("cursor")
        page = {"items": [{"n": 1}], "next_cursor": "c"} if cursor is None else {"items": [{"n": 2}]}
        return httpx.Response(200, json=page)

    sender = transport(answer, stored_session(tmp_path, expires_in_s=3600))

    assert [item["n"] for item in sender.pages("/v1/x")] == [1, 2]


def test_the_session_file_is_private_and_a_damaged_one_counts_as_signed_out(tmp_path: Path) -> None:
    sessions = stored_session(tmp_path, expires_in_s=3600)
    assert sessions.path.stat().st_mode & 0o077 == 0

    sessions.path.write_text("{half", encoding="utf-8")
    assert sessions.load() is None
