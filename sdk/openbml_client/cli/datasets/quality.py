"""`bml datasets report | operators | clean | augment`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from openbml_client.cli.datasets.places import DatasetArgument, VersionOption, WaitFlag, open_version
from openbml_client.cli.following import followed, going_on
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    field,
    notes,
    print_fields,
    print_json,
    print_list,
)
from openbml_client.client import Document
from openbml_client.datasets import DatasetVersion
from openbml_client.datasets.background_work import BackgroundWork
from openbml_client.datasets.jobs import Derivations
from openbml_client.datasets.operator_texts import parse_operators
from openbml_client.errors import NotFoundError
from openbml_client.resources import given

verbs = typer.Typer()

_PREVIEWED = 3

_FINDING = [
    ("Severity", field("severity")),
    ("Finding", field("message")),
    ("Advice", field("advice")),
    ("Operator", field("operator")),
    ("Samples", lambda row: ", ".join(str(sample["name"]) for sample in row["samples"][:3])),
]
_DERIVATION = [
    ("Job id", field("job_id")),
    ("State", field("state")),
    ("New version", lambda job: f"V{job['target_version_number']}"),
    ("Read", lambda job: _result(job, "read")),
    ("Unchanged", lambda job: _result(job, "unchanged")),
    ("Changed", lambda job: _result(job, "changed")),
    ("Dropped", lambda job: _result(job, "dropped")),
    ("Copies", lambda job: _result(job, "copies")),
    ("Failure", lambda job: (job.get("failure") or {}).get("message")),
]
_OPERATOR = [
    ("Operator", field("code")),
    ("What it does", field("help")),
    ("Parameters", lambda row: ", ".join(f"{one['name']}={one['default']}" for one in row["parameters"])),
]
_PREVIEW = [
    ("Sample", field("name")),
    ("Becomes", lambda row: _becomes(row)),
    ("By", lambda row: "; ".join(", ".join(codes) for codes in row["operations"])),
]

OperatorOption = Annotated[
    list[str],
    typer.Option("--operator", help="CODE or CODE:name=value,name=value. Repeatable, in this order."),
]
PreviewFlag = Annotated[bool, typer.Option("--preview", help="Only show what would become of some samples.")]
SampleOption = Annotated[
    list[int] | None,
    typer.Option("--sample", help="With --preview: these samples; default: the first three."),
]


@verbs.command("report")
def report(
    dataset: DatasetArgument,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write all figures as JSON.")] = None,
    latest: Annotated[
        bool, typer.Option("--latest", help="Show the newest report instead of making one.")
    ] = False,
    similar_distance: Annotated[
        int | None,
        typer.Option(min=0, max=7, help="Images: how many of 64 bits similar looks may differ in."),
    ] = None,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure the quality of a version and print what was found."""
    opened = open_version(project, dataset, version)
    reports = opened.quality_reports
    report_id = (
        _latest(opened) if latest else int(reports.create(similar_distance=similar_distance)["report_id"])
    )
    _job_followed(reports, report_id, f"bml datasets report {dataset} --latest")
    document = reports.document(report_id)
    if output:
        output.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
        notes.print(f"Wrote {output}.", markup=False, highlight=False)
    if as_json:
        print_json(document)
        return
    print_list(document["findings"], _FINDING, as_json=False, empty="Nothing was found amiss.")


