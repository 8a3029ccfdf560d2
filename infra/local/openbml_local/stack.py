"""The deployed stack as the emulator knows it, asked with the ordinary SDK."""

import contextlib
import time
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from openbml_local.errors import DeployError
from openbml_local.routes import Routes, derive_routes
from openbml_local.settings import Cloud

BROKEN = frozenset(
    ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "CREATE_IN_PROGRESS")
)
COMPLETE = frozenset(("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"))
RECORDS = "/openbml/local/"


class Stack:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    @cached_property
    def _session(self) -> "boto3.Session":
        return boto3.Session(
            aws_access_key_id=self._cloud.access_key_id,
            aws_secret_access_key=self._cloud.secret_access_key,
            region_name=self._cloud.region,
        )

    def client(self, service: str) -> Any:
        configuration = Config(retries={"max_attempts": 2}, connect_timeout=3, read_timeout=60)
        make: Any = self._session.client  # typed per service name, which is a variable here
        return make(service, endpoint_url=self._cloud.endpoint, config=configuration)

    @cached_property
    def _formation(self) -> Any:
        return self.client("cloudformation")

    @cached_property
    def _parameters(self) -> Any:
        return self.client("ssm")

    def describe(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._formation.describe_stacks(StackName=self._cloud.stack_name)[
                "Stacks"
            ][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return found

    def is_complete(self) -> bool:
        found = self.describe()
        return found is not None and found["StackStatus"] in COMPLETE

    def outputs(self) -> dict[str, str]:
        found = self.describe() or {}
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def physical_id(self, resource_type: str) -> str | None:
        """The first resource of a type in the root stack."""
        pages = self._formation.get_paginator("list_stack_resources").paginate(
            StackName=self._cloud.stack_name
        )
        for page in pages:
            for resource in page["StackResourceSummaries"]:
                if resource["ResourceType"] == resource_type:
                    found: str = resource["PhysicalResourceId"]
                    return found
        return None

    def clear_the_way(self) -> None:
        """Delete a stack whose first creation failed; CloudFormation refuses to update such a one."""
        found = self.describe()
        if found is None or found["StackStatus"] not in BROKEN:
            return
        self._formation.delete_stack(StackName=self._cloud.stack_name)
        deadline = time.monotonic() + 120
        while self.describe() is not None:
            if time.monotonic() > deadline:
                raise DeployError(
                    f"the stack {self._cloud.stack_name} is {found['StackStatus']} and cannot be deleted. "
                    "Start afresh with: bml reset --yes"
                )
            time.sleep(0.2)

    def failures(self) -> list[str]:
        """Why resources failed, newest first, nested stacks included."""
        lines = []
        for stack in self._stacks():
            with contextlib.suppress(ClientError):
                events = self._formation.describe_stack_events(StackName=stack)["StackEvents"]
                lines += [
                    f"{event['LogicalResourceId']} ({event['ResourceType']}): {event['ResourceStatusReason']}"
                    for event in events[:200]
                    if event["ResourceStatus"].endswith("FAILED") and event.get("ResourceStatusReason")
                ]
        return lines[:12]

    def _stacks(self) -> list[str]:
        name = self._cloud.stack_name
        found = self._formation.list_stacks()["StackSummaries"]
        return [stack["StackId"] for stack in found if stack["StackName"].startswith(name)]

    def ensure_bucket(self, name: str) -> None:
        storage = self.client("s3")
        try:
            storage.head_bucket(Bucket=name)
        except ClientError:
            storage.create_bucket(Bucket=name)

    # What was done is recorded beside the resources themselves, so that it is lost and restored with them.
    def recorded(self, what: str) -> str | None:
        try:
            value: str = self._parameters.get_parameter(Name=RECORDS + what)["Parameter"]["Value"]
        except self._parameters.exceptions.ParameterNotFound:
            return None
        return value

    def record(self, what: str, value: str) -> None:
        self._parameters.put_parameter(Name=RECORDS + what, Value=value, Type="String", Overwrite=True)

    def routes(self) -> Routes | None:
        """The gateway's routes; None if the template has no distribution."""
        distribution_id = self.physical_id("AWS::CloudFront::Distribution")
        if distribution_id is None:
            return None
        edge = self.client("cloudfront")
        distribution = edge.get_distribution(Id=distribution_id)["Distribution"]
        config = distribution["DistributionConfig"]
        behaviours = [*config.get("CacheBehaviors", {}).get("Items", []), config["DefaultCacheBehavior"]]
        policies = {b["ResponseHeadersPolicyId"] for b in behaviours if b.get("ResponseHeadersPolicyId")}
        apis = self.client("apigatewayv2").get_apis()["Items"]
        return derive_routes(
            distribution,
            websocket_apis={api["ApiId"] for api in apis if api["ProtocolType"] == "WEBSOCKET"},
            header_policies={
                policy: edge.get_response_headers_policy(Id=policy)["ResponseHeadersPolicy"][
                    "ResponseHeadersPolicyConfig"
                ]
                for policy in policies
            },
        )

    def console_bucket(self) -> str | None:
        """The bucket behind the distribution's default behaviour."""
        distribution_id = self.physical_id("AWS::CloudFront::Distribution")
        if distribution_id is None:
            return None
        config = self.client("cloudfront").get_distribution_config(Id=distribution_id)["DistributionConfig"]
        wanted = config["DefaultCacheBehavior"]["TargetOriginId"]
        origin = next(item for item in config["Origins"]["Items"] if item["Id"] == wanted)
        name: str = origin["DomainName"].split(".s3.", 1)[0]
        return name
