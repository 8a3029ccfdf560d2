"""`sam build` and `sam deploy` against the local cloud, skipped when nothing that they read has changed."""

import hashlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from openbml_local.errors import DeployError
from openbml_local.settings import Cloud, inherited_environment
from openbml_local.stack import Stack
from openbml_local.state_directory import StateDirectory

SOURCES = ("functions", "layers", "infra/stacks")
UNBUILT = frozenset(("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".aws-sam"))
BUCKET = "openbml-local-artifacts"


class _TemplateLoader(yaml.SafeLoader):
    """Reads templates whose short-form functions (`!Ref`) need not be understood."""


_TemplateLoader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def template_parameters(template: Path) -> set[str]:
    content: dict[str, Any] = yaml.load(template.read_text(), Loader=_TemplateLoader)  # noqa: S506 - a SafeLoader
    return set(content.get("Parameters", {}))


def source_files(project: Path, template: Path) -> Iterator[Path]:
    yield template
    for name in SOURCES:
        folder = project / name
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.is_file() and not UNBUILT & set(path.parts) and path.suffix != ".pyc":
                yield path


def source_digest(project: Path, template: Path, parameters: dict[str, str]) -> str:
    """One digest over everything a deploy depends on."""
    digest = hashlib.sha256()
    for name, value in sorted(parameters.items()):
        digest.update(f"{name}={value}\0".encode())
    for path in source_files(project, template):
        digest.update(f"{path.relative_to(project)}\0{path.stat().st_mode & 0o111}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


class Deployer:
    def __init__(
        self, *, project: Path, sam: Path, state: StateDirectory, cloud: Cloud, stack: Stack
    ) -> None:
        self._project = project
        self._sam = sam
        self._state = state
        self._cloud = cloud
        self._stack = stack

    @property
    def template(self) -> Path:
        return self._project / "template.yaml"

    def parameters(self) -> dict[str, str]:
        # Not AdminEmail: it makes an AWS::Cognito::UserPoolUser, which MiniStack does not know, and no mail
        # would arrive here; `seeding.py` makes the administrator.
        values = {"Stage": self._cloud.stage, "ConsoleOrigin": self._cloud.url}
        declared = template_parameters(self.template)
        return {name: value for name, value in values.items() if name in declared}

    def digest(self) -> str:
        return source_digest(self._project, self.template, self.parameters())

    def is_current(self) -> bool:
        """Whether the stack that MiniStack holds was made from these very sources."""
        return self._stack.is_complete() and self._stack.recorded("deploy") == self.digest()

    def build(self) -> float:
        return self._run(
            "build", "--template-file", str(self.template), "--cached", "--parallel",
            "--build-dir", str(self._state.sam / "build"), "--cache-dir", str(self._state.sam / "cache"),
        )  # fmt: skip

    def deploy(self) -> float:
        digest = self.digest()
        self._stack.clear_the_way()
        self._stack.ensure_bucket(BUCKET)
        overrides = [f"{name}={value}" for name, value in self.parameters().items()]
        seconds = self._run(
            "deploy", "--template-file", str(self._state.sam / "build" / "template.yaml"),
            "--stack-name", self._cloud.stack_name, "--s3-bucket", BUCKET, "--region", self._cloud.region,
            "--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND",
            "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
            *(["--parameter-overrides", *overrides] if overrides else []),
        )  # fmt: skip
        self._stack.record("deploy", digest)
        return seconds

    def _run(self, *arguments: str) -> float:
        log = self._state.log("deploy")
        tools = self._sam.parent
        environment = inherited_environment() | self._cloud.environment()
        environment |= {
            # `sam build` calls python3.11 and its pip by name: the tools' own, not whatever comes first.
            "PATH": f"{tools}:{environment['PATH']}",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.3",
        }
        started = time.monotonic()
        with log.open("ab") as output:
            output.write(f"\n$ sam {' '.join(arguments)}\n".encode())
            output.flush()
            from_here = output.tell()
            code = subprocess.run(
                [str(self._sam), *arguments], cwd=self._project, env=environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, check=False,
            ).returncode  # fmt: skip
        if code != 0:
            with log.open("rb") as written:
                written.seek(from_here)
                tail = written.read().decode(errors="replace").splitlines()[-15:]
            causes = self._stack.failures() if arguments[0] == "deploy" else []
            raise DeployError(
                "\n".join([f"sam {arguments[0]} ended with {code}. Whole output: {log}", *(causes or tail)])
            )
        return time.monotonic() - started
