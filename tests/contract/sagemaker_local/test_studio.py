"""Notebooks: domains, spaces, and JupyterLab behind the engine's sign-in."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.browser import Browser
from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess, eventually
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


def test_a_presigned_url_leads_to_the_lab_where_cells_run_and_files_outlive_the_app(studio: Studio) -> None:
    studio.start()
    browser = Browser(studio.engine.url)
    landing = browser.sign_in(studio.url())
    assert landing == f"{studio.base_url}/lab"
    page = browser.get(landing)
    assert page.status == 200
    assert "JupyterLab" in page.text
    printed = browser.run(
        studio.base_url,
        "import os, pathlib, getpass\n"
        "pathlib.Path('kept.txt').write_text('from the first app')\n"
        "print(os.getcwd(), sorted(os.listdir('/home/sagemaker-user')), os.path.exists('/work'))\n"
        "!echo shell $(id -u) && pip --version",
    )
    print(printed)
    studio.delete_app()
    assert browser.get(landing).status == 404
    studio.start()
    assert "from the first app" in browser.run(studio.base_url, "print(open('kept.txt').read())")
    studio.delete_app()
