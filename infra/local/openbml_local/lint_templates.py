"""`python -m openbml_local.lint_templates`: sam validate, cfn-lint and checkov on every template."""

import subprocess
import sys
from pathlib import Path

from openbml_local.environments import Environments
from openbml_local.errors import LocalCloudError
from openbml_local.settings import REPOSITORY, Cloud, inherited_environment


def templates(project: Path) -> list[Path]:
    return [project / "template.yaml", *sorted((project / "infra" / "stacks").glob("*.yaml"))]


def commands(tools: Path, found: list[Path]) -> list[list[str]]:
    names = [str(path) for path in found]
    region = Cloud().region
    validate = [
        [str(tools / "sam"), "validate", "--lint", "--template-file", name, "--region", region]
        for name in names
    ]
    return [
        *validate,
        [str(tools / "cfn-lint"), "--regions", region, "--", *names],
        [
            str(tools / "checkov"), "--framework", "cloudformation", "--compact", "--quiet",
            "--skip-download",
            *(argument for name in names for argument in ("--file", name)),
        ],
    ]  # fmt: skip


def main(project: Path = REPOSITORY) -> int:
    """Run every check, also after a failure; the exit code tells whether all passed."""
    try:
        tools = Environments(say=lambda message: print_error(f"· {message}")).python("tools").parent
    except LocalCloudError as error:
        print_error(f"error: {error}")
        return error.exit_code
    environment = inherited_environment() | {"SAM_CLI_TELEMETRY": "0"}
    environment["PATH"] = f"{tools}:{environment['PATH']}"
    failed = []
    for command in commands(tools, templates(project)):
        if subprocess.run(command, cwd=project, env=environment, check=False).returncode != 0:
            failed.append(Path(command[0]).name)
    if failed:
        print_error(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def print_error(message: str) -> None:
    sys.stderr.write(message + "\n")


if __name__ == "__main__":
    sys.exit(main())
