"""Names and addresses of a job's nodes."""

from collections.abc import Sequence


def host_names(count: int, *, resolvable: bool) -> list[str]:
    """``base-dir`` mode cannot make names resolve; toolkits then wait minutes for ``algo-1``."""
    if count == 1 and not resolvable:
        return ["localhost"]
    return [f"algo-{number}" for number in range(1, count + 1)]


def hosts_file(hosts: Sequence[str], job_number: int) -> str:
    """Loopback addresses of their own for the nodes of a job."""
    block = f"127.{1 + job_number // 254 % 254}.{1 + job_number % 254}"
    lines = [f"{block}.{index} {host}" for index, host in enumerate(hosts, start=1)]
    return "\n".join(["127.0.0.1 localhost", "::1 localhost ip6-localhost", *lines, ""])
