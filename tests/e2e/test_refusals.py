"""What a deployed installation refuses, and how it says so."""

import base64
import io
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from openbml_client import ApiError, Client
from openbml_client.client import ProjectClient
from openbml_client.errors import NotFoundError
from tests.e2e.conftest import (
    SAMPLES,
    Cloud,
    Race,
    create_dataset,
    import_archive,
    run_body,
    until,
)

pytestmark = pytest.mark.e2e


def test_what_is_not_a_zip_fails_with_the_manuals_reason(project: ProjectClient, tmp_path: Path) -> None:
    archive = tmp_path / "photos.zip"
    archive.write_bytes(b"\x00not a zip at all" * 50)

    ended = import_archive(project, create_dataset(project, "not-a-zip"), archive)

    assert ended["state"] == "failed"
    assert ended["failure"]["reason"] == "archive_format"


def test_a_path_that_leaves_the_archive_is_refused(project: ProjectClient, tmp_path: Path) -> None:
    archive = tmp_path / "traversal.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../etc/a.jpg", b"x")
        file.writestr("../../etc/a.json", b"{}")

    ended = import_archive(project, create_dataset(project, "traversal"), archive)

    assert ended["state"] == "failed"
    assert ended["failure"]["reason"] == "archive_format"


def test_the_same_archive_twice_adds_nothing(project: ProjectClient, digits: int) -> None:
    before = project.datasets.version(digits, 1)

    ended = import_archive(project, digits, SAMPLES / "train.zip")

    assert ended["counts"]["accepted"] == 0
    assert ended["counts"]["duplicate"] > 0
    assert project.datasets.version(digits, 1)["sample_count"] == before["sample_count"]


def test_a_run_on_an_empty_dataset_is_refused(project: ProjectClient, experiment: int) -> None:
    empty = create_dataset(project, "empty")

    with pytest.raises(ApiError) as caught:
        project.training.start_run(experiment, run_body(empty))

    assert caught.value.status in (400, 409, 422)


def test_a_run_on_one_label_is_refused(project: ProjectClient, experiment: int, digits: int) -> None:
    body = run_body(digits)
    body["training_data"][0]["labels"] = ["digit_1"]

    with pytest.raises(ApiError) as caught:
        project.training.start_run(experiment, body)

    assert caught.value.status in (400, 409, 422)


def test_a_user_without_a_grant_sees_nothing(cloud: Cloud, project: ProjectClient, digits: int) -> None:
    email, password = f"second-{secrets.token_hex(4)}@openbml.test", "Aa1!" + secrets.token_urlsafe(12)
    add_user(cloud, email, password)

    stranger = cloud.client(email, password)
    theirs = stranger.project()

    assert theirs.project_id != project.project_id
    assert list(theirs.datasets.list()) == []
    with pytest.raises(NotFoundError):
        stranger.project(project.project_id)
    foreign = ProjectClient(stranger.transport, project.project_id)
    for read in (
        lambda: foreign.datasets.find("digits"),
        lambda: list(foreign.models.list()),
        lambda: list(foreign.services.list()),
        lambda: list(foreign.training.experiments()),
        lambda: foreign.datasets.version(digits, 1),
    ):
        with pytest.raises(ApiError) as caught:
            read()
        assert caught.value.status == 404


def add_user(cloud: Cloud, email: str, password: str) -> None:
    env = cloud.environment()
    session = boto3.Session(
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        region_name=env["AWS_REGION"],
    )
    cognito = session.client("cognito-idp", endpoint_url=env["AWS_ENDPOINT_URL"])
    pools = [
        pool
        for pool in cognito.list_user_pools(MaxResults=60)["UserPools"]
        if "openbml" in pool["Name"].lower()
    ]
    for pool in pools:
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        cognito.admin_create_user(
            UserPoolId=pool["Id"], Username=email, UserAttributes=attributes, MessageAction="SUPPRESS"
        )
        cognito.admin_set_user_password(
            UserPoolId=pool["Id"], Username=email, Password=password, Permanent=True
        )


def token_of(cloud: Cloud, application: Mapping[str, Any]) -> str:
    query = {
        "grant_type": "client_credentials",
        "client_id": application["api_key"],
        "client_secret": application["secret_key"],
    }
    return str(httpx.post(f"{cloud.url}/oauth/2.0/token", params=query).json()["access_token"])


def image_body() -> bytes:
    image = next((SAMPLES / "test").glob("*.jpg")).read_bytes()
    return b'{"image": "' + base64.b64encode(image) + b'"}'


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("query", "code"), [("", 100), ("access_token=", 100), ("access_token=24.unknown", 110)]
)
def test_a_missing_or_unknown_token_has_its_code(service: Mapping[str, Any], query: str, code: int) -> None:
    reply = httpx.post(f"{service['url']}?{query}", content=image_body(), headers=JSON)

    assert reply.status_code == 200
    assert reply.json()["error_code"] == code


