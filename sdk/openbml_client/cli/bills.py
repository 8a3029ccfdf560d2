"""`bml bill`."""

from typing import Annotated

import typer

from openbml_client.cli.output import JsonFlag, field, notes, print_json, print_list, terminal
from openbml_client.client import Client

_ITEM = [
    ("Module", field("module")),
    ("Machine", field("machine")),
    ("For", lambda item: f"{item['resource_type']} {item['resource_name'] or item['resource_id']}"),
    ("Minutes", field("billed_minutes")),
    ("Free", field("free_minutes")),
    ("CNY", field("amount")),
]


def bill(
    month: Annotated[str | None, typer.Option(help="YYYY-MM in Beijing time; default: this month.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what the account used and owes, and what is running up right now."""
    document = Client().bill(month)
    if as_json:
        print_json(document)
        return
    print_list(document["items"], _ITEM, as_json=False, empty="Nothing was billed this month.")
    if document["accruing"]:
        notes.print("\nRunning now:")
        print_list(document["accruing"], _ITEM, as_json=False, empty="")
    terminal.print(f"\nTotal {document['month']}: {document['total']} {document['currency']}")
    columns = [
        ("Free allowance", lambda row: f"{row['module']} {row['machine']}"),
        ("Used (min)", field("used_minutes")),
        ("Of (min)", field("free_minutes")),
    ]
    print_list(document["allowances"], columns, as_json=False, empty="")
