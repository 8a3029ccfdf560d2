"""What holds for an app: the request's words, then the space's, the owner's, the domain's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.studio.declared import Declared

_DEFAULT_INSTANCE_TYPE = "ml.t3.medium"
_SYSTEM = "system"  # the API's name for "whatever fits"
_DEFAULT_VOLUME_GIB = 5
_CLEARED = "None"  # how the API spells "no value" for some members


@dataclass(frozen=True)
class SettingsChain:
    """Settings that apply to one space, the most specific first."""

    chain: Sequence[Mapping[str, Any]]

    def resource_spec(self, requested: Mapping[str, Any]) -> dict[str, Any]:
        """The first specification that names an image, and the first instance type."""
        specs = [dict(requested), *(_app(one).get("DefaultResourceSpec", {}) for one in self.chain)]
        specs = [{name: value for name, value in one.items() if value != _CLEARED} for one in specs]
        image: dict[str, Any] = next((one for one in specs if _names_image(one)), {})
        instance = next((one["InstanceType"] for one in specs if "InstanceType" in one), _SYSTEM)
        kept = {name: value for name, value in image.items() if name.startswith("SageMakerImage")}
        return {**kept, "InstanceType": _DEFAULT_INSTANCE_TYPE if instance == _SYSTEM else instance}

    def lifecycle_config(self, requested: Mapping[str, Any]) -> str | None:
        specs = [requested, *(_app(one).get("DefaultResourceSpec", {}) for one in self.chain)]
        found = next((one["LifecycleConfigArn"] for one in specs if "LifecycleConfigArn" in one), None)
        return None if found == _CLEARED else found

    def execution_role(self) -> str | None:
        return next((str(one["ExecutionRole"]) for one in self.chain if "ExecutionRole" in one), None)

    def app_image_config(self, image_name: str) -> str | None:
        """The name of the configuration that an attached image has."""
        for one in self.chain:
            for custom in _app(one).get("CustomImages", []):
                if custom["ImageName"].lower() == image_name.lower():
                    return str(custom["AppImageConfigName"])
        return None

    def idle_timeout_s(self) -> float | None:
        """None when apps may idle for ever."""
        merged: dict[str, Any] = {}
        for one in reversed(self.chain):
            merged |= _app(one).get("AppLifecycleManagement", {}).get("IdleSettings", {})
        is_on = merged.get("LifecycleManagement") == "ENABLED"
        return merged["IdleTimeoutInMinutes"] * 60.0 if is_on and "IdleTimeoutInMinutes" in merged else None


def chain_of(space: Declared, owner: Declared | None, domain: Declared) -> SettingsChain:
    """A shared space has the domain's settings for spaces, a private one those of its owner."""
    own = space.request.get("SpaceSettings", {})
    if is_shared(space) or owner is None:
        return SettingsChain([own, domain.request.get("DefaultSpaceSettings", {})])
    return SettingsChain([own, owner.request.get("UserSettings", {}), domain.request["DefaultUserSettings"]])


def is_shared(space: Declared) -> bool:
    # A space without owner can only be one that everybody of the domain uses.
    default = "Private" if "OwnershipSettings" in space.request else "Shared"
    return bool(space.request.get("SpaceSharingSettings", {}).get("SharingType", default) == "Shared")


def volume_gib(own: Mapping[str, Any], defaults: Sequence[Mapping[str, Any]]) -> int:
    given = own.get("SpaceStorageSettings", {}).get("EbsStorageSettings", {}).get("EbsVolumeSizeInGb")
    if given is not None:
        return int(given)
    for one in defaults:
        storage = one.get("SpaceStorageSettings", {}).get("DefaultEbsStorageSettings")
        if storage:
            return int(storage["DefaultEbsVolumeSizeInGb"])
    return _DEFAULT_VOLUME_GIB


def largest_volume_gib(defaults: Sequence[Mapping[str, Any]]) -> int | None:
    for one in defaults:
        storage = one.get("SpaceStorageSettings", {}).get("DefaultEbsStorageSettings")
        if storage:
            return int(storage["MaximumEbsVolumeSizeInGb"])
    return None


def storage_problem(settings: Mapping[str, Any]) -> str | None:
    storage = settings.get("SpaceStorageSettings", {}).get("DefaultEbsStorageSettings")
    if storage and storage["DefaultEbsVolumeSizeInGb"] > storage["MaximumEbsVolumeSizeInGb"]:
        return "DefaultEbsVolumeSizeInGb must not be larger than MaximumEbsVolumeSizeInGb."
    return None


def _app(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = settings.get("JupyterLabAppSettings", {})
    return found


def _names_image(spec: Mapping[str, Any]) -> bool:
    return "SageMakerImageArn" in spec or "SageMakerImageVersionArn" in spec
