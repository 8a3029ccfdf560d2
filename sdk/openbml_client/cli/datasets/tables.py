"""`bml datasets preview | schema | rows`."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

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
