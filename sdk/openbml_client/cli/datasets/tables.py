"""`bml datasets preview | schema | columns | rows`."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.datasets.places import DatasetArgument, VersionOption, open_datasets, open_version
from openbml_client.cli.datasets.table_options import (
    ColumnErrorOption,
    DelimiterOption,
    EncodingOption,
    HeaderOption,
    table_settings,
)
from openbml_client.cli.output import (
    Column,
    JsonFlag,
    LimitOption,
    ProjectOption,
    field,
    notes,
    print_fields,
    print_json,
    print_list,
)

verbs = typer.Typer()


@verbs.command("preview")
def preview(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A table on this machine.")],
    header: HeaderOption = None,
    delimiter: DelimiterOption = None,
    encoding: EncodingOption = None,
    column_error: ColumnErrorOption = None,
    rows: Annotated[int, typer.Option(min=1, max=100, help="How many rows.")] = 10,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show columns, types and first rows that an import of a table would have.

    \b
    Examples:
      bml datasets preview houses.csv --header yes
    """
    table = table_settings(header, delimiter, encoding, column_error)
    document = open_datasets(project).table_previews.of_file(file, table=table, rows=rows)
    if as_json:
        print_json(document)
        return
    titles = [f"{name} ({type_})" for name, type_ in zip(document["names"], document["types"], strict=True)]
    columns: list[Column] = [(title, field(str(place))) for place, title in enumerate(titles)]
    values = [{str(place): value for place, value in enumerate(row)} for row in document["values"]]
    print_list(values, columns, as_json=False, empty="The table has no rows.")
    for problem in document["problems"]:
        notes.print(f"Would be refused: {problem}", markup=False, highlight=False)


@verbs.command("schema")
def schema(
    dataset: DatasetArgument,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the columns of a table and how many rows it has."""
    document = open_version(project, dataset, version).table.schema()
    if as_json:
        print_json(document)
        return
    columns = [("Column", field("name")), ("In the file", field("raw_name")), ("Type", field("type"))]
    print_list(document["columns"], columns, as_json=False, empty="No columns.")
    notes.print(f"{document['rows']} rows.")


_PROFILE: list[Column] = [
    ("Column", field("name")),
    ("Type", field("type")),
    ("Kind", field("kind")),
    ("Missing", lambda row: f"{row['missing_share']:.1%}"),
    ("Different", field("distinct")),
    ("From", field("minimum")),
    ("To", field("maximum")),
    ("Examples", lambda row: ", ".join(row["examples"][:3])),
]


@verbs.command("columns")
def columns(
    dataset: DatasetArgument,
    target: Annotated[str | None, typer.Option(help="Column to predict.")] = None,
    algorithm_type: Annotated[
        str | None, typer.Option("--type", help="What it shall be: binary, multiclass or regression.")
    ] = None,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what the columns of a table are to a training, and what a target would make of it.

    \b
    Examples:
      bml datasets columns customers --target churn
    """
    client = current_client().project(project)
    opened = client.datasets.open(dataset, version)
    document = client.training.table_columns(
        opened.dataset_id, opened.version_number, target=target, algorithm_type=algorithm_type
    )
    if as_json:
        print_json(document)
        return
    print_list(document["columns"], _PROFILE, as_json=False, empty="No columns.")
    notes.print(f"Seen: {document['rows_seen']} of {document['rows']} rows.", highlight=False)
    for column in document["columns"]:
        for warning in column["warnings"]:
            notes.print(warning["message_en"], style="yellow", markup=False, highlight=False)
    _print_target(document.get("target"))


def _print_target(target: Mapping[str, Any] | None) -> None:
    if not target:
        return
    print_fields(target, _TARGET, as_json=False)
    for problem in target["problems"]:
        style = "red" if problem["refuses"] else "yellow"
        notes.print(problem["message_en"], style=style, markup=False, highlight=False)


_TARGET: list[Column] = [
    ("Target", field("name")),
    ("Prediction", field("algorithm_type")),
    ("Why", field("reason_en")),
    ("Classes", lambda row: ", ".join(f"{one['label']} {one['count']}" for one in row["classes"][:10])),
]


@verbs.command("rows")
def rows(
    dataset: DatasetArgument,
    offset: Annotated[int, typer.Option(min=0, help="How many rows to pass over.")] = 0,
    limit: LimitOption = 20,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show rows of a table."""
    found = list(
        islice(open_version(project, dataset, version).table.rows(offset=offset, limit=limit), limit)
    )
    columns: list[Column] = [(name, field(name)) for name in (found[0] if found else {})]
    print_list(found, columns, as_json=as_json, empty="No rows there.")
