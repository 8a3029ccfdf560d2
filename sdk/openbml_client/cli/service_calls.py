"""`bml services calls|call|usage|metrics|compare|feedback|snippets`."""

from collections.abc import Mapping
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.output import (
    JsonFlag,
    LimitOption,
    ProjectOption,
    field,
    notes,
    print_fields,
    print_json,
    print_list,
)
from openbml_client.errors import InvalidChoiceError

verbs = typer.Typer()

_CALL = [
    ("log_id", field("log_id")),
    ("At", field("at")),
    ("App", field("app_id")),
    ("Version", field("model_version")),
    ("Role", field("role")),
    ("Error", field("error_code")),
    ("ms", field("duration_ms")),
    ("Labels", lambda call: ", ".join(call["labels"])),
]
_USAGE = [
    ("Day", field("day")),
    ("Service", field("service_id")),
    ("App", field("app_id")),
    ("Version", field("model_version")),
    ("Calls", field("calls")),
    ("Errors", field("errors")),
    ("Mean ms", lambda row: round(row["duration_ms"] / row["calls"]) if row["calls"] else None),
]
_MINUTE = [
    ("Minute", field("at")),
    ("Role", field("role")),
    ("Calls", field("calls")),
    ("Errors", field("errors")),
    ("p50 ms", field("p50_ms")),
    ("p95 ms", field("p95_ms")),
]
_ROLE = [
    ("Role", field("role")),
    ("Versions", lambda row: ", ".join(map(str, row["model_versions"]))),
    ("Calls", field("calls")),
    ("Error rate", field("error_rate")),
    ("p50 ms", field("p50_ms")),
    ("p95 ms", field("p95_ms")),
    ("Feedback", field("feedback")),
    ("Right", field("accuracy")),
]
_TEST = [
    ("Measure", field("measure")),
    ("Challenger less main", field("difference")),
    ("p", field("p_value")),
    ("p, adjusted", field("adjusted_p_value")),
    ("Significant", lambda row: "yes" if row["significant"] else "no"),
]
_OUTCOME = [
    ("log_id", field("log_id")),
    ("Outcome", field("outcome")),
    ("Sample", field("sample_id")),
    ("Labelled", lambda row: "yes" if row["labelled"] else "no"),
    ("Reason", field("reason")),
]
_VERDICTS = {
    "too_little_data": "Too few calls of one of the versions to tell.",
    "no_difference": "No difference can be shown.",
    "challenger_better": "The challenger does better.",
    "challenger_worse": "The challenger does worse.",
    "mixed": "The challenger is better in some things and worse in others.",
}

Since = Annotated[datetime | None, typer.Option("--from", help="From this time on, local time.")]
Until = Annotated[datetime | None, typer.Option("--to", help="Up to this time.")]
FirstDay = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
LastDay = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")]


