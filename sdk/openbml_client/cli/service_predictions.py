"""`bml services predict`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.json_options import json_object
from openbml_client.cli.output import Column, JsonFlag, ProjectOption, field, notes, print_json, print_list
from openbml_client.client import Client, Document, ProjectClient
from openbml_client.csv_rows import csv_rows
from openbml_client.errors import InvalidChoiceError, OpenBMLClientError
from openbml_client.prediction import PredictionClient

verbs = typer.Typer()

_CONTRIBUTIONS = 5
_TABULAR = "tabular_prediction"


@verbs.command("predict")
def predict(
    service: str,
    image: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="A picture or a sound."),
    ] = None,
    row: Annotated[
        str | None,
        typer.Option(help="A row of a table: a JSON object, or @FILE with one."),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Rows of a table, their names first.")
    ] = None,
    request: Annotated[
        str | None,
        typer.Option(help="A request of any prediction API as it is: a JSON object, or @FILE with one."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tables: say how much each feature moved the answer.")
    ] = False,
    app_name: Annotated[
        str | None, typer.Option("--app", help="Application whose keys are used; default: the first.")
    ] = None,
    api_key: Annotated[str | None, typer.Option(envvar="OPENBML_API_KEY")] = None,
    secret_key: Annotated[str | None, typer.Option(envvar="OPENBML_SECRET_KEY")] = None,
    top_num: Annotated[
        int | None, typer.Option(min=1, help="How many classes of a single-label classifier; default 6.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Least score of the other vision tasks; default: the recommended one."
        ),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Send a picture, a sound, rows or a request to a service, as an application would.

    \b
    Examples:
      bml services predict helmets photo.jpg --threshold 0.5
      bml services predict churn --row '{"age": 34, "balance": 1200.5, "city": "A"}' --explain
      bml services predict churn --csv customers.csv --json > predictions.json
      bml services predict topics --request '{"text": "delivery took two weeks", "top_num": 2}'
    """
    if [image, row, csv, request].count(None) != 3:
        raise InvalidChoiceError("Say one of these: a file, --row JSON, --csv FILE or --request JSON.")
    client = current_client()
    here = client.project(project)
    found = here.services.find(service)
    if not api_key or not secret_key:
        api_key, secret_key = _keys(client, app_name)
    caller = PredictionClient(client.transport.url, api_key, secret_key)
    if request is not None:
        print_json(caller.predict(str(found["url"]), json_object(request, "--request")))
        return
    if (found["task_type"] == _TABULAR) is (image is not None):
        wanted = "--row JSON or --csv FILE" if image else "a file or --request"
        raise InvalidChoiceError(f"{found['name']} is a service of {found['task_type']}: give it {wanted}.")
    if image is not None:
        reply = _asked_about(image, found, caller, top_num=top_num, threshold=threshold)
        _print_found(reply, as_json=as_json)
        return
    rows = [json_object(row, "--row")] if row is not None else _rows(csv, found, here)
    answers = caller.predict_rows(str(found["url"]), rows, explain=explain)
    if as_json:
        print_json(answers)
        return
    print_list(answers, _columns(answers), as_json=False, empty="There are no rows.")


def _asked_about(
    image: Path, service: Document, caller: PredictionClient, *, top_num: int | None, threshold: float | None
) -> Document:
    url = str(service["url"])
    if service["task_type"] == "image_classification":
        return caller.classify(url, image, top_num=top_num)
    if service["task_type"] == "audio_classification":
        return caller.classify_sound(url, image, top_num=top_num)
    return caller.predict_image(url, image, threshold=threshold)


def _print_found(reply: Document, *, as_json: bool) -> None:
    if as_json:
        print_json(reply)
        return
    columns: list[Column] = [("Class", field("name")), ("Score", lambda row: f"{row['score']:.4f}")]
    if any("text" in row for row in reply["results"]):
        columns.append(("Text", field("text")))
    if any("left" in row.get("location", {}) for row in reply["results"]):
        columns.append(("Left, top, width, height (px)", _location))
    print_list(reply["results"], columns, as_json=False, empty="Nothing was found.")


def _rows(path: Path | None, service: Document, project: ProjectClient) -> Sequence[Mapping[str, Any]]:
    """Return the rows of a file without columns that the model does not know, the target for one."""
    rows = csv_rows(path or Path())
    version = project.models.version(int(service["model_id"]), int(service["model_version"]))
    table = version.get("table")
    if not rows or not table:
        return rows
    known = {column["name"] for column in table["columns"]}
    others = [name for name in rows[0] if name not in known]
    if others:
        notes.print(f"Left out, the model has no such features: {', '.join(others)}", markup=False)
    return [{name: value for name, value in row.items() if name in known} for row in rows]


def _columns(answers: Sequence[Mapping[str, Any]]) -> list[Column]:
    first = answers[0] if answers else {}
    columns: list[Column] = [("Label", field("label")), ("Score", _score)]
    if "value" in first:
        columns = [("Value", field("value"))]
    for share in first.get("quantiles") or ():
        columns.append((f"Quantile {share}", _quantile(share)))
    if "explanation" in first:
        columns.append(("Because of", _reasons))
    return columns


def _score(answer: Mapping[str, Any]) -> object:
    return (answer.get("scores") or {}).get(answer.get("label"))


def _quantile(share: str) -> Any:
    return lambda answer: answer["quantiles"][share]


def _reasons(answer: Mapping[str, Any]) -> str:
    """Return the features that moved the answer most, with how much."""
    found = answer["explanation"]["contributions"]
    ordered = sorted(found, key=lambda row: -abs(row["contribution"]))[:_CONTRIBUTIONS]
    return ", ".join(f"{row['feature']} {row['contribution']:+.3g}" for row in ordered)


def _location(row: Mapping[str, Any]) -> str:
    sides = ("left", "top", "width", "height")
    return ", ".join(f"{row['location'][side]:.0f}" for side in sides)


def _keys(client: Client, app_name: str | None) -> tuple[str, str]:
    for application in client.applications():
        if app_name in (None, application["name"], str(application["app_id"])):
            return application["api_key"], application["secret_key"]
    raise OpenBMLClientError("You have no such application. `bml apps create NAME` makes one.")
