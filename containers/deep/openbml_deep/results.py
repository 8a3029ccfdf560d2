"""What a job leaves behind: its report with pictures and page, its model, and weights to train on from."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import torch

from openbml_deep.augmentation.report import augmentation_report
from openbml_deep.augmentation.search import Found, reusable
from openbml_deep.data import JobData
from openbml_deep.engine.device import Device
from openbml_deep.engine.trainer import Trainer
from openbml_deep.networks.weights import REPORT_FILE, WEIGHTS_FILE
from openbml_deep.report_files import ReportPictures
from openbml_deep.settings import TrainingSettings
from openbml_deep.tasks.task import BuiltNetwork, VisionTask
from openbml_kit.files import write_atomically, write_json
from openbml_kit.places import Places
from openbml_kit.progress import Progress
from openbml_kit.report_basis import FORMAT


@dataclass(frozen=True)
class Prepared:
    """A job that is ready to train."""

    settings: TrainingSettings
    task: VisionTask[Any]
    data: JobData
    built: BuiltNetwork
    trainer: Trainer[Any]
    device: Device
    cores: int
    augmentation: Found | None = None

    @property
    def fingerprint(self) -> str:
        return self.settings.fingerprint(*self.data.snapshot_ids)


def leave_results(job: Prepared, places: Places, progress: Progress, ended: str | None) -> None:
    """Evaluate the best model, export it and write everything; of a trial only figures and weights."""
    progress.stage("evaluating")
    network, data = job.trainer.averaged.model, job.data
    if job.settings.is_trial:
        report = _trial_report(job, ended)
    else:
        pictures = _pictures(job, places, progress)
        report = pictures.complete(_report(job, ended), network)
        progress.stage("exporting")
        report["onnx"] = job.task.export(network, places.model, data.evaluated, data.training, report)
        pictures.write_page(report)
    state = network.state_dict()
    write_atomically(places.output_data / WEIGHTS_FILE, lambda draft: torch.save(state, draft))
    write_json(places.output_data / REPORT_FILE, report)
    if job.augmentation is not None:
        reused = reusable(job.settings.augmentation, job.augmentation.operators)
        write_json(places.output_data / "augmentation.json", reused)
    progress.note("info", json.dumps(report["overall"]))
    progress.stage("done")


def _report(job: Prepared, ended: str | None) -> dict[str, Any]:
    data = job.data
    part = job.task.report(job.trainer.averaged.model, data.evaluated, data.training, data.basis)
    return {**_context(job, ended), **part}


def _trial_report(job: Prepared, ended: str | None) -> dict[str, Any]:
    """Return what a search reads of a trial: the best epoch's figures in the place of the evaluation."""
    history = job.trainer.history
    return {
        **_context(job, ended),
        "labels": job.settings.labels,
        "basis": asdict(job.data.basis),
        "overall": dict(history.epochs[history.best_epoch - 1].figures),
    }


def _pictures(job: Prepared, places: Places, progress: Progress) -> ReportPictures:
    return ReportPictures(
        task=job.settings.task,
        labels=job.settings.labels,
        built=job.built,
        input_size=job.settings.input_size,
        device=job.device.torch,
        images=job.data.evaluated,
        training=job.data.training,
        folder=places.output_data,
        workers=job.cores,
        note=progress.note,
    )


def _context(job: Prepared, ended: str | None) -> dict[str, Any]:
    settings, history = job.settings, job.trainer.history
    return {
        "format": FORMAT,
        "task": settings.task,
        "run_id": settings.run_id,
        "network": settings.network,
        "weights_source": job.built.weights_source,
        "params": settings.params(),
        "augmentation": augmentation_report(settings.augmentation, job.augmentation),
        "dataset": [manifest.model_dump(mode="json", exclude={"shards"}) for manifest in job.data.manifests],
        "history": [{**figures.shown(), "complete": figures.complete} for figures in history.epochs],
        "input": {"size": settings.input_size, "mean": job.built.mean, "std": job.built.std},
        "best_epoch": history.best_epoch,
        "ended_early": ended,
    }
