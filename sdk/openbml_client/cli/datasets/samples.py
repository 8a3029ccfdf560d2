"""`bml datasets samples …` and `bml datasets annotate`."""

import json
import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from openbml_client.cli.datasets.places import DatasetArgument, VersionOption, open_version
from openbml_client.cli.output import (
    JsonFlag,
    LimitOption,
    ProjectOption,
    YesFlag,
    counts,
    field,
    notes,
    print_fields,
    print_list,
)
from openbml_client.errors import InvalidChoiceError

verbs = typer.Typer()
samples = typer.Typer(no_args_is_help=True)

_PAIR = 2


def _content(sample: Mapping[str, Any]) -> str:
    if sample["texts"]:
        between = " | " if len(sample["texts"]) == _PAIR else " "
        return between.join(sample["texts"])[:80]
    if sample["width"]:
        return f"{sample['width']}×{sample['height']}"
    return f"{sample['duration_ms'] / 1000:.1f} s"


_SAMPLE = [
    ("Sample id", field("sample_id")),
    ("Name", field("name")),
    ("Labels", counts("label_counts")),
    ("Content", _content),
    ("Source", field("annotation_source")),
    ("Revision", field("annotation_revision")),
]
_DETAIL = [
    *_SAMPLE,
    ("Annotated", field("annotated_at")),
    ("By", field("annotated_by")),
    ("Bytes", field("size_bytes")),
    ("Annotation", lambda sample: json.dumps(_shortest(sample["annotation"]), ensure_ascii=False)),
]
_REVISION = [
    ("Revision", field("revision")),
    ("Labels", counts("label_counts")),
    ("Source", field("annotation_source")),
    ("By", field("annotated_by")),
    ("At", field("annotated_at")),
]
_ANNOTATED = [
    ("Sample id", field("sample_id")),
    ("Revision", field("annotation_revision")),
    ("Labels", counts("label_counts")),
    ("Remarks", lambda row: "; ".join(remark["message"] for remark in row["remarks"])),
]

SampleArgument = Annotated[int, typer.Argument(metavar="SAMPLE_ID")]
ExpectOption = Annotated[
    int | None, typer.Option("--expect", help="Revision that you saw; refused when there is a newer one.")
]


