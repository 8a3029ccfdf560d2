"""Who gives up root: a container's root that has another user to become, and nobody else."""

import os
from pathlib import Path

import pytest

from openbml_kit.unprivileged import another_user, give_up_root

WHOLE = "         0          0 4294967295\n"
SINGLE = "         0          0          1\n"
REMAPPED = "         0     100000      65536\n"


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    taken: list[tuple[str, object]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for name in ("setgroups", "setgid", "setuid"):
        monkeypatch.setattr(os, name, lambda value, name=name: taken.append((name, value)))
    return taken


def process(folder: Path, uid_map: str, groups: str = "allow") -> Path:
    (folder / "uid_map").write_text(uid_map)
    (folder / "setgroups").write_text(groups + "\n")
    return folder


@pytest.mark.parametrize("uid_map", [WHOLE, REMAPPED])
def test_a_containers_root_becomes_the_images_user(
    steps: list[tuple[str, object]], tmp_path: Path, uid_map: str
) -> None:
    place = process(tmp_path, uid_map)
    give_up_root({}, place)
    assert steps == [("setgroups", []), ("setgid", 10_001), ("setuid", 10_001)]
    assert another_user({}, place)["user"] == 10_001


@pytest.mark.parametrize(
    ("uid_map", "groups", "env"),
    [(SINGLE, "deny", {}), (WHOLE, "deny", {}), (WHOLE, "allow", {"SAGEMAKER_BASE_DIR": "/tmp/job"})],
    ids=["one user", "no groups", "outside of containers"],
)
def test_where_there_is_no_other_user_nothing_changes(
    steps: list[tuple[str, object]], tmp_path: Path, uid_map: str, groups: str, env: dict[str, str]
) -> None:
    place = process(tmp_path, uid_map, groups)
    give_up_root(env, place)
    assert steps == []
    assert another_user(env, place) == {}
