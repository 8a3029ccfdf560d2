"""Notebooks: domains, spaces, and JupyterLab behind the engine's sign-in."""

import json
import re
from collections.abc import Callable
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sagemaker_local.images.environments import Environments
from sagemaker_local.images.registry import load_registry
from sagemaker_local.processes.identity import start_ticks
from tests.contract.sagemaker_local.browser import Browser
from tests.contract.sagemaker_local.engine_process import (
    KEYS,
    REPOSITORY,
    EngineProcess,
    descendants,
    eventually,
    kill_hard,
)
from tests.contract.sagemaker_local.scenario import Scenario

NOTEBOOK_ROLE = "arn:aws:iam::000000000000:role/studio-tests"
APP = {"AppType": "JupyterLab", "AppName": "default"}


class Studio:
    """A domain with one user profile and her private space."""

    def __init__(self, engine: EngineProcess, name: str) -> None:
        self.engine = engine
        self.client = engine.sagemaker
        self.domain_id = self.client.create_domain(
            DomainName=name, AuthMode="IAM", DefaultUserSettings={"ExecutionRole": NOTEBOOK_ROLE}
        )["DomainId"]
        self.profile("ada")
        self.space("lab", owner="ada")

    @property
    def app(self) -> dict[str, str]:
        return {"DomainId": self.domain_id, "SpaceName": "lab", **APP}

    @property
    def base_url(self) -> str:
        return f"/studio/{self.domain_id}/spaces/lab/jupyterlab/default"

    def profile(self, name: str, **more: Any) -> str:
        made = self.client.create_user_profile(DomainId=self.domain_id, UserProfileName=name, **more)
        return str(made["UserProfileArn"])

    def space(self, name: str, owner: str, sharing: str = "Private", **settings: Any) -> str:
        made = self.client.create_space(
            DomainId=self.domain_id,
            SpaceName=name,
            OwnershipSettings={"OwnerUserProfileName": owner},
            SpaceSharingSettings={"SharingType": sharing},
            SpaceSettings={"AppType": "JupyterLab", **settings},
        )
        return str(made["SpaceArn"])

    def start(self, **more: Any) -> dict[str, Any]:
        self.client.create_app(**self.app, **more)
        return self.app_reaches("InService")

    def app_reaches(self, *statuses: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.describe_app(**self.app)
            return found if found["Status"] in statuses else None

        return eventually(look, within_s=120, what=f"app is {statuses}; {self.engine.log}") or {}

    def url(self, profile: str = "ada", space: str | None = "lab", **more: Any) -> str:
        narrowed = {"SpaceName": space} if space else {}
        made = self.client.create_presigned_domain_url(
            DomainId=self.domain_id, UserProfileName=profile, **narrowed, **more
        )
        return str(made["AuthorizedUrl"])

    def browser(self) -> Browser:
        browser = Browser(self.engine.url)
        browser.sign_in(self.url())
        return browser

    def delete_app(self) -> None:
        self.client.delete_app(**self.app)
        self.app_reaches("Deleted")


@pytest.fixture(scope="session", autouse=True)
def notebook_environment() -> None:
    """Built here when it is not there yet: an engine under test knows no package index of this machine."""
    registry = load_registry(REPOSITORY / "tests/contract/sagemaker_local/images.yaml", REPOSITORY)
    Environments(registry, REPOSITORY / ".envs").get(registry.find("openbml/notebook"))


@pytest.fixture
def role(emulator: str) -> str:
    iam = boto3.client("iam", endpoint_url=emulator, **KEYS)
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
    }
    name = NOTEBOOK_ROLE.rsplit("/", 1)[1]
    try:
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
    except iam.exceptions.EntityAlreadyExistsException:
        return name
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    return name


@pytest.fixture
def studio(engine: EngineProcess, scenario: Scenario, role: str) -> Studio:
    return Studio(engine, scenario.name)


