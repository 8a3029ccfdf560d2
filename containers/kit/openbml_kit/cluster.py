"""The machines of a job, and what distributed training needs to know about them."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_DEFAULT_PORT = 7777
# Below the ports that systems give to clients (32768 on Linux), above the local engine's workers.
_LOCAL_PORTS = range(21000, 32000)


@dataclass(frozen=True)
class Cluster:
    """`resourceconfig.json`; a job without one is a single machine."""

    hosts: Sequence[str]
    current_host: str
    network_interface: str
    instance_type: str
    instance_group: str
    instance_groups: Sequence[Mapping[str, Any]]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Cluster":
        current = str(document.get("current_host", "localhost"))
        return cls(
            hosts=sorted(document.get("hosts") or [current], key=_host_order),
            current_host=current,
            network_interface=str(document.get("network_interface_name", "eth0")),
            instance_type=str(document.get("current_instance_type", "")),
            instance_group=str(document.get("current_group_name", "")),
            instance_groups=document.get("instance_groups") or [],
        )

    @property
    def rank(self) -> int:
        return list(self.hosts).index(self.current_host) if self.current_host in self.hosts else 0

    def variables(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return what `torch.distributed` and `torchrun` read; the leader is the first host.

        Host names resolve in a container. Where the tree lies elsewhere (`SAGEMAKER_BASE_DIR`) they do not,
        and all nodes are processes of one machine. Nodes that meet on a machine's loopback share its ports
        with other jobs, so each job has a port of its own, the same one on all of its nodes.
        """
        address = "127.0.0.1" if env.get("SAGEMAKER_BASE_DIR") else self.hosts[0]
        return {
            "MASTER_ADDR": env.get("MASTER_ADDR") or address,
            "MASTER_PORT": env.get("MASTER_PORT") or str(self._port(env)),
            "WORLD_SIZE": str(len(self.hosts)),
            "RANK": str(self.rank),
            "NODE_RANK": str(self.rank),
            "GLOO_SOCKET_IFNAME": self.network_interface,
        }

    def _port(self, env: Mapping[str, str]) -> int:
        job = env.get("TRAINING_JOB_ARN") or env.get("PROCESSING_JOB_ARN")
        if job is None or self.network_interface != "lo":
            return _DEFAULT_PORT
        return _LOCAL_PORTS[zlib.crc32(job.encode()) % len(_LOCAL_PORTS)]


def _host_order(host: str) -> tuple[int, str]:
    number = host.rpartition("-")[2]
    return (int(number) if number.isdigit() else 0, host)
