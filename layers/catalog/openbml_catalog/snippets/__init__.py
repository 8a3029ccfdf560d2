"""Programs that call a service, in six languages, from templates; keys come from the environment."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document

_TOKEN_PATH = "/oauth/2.0/token"  # noqa: S105 - a path, no secret


class Snippet(BaseModel):
    """A program in one language, and the name under which it runs as its first lines say."""

    model_config = ConfigDict(frozen=True)

    language: str
    file_name: str
    text: str


def snippets_for(task: str, *, host: str, address: str, example: Mapping[str, Any]) -> list[Snippet]:
    """Return the programs for one service.

    Args:
        host: public address of the installation; address: the service's own.
        example: a request that the service understands; without one, the task's example.
    """
    document = load_snippets()
    request = dict(example or document["examples"].get(task, {}))
    field = next((name for name in document["files"] if name in request), None)
    rest = {name: value for name, value in request.items() if name != field}
    values = {
        "ADDRESS": address,
        "TOKEN_URL": f"{host}{_TOKEN_PATH}",
        "FIELD": field or "",
        "FILE": document["files"].get(field, ""),
    }
    return [
        Snippet(
            language=row["language"],
            file_name=row["file_name"],
            text=_rendered(_template(row["template"]), row["language"], values, rest, has_file=bool(field)),
        )
        for row in document["languages"]
    ]


@cache
def load_snippets() -> Any:
    return load_document("snippets", "snippets.yaml")


@cache
def _template(name: str) -> str:
    return resources.files("openbml_catalog").joinpath("snippets", name).read_text(encoding="utf-8")


def _rendered(
    template: str, language: str, values: Mapping[str, str], rest: Mapping[str, Any], *, has_file: bool
) -> str:
    kept = "\n".join(_sections(template.splitlines(), "%file" if has_file else "%json")) + "\n"
    texts = {
        **values,
        "REQUEST": _literal(language, json.dumps(rest, ensure_ascii=False, indent=2)),
        "MORE": _more(language, rest),
    }
    for name, text in texts.items():
        kept = kept.replace(f"{{{{{name}}}}}", text)
    return kept


def _sections(lines: Iterable[str], wanted: str) -> Iterator[str]:
    here = True
    for line in lines:
        mark = line.strip()
        if mark in ("%file", "%json"):
            here = mark == wanted
        elif mark == "%end":
            here = True
        elif here:
            yield line


def _more(language: str, rest: Mapping[str, Any]) -> str:
    """Return the members beside the file, as they go on in the language's object or JSON text."""
    members = "".join(
        f", {json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in rest.items()
    )
    if language == "python":
        return "".join(f", {name!r}: {value!r}" for name, value in rest.items())
    if language == "php":
        return "".join(f", {_php(name)} => {_php(value)}" for name, value in rest.items())
    if language == "curl":
        return _shell(members)
    return _quoted(members) if language in ("java", "cpp") else members


def _literal(language: str, text: str) -> str:
    """Return a JSON text as the language writes it."""
    if language == "java":
        lines = [f'"{_quoted(line)}"' for line in text.splitlines()]
        return "\n            + ".join(lines)
    if language == "cpp":
        return f'R"JSON({text})JSON"'
    if language == "python":
        return f"json.loads(r'''{text}''')" if "'''" not in text else f"json.loads({text!r})"
    return text


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _shell(text: str) -> str:
    """Return a text as it stands between single quotes."""
    return text.replace("'", "'\\''")


def _php(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