@samples.command("list")
def list_samples(
    dataset: DatasetArgument,
    label: Annotated[str | None, typer.Option(help="Only samples with this label.")] = None,
    state: Annotated[str | None, typer.Option(help="Only labelled or unlabelled ones.")] = None,
    source: Annotated[
        str | None, typer.Option(help="Only annotations that are imported, human or smart.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Only this name.")] = None,
    name_prefix: Annotated[str | None, typer.Option(help="Only names that begin so.")] = None,
    min_bytes: Annotated[int | None, typer.Option(help="Only from this size.")] = None,
    max_bytes: Annotated[int | None, typer.Option(help="Only up to this size.")] = None,
    added_after: Annotated[
        str | None, typer.Option(help="Only since this time, 2026-01-31T00:00:00Z.")
    ] = None,
    added_before: Annotated[str | None, typer.Option(help="Only until this time.")] = None,
    order: Annotated[str | None, typer.Option(help="id, -id, name or -name.")] = None,
    annotations: Annotated[bool, typer.Option("--annotations", help="With --json: annotations too.")] = False,
    count: Annotated[bool, typer.Option("--count", help="Only how many there are.")] = False,
    version: VersionOption = None,
    limit: LimitOption = 50,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List samples of a dataset version.

    \b
    Examples:
      bml datasets samples list gestures --label left --state labelled --limit 10
    """
    opened = open_version(project, dataset, version).samples
    filters: dict[str, Any] = {
        "label": label,
        "annotation_state": state,
        "annotation_source": source,
        "name": name,
        "name_prefix": name_prefix,
        "min_size_bytes": min_bytes,
        "max_size_bytes": max_bytes,
        "added_after": added_after,
        "added_before": added_before,
    }
    if count:
        typer.echo(opened.count(**filters))
        return
    rows = opened.list(**filters, order=order, annotations=annotations, page_size=min(limit, 200))
    print_list(islice(rows, limit), _SAMPLE, as_json=as_json, empty="No such samples.")


@samples.command("show")
def show(
    dataset: DatasetArgument,
    sample_id: SampleArgument,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show a sample with its annotation."""
    document = open_version(project, dataset, version).samples.get(sample_id)
    print_fields(document, _DETAIL, as_json=as_json)


@samples.command("next")
def show_next(
    dataset: DatasetArgument,
    after: Annotated[int | None, typer.Option(help="The next after this sample.")] = None,
    before: Annotated[int | None, typer.Option(help="The previous before this sample.")] = None,
    label: Annotated[str | None, typer.Option(help="Of samples with this label.")] = None,
    state: Annotated[
        str | None, typer.Option(help="Of labelled or unlabelled ones; default: unlabelled.")
    ] = None,
    lease: Annotated[
        bool, typer.Option("--lease", help="Hold it for two minutes: others get another.")
    ] = False,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the sample to label next; exit code 4 when there is none."""
    found = open_version(project, dataset, version).samples.next(
        after=after, before=before, label=label, annotation_state=state, lease=lease
    )
    if found is None:
        notes.print("There is no such sample any more.")
        raise typer.Exit(4)
    print_fields(found, _DETAIL, as_json=as_json)


@samples.command("delete")
def delete(
    dataset: DatasetArgument,
    sample_ids: Annotated[list[int], typer.Argument(metavar="SAMPLE_ID…")],
    yes: YesFlag = False,
    version: VersionOption = None,
    project: ProjectOption = None,
) -> None:
    """Delete samples; many of a filter go with `bml datasets operations start`."""
    opened = open_version(project, dataset, version).samples
    if not yes:
        typer.confirm(f"Delete {len(sample_ids)} samples?", abort=True)
    for sample_id in sample_ids:
        opened.delete(sample_id)
    notes.print(f"Deleted {len(sample_ids)} samples.")


@samples.command("history")
def history(
    dataset: DatasetArgument,
    sample_id: SampleArgument,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the revisions of a sample's annotation, the current one first."""
    rows = open_version(project, dataset, version).samples.history(sample_id)
    print_list(rows, _REVISION, as_json=as_json, empty="It was never annotated.")


@samples.command("restore")
def restore(
    dataset: DatasetArgument,
    sample_id: SampleArgument,
    revision: int,
    expect: ExpectOption = None,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take an earlier annotation back, as a new revision."""
    opened = open_version(project, dataset, version).samples
    document = opened.restore(sample_id, revision, expected_revision=expect)
    print_fields(document, _ANNOTATED, as_json=as_json)


@verbs.command("annotate")
def annotate(
    dataset: DatasetArgument,
    sample_id: SampleArgument,
    label: Annotated[list[str] | None, typer.Option("--label", "-l", help="A class. Repeatable.")] = None,
    box: Annotated[
        list[str] | None, typer.Option(help="A box: LABEL=x1,y1,x2,y2 in pixels. Repeatable.")
    ] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", help="File with the whole annotation; - for standard input.")
    ] = None,
    append: Annotated[bool, typer.Option("--append", help="Add to what is there.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Take the annotation away.")] = False,
    expect: ExpectOption = None,
    version: VersionOption = None,
    project: ProjectOption = None,
) -> None:
    """Annotate a sample: replace its annotation, add to it, or take it away.

    \b
    Examples:
      bml datasets annotate gestures 7 --label left
      bml datasets annotate cars 8 --box car=10,20,90,80
      bml datasets annotate news 9 --json annotation.json
    """
    if bool(label or box) + (json_file is not None) + clear != 1:
        raise InvalidChoiceError("Give labels or boxes, or --json FILE, or --clear.")
    if append and (clear or expect is not None):
        raise InvalidChoiceError("--append goes with neither --clear nor --expect.")
    annotation = _read(json_file) if json_file else _told(label or [], box or [])
    opened = open_version(project, dataset, version).samples
    if clear:
        document = opened.clear(sample_id, expected_revision=expect)
    elif append:
        document = opened.append(sample_id, annotation)
    else:
        document = opened.annotate(sample_id, annotation, expected_revision=expect)
    print_fields(document, _ANNOTATED, as_json=False)


def _told(labels: list[str], boxes: list[str]) -> dict[str, Any]:
    return {"labels": labels, "regions": [_region(box) for box in boxes]}


def _region(box: str) -> dict[str, Any]:
    label, _, corners = box.rpartition("=")
    try:
        x1, y1, x2, y2 = (float(number) for number in corners.split(","))
    except ValueError as error:
        raise InvalidChoiceError(f"--box takes LABEL=x1,y1,x2,y2, not {box!r}.") from error
    return {"label": label, "box": {"x1": x1, "y1": y1, "x2": x2, "y2": y2}}


def _read(file: str) -> dict[str, Any]:
    try:
        content = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        document = json.loads(content)
    except (OSError, ValueError) as error:
        raise InvalidChoiceError(f"{file} is no JSON document that can be read: {error}") from error
    if not isinstance(document, dict):
        raise InvalidChoiceError(f"{file} holds no annotation: it has to be an object.")
    return document


def _shortest(annotation: Any) -> Any:
    """Return the document without what says nothing."""
    if isinstance(annotation, dict):
        return {
            name: _shortest(value) for name, value in annotation.items() if value not in (None, [], {}, "")
        }
    return [_shortest(value) for value in annotation] if isinstance(annotation, list) else annotation
