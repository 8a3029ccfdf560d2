"""`bml trace`: from an answer back to the data that its model learned from."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.output import JsonFlag, ProjectOption, field, print_fields
from openbml_client.client import ProjectClient
from openbml_client.errors import NotFoundError
from openbml_client.resources import Document

_SHOWN = [
    ("Call", lambda row: row["call"]["log_id"]),
    ("At", lambda row: row["call"]["at"]),
    ("Service", lambda row: f"{row['service']['name']} ({row['service']['service_id']})"),
    ("Answered by", lambda row: f"model {row['model_id']} V{row['call']['model_version']}"),
    ("Run", field("run_id")),
    ("Network", field("network")),
    ("Frozen data", field("snapshot_id")),
    ("Datasets", lambda row: _datasets(row["datasets"])),
    ("Samples", field("samples")),
    ("Code", field("code_digest")),
    ("Image", field("image_digest")),
]


def trace(
    log_id: Annotated[str, typer.Argument(help="The log_id of an answer.")],
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Follow an answer back: call, service, model version, run, data, code and image.

    \b
    Example:
      bml trace 1390582998516105216
    """
    found = traced(current_client().project(project), log_id)
    print_fields(found, _SHOWN, as_json=as_json)


def traced(client: ProjectClient, log_id: str) -> Document:
    """Return what a call leads to.

    Raises:
        NotFoundError: the call is not recorded, or no model answered it.
    """
    call = client.calls.get(log_id)
    if call["model_version"] is None:
        raise NotFoundError(f"No model was asked in call {log_id}: error {call['error_code']}.")
    service = client.services.get(int(call["service_id"]))
    model_id = int(service["model_id"])
    version = client.models.version(model_id, int(call["model_version"]))
    lineage = version["lineage"]
    datasets = [_dataset(client, row) for row in lineage["dataset_versions"]]
    counts = [row["sample_count"] for row in datasets]
    call.pop("content", None)
    return {
        "call": call,
        "service": {name: service[name] for name in ("service_id", "name", "url")},
        "model_id": model_id,
        "run_id": version["run_id"],
        "network": version["network"],
        "snapshot_id": lineage["snapshot_id"],
        "datasets": datasets,
        "samples": None if None in counts or not counts else sum(counts),
        "code_digest": lineage["code_digest"],
        "image_digest": lineage["image_digest"],
    }


def _dataset(client: ProjectClient, row: Mapping[str, Any]) -> Document:
    """Return a dataset's version with how many samples it has, None where it is gone."""
    try:
        version = client.datasets.at(int(row["dataset_id"]), int(row["version_number"])).get()
    except NotFoundError:
        return {**row, "sample_count": None}
    return {**row, "sample_count": int(version["sample_count"])}


def _datasets(rows: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{row['dataset_id']} V{row['version_number']}" for row in rows)