@verbs.command("calls")
def calls(
    service: str,
    since: Since = None,
    until: Until = None,
    app_id: Annotated[int | None, typer.Option(help="Of this application.")] = None,
    error_code: Annotated[int | None, typer.Option(help="With this error.")] = None,
    failed: Annotated[bool | None, typer.Option("--failed/--succeeded", help="Only those.")] = None,
    model_version: Annotated[int | None, typer.Option(help="Answered by this version.")] = None,
    role: Annotated[str | None, typer.Option(help="main, challenger or shadow.")] = None,
    label: Annotated[str | None, typer.Option(help="With this name among the results.")] = None,
    limit: LimitOption = 20,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List recorded calls of the last 30 days, the newest first.

    \b
    Examples:
      bml services calls helmets --failed
      bml services calls helmets --label helmet --from 2026-11-01 --limit 100
    """
    client = current_client().project(project)
    found = client.calls.list(
        int(client.services.find(service)["service_id"]),
        since=_aware(since),
        until=_aware(until),
        app_id=app_id,
        error_code=error_code,
        failed=failed,
        model_version=model_version,
        role=role,
        label=label,
    )
    print_list(islice(found, limit), _CALL, as_json=as_json, empty="No such calls are recorded.")


@verbs.command("call")
def call(log_id: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Show one call, with what was sent and answered where that was kept."""
    found = current_client().project(project).calls.get(_log_id(log_id))
    content: Mapping[str, Any] = found.get("content") or {}
    shown = [
        *_CALL,
        ("Service", field("service_id")),
        ("Waited ms", field("waited_ms")),
        ("Feedback", lambda row: _said(row.get("feedback"))),
        ("Request", lambda _: _short(content.get("request") or content.get("request_base64"))),
        ("Answer", lambda _: _short(content.get("answer"))),
    ]
    print_fields(found, shown, as_json=as_json)


@verbs.command("usage")
def usage(
    service: Annotated[str | None, typer.Argument(help="Of this service; default: of all.")] = None,
    first: FirstDay = None,
    last: LastDay = None,
    app_id: Annotated[int | None, typer.Option(help="Of this application.")] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Count calls by day, service, application and version."""
    client = current_client().project(project)
    service_id = int(client.services.find(service)["service_id"]) if service else None
    rows = client.calls.usage(first=_day(first), last=_day(last), service_id=service_id, app_id=app_id)
    print_list(rows, _USAGE, as_json=as_json, empty="There were no calls.")


@verbs.command("metrics")
def metrics(
    service: str,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How far back.")] = 60,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show calls, errors and latencies minute by minute."""
    client = current_client().project(project)
    service_id = int(client.services.find(service)["service_id"])
    rows = client.calls.metrics(service_id, minutes=minutes)
    print_list(rows, _MINUTE, as_json=as_json, empty=f"There were no calls in {minutes} minutes.")


@verbs.command("compare")
def compare(
    service: str,
    since: Since = None,
    until: Until = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Compare the two online versions: errors, latency, and what people said of answers."""
    client = current_client().project(project)
    service_id = int(client.services.find(service)["service_id"])
    found = client.calls.comparison(service_id, since=_aware(since), until=_aware(until))
    if as_json:
        print_json(found)
        return
    print_list(found["roles"], _ROLE, as_json=False, empty="")
    print_list(found["tests"], _TEST, as_json=False, empty="")
    typer.echo(_VERDICTS[found["verdict"]])


@verbs.command("feedback")
def feedback(
    service: str,
    log_ids: list[str],
    correct: Annotated[bool | None, typer.Option("--correct/--wrong", help="Was the answer right?")] = None,
    expected: Annotated[
        list[str] | None, typer.Option("--expected", help="A label that would have been right; repeat it.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Also add what was sent to this dataset.")] = None,
    dataset_version: Annotated[int, typer.Option(min=1, help="Version of that dataset.")] = 1,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Say whether answers were right, and add what was sent to a dataset.

    \b
    Examples:
      bml services feedback helmets 1390582998516105216 --wrong --expected no_helmet
      bml services feedback helmets 1390582998516105216 --dataset helmets
    """
    if correct is None and dataset is None:
        raise InvalidChoiceError("Say --correct or --wrong, or give a --dataset.")
    client = current_client().project(project)
    service_id = int(client.services.find(service)["service_id"])
    numbers = [_log_id(log_id) for log_id in log_ids]
    if correct is not None:
        for number in numbers:
            client.calls.give_feedback(service_id, number, correct=correct, expected=expected or ())
        notes.print(f"Noted for {len(numbers)} calls.")
    if dataset is not None:
        dataset_id = int(client.datasets.find(dataset)["dataset_id"])
        rows = client.calls.import_feedback(
            service_id, numbers, dataset_id=dataset_id, version_number=dataset_version
        )
        print_list(rows, _OUTCOME, as_json=as_json, empty="")


@verbs.command("snippets")
def snippets(
    service: str,
    language: Annotated[str, typer.Option(help="curl, python, javascript, java, php or cpp.")] = "curl",
    folder: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write all languages into this folder instead.")
    ] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Print a program that calls the service; it takes the keys from the environment."""
    client = current_client().project(project)
    found = client.calls.snippets(int(client.services.find(service)["service_id"]))
    if as_json:
        print_json(found)
        return
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for row in found:
            (folder / row["file_name"]).write_text(row["text"], encoding="utf-8")
            notes.print(f"Wrote {folder / row['file_name']}", markup=False)
        return
    chosen = [row["text"] for row in found if row["language"] == language]
    if not chosen:
        raise InvalidChoiceError(f"Choose one of {', '.join(row['language'] for row in found)}.")
    typer.echo(chosen[0], nl=False)


def _log_id(text: str) -> str:
    if not text.isascii() or not text.isdigit():
        raise InvalidChoiceError(f"{text!r} is no log_id: they are numbers of up to 19 digits.")
    return text


def _aware(at: datetime | None) -> datetime | None:
    return at.astimezone() if at else None


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


def _said(feedback: Mapping[str, Any] | None) -> str | None:
    if not feedback:
        return None
    word = "right" if feedback["correct"] else "wrong"
    return f"{word}, expected {', '.join(feedback['expected'])}" if feedback["expected"] else word


def _short(text: str | None, most: int = 400) -> str | None:
    return text if text is None or len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
