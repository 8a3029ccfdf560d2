"""`bml rebuild`: train a model version once more from what it was made of, and compare."""

from typing import Annotated

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.output import JsonFlag, ProjectOption, field, print_json, print_list, terminal
from openbml_client.cli.run_watching import raise_if_failed, watched
from openbml_client.client import Document

_VERDICTS = {
    "identical": "identical: the same graph, byte by byte",
    "alike": "alike: no figure differs by more than 0.02",
    "different": "different: a figure differs by more than 0.02",
}


def rebuild(
    model: str,
    version: Annotated[int, typer.Argument(min=1, help="Version, 1 for V1.")],
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Train a model version once more: same data, settings, script and machine; then compare the two.

    The new run is billed as any other. Example: bml rebuild digits 1
    """
    client = current_client().project(project)
    found = client.models.version(int(client.models.find(model)["model_id"]), version)
    started = client.training.rebuild(int(found["run_id"]))
    run = watched(client.training, int(started["run_id"]))
    raise_if_failed(run)
    _print(client.training.rebuild_comparison(int(run["run_id"])), as_json=as_json)


_FACT = [
    ("What", field("name")),
    ("Rebuilt", lambda row: {True: "equal", False: "differs", None: "unknown"}[row["equal"]]),
]
_FIGURE = [
    ("Figure", field("name")),
    ("Original", lambda row: f"{row['original']:.6g}"),
    ("Rebuilt", lambda row: f"{row['rebuilt']:.6g}"),
    ("Difference", lambda row: f"{row['difference']:+.2g}"),
]


def _print(comparison: Document, *, as_json: bool) -> None:
    if as_json:
        print_json(comparison)
        return
    print_list(comparison["facts"], _FACT, as_json=False, empty="Nothing is known of either.")
    print_list(comparison["figures"], _FIGURE, as_json=False, empty="The runs have no figures.")
    verdict = _VERDICTS[comparison["verdict"]]
    terminal.print(
        f"Run {comparison['rebuilt_run_id']} repeats run {comparison['original_run_id']}: {verdict}."
    )
