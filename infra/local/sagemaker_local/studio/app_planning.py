"""From a request and the settings around it to what an app runs on."""

import sqlite3
from collections.abc import Mapping

from sagemaker_local.protocol.arns import IMAGE, Scope
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.studio.app_image_configs import environment_of, find_config, problem_of
from sagemaker_local.studio.app_settings import SettingsChain, chain_of, volume_gib
from sagemaker_local.studio.apps import AppPlan
from sagemaker_local.studio.declared import Declared
from sagemaker_local.studio.image_operations import image_address

_DEFAULT_IMAGE = "openbml/notebook:latest"  # stands for the distribution that AWS provides


def plan_app(
    connection: sqlite3.Connection,
    scope: Scope,
    *,
    requested: Mapping[str, str],
    space: Declared,
    owner: Declared | None,
    domain: Declared,
) -> tuple[dict[str, str], AppPlan]:
    """Return the resource specification that callers see, and the plan.

    Raises:
        ValidationException: an image, role or configuration is missing or cannot be used here.
    """
    chain = chain_of(space, owner, domain)
    if chain.lifecycle_config(requested) is not None:
        raise ValidationException("Studio lifecycle configurations are not supported by sagemaker-local.")
    spec = chain.resource_spec(requested)
    image, environment = _DEFAULT_IMAGE, {}
    if len(spec) > 1:
        version, image = image_address(connection, scope, spec)
        spec["SageMakerImageArn"] = scope.arn(IMAGE, version.name)
        spec["SageMakerImageVersionArn"] = version.arn
        environment = _environment(connection, scope, chain, version)
    user_settings = [one.request.get("UserSettings", {}) for one in (owner,) if one is not None]
    plan = AppPlan(
        image=image,
        instance_type=spec["InstanceType"],
        role_arn=_role(chain, space),
        space_key=space.key,
        volume_gib=volume_gib(
            space.request.get("SpaceSettings", {}), [*user_settings, domain.request["DefaultUserSettings"]]
        ),
        environment=environment,
        idle_timeout_s=chain.idle_timeout_s(),
    )
    return spec, plan


def _role(chain: SettingsChain, space: Declared) -> str:
    role_arn = chain.execution_role()
    if role_arn is None:
        raise ValidationException(
            f"No ExecutionRole is set for space [{space.name}]; set it in DefaultSpaceSettings for shared "
            "spaces, in UserSettings or DefaultUserSettings for private ones."
        )
    return role_arn


def _environment(
    connection: sqlite3.Connection, scope: Scope, chain: SettingsChain, version: Declared
) -> dict[str, str]:
    """What the configuration adds that the image was attached with; without one, the image runs as it is."""
    name = chain.app_image_config(version.name)
    if name is None:
        return {}
    config = find_config(connection, scope, name, error=ValidationException)
    problem = problem_of(config)
    if problem:
        raise ValidationException(problem)
    return environment_of(config)
