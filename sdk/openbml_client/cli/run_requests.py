"""`bml runs start`: from options to a request."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openbml_client.cli.assignments import assignments
from openbml_client.cli.json_options import json_file, text_file
from openbml_client.errors import InvalidChoiceError
from openbml_client.resources import Document, given

_MODES = ("none", "default", "auto")


def source_of(
    *,
    script: Path | None,
    search: str | None,
    search_set: Sequence[str],
    space: Path | None,
    existing: int | None,
) -> Document | None:
    """Return where the hyper-parameters come from, None where `--param` says them.

    Args:
        search: a strategy.
        search_set: fields of the search, NAME=VALUE.
        space: a JSON file with the search space.
        existing: id of a finished search.

    Raises:
        InvalidChoiceError: more than one source is named, or a file cannot be used.
    """
    named = [option for option, value in _options(script, search, existing).items() if value is not None]
    if len(named) > 1:
        raise InvalidChoiceError(f"Choose one of {', '.join(named)}.")
    if search is None and (search_set or space):
        raise InvalidChoiceError("--search-set and --space belong to --search STRATEGY.")
    if script is not None:
        return {"kind": "script", "script": text_file(script)}
    if existing is not None:
        return {"kind": "existing", "search_id": existing}
    if search is None:
        return None
    fields = assignments(search_set, "--search-set")
    config = {"strategy": search, **fields, **given(space=json_file(space) if space else None)}
    return {"kind": "search", "search": config}


def augmentation_of(choice: str | None) -> Document | None:
    """Return the augmentation of `none`, `default`, `auto:MINUTES` or a JSON file.

    Raises:
        InvalidChoiceError: it is none of these.
    """
    if choice is None:
        return None
    mode, _, minutes = choice.partition(":")
    if mode == "auto" and minutes:
        if not minutes.isdigit():
            raise InvalidChoiceError(f"--augmentation auto:MINUTES takes whole minutes, not {minutes!r}.")
        return {"mode": "auto", "search_minutes": int(minutes)}
    if choice in _MODES:
        return {"mode": choice}
    path = Path(choice)
    if not path.is_file():
        raise InvalidChoiceError(
            f"--augmentation takes none, default, auto:MINUTES or a JSON file, not {choice!r}."
        )
    return json_file(path)


def subnet_of(choice: str | None) -> Document | None:
    """Return the sub-net of RUN:NUMBER.

    Raises:
        InvalidChoiceError: it is not of that form.
    """
    if choice is None:
        return None
    run, _, number = choice.partition(":")
    if not (run.isdigit() and number.isdigit()):
        raise InvalidChoiceError(f"--subnet takes RUN:NUMBER, not {choice!r}.")
    return {"run_id": int(run), "subnet_id": int(number)}


def _options(script: Path | None, search: str | None, existing: int | None) -> Mapping[str, Any]:
    return {"--script": script, "--search": search, "--use-search": existing}
