"""Every `bml` command that the documentation shows exists, with the options it shows."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from openbml_client.cli.app import build_app

REPOSITORY = Path(__file__).resolve().parents[3]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
COMMAND = re.compile(r"^(?:\$ )?bml (?P<rest>[^#|\n]+)", re.MULTILINE)
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def documented() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            text = block.replace("\\\n", " ")
            found += [(page.name, match["rest"].strip()) for match in COMMAND.finditer(text)]
    return found


def test_the_readme_shows_commands() -> None:
    assert len([page for page, _ in documented() if page == "README.md"]) >= 8


@pytest.mark.parametrize(("page", "command"), documented(), ids=lambda value: value[:40])
def test_a_documented_command_parses(page: str, command: str) -> None:
    root = typer.main.get_command(build_app())
    words = shlex.split(command)
    current: Any = root
    while hasattr(current, "commands") and words and not words[0].startswith("-"):
        assert words[0] in current.commands, f"{page}: there is no `bml {command}`"
        current, words = current.commands[words[0]], words[1:]

    known = {
        option for parameter in current.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    unknown = {word.split("=")[0] for word in words if word.startswith("--")} - known - {"--help"}
    assert not unknown, f"{page}: `bml {command}` has no {sorted(unknown)}"


def test_every_command_about_datasets_is_documented() -> None:
    shown = {command for page, command in documented() if page == "cli-datasets.md"}
    missing = [
        name
        for name in names_of(typer.main.get_command(build_app()).commands["datasets"], "datasets ")
        if not any(command.startswith(name) for command in shown)
    ]

    assert not missing


def names_of(group: Any, prefix: str) -> list[str]:
    found: list[str] = []
    for name, command in group.commands.items():
        nested = hasattr(command, "commands")
        found += names_of(command, f"{prefix}{name} ") if nested else [prefix + name]
    return found


def examples_in_help(group: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found += examples_in_help(command)
        lines = (command.help or "").splitlines()
        found += [
            (name, line.strip().removeprefix("bml ")) for line in lines if line.strip().startswith("bml ")
        ]
    return found


@pytest.mark.parametrize(("name", "command"), examples_in_help(typer.main.get_command(build_app())))
def test_an_example_in_a_commands_help_is_that_command(name: str, command: str) -> None:
    test_a_documented_command_parses("help", command)

    assert name in command.split()
