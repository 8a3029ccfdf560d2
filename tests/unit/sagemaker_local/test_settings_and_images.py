"""What an operator can get wrong, and what the engine says then."""

from pathlib import Path

import pytest

from sagemaker_local.images.environments import Environments
from sagemaker_local.images.registry import ImageError, load_registry
from sagemaker_local.images.resolver import Images
from sagemaker_local.settings import Settings, SettingsError

GOOD = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SML_PORT": "abc"}, "SML_PORT"),
        ({"SML_MODE": "vm"}, "SML_MODE"),
        ({"SML_HOST": "0.0.0.0"}, "SML_ALLOW_REMOTE"),
        ({"SML_WORKER_PORTS": "30000-20000"}, "SML_WORKER_PORTS"),
    ],
)
def test_a_bad_setting_names_its_variable(change: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Settings.from_env(GOOD | change)


def registry_file(folder: Path, text: str) -> Path:
    path = folder / "images.yaml"
    path.write_text(text)
    return path


def test_an_image_is_found_by_its_repository_whatever_account_region_and_tag(tmp_path: Path) -> None:
    registry = load_registry(Settings.from_env(GOOD).images_file, tmp_path)
    for image in (
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/openbml/deep:1.2",
        "localhost:5000/openbml/deep@sha256:abc",
        "openbml/deep",
    ):
        assert registry.find(image).env == "deep"
    with pytest.raises(ImageError, match="has no local environment"):
        registry.find("123456789012.dkr.ecr.eu-west-1.amazonaws.com/other/deeper:1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "images: 3",
        "images: [{repository: x}]",
        "images: [{repository: x, env: '../x', train: [a]}]",
        ": :",
    ],
)
def test_a_wrong_registry_file_is_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(ImageError, match="is not valid"):
        load_registry(registry_file(tmp_path, text), tmp_path)


def test_an_environment_belongs_to_the_content_of_its_lock_file(tmp_path: Path) -> None:
    registry = load_registry(
        registry_file(tmp_path, "images: [{repository: x, env: x, lock: lock.txt, train: [a]}]"), tmp_path
    )
    environments = Environments(registry, tmp_path / "envs")
    with pytest.raises(ImageError, match=r"lock\.txt .*does not exist"):
        environments.folder_of(registry.entries[0])
    (tmp_path / "lock.txt").write_text("a==1")
    first = environments.folder_of(registry.entries[0])
    (tmp_path / "lock.txt").write_text("a==2")
    assert environments.folder_of(registry.entries[0]) != first
    assert not environments.is_built(registry.entries[0])


def test_code_of_users_does_not_run_where_it_would_see_the_machine(tmp_path: Path) -> None:
    text = (
        "images:\n"
        "  - {repository: ours, env: ours, train: [ours]}\n"
        "  - {repository: theirs, env: theirs, users_code: true, train: [theirs]}\n"
    )
    registry = load_registry(registry_file(tmp_path, text), tmp_path)
    environments = Environments(registry, tmp_path / "environments")
    refusing = Images(registry, environments, refusal="not here")
    assert refusing.runtime("ours:1", "train").entry.env == "ours"
    for image, brings_code in (("theirs:1", False), ("ours:1", True)):
        with pytest.raises(ImageError, match="not here"):
            refusing.runtime(image, "train", brings_code=brings_code)
        assert Images(registry, environments).runtime(image, "train", brings_code=brings_code)