@verbs.command("operators")
def operators(dataset: DatasetArgument, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List what a dataset can be cleaned and augmented with."""
    found = open_version(project, dataset, None).operators()
    if as_json:
        print_json(found)
        return
    print_list(found["cleaning"], _OPERATOR, as_json=False, empty="Nothing cleans this kind of dataset.")
    print_list(
        found["augmentation"], _OPERATOR, as_json=False, empty="Nothing augments this kind of dataset."
    )


@verbs.command("clean")
def clean(
    dataset: DatasetArgument,
    operator: OperatorOption,
    preview: PreviewFlag = False,
    sample: SampleOption = None,
    wait: WaitFlag = True,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Clean a version into a new one.

    \b
    Examples:
      bml datasets clean photos --operator remove_small:min_width=100 --operator turn_upright
    """
    opened = open_version(project, dataset, version)
    operations = parse_operators(operator, opened.operators()["cleaning"])
    if preview:
        shown = opened.cleanings.preview(operations, sample or _first_samples(opened))
        print_list(shown, _PREVIEW, as_json=as_json, empty="No samples.")
        return
    job = opened.cleanings.create(operations)
    _print_job(opened.cleanings, job, dataset, wait=wait, as_json=as_json)


@verbs.command("augment")
def augment(
    dataset: DatasetArgument,
    operator: OperatorOption,
    copies: Annotated[int | None, typer.Option(help="New samples for each one.")] = None,
    probability: Annotated[float | None, typer.Option(help="Of each operation, 0 to 1.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same copies.")] = None,
    least_visible: Annotated[
        float | None,
        typer.Option(help="Objects of which less than this share is left are dropped, 0.01 to 1."),
    ] = None,
    label: Annotated[list[str] | None, typer.Option("--label", "-l", help="Copy only these labels.")] = None,
    without_originals: Annotated[bool, typer.Option("--without-originals", help="Only copies.")] = False,
    preview: PreviewFlag = False,
    sample: SampleOption = None,
    wait: WaitFlag = True,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Add changed copies of a version's samples, in a new version.

    \b
    Examples:
      bml datasets augment photos --operator rotate:max_degrees=10 --operator jitter --copies 3
    """
    opened = open_version(project, dataset, version)
    operations = parse_operators(operator, opened.operators()["augmentation"])
    settings = given(copies=copies, probability=probability, seed=seed, least_visible=least_visible)
    if preview:
        chosen = sample or _first_samples(opened)
        shown = opened.augmentations.preview(operations, chosen, **settings)
        print_list(shown, _PREVIEW, as_json=as_json, empty="No samples.")
        return
    whole = given(labels=label, keep_originals=False if without_originals else None)
    job = opened.augmentations.create(operations, **settings, **whole)
    _print_job(opened.augmentations, job, dataset, wait=wait, as_json=as_json)


def _latest(opened: DatasetVersion) -> int:
    newest = next(opened.quality_reports.list(), None)
    if newest is None:
        raise NotFoundError("There is no report yet. Leave out --latest to make one.")
    return int(newest["report_id"])


def _job_followed(jobs: BackgroundWork, job_id: int, command: str) -> Document:
    with followed(jobs.title.capitalize()) as show, going_on(lambda: f"It goes on. Look again: {command}"):
        return jobs.wait(job_id, show=show)


def _print_job(jobs: Derivations, job: Document, dataset: str, *, wait: bool, as_json: bool) -> None:
    if wait:
        command = f"bml datasets show {dataset} --version {job['target_version_number']}"
        job = _job_followed(jobs, int(job["job_id"]), command)
    print_fields(job, _DERIVATION, as_json=as_json)


def _first_samples(opened: DatasetVersion) -> Sequence[int]:
    page = opened.samples.list(page_size=_PREVIEWED)
    return [int(sample["sample_id"]) for _, sample in zip(range(_PREVIEWED), page, strict=False)]


def _result(job: Mapping[str, Any], name: str) -> object:
    return (job.get("result") or {}).get(name)


def _becomes(row: Mapping[str, Any]) -> str:
    if row["dropped"]:
        return f"dropped: {row['dropped']['message']}"
    return " / ".join(_side(side) for side in row["after"])


def _side(side: Mapping[str, Any]) -> str:
    if side["texts"]:
        return " | ".join(side["texts"])[:80]
    regions = len(side["annotation"]["regions"])
    return f"{side['width']}×{side['height']}" + (f", {regions} objects" if regions else "")
