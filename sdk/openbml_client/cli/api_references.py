"""API references of model versions on the terminal."""

from collections.abc import Mapping
from typing import Any

from openbml_client.cli.output import Column, field, print_json, print_list, terminal

_FIELD: list[Column] = [
    ("Field", field("name")),
    ("Type", field("type")),
    ("Required", lambda row: "yes" if row["required"] else None),
    ("Meaning", field("text_en")),
]
_FEATURE: list[Column] = [
    ("Feature", field("name")),
    ("Kind", field("kind")),
    ("Example", field("example")),
    ("Values", lambda row: ", ".join(row["choices"][:10])),
]
_ERROR: list[Column] = [("Code", field("code")), ("Message", field("message")), ("When", field("text_en"))]


def print_reference(document: Mapping[str, Any]) -> None:
    terminal.print(f"{document['method']} {document['path']}?access_token=…", highlight=False, markup=False)
    print_list([*document["query"], *document["request"]], _FIELD, as_json=False, empty="No fields.")
    if document["features"]:
        print_list(document["features"], _FEATURE, as_json=False, empty="")
    print_json(document["example_request"])
    print_list(document["response"], _FIELD, as_json=False, empty="No fields.")
    print_json(document["example_response"])
    print_list(document["errors"], _ERROR, as_json=False, empty="No errors.")
