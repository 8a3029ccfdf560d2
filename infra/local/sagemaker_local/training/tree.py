"""The folder that a node sees as ``/opt/ml`` (contract section 3.4)."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_local.jobs.instances import instance_groups

OPT_ML = "/opt/ml"
DEFAULT_CHECKPOINT_PATH = "/opt/ml/checkpoints"
_FOLDERS = (
    "input/config",
    "input/data",
    "model",
    "output/data",
    "output/intermediate",
    "checkpoints",
    "code",
    "shared",
    "tmp",
)


@dataclass(frozen=True)
class NodeTree:
    """The tree of one node: ``root`` here is ``/opt/ml`` there."""

    root: Path

    def make(self) -> None:
        """Start from nothing: what an earlier attempt left must not leak into this one."""
        shutil.rmtree(self.root, ignore_errors=True)
        for name in _FOLDERS:
            (self.root / name).mkdir(parents=True)

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def output_data(self) -> Path:
        return self.root / "output" / "data"

    def channel(self, name: str) -> Path:
        return self.root / "input" / "data" / name

    def local(self, path: str) -> Path:
        """Where an ``/opt/ml/...`` path of the job lies here."""
        return self.root / Path(path).relative_to(OPT_ML)

    def write_config(self, name: str, content: Any) -> None:
        (self.root / "input" / "config" / name).write_text(json.dumps(content))


def resource_config(request: Mapping[str, Any], hosts: Sequence[str], current: str) -> dict[str, Any]:
    groups = instance_groups(request["ResourceConfig"])
    named: list[dict[str, Any]] = []
    ordered = sorted(hosts, key=_host_number)
    for group in groups:
        members, ordered = ordered[: group["InstanceCount"]], ordered[group["InstanceCount"] :]
        named.append(
            {
                "instance_group_name": group["InstanceGroupName"],
                "instance_type": group["InstanceType"],
                "hosts": members,
            }
        )
    own = next(group for group in named if current in group["hosts"])
    return {
        "current_host": current,
        "current_instance_type": own["instance_type"],
        "current_group_name": own["instance_group_name"],
        "hosts": sorted(hosts),
        "instance_groups": named,
        "network_interface_name": "lo",
    }


def input_data_config(request: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    default_mode = request["AlgorithmSpecification"].get("TrainingInputMode", "File")
    for channel in request.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource", {})
        entry = {
            "TrainingInputMode": channel.get("InputMode", default_mode),
            "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        }
        if channel.get("ContentType"):
            entry["ContentType"] = channel["ContentType"]
        found[channel["ChannelName"]] = entry
    return found


def _host_number(host: str) -> int:
    return int(host.rpartition("-")[2]) if host != "localhost" else 1
