"""Where the machines of a job meet."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openbml_kit.cluster import Cluster

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Meeting:
    """Attributes:
    address: of the scheduler, which the first host runs.
    host: where this machine listens.
    hosts: names of all machines.
    """

    address: str
    host: str
    name: str
    hosts: Sequence[str]
    leads: bool

    @classmethod
    def of(cls, cluster: Cluster, env: Mapping[str, str]) -> "Meeting":
        """Return where the machines of a cluster meet.

        Host names resolve in containers of a job. Where the tree lies elsewhere (`SAGEMAKER_BASE_DIR`) all
        machines are processes of one, which meet on its loopback.
        """
        told = cluster.variables(env)
        local = told["MASTER_ADDR"] == _LOOPBACK
        host = _LOOPBACK if local else socket.gethostbyname(cluster.current_host)
        return cls(
            address=f"tcp://{told['MASTER_ADDR']}:{told['MASTER_PORT']}",
            host=host,
            name=cluster.current_host,
            hosts=list(cluster.hosts),
            leads=cluster.rank == 0,
        )

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])
