"""Rules of notebooks: who is signed in, where links lead, which settings apply, what is too much."""

import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.processes.identity import children_of
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.state import presigned_urls
from sagemaker_local.state.database import Database
from sagemaker_local.storage.disk_use import used_bytes
from sagemaker_local.studio.app_settings import SettingsChain, chain_of, volume_gib
from sagemaker_local.studio.declared import Declared, deep_merge
from sagemaker_local.studio.home_folders import HomeFolders
from sagemaker_local.studio.memory import end_largest, memory_below
from sagemaker_local.studio.presigned import landing_path
from sagemaker_local.studio.proxy import comes_from_another_site
from sagemaker_local.studio.sessions import Cookie, Session, SessionCookies

MIB = 1024 * 1024
LAB = "/studio/d-abc/spaces/lab/jupyterlab/default/"


def declared(name: str, **request: Any) -> Declared:
    return Declared(
        arn=f"arn:{name}",
        kind="x",
        name=name,
        key="k",
        status="",
        created_at=0,
        modified_at=0,
        request=request,
    )


@given(st.text(max_size=60))
def test_a_landing_uri_never_leads_out_of_the_lab_of_its_space(path: str) -> None:
    found = landing_path("d-abc", "lab", f"app:JupyterLab:{path}")
    assert found.startswith(LAB)
    assert "//" not in found
    assert not {"..", "."} & set(found.split("/"))
    assert all(" " < letter < "\x7f" for letter in found)


@pytest.mark.parametrize(
    ("uri", "end"),
    [
        (None, "lab"),
        ("app:JupyterLab:lab/tree/a.ipynb", "lab/tree/a.ipynb"),
        ("app:JupyterLab:a b.ipynb", "lab/tree/a%20b.ipynb"),
        ("studio::anything", "lab"),
    ],
)
def test_a_landing_uri_names_a_file_of_the_lab(uri: str | None, end: str) -> None:
    assert landing_path("d-abc", "lab", uri) == LAB + end


@pytest.mark.parametrize("uri", ["app:Canvas:", "https://evil.example", "/etc"])
def test_a_landing_uri_of_another_app_is_refused(uri: str) -> None:
    with pytest.raises(ValidationException, match="LandingUri"):
        landing_path("d-abc", None, uri)


COOKIES = SessionCookies(b"secret")
PROFILE = "arn:aws:sagemaker:us-east-1:000000000000:user-profile/d-abc/ada"


def session(space_name: str | None = None) -> Session:
    return Session(
        profile_arn=PROFILE,
        profile_key="k",
        domain_id="d-abc",
        space_name=space_name,
        space_key=space_name,
        expires_at=100,
    )


def as_sent(cookie: Cookie, **changes: str) -> dict[str, str]:
    return {changes.get("name", cookie.name): changes.get("value", cookie.value)}


def test_a_cookie_is_read_back_until_it_expires() -> None:
    made = COOKIES.write(session(), now=40)
    assert (made.path, made.max_age_s) == ("/studio/d-abc", 60)
    assert COOKIES.read(as_sent(made), "d-abc", None, 99) == session()
    assert COOKIES.read(as_sent(made), "d-abc", None, 100) is None
    assert SessionCookies(b"another").read(as_sent(made), "d-abc", None, 99) is None


@given(position=st.integers(0, 10_000), letter=st.characters(codec="ascii"))
def test_no_changed_letter_of_a_cookie_passes(position: int, letter: str) -> None:
    made = COOKIES.write(session(), now=0)
    index = position % len(made.value)
    changed = made.value[:index] + letter + made.value[index + 1 :]
    found = COOKIES.read(as_sent(made, value=changed), "d-abc", None, 1)
    assert (found is not None) == (changed == made.value)


def test_a_cookie_for_one_space_is_none_for_its_domain_or_another() -> None:
    narrow = COOKIES.write(session("lab"), now=0)
    assert narrow.path == "/studio/d-abc/spaces/lab"
    assert COOKIES.read(as_sent(narrow), "d-abc", "LAB", 1) == session("lab")
    for space_name in (None, "other"):
        name = COOKIES.write(session(space_name), now=0).name
        assert COOKIES.read(as_sent(narrow, name=name), "d-abc", space_name, 1) is None


def test_a_presigned_url_is_used_once_and_in_time(tmp_path: Path) -> None:
    Database(tmp_path / "state.sqlite3").close()
    connection = sqlite3.connect(tmp_path / "state.sqlite3")
    presigned_urls.issue(connection, "first", "doc", now=0, expires_at=5)
    assert presigned_urls.redeem(connection, "other", 1) is None
    assert presigned_urls.redeem(connection, "first", 1) == "doc"
    assert presigned_urls.redeem(connection, "first", 1) is None
    presigned_urls.issue(connection, "second", "doc", now=0, expires_at=5)
    assert presigned_urls.redeem(connection, "second", 5) is None
    assert "first" not in (tmp_path / "state.sqlite3").read_bytes().decode("latin-1")
    connection.close()


