"""`bml datasets kinds | formats | create | list | show | rename | delete | models`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.datasets.places import (
    DatasetArgument,
    VersionOption,
    open_datasets,
    open_version,
)
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    YesFlag,
    field,
    notes,
    print_fields,
    print_json,
    print_list,
)
from openbml_client.datasets.kinds import Kinds

verbs = typer.Typer()

DATASET = [
    ("Dataset id", field("dataset_id")),
    ("Name", field("name")),
    ("Annotation", lambda dataset: f"{dataset['annotation_type']} · {dataset['template']}"),
    ("State", field("state")),
    ("Versions", lambda dataset: f"V{dataset['latest_version']}"),
    ("Samples", field("sample_count")),
    ("Labelled", field("labelled_count")),
    ("Created", field("created_at")),
]
_DEDUPLICATION = {"always": "kept once", "choice": "kept once, or --keep-duplicates", "never": "kept"}
_KIND = [
    ("Kind", field("code")),
    ("Data", field("data_type")),
    ("Labels are", field("annotation_form")),
    ("Same content", lambda kind: _DEDUPLICATION[kind["deduplication"]]),
    ("Labelled online", lambda kind: "yes" if kind["online_annotation"] else "no"),
]
_FORMAT = [
    ("Format", field("code")),
    ("Title", field("title")),
    ("Uploaded as", lambda row: _uploaded_as(row)),
    ("Imports", lambda row: ", ".join(row["reads"])),
    ("Exports", lambda row: ", ".join(row["writes"])),
]
_MODEL = [
    ("Model id", field("model_id")),
    ("Version", lambda model: f"V{model['model_version_number']}"),
    ("Run id", field("run_id")),
    ("Published", field("published_at")),
]


@verbs.command("kinds")
def list_kinds(as_json: JsonFlag = False) -> None:
    """List the kinds of datasets there are."""
    print_list(_kinds().items, _KIND, as_json=as_json, empty="The installation has no kinds.")


@verbs.command("formats")
def list_formats(
    kind: Annotated[str | None, typer.Option(help="Only formats of this kind.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the formats of imports and exports.

    \b
    Examples:
      bml datasets formats --kind object_detection
    """
    kinds = _kinds()
    rows = kinds.formats
    if kind is not None:
        code = kinds.kind(kind)["code"]
        rows = [row for row in rows if code in (*row["reads"], *row["writes"])]
        rows = [
            {**row, "reads": _only(row["reads"], code), "writes": _only(row["writes"], code)} for row in rows
        ]
    print_list(rows, _FORMAT, as_json=as_json, empty="There are no such formats.")


@verbs.command("create")
def create(
    name: str,
    kind: Annotated[str | None, typer.Option(help="Kind, see `bml datasets kinds`.")] = None,
    annotation_type: Annotated[
        str, typer.Option(help="Without --kind: what is labelled.")
    ] = "image_classification",
    template: Annotated[str, typer.Option(help="Without --kind: annotation template.")] = "single_label",
    data_type: Annotated[str, typer.Option(help="Without --kind: image, text, table or audio.")] = "image",
    keep_duplicates: Annotated[
        bool, typer.Option("--keep-duplicates", help="Keep the same text as often as it comes.")
    ] = False,
    tag_scheme: Annotated[
        str | None, typer.Option(help="Of sequence_labelling: IOB, IO, IOE or IOBES.")
    ] = None,
    storage: Annotated[str | None, typer.Option(help="Your own s3://bucket/path for exports.")] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Create a dataset with an empty version V1.

    \b
    Examples:
      bml datasets create gestures
      bml datasets create cars --kind object_detection
      bml datasets create news --kind text_classification --keep-duplicates
    """
    datasets = open_datasets(project)
    document = datasets.create(
        name,
        kind=kind,
        annotation_type=annotation_type,
        template=template,
        data_type=data_type,
        deduplicated=False if keep_duplicates else None,
        tag_scheme=tag_scheme,
        storage_path=storage,
    )
    print_fields(document, DATASET, as_json=as_json)


@verbs.command("list")
def list_datasets(
    data_type: Annotated[
        str | None, typer.Option("--type", help="Only this data type: image, text, table, audio.")
    ] = None,
    annotation_type: Annotated[str | None, typer.Option(help="Only this annotation type.")] = None,
    name: Annotated[str | None, typer.Option(help="Only names that hold this.")] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the project's datasets."""
    empty = "No datasets yet. `bml datasets create NAME` makes one."
    rows = open_datasets(project).list(data_type=data_type, annotation_type=annotation_type, name=name)
    print_list(rows, DATASET, as_json=as_json, empty=empty)


@verbs.command("show")
def show(
    dataset: DatasetArgument,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show a dataset version and its labels."""
    opened = open_version(project, dataset, version)
    found, details, labels = opened.dataset(), opened.get(), list(opened.labels.list())
    if as_json:
        print_json({**found, "version": details, "labels": labels})
        return
    print_fields(found, DATASET, as_json=False)
    columns = [
        ("Label", field("name")),
        ("Samples", field("sample_count")),
        ("Objects", field("object_count")),
        ("Remark", field("remark")),
    ]
    print_list(labels, columns, as_json=False, empty=f"No labels in V{opened.version_number} yet.")


@verbs.command("rename")
def rename(
    dataset: DatasetArgument, name: str, project: ProjectOption = None, as_json: JsonFlag = False
) -> None:
    """Give a dataset another name."""
    datasets = open_datasets(project)
    document = datasets.rename(int(datasets.find(dataset)["dataset_id"]), name)
    print_fields(document, DATASET, as_json=as_json)


@verbs.command("delete")
def delete(dataset: DatasetArgument, yes: YesFlag = False, project: ProjectOption = None) -> None:
    """Delete a dataset with all its samples."""
    datasets = open_datasets(project)
    found = datasets.find(dataset)
    if not yes:
        typer.confirm(f"Delete {found['name']} with {found['sample_count']} samples?", abort=True)
    datasets.delete(int(found["dataset_id"]))
    notes.print(f"Deleting {found['name']}.", markup=False)


@verbs.command("models")
def models(
    dataset: DatasetArgument,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the model versions that were trained on a dataset version."""
    rows = open_version(project, dataset, version).models()
    print_list(rows, _MODEL, as_json=as_json, empty="No published model was trained on this version.")


def _kinds() -> Kinds:
    return Kinds(current_client().transport.call("GET", "/v1/datasets/kinds"))


def _only(codes: list[str], code: str) -> list[str]:
    return [row for row in codes if row == code]


def _uploaded_as(row: Mapping[str, Any]) -> str:
    files = f"up to {row['most_files']} × {' '.join(row['suffixes'])}"
    return {"archive": "a zip", "files": files, "either": f"a zip, or {files}"}[row["source"]]
