"""An image built with docker and the local environment of the same image hold the same things."""

import re
from pathlib import Path

import pytest

from openbml_catalog.frameworks import frameworks
from openbml_catalog.images import images
from sagemaker_local.images.registry import COMMANDS, ImageEntry, load_registry
from sagemaker_local.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
REGISTRY = load_registry(Settings.model_fields["images_file"].default, ROOT)
FILES = sorted((ROOT / "containers").glob("*/Dockerfile"))
COPY = re.compile(r"^COPY (?:--chmod=\d+ )?(?P<source>\S+) (?P<target>\S+)$", re.MULTILINE)
LIBRARY = "/opt/openbml/lib/"
PROGRAMS = "/opt/openbml/bin/"


def entry_of(image: str) -> ImageEntry:
    return REGISTRY.find(f"localhost/openbml/{image}:1")


def copies(file: Path) -> dict[str, str]:
    return {match["target"]: match["source"] for match in COPY.finditer(file.read_text())}


def packages_of(entry: ImageEntry) -> dict[str, str]:
    """Every package that the entry's folders put on PYTHONPATH, as the Dockerfile must copy it."""
    return {
        f"{LIBRARY}{package.parent.name}": str(package.parent.relative_to(ROOT))
        for path in entry.paths
        for package in (ROOT / path).glob("*/__init__.py")
    }


def test_every_image_of_the_registry_has_a_dockerfile_and_the_reverse() -> None:
    assert {file.parent.name for file in FILES} == {entry.env for entry in REGISTRY.entries}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_a_dockerfile_says_the_same_as_the_registry(file: Path) -> None:
    entry, text, copied = entry_of(file.parent.name), file.read_text(), copies(file)
    assert set(re.findall(r"^FROM (\S+?):(\S+)", text, re.MULTILINE)) == {("python", "3.11-slim-bookworm")}
    assert copied["/tmp/requirements.txt"] == str(entry.lock)
    assert "--no-deps" in text
    if "--hash=" in (ROOT / str(entry.lock)).read_text():
        assert "--require-hashes" in text
    assert {to: source for to, source in copied.items() if to.startswith(LIBRARY)} == packages_of(entry)
    commands = {
        f"{PROGRAMS}{name}": command[1] for name in COMMANDS if len(command := entry.command(name)) == 2
    }
    assert {to: source for to, source in copied.items() if to.startswith(PROGRAMS)} == commands
    assert f"PYTHONPATH={LIBRARY.rstrip('/')}" in text
    assert "PATH=/opt/openbml/bin:/opt/venv/bin:$PATH" in text


def test_every_framework_that_is_served_has_an_image_that_serves_it() -> None:
    served = {framework.image for framework in frameworks().values() if framework.image is not None}
    assert served <= images().keys()
    for image in served:
        assert entry_of(image).command("serve"), image


@pytest.mark.parametrize(
    "file",
    [file for file in FILES if entry_of(file.parent.name).users_code],
    ids=lambda file: file.parent.name,
)
def test_users_code_is_isolated_where_it_is_only_served(file: Path) -> None:
    """SageMaker mounts what a training job writes to as root; a server writes nothing."""
    entry, text = entry_of(file.parent.name), file.read_text()
    only_serves = [name for name in COMMANDS if entry.command(name)] == ["serve"]
    assert not only_serves or re.findall(r"^USER (\S+)$", text, re.MULTILINE) == ["openbml"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_a_dockerfile_leaves_no_caches_and_starts_by_a_list(file: Path) -> None:
    text = file.read_text()
    for line in text.replace("\\\n", " ").splitlines():
        assert "apt-get install" not in line or "rm -rf /var/lib/apt/lists/*" in line
        assert "pip install" not in line or line.startswith("#") or "--no-cache-dir" in line
        assert not line.startswith("ADD ")
    assert not re.search(r"^CMD (?!\[)", text, re.MULTILINE)


@pytest.mark.parametrize("entry", REGISTRY.entries, ids=lambda entry: entry.env)
def test_an_entry_point_of_the_registry_is_an_executable_file(entry: ImageEntry) -> None:
    for name in COMMANDS:
        for word in entry.command(name)[1:]:
            assert (ROOT / word).stat().st_mode & 0o111, word
