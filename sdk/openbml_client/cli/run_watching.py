"""Runs as commands print them, and following one until it ends."""

from collections.abc import Mapping
from typing import Any

from openbml_client.cli.following import followed, going_on
from openbml_client.cli.output import Column, field
from openbml_client.cli.reports import quality
from openbml_client.client import Document, Training
from openbml_client.errors import WorkFailedError
from openbml_client.waiting import wait_until

RUN: list[Column] = [
    ("Run id", field("run_id")),
    ("Version", lambda run: f"V{run['version_number']}"),
    ("State", field("state")),
    ("Network", field("network")),
    ("Machine", field("machine_type")),
    ("Quality", quality),
    ("Trained (s)", field("training_seconds")),
    ("Cost (CNY)", field("cost_estimate")),
    ("Created", field("created_at")),
]
_FINAL = {"succeeded", "failed", "stopped"}


def watched(training: Training, run_id: int) -> Document:
    """Follow a run until it ends; of a table with its best model so far."""
    best = _BestModel(training)
    with followed("Run") as show, going_on(lambda: f"The run goes on. Follow it: bml runs watch {run_id}"):
        return wait_until(
            lambda: training.run(run_id), _FINAL, show=lambda run: show({**run, "best": best.of(run)})
        )


def raise_if_failed(run: Document) -> None:
    if run["state"] == "failed":
        raise WorkFailedError(
            f"The run failed: {(run.get('failure') or {}).get('message', 'no cause known')}"
        )


class _BestModel:
    """The first line of a run's leaderboard, read again when another model has been trained."""

    def __init__(self, training: Training) -> None:
        self._training = training
        self._epoch: object = None
        self._text: str | None = None

    def of(self, run: Mapping[str, Any]) -> str | None:
        epoch = (run.get("progress") or {}).get("epoch")
        if run.get("tabular") and epoch is not None and epoch != self._epoch:
            self._epoch = epoch
            self._text = _shown(self._training.leaderboard(int(run["run_id"])))
        return self._text


def _shown(leaderboard: Mapping[str, Any]) -> str | None:
    scored = [entry for entry in leaderboard["entries"] if entry.get("score") is not None]
    if not scored:
        return None
    best = max(scored, key=lambda entry: (entry["state"] == "complete", float(entry["score"])))
    return f"best {best['name']} {best['score']:.4g}"
