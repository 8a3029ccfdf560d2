"""The command that runs a prepared process in its real image."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.processes.docker import (
    IMAGE_ENTRY_POINT,
    IMAGE_VARIABLE,
    DockerClient,
    DockerError,
    environment_file,
    run_words,
)
from sagemaker_local.processes.launcher import Mount, ProcessSpec
from sagemaker_local.processes.limits import Limits

RUN = Path("/state/runs/0a1b")
ENVIRONMENT = RUN / "environment"
SPEC = ProcessSpec(
    argv=[IMAGE_ENTRY_POINT, "train"],
    env={},
    cwd="/opt/ml/code",
    mode="ns",
    grace_s=2.0,
    mounts=[
        Mount("/jobs/ml", "/opt/ml", read_only=False),
        Mount("/models/x", "/opt/ml/model", read_only=True),
    ],
    hosts="127.0.0.1 localhost\n",
)


def words(spec: ProcessSpec = SPEC, variables: Mapping[str, str] | None = None, *, uid: int = 0) -> list[str]:
    return run_words(
        spec, "repo/image:1", variables or {}, run_dir=RUN, environment=ENVIRONMENT, user=(uid, uid)
    )


def test_an_image_runs_with_its_own_entry_point_and_the_tree_mounted() -> None:
    assert words() == [
        *("run", "--rm", "--name", "sagemaker-local-0a1b", "--network", "host"),
        *("--security-opt", "no-new-privileges", "--env-file", "/state/runs/0a1b/environment"),
        *("--mount", "type=bind,source=/jobs/ml,target=/opt/ml"),
        *("--mount", "type=bind,source=/models/x,target=/opt/ml/model,readonly"),
        *("--mount", "type=bind,source=/state/runs/0a1b/hosts,target=/etc/hosts,readonly"),
        *("--workdir", "/opt/ml/code", "repo/image:1", "train"),
    ]


def test_an_entry_point_of_the_request_replaces_the_images() -> None:
    found = words(replace(SPEC, argv=["bash", "-c", "echo {image-entry-point}"]))
    assert found[-5:] == ["--entrypoint", "bash", "repo/image:1", "-c", "echo {image-entry-point}"]


@pytest.mark.parametrize(
    ("change", "network"),
    [
        ({}, "host"),
        ({"private_network": True}, "none"),
        ({"join_network_of": "/state/runs/77ff"}, "container:sagemaker-local-77ff"),
    ],
)
def test_isolation_takes_the_network(change: dict[str, object], network: str) -> None:
    found = words(replace(SPEC, **change))  # type: ignore[arg-type]
    assert found[found.index("--network") + 1] == network


def test_the_slot_and_the_engines_user_limit_the_container() -> None:
    limits = Limits(memory_mib=512, tasks=64, cores=[0])
    found = words(replace(SPEC, limits=limits), {"SML_NUM_CPUS": "2", "SML_NUM_GPUS": "1"}, uid=1000)
    for pair in (
        ("--cpus", "2"),
        ("--cpuset-cpus", str(min(os.sched_getaffinity(0)))),
        ("--memory", "512m"),
        ("--pids-limit", "64"),
        ("--gpus", "1"),
        ("--user", "1000:1000"),
    ):
        assert found[found.index(pair[0]) + 1] == pair[1]


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z_][A-Z0-9_]{0,9}", fullmatch=True), st.text(st.characters(codec="utf-8"))
    )
)
def test_every_variable_reaches_the_container_exactly_once(variables: dict[str, str]) -> None:
    in_file = dict(line.split("=", 1) for line in environment_file(variables).split("\n")[:-1])
    found = words(variables=variables)
    in_words = dict(found[at + 1].split("=", 1) for at, word in enumerate(found) if word == "--env")
    assert not in_file.keys() & in_words.keys()
    assert in_file | in_words == variables


def test_the_client_gets_no_variable_of_the_job_and_the_container_none_of_the_engines(tmp_path: Path) -> None:
    client = tmp_path / "docker"
    client.write_text("#!/bin/sh\n")
    client.chmod(0o755)
    docker = DockerClient(
        str(client), "unix:///run/d.sock", {"PATH": "/bin", "HOME": "/home/me", "SECRET": "x"}
    )
    job = {IMAGE_VARIABLE: "repo/image:1", "SML_SIGNALS_ALL": "1", "LD_PRELOAD": "evil.so", "A": "1"}
    made = docker.containerised(replace(SPEC, env=job), tmp_path / "run")
    assert made.argv[:4] == [str(client), "--host", "unix:///run/d.sock", "run"]
    assert made.env == {"PATH": "/bin", "HOME": "/home/me"}
    assert (tmp_path / "run" / "environment").read_text() == "LD_PRELOAD=evil.so\nA=1\n"
    assert (tmp_path / "run" / "environment").stat().st_mode & 0o077 == 0
    assert docker.containerised(SPEC, tmp_path / "other") is SPEC


def test_a_machine_without_docker_is_told(tmp_path: Path) -> None:
    with pytest.raises(DockerError, match="there is no docker client named docker"):
        DockerClient(env={"PATH": str(tmp_path)}).server_version()
    client = tmp_path / "docker"
    client.write_text("#!/bin/sh\necho warning >&2; echo 'Cannot connect to the Docker daemon' >&2; exit 1\n")
    client.chmod(0o755)
    with pytest.raises(DockerError, match="docker version: Cannot connect to the Docker daemon"):
        DockerClient(env={"PATH": f"{tmp_path}:/bin:/usr/bin"}).server_version()
