"""The instances of a request: one type, or a list of types in order of preference."""

from collections.abc import Iterator, Mapping
from typing import Any


def instance_problems(where: str, config: Mapping[str, Any]) -> Iterator[str]:
    has_type, has_preferences = "InstanceType" in config, bool(config.get("InstancePreferences"))
    if has_type == has_preferences:
        yield f"{where} needs either InstanceType or InstancePreferences."
    if has_type and "InstanceCount" not in config:
        yield f"{where}.InstanceCount is required with InstanceType."
    if has_preferences and "InstanceCount" not in config:
        yield from (
            f"{where}.InstancePreferences: {one['InstanceType']} has no InstanceCount."
            for one in config["InstancePreferences"]
            if "InstanceCount" not in one
        )


def with_selection(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration with what it gets here: any type fits, so the first choice is taken."""
    preferences = config.get("InstancePreferences")
    if not preferences:
        return dict(config)
    count = preferences[0].get("InstanceCount") or config["InstanceCount"]
    return {
        **config,
        "SelectedInstanceType": preferences[0]["InstanceType"],
        "SelectedInstanceCount": count,
    }


def instance_groups(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The groups of a resource configuration; instances of one type form one group."""
    if config.get("InstanceGroups"):
        return list(config["InstanceGroups"])
    return [
        {
            "InstanceGroupName": "homogeneousCluster",
            "InstanceType": config.get("SelectedInstanceType") or config["InstanceType"],
            "InstanceCount": config.get("SelectedInstanceCount") or config["InstanceCount"],
        }
    ]