def refused(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def says(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Message"])


def jupyter_pid(shim: int) -> int:
    """The server below a shim; its kernels are further down."""

    def look() -> int | None:
        for pid in descendants(shim):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"jupyterlab" in words:
                return pid
        return None

    return eventually(look, what=f"jupyter runs below {shim}") or 0


def test_a_presigned_url_leads_to_the_lab_where_cells_run_and_files_outlive_the_app(
    studio: Studio, scenario: Scenario
) -> None:
    studio.start(Tags=[{"Key": "team", "Value": "vision"}])
    described = studio.client.describe_app(**studio.app)
    assert described["ResourceSpec"] == {"InstanceType": "ml.t3.medium"}
    assert studio.client.list_tags(ResourceArn=described["AppArn"])["Tags"] == [
        {"Key": "team", "Value": "vision"}
    ]
    browser = Browser(studio.engine.url)
    landing = browser.sign_in(studio.url())
    assert landing == f"{studio.base_url}/lab"
    page = browser.get(landing)
    assert page.status == 200
    assert "JupyterLab" in page.text
    printed = browser.run(
        studio.base_url,
        "import boto3, os, pathlib, sys\n"
        "pathlib.Path('kept.txt').write_text('from the first app')\n"
        "print('in', os.getcwd(), 'with', sys.prefix)\n"
        "print('as', boto3.client('sts').get_caller_identity()['Arn'])\n"
        "print('domains', len(boto3.client('sagemaker').list_domains()['Domains']) > 0)\n"
        "!echo shell in $PWD",
    )
    assert "in /home/sagemaker-user with /home/sagemaker-user/.venv" in printed
    assert "studio-tests" in printed
    assert "domains True" in printed
    assert "shell in /home/sagemaker-user" in printed
    large = {"type": "file", "format": "text", "content": "x" * (30 << 20)}
    assert browser.request("PUT", f"{studio.base_url}/api/contents/large.txt", large).status == 201
    assert len(browser.get(f"{studio.base_url}/files/large.txt").body) == 30 << 20, "no limit but the home's"
    studio.delete_app()
    assert browser.get(landing).status == 404
    again = studio.start()
    assert again["CreationTime"] == described["CreationTime"]
    assert "from the first app" in browser.run(studio.base_url, "print(open('kept.txt').read())")
    stream = f"{studio.domain_id}/lab/JupyterLab/default"
    eventually(lambda: scenario.log_lines("/aws/sagemaker/studio", stream), what="the log of the app")
    homes = studio.engine.state_dir / "homes"
    mine = [one for one in homes.iterdir() if (one / "kept.txt").exists()]
    assert len(mine) == 1
    with pytest.raises(ClientError) as error:
        studio.client.delete_space(DomainId=studio.domain_id, SpaceName="lab")
    assert refused(error) == "ResourceInUse"
    studio.delete_app()
    studio.client.delete_space(DomainId=studio.domain_id, SpaceName="lab")
    eventually(lambda: not mine[0].exists(), what="the home folder is removed with its space")
    assert browser.get(landing).status == 403, "the session was for a space that is gone"


@pytest.mark.slow
def test_only_signed_in_browsers_reach_a_notebook_and_other_sites_do_not_reach_it_through_them(
    studio: Studio,
) -> None:
    studio.profile("eve")
    studio.start()
    lab = f"{studio.base_url}/lab"
    url = studio.url()
    stranger = Browser(studio.engine.url)
    page = stranger.get(lab)
    assert page.status == 403
    assert "CreatePresignedDomainUrl" in page.text
    assert stranger.request("HEAD", url).status == 405, "looking at a link must not use it up"
    browser = Browser(studio.engine.url)
    browser.sign_in(url)
    (cookie,) = browser.cookies.values()
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "43200")
    assert cookie["path"] == f"/studio/{studio.domain_id}/spaces/lab"
    assert stranger.get(url).status == 403, "a used link works no more"
    assert stranger.get(f"/studio/{studio.domain_id}/auth?token=made-up").status == 403
    with pytest.raises(ClientError) as error:
        studio.url("eve")
    assert refused(error) == "ValidationException"
    eve = Browser(studio.engine.url)
    assert eve.sign_in(studio.url("eve", space=None)) == f"/studio/{studio.domain_id}"
    assert "no space yet" in eve.get(f"/studio/{studio.domain_id}").text
    assert eve.get(lab).status == 403, "the space is private"
    studio.space("team", "ada", "Shared")
    assert "team" in eve.get(f"/studio/{studio.domain_id}").text
    assert eve.get(f"/studio/{studio.domain_id}/spaces/team/jupyterlab/default/lab").status == 404
    forged = Browser(studio.engine.url)
    forged.cookies = {name: Morsel() for name in browser.cookies}
    for name, one in forged.cookies.items():
        payload, _, signature = browser.cookies[name].value.partition(".")
        one.set(name, f"{payload}.{signature[::-1]}", "")
    assert forged.get(lab).status == 403

    kernel = browser.start_kernel(studio.base_url)
    ours, theirs = studio.engine.url, "https://evil.example"
    assert browser.websocket_status(studio.base_url, kernel, Origin=theirs) == 403
    assert browser.websocket_status(studio.base_url, kernel, Origin=ours) == 101
    assert stranger.websocket_status(studio.base_url, kernel) == 403
    kernels = f"{studio.base_url}/api/kernels"
    assert browser.request("POST", kernels, {"name": "python3"}, Origin=theirs).status == 403
    assert browser.request("POST", kernels, {}, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert browser.request("DELETE", f"{kernels}/{kernel}", Origin=ours).status == 204
    (process,) = studio.engine.processes_of(studio.client.describe_app(**studio.app)["AppArn"])
    direct = Browser(f"http://127.0.0.1:{process['port']}")
    assert direct.get(kernels).status == 403, "other programs of this machine need the app's token"
    shared = browser.run(studio.base_url, "import os; print(os.listdir(os.path.dirname('/home/x')))")
    assert "sagemaker-user" in shared
    studio.delete_app()


@pytest.mark.slow
def test_an_app_and_its_sessions_live_on_when_the_engine_is_killed(
    own_engine: Callable[..., EngineProcess], scenario: Scenario, role: str
) -> None:
    engine = own_engine(SML_MACHINE_MEMORY_MIB="600")
    studio = Studio(engine, scenario.name)
    arn = studio.start()["AppArn"]
    used = studio.url()
    browser = Browser(engine.url)
    browser.sign_in(used)
    unused = studio.url()
    kernel = browser.start_kernel(studio.base_url)
    browser.execute(studio.base_url, kernel, "answer = 42")
    (before,) = engine.processes_of(arn)
    engine.kill()
    engine.start()
    assert "42" in eventually(lambda: asked(browser, studio, kernel, "print(answer)"), within_s=60)
    (after,) = engine.processes_of(arn)
    assert (after["pid"], after["process_id"]) == (before["pid"], before["process_id"])
    assert browser.get(used).status == 403, "used before the crash"
    assert Browser(engine.url).sign_in(unused) == f"{studio.base_url}/lab"

    hog = browser.start_kernel(studio.base_url)
    printed = browser.execute(studio.base_url, hog, "hoard = b'x' * (700 << 20)", until="restarting")
    assert "restarting" in printed, "a cell beyond the memory of the instance type ends its kernel only"
    assert [one["pid"] for one in engine.processes_of(arn)] == [before["pid"]]

    kill_hard(jupyter_pid(after["pid"]))
    eventually(lambda: [one["pid"] for one in engine.processes_of(arn)] not in ([], [after["pid"]]))
    studio.app_reaches("InService")
    assert "new" in browser.run(studio.base_url, "print('new')")

    (running,) = engine.processes_of(arn)
    engine.stop()
    assert start_ticks(running["pid"]) is None, "a stopped engine leaves nothing running"
    engine.start()
    eventually(lambda: engine.processes_of(arn), within_s=60, what="the app is started again")
    studio.app_reaches("InService")
    assert "back" in eventually(lambda: asked(browser, studio, None, "print('back')"), within_s=60)

    (running,) = engine.processes_of(arn)
    studio.client.delete_app(**studio.app)
    engine.kill()
    engine.start()
    studio.app_reaches("Deleted")
    assert start_ticks(running["pid"]) is None
    studio.client.delete_space(DomainId=studio.domain_id, SpaceName="lab")
    engine.kill()
    engine.start()
    eventually(lambda: not studio.client.list_spaces(DomainIdEquals=studio.domain_id)["Spaces"])
    assert not list((engine.state_dir / "homes").iterdir())


def asked(browser: Browser, studio: Studio, kernel: str | None, code: str) -> str | None:
    """What a cell printed; None while the notebook is not there yet."""
    if browser.get(f"{studio.base_url}/api/status").status != 200:
        return None
    return browser.execute(studio.base_url, kernel or browser.start_kernel(studio.base_url), code)


@pytest.mark.slow
def test_an_app_runs_the_image_that_its_space_names(studio: Studio, scenario: Scenario) -> None:
    client, name = studio.client, scenario.name
    image_arn = client.create_image(ImageName=name, RoleArn=NOTEBOOK_ROLE, DisplayName="Notebook")["ImageArn"]
    first = client.create_image_version(ImageName=name, BaseImage="x/openbml/notebook:1", Aliases=["stable"])
    broken = client.create_image_version(ImageName=name, BaseImage="x/openbml/broken-notebook:1")
    unmapped = client.create_image_version(ImageName=name, BaseImage="x/nobody/knows:1")
    assert [one["Version"] for one in client.list_image_versions(ImageName=name)["ImageVersions"]] == [
        3,
        2,
        1,
    ]
    assert client.describe_image_version(ImageName=name, Alias="stable")["Version"] == 1
    client.create_app_image_config(
        AppImageConfigName=name,
        JupyterLabAppImageConfig={"ContainerConfig": {"ContainerEnvironmentVariables": {"COLOUR": "blue"}}},
    )
    client.update_user_profile(
        DomainId=studio.domain_id,
        UserProfileName="ada",
        UserSettings={
            "JupyterLabAppSettings": {"CustomImages": [{"ImageName": name, "AppImageConfigName": name}]}
        },
    )
    spec = {"SageMakerImageVersionArn": first["ImageVersionArn"], "InstanceType": "ml.m5.large"}
    client.update_space(
        DomainId=studio.domain_id,
        SpaceName="lab",
        SpaceSettings={"JupyterLabAppSettings": {"DefaultResourceSpec": spec}},
    )
    assert studio.start()["ResourceSpec"] == {"SageMakerImageArn": image_arn, **spec}
    assert "blue" in studio.browser().run(studio.base_url, "import os; print(os.environ['COLOUR'])")
    with pytest.raises(ClientError) as error:
        client.delete_image(ImageName=name)
    assert refused(error) == "ResourceInUse"
    studio.delete_app()

    client.create_app(**studio.app, ResourceSpec={"SageMakerImageVersionArn": broken["ImageVersionArn"]})
    reason = studio.app_reaches("Failed")["FailureReason"]
    assert "exit code 1" in reason
    stream = f"{studio.domain_id}/lab/JupyterLab/default"

    def said() -> int:
        return scenario.log_lines("/aws/sagemaker/studio", stream).count("this notebook cannot start")

    eventually(lambda: said() == 3, what="three starts, then no more")
    with pytest.raises(ClientError) as error:
        client.create_app(**studio.app)
    assert refused(error) == "ResourceInUse"
    studio.delete_app()
    client.create_app(**studio.app, ResourceSpec={"SageMakerImageVersionArn": unmapped["ImageVersionArn"]})
    reason = studio.app_reaches("Failed")["FailureReason"]
    assert reason == "ClientError: image x/nobody/knows:1 has no local environment"
    studio.delete_app()
    client.delete_image(ImageName=name)
    client.delete_app_image_config(AppImageConfigName=name)


def test_requests_that_cannot_be_met_are_refused_with_what_to_do(studio: Studio) -> None:
    client, domain_id = studio.client, studio.domain_id
    wrong = [
        (client.create_app, {**studio.app, "AppType": "CodeEditor"}, "supported: JupyterLab"),
        (client.create_app, {**studio.app, "AppName": "other"}, "must be [default]"),
        (client.create_app, {**studio.app, "SpaceName": "none"}, "Space [none] does not exist"),
        (
            client.create_app,
            {"DomainId": domain_id, "UserProfileName": "ada", **APP},
            "needs SpaceName",
        ),
        (
            client.create_app,
            {
                **studio.app,
                "ResourceSpec": {"SageMakerImageArn": "arn:aws:sagemaker:us-east-1:111111111111:image/x"},
            },
            "not one of this account",
        ),
        (
            client.create_user_profile,
            {"DomainId": "d-none", "UserProfileName": "x"},
            "Domain [d-none] does not exist",
        ),
        (client.create_space, {"DomainId": "d-none", "SpaceName": "x"}, "Domain [d-none] does not exist"),
        (
            client.create_space,
            {
                "DomainId": domain_id,
                "SpaceName": "x",
                "OwnershipSettings": {"OwnerUserProfileName": "nobody"},
                "SpaceSharingSettings": {"SharingType": "Private"},
            },
            "UserProfile [nobody] does not exist",
        ),
        (
            client.create_presigned_domain_url,
            {"DomainId": domain_id, "UserProfileName": "ada", "LandingUri": "app:Canvas:x"},
            "not supported",
        ),
        (
            client.create_domain,
            {
                "DomainName": "storage",
                "AuthMode": "IAM",
                "DefaultUserSettings": {
                    "SpaceStorageSettings": {
                        "DefaultEbsStorageSettings": {
                            "DefaultEbsVolumeSizeInGb": 10,
                            "MaximumEbsVolumeSizeInGb": 5,
                        }
                    }
                },
            },
            "must not be larger",
        ),
    ]
    for call, request, text in wrong:
        with pytest.raises(ClientError) as error:
            call(**request)
        assert refused(error) == "ValidationException", request
        assert text in says(error)


def test_unknown_resources_are_not_found_and_parents_are_kept_while_they_have_children(
    studio: Studio, scenario: Scenario
) -> None:
    client, domain_id = studio.client, studio.domain_id
    unknown = [
        (client.describe_domain, {"DomainId": "d-none"}),
        (client.describe_user_profile, {"DomainId": domain_id, "UserProfileName": "none"}),
        (client.describe_space, {"DomainId": domain_id, "SpaceName": "none"}),
        (client.describe_app, studio.app),
        (client.delete_app, studio.app),
        (client.describe_image, {"ImageName": "none"}),
        (client.create_image_version, {"ImageName": "none", "BaseImage": "x"}),
        (client.describe_app_image_config, {"AppImageConfigName": "none"}),
        (client.create_presigned_domain_url, {"DomainId": domain_id, "UserProfileName": "none"}),
    ]
    for call, request in unknown:
        with pytest.raises(ClientError) as error:
            call(**request)
        assert refused(error) == "ResourceNotFound", request
        assert "does not exist" in says(error)
    in_use = [
        (client.create_user_profile, {"DomainId": domain_id, "UserProfileName": "ada"}),
        (
            client.create_domain,
            {"DomainName": scenario.name, "AuthMode": "IAM", "DefaultUserSettings": {}},
        ),
        (client.delete_domain, {"DomainId": domain_id}),
        (client.delete_user_profile, {"DomainId": domain_id, "UserProfileName": "ada"}),
    ]
    for call, request in in_use:
        with pytest.raises(ClientError) as error:
            call(**request)
        assert refused(error) == "ResourceInUse", request
    client.delete_space(DomainId=domain_id, SpaceName="lab")
    eventually(lambda: not client.list_spaces(DomainIdEquals=domain_id)["Spaces"])
    client.delete_user_profile(DomainId=domain_id, UserProfileName="ada")
    client.delete_domain(DomainId=domain_id)
    assert domain_id not in [one["DomainId"] for one in client.list_domains(MaxResults=100)["Domains"]]


def test_lists_page_filter_and_show_what_was_declared(studio: Studio) -> None:
    client, domain_id = studio.client, studio.domain_id
    assert re.fullmatch(r"d-[a-z0-9]{12}", domain_id)
    for index in range(4):
        studio.profile(f"user-{index}")
    pages = client.get_paginator("list_user_profiles").paginate(
        DomainIdEquals=domain_id, PaginationConfig={"PageSize": 2}
    )
    names = [[one["UserProfileName"] for one in page["UserProfiles"]] for page in pages]
    assert names == [["ada", "user-0"], ["user-1", "user-2"], ["user-3"]]
    found = client.list_user_profiles(
        DomainIdEquals=domain_id, UserProfileNameContains="user", SortOrder="Descending"
    )
    assert found["UserProfiles"][0]["UserProfileName"] == "user-3"
    storage = {"EbsStorageSettings": {"EbsVolumeSizeInGb": 7}}
    arn = studio.space("team", "ada", "Shared", SpaceStorageSettings=storage)
    (_, team) = client.list_spaces(DomainIdEquals=domain_id)["Spaces"]
    assert team["SpaceSettingsSummary"] == {"AppType": "JupyterLab", "SpaceStorageSettings": storage}
    assert team["SpaceSharingSettingsSummary"] == {"SharingType": "Shared"}
    described = client.describe_space(DomainId=domain_id, SpaceName="team")
    assert described["SpaceArn"] == arn == f"arn:aws:sagemaker:us-east-1:000000000000:space/{domain_id}/team"
    assert described["Url"].startswith(studio.engine.url)
    smaller = {"SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": 5}}}
    with pytest.raises(ClientError) as error:
        client.update_space(DomainId=domain_id, SpaceName="team", SpaceSettings=smaller)
    assert "only be increased" in says(error)
    client.update_domain(DomainId=domain_id, DefaultUserSettings={"SecurityGroups": ["sg-1"]})
    settings = client.describe_domain(DomainId=domain_id)["DefaultUserSettings"]
    assert settings == {"ExecutionRole": NOTEBOOK_ROLE, "SecurityGroups": ["sg-1"]}
    with pytest.raises(ClientError) as error:
        client.list_apps(NextToken="made-up")
    assert refused(error) == "ValidationException"
