"""What a deploy depends on, and what it does not."""

from pathlib import Path

import pytest

from openbml_local.console_upload import release_digest, release_files
from openbml_local.deploy import source_digest, template_parameters

TEMPLATE = """
Parameters:
  Stage: { Type: String }
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties: { BucketName: !Sub "${Stage}-x", Tags: !If [A, [], !Ref AWS::NoValue] }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("functions/do_it", "layers/platform", "infra/stacks", "console/src"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "functions/do_it/handler.py").write_text("A = 1\n")
    return tmp_path


def digest(project: Path, **parameters: str) -> str:
    return source_digest(project, project / "template.yaml", parameters)


def test_parameters_are_read_although_the_template_uses_short_functions(project: Path) -> None:
    assert template_parameters(project / "template.yaml") == {"Stage"}


@pytest.mark.parametrize(
    "name", ["functions/do_it/handler.py", "infra/stacks/a.yaml", "layers/platform/new.py"]
)
def test_a_changed_source_changes_the_digest(project: Path, name: str) -> None:
    before = digest(project)
    (project / name).write_text("A = 2\n")
    assert digest(project) != before


@pytest.mark.parametrize(
    "name", ["console/src/a.ts", "README.md", "functions/do_it/__pycache__/handler.cpython-311.pyc"]
)
def test_what_is_not_deployed_leaves_the_digest(project: Path, name: str) -> None:
    before = digest(project)
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("x")
    assert digest(project) == before


def test_a_changed_parameter_changes_the_digest(project: Path) -> None:
    assert digest(project, ConsoleOrigin="http://127.0.0.1:8080") != digest(
        project, ConsoleOrigin="http://127.0.0.1:9"
    )


def test_a_renamed_file_changes_the_digest(project: Path) -> None:
    before = digest(project)
    (project / "functions/do_it/handler.py").rename(project / "functions/do_it/other.py")
    assert digest(project) != before


def test_a_release_is_known_by_its_files_and_its_bucket(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<html>")
    (dist / "assets/a.js").write_text("1")
    files = release_files(dist)
    assert set(files) == {"index.html", "assets/a.js"}
    before = release_digest(files, "bucket")
    assert release_digest(files, "other bucket") != before
    (dist / "assets/a.js").write_text("2")
    assert release_digest(files, "bucket") != before
