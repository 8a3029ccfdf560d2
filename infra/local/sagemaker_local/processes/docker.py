"""Mode ``docker``: the real image, with the tree of the job mounted at ``/opt/ml``.

The parts of the engine prepare a process as for the namespace mode. Just before it starts, its spec is turned
into one that runs the docker client; the shim then treats the client as it treats any process, and the client
hands signals on to the container. A container is named after its process, so none outlives it unknown.
"""

import logging
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sagemaker_local.processes.launcher import Mount, ProcessSpec
from sagemaker_local.processes.limits import Limits

DOCKER = "docker"
#: In a spec's variables: the image to run; set by the engine, never seen by the job.
IMAGE_VARIABLE = "SML_DOCKER_IMAGE"
#: First word of a command: what the image itself starts.
IMAGE_ENTRY_POINT = "{image-entry-point}"

_NAME_PREFIX = "sagemaker-local-"
_NOT_FOR_CONTAINERS = (IMAGE_VARIABLE, "SML_SIGNALS_ALL")
_CLIENT_VARIABLES = ("HOME", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "DOCKER_CONTEXT")
_PROBE_S = 15.0
_PULL_S = 3600.0
_REMOVE_S = 60.0

logger = logging.getLogger(__name__)


class DockerError(Exception):
    """The docker engine does not answer, or has no such image."""


@dataclass(frozen=True)
class DockerClient:
    """The docker command line. Blocking; used from worker threads."""

    program: str = "docker"
    host: str | None = None  # None: the client's own default
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def server_version(self) -> str:
        """Return the engine's version.

        Raises:
            DockerError: there is no client, or no engine answers it.
        """
        return self._run(["version", "--format", "{{.Server.Version}}"], _PROBE_S)

    def provide(self, image: str) -> None:
        """Make sure that an image is on this machine.

        Raises:
            DockerError: it is not here and cannot be pulled.
        """
        try:
            self._run(["image", "inspect", "--format", "{{.Id}}", image], _PROBE_S)
        except DockerError:
            logger.info("pulling image %s", image)
            self._run(["pull", "--quiet", image], _PULL_S)

    def remove(self, process_id: str) -> None:
        """End the container of a process if there still is one."""
        try:
            self._run(["rm", "--force", container_name(process_id)], _REMOVE_S)
        except DockerError as error:
            if "no such container" not in str(error).lower():
                logger.warning("container of process %s may be left: %s", process_id, error)

    def containerised(self, spec: ProcessSpec, run_dir: Path) -> ProcessSpec:
        """Return the spec that runs the client instead; a spec without an image stays as it is."""
        image = spec.env.get(IMAGE_VARIABLE)
        if image is None:
            return spec
        run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        variables = {name: value for name, value in spec.env.items() if name not in _NOT_FOR_CONTAINERS}
        file = run_dir / "environment"
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(environment_file(variables))
        words = run_words(
            spec, image, variables, run_dir=run_dir, environment=file, user=(os.geteuid(), os.getegid())
        )
        return replace(
            spec,
            argv=[*self._client(), *words],
            env=self._client_variables(),  # never the job's: they would steer the client, which is no job
            cwd="/",
            mode="base-dir",
            mounts=(),
            private_network=False,
            join_network_of=None,
            hosts=spec.hosts,
            limits=Limits(),  # the container has them
        )

    def _client(self) -> list[str]:
        program = shutil.which(self.program, path=self.env.get("PATH"))
        if program is None:
            raise DockerError(f"there is no docker client named {self.program}")
        return [program, *(["--host", self.host] if self.host else [])]

    def _client_variables(self) -> dict[str, str]:
        kept = {name: self.env[name] for name in _CLIENT_VARIABLES if name in self.env}
        return {"PATH": self.env.get("PATH", os.defpath), **kept}

    def _run(self, words: Sequence[str], limit_s: float) -> str:
        try:
            ended = subprocess.run(
                [*self._client(), *words],
                env=self._client_variables(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise DockerError(f"docker {words[0]} did not end within {limit_s:g} s") from error
        except OSError as error:
            raise DockerError(f"the docker client cannot be run: {error.strerror}") from error
        if ended.returncode:
            lines = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
            raise DockerError(f"docker {words[0]}: {lines[-1]}")
        return ended.stdout.strip()


def container_name(process_id: str) -> str:
    return _NAME_PREFIX + process_id


def environment_file(variables: Mapping[str, str]) -> str:
    """One variable a line; values of several lines have no form there and are given in the command."""
    return "".join(f"{name}={value}\n" for name, value in variables.items() if "\n" not in value)


def run_words(
    spec: ProcessSpec,
    image: str,
    variables: Mapping[str, str],
    *,
    run_dir: Path,
    environment: Path,
    user: tuple[int, int],
) -> list[str]:
    """Return ``docker run`` and its words for a process that was prepared for a namespace.

    Args:
        spec: its command, mounts, network and hosts.
        image: to run.
        variables: of the container.
        run_dir: of the process; its name is the process's id.
        environment: the file that holds the variables.
        user: the engine's ids; files of a container must be the engine's to read and to remove.
    """
    words = ["run", "--rm", "--name", container_name(run_dir.name), "--network", _network(spec)]
    words += ["--security-opt", "no-new-privileges", "--env-file", str(environment)]
    for name, value in variables.items():
        if "\n" in value:
            words += ["--env", f"{name}={value}"]
    if user[0] != 0:
        words += ["--user", f"{user[0]}:{user[1]}"]
    words += _share(spec, variables)
    for mount in spec.mounts:
        words += ["--mount", _mount(mount)]
    if spec.hosts is not None:
        words += ["--mount", _mount(Mount(str(run_dir / "hosts"), "/etc/hosts", read_only=True))]
    words += ["--workdir", spec.cwd]
    if spec.argv[:1] == [IMAGE_ENTRY_POINT]:
        return [*words, image, *spec.argv[1:]]
    return [*words, "--entrypoint", spec.argv[0], image, *spec.argv[1:]]


def _network(spec: ProcessSpec) -> str:
    """The machine's, because the emulator listens on loopback; none or the first node's when isolated."""
    if spec.join_network_of is not None:
        return f"container:{container_name(Path(spec.join_network_of).name)}"
    return "none" if spec.private_network else "host"


def _share(spec: ProcessSpec, variables: Mapping[str, str]) -> list[str]:
    words = ["--cpus", variables["SML_NUM_CPUS"]] if "SML_NUM_CPUS" in variables else []
    limits = spec.limits
    if numbers := limits.core_numbers():
        words += ["--cpuset-cpus", ",".join(map(str, numbers))]
    if limits.memory_mib:
        words += ["--memory", f"{limits.memory_mib}m"]
    if limits.tasks:
        words += ["--pids-limit", str(limits.tasks)]
    if variables.get("SML_NUM_GPUS", "0") != "0":
        words += ["--gpus", variables["SML_NUM_GPUS"]]
    return words


def _mount(mount: Mount) -> str:
    parts = [f"type=bind,source={mount.source},target={mount.target}"]
    return ",".join([*parts, *(["readonly"] if mount.read_only else [])])