def test_wrong_keys_are_told_apart(cloud: Cloud, application: Mapping[str, Any]) -> None:
    def ask(api_key: str, secret_key: str) -> Any:
        query = {"grant_type": "client_credentials", "client_id": api_key, "client_secret": secret_key}
        return httpx.get(f"{cloud.url}/oauth/2.0/token", params=query).json()

    assert ask("nobody", "x")["error_description"] == "unknown client id"
    assert ask(application["api_key"], "x")["error_description"] == "Client authentication failed"


def test_a_deleted_application_is_code_15(cloud: Cloud, client: Client, service: Mapping[str, Any]) -> None:
    application = client.create_application("short-lived")
    token = token_of(cloud, application)
    client.delete_application(int(application["app_id"]))

    reply = httpx.post(f"{service['url']}?access_token={token}", content=image_body(), headers=JSON)

    assert reply.json()["error_code"] == 15


def test_an_application_of_another_account_is_code_6(cloud: Cloud, service: Mapping[str, Any]) -> None:
    email, password = f"other-{secrets.token_hex(4)}@openbml.test", "Aa1!" + secrets.token_urlsafe(12)
    add_user(cloud, email, password)
    token = token_of(cloud, cloud.client(email, password).create_application("foreign"))

    reply = httpx.post(f"{service['url']}?access_token={token}", content=image_body(), headers=JSON)

    assert reply.json()["error_code"] == 6


def test_an_unknown_service_is_code_3(
    cloud: Cloud, service: Mapping[str, Any], application: Mapping[str, Any]
) -> None:
    url = service["url"].replace("/digits", "/no-such-service")

    reply = httpx.post(
        f"{url}?access_token={token_of(cloud, application)}", content=image_body(), headers=JSON
    )

    assert reply.json()["error_code"] == 3


def png(width: int, height: int) -> str:
    from PIL import Image

    content = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("application/x-www-form-urlencoded", b"image=abc", 336001),
        ("application/json", b"\xff\xfe{}", 336005),
        ("application/json", b"{not json", 336002),
        ("application/json", b"[]", 336001),
        ("application/json", b'{"image": 5}', 336001),
        ("application/json", b"{}", 336006),
        ("application/json", b'{"image": ""}', 336006),
        ("application/json", b'{"image": "data:image/png;base64,AAAA"}', 336003),
        ("application/json", b'{"image": "bm90IGFuIGltYWdl"}', 336005),
        ("application/json", b'{"image": "' + b"A" * (4 * 1024 * 1024 + 4) + b'"}', 336004),
    ],
    ids=[
        "form",
        "not-utf8",
        "not-json",
        "array",
        "wrong-type",
        "missing",
        "empty",
        "header",
        "no-image",
        "big",
    ],
)
def test_a_bad_body_has_the_manuals_code(
    cloud: Cloud,
    service: Mapping[str, Any],
    application: Mapping[str, Any],
    content_type: str,
    body: bytes,
    code: int,
) -> None:
    url = f"{service['url']}?access_token={token_of(cloud, application)}"

    reply = httpx.post(url, content=body, headers={"Content-Type": content_type}, timeout=30)

    assert reply.status_code == 200
    assert reply.json()["error_code"] == code


def test_an_image_of_one_pixel_is_code_336004(
    cloud: Cloud, service: Mapping[str, Any], application: Mapping[str, Any]
) -> None:
    url = f"{service['url']}?access_token={token_of(cloud, application)}"

    reply = httpx.post(url, json={"image": png(1, 1)}, timeout=30)

    assert reply.json()["error_code"] == 336004


def test_a_stopped_service_answers_336100_and_comes_back(
    cloud: Cloud,
    client: Client,
    project: ProjectClient,
    service: Mapping[str, Any],
    application: Mapping[str, Any],
) -> None:
    service_id = int(service["service_id"])
    url = f"{service['url']}?access_token={token_of(cloud, application)}"

    project.services.stop(service_id)
    assert settled(project, service_id, "stopped")["state"] == "stopped"
    until(
        lambda: httpx.post(url, content=image_body(), headers=JSON, timeout=60).json(),
        lambda reply: reply.get("error_code") == 336100,
        what="the refusal",
    )

    project.services.restart(service_id)
    running = settled(project, service_id, "running")
    assert running["url"] == service["url"]
    until(
        lambda: httpx.post(url, content=image_body(), headers=JSON, timeout=60).json(),
        lambda reply: "results" in reply,
        what="the answer after the restart",
    )
    rows = [row for row in client.bill()["items"] if str(row["resource_id"]) == str(service_id)]
    assert len(rows) <= 1


def settled(project: ProjectClient, service_id: int, state: str) -> Mapping[str, Any]:
    return until(
        lambda: project.services.get(service_id), lambda row: row["state"] in {state, "failed"}, what=state
    )


def test_ten_deploys_to_one_suffix_make_one_service(project: ProjectClient, race: Race) -> None:
    services = [row for row in project.services.list() if row["suffix"] == "digits"]

    assert len(race.winners) == 1
    assert [int(row["service_id"]) for row in services] == race.winners
    assert {refusal.status for refusal in race.refusals} == {409}