@pytest.mark.parametrize(
    ("method", "headers", "foreign"),
    [
        ("GET", {"Origin": "https://evil.example"}, False),
        ("POST", {"Origin": "https://evil.example"}, True),
        ("POST", {"Origin": "null"}, True),
        ("POST", {"Origin": "http://127.0.0.1:4570"}, False),
        ("POST", {"Origin": "http://127.0.0.1:4571"}, True),
        ("POST", {"Sec-Fetch-Site": "same-site"}, True),
        ("POST", {"Sec-Fetch-Site": "same-origin"}, False),
        ("DELETE", {}, False),
        ("GET", {"Upgrade": "websocket", "Origin": "https://evil.example"}, True),
        ("GET", {"Upgrade": "WebSocket", "Origin": "http://127.0.0.1:4570"}, False),
    ],
)
def test_what_a_browser_sends_for_another_site_is_told_apart(
    method: str, headers: dict[str, str], foreign: bool
) -> None:
    request = make_mocked_request(method, "/studio/x", headers={"Host": "127.0.0.1:4570", **headers})
    assert comes_from_another_site(request) is foreign


def lab_settings(**settings: Any) -> dict[str, Any]:
    return {"JupyterLabAppSettings": settings}


def test_the_most_specific_settings_win_and_an_image_is_taken_as_a_whole() -> None:
    version = {"SageMakerImageVersionArn": "arn:version/2", "SageMakerImageArn": "arn:image"}
    chain = SettingsChain(
        [
            lab_settings(DefaultResourceSpec={"InstanceType": "ml.m5.large"}),
            lab_settings(DefaultResourceSpec={**version, "InstanceType": "ml.t3.large"})
            | {"ExecutionRole": "a"},
            {"ExecutionRole": "b"},
        ]
    )
    assert chain.resource_spec({}) == {**version, "InstanceType": "ml.m5.large"}
    other = {"SageMakerImageArn": "arn:other", "SageMakerImageVersionArn": "None"}
    assert chain.resource_spec(other) == {"SageMakerImageArn": "arn:other", "InstanceType": "ml.m5.large"}
    assert chain.execution_role() == "a"
    assert SettingsChain([]).resource_spec({"InstanceType": "system"}) == {"InstanceType": "ml.t3.medium"}


def test_a_shared_space_takes_the_domains_settings_and_a_private_one_its_owners() -> None:
    domain = declared(
        "d", DefaultUserSettings={"ExecutionRole": "users"}, DefaultSpaceSettings={"ExecutionRole": "spaces"}
    )
    owner = declared("ada", UserSettings={"ExecutionRole": "ada"})
    ownership = {"OwnershipSettings": {"OwnerUserProfileName": "ada"}}
    private = declared("p", **ownership, SpaceSharingSettings={"SharingType": "Private"})
    shared = declared("s", **ownership, SpaceSharingSettings={"SharingType": "Shared"})
    assert chain_of(private, owner, domain).execution_role() == "ada"
    assert chain_of(shared, owner, domain).execution_role() == "spaces"


def test_idle_shutdown_needs_both_a_switch_and_a_time() -> None:
    def idle(**settings: Any) -> dict[str, Any]:
        return lab_settings(AppLifecycleManagement={"IdleSettings": settings})

    on = idle(LifecycleManagement="ENABLED", IdleTimeoutInMinutes=120)
    assert SettingsChain([idle(IdleTimeoutInMinutes=60), on]).idle_timeout_s() == 3600
    assert SettingsChain([idle(IdleTimeoutInMinutes=60)]).idle_timeout_s() is None


def test_the_volume_is_the_spaces_else_the_default() -> None:
    default = {
        "SpaceStorageSettings": {
            "DefaultEbsStorageSettings": {"DefaultEbsVolumeSizeInGb": 8, "MaximumEbsVolumeSizeInGb": 9}
        }
    }
    own = {"SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": 6}}}
    assert [volume_gib(own, [default]), volume_gib({}, [{}, default]), volume_gib({}, [])] == [6, 8, 5]


def test_structures_are_merged_and_lists_replaced() -> None:
    assert deep_merge({"a": {"b": 1, "c": [1]}, "d": 1}, {"a": {"c": [2]}}) == {
        "a": {"b": 1, "c": [2]},
        "d": 1,
    }


def test_a_home_is_measured_by_what_it_takes_and_removed_whatever_is_in_it(tmp_path: Path) -> None:
    homes = HomeFolders(tmp_path / "homes")
    home = homes.prepare("one")
    (home / "full").write_bytes(os.urandom(MIB))
    os.link(home / "full", home / "again")
    with (home / "holes").open("wb") as sparse:
        sparse.truncate(64 * MIB)
    (home / "loop").symlink_to(home)
    assert MIB <= used_bytes(home) < 2 * MIB
    locked = home / "locked"
    locked.mkdir()
    (locked / "file").write_text("x")
    locked.chmod(0o500)
    homes.prepare("two")
    assert homes.keys() == {"one", "two"}
    homes.remove("one")
    homes.remove("one")
    assert homes.keys() == {"two"}


def test_the_largest_process_below_another_is_found_and_a_pid_of_another_time_is_spared() -> None:
    hog = f'{sys.executable} -c \'x = b"x" * (60 << 20); print("ready", flush=True); input()\'; true'
    with subprocess.Popen(["/bin/sh", "-c", hog], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        assert shell.stdout is not None
        shell.stdout.readline()
        use = memory_below(shell.pid)
        assert children_of(shell.pid) == [use.largest_pid]
        assert use.total_bytes == use.largest_bytes > 60 * MIB
        assert not end_largest(replace(use, largest_start_ticks=1))
        assert children_of(shell.pid) == [use.largest_pid], "another process of that number is spared"
        assert end_largest(use)
        assert shell.wait() == 0
        assert not end_largest(use)
