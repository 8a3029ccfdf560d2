"""One training job of any vision task, from its channels to its model folder."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from typing import Any

import torch

from openbml_catalog.augmentation.settings import AugmentationMode
from openbml_deep.augmentation.report import augmentation_report
from openbml_deep.augmentation.search import Found, reusable, search_augmentation
from openbml_deep.data import JobData, load_data
from openbml_deep.engine.checkpoints import Checkpoints
from openbml_deep.engine.cluster import ALONE, World
from openbml_deep.engine.device import Device, prepare_device
from openbml_deep.engine.stopping import StopRequest
from openbml_deep.engine.trainer import Trainer
from openbml_deep.networks.weights import REPORT_FILE, WEIGHTS_FILE
from openbml_deep.report_files import ReportPictures
from openbml_deep.scripts import UserScript, read_script, with_conf
from openbml_deep.settings import TrainingSettings, read_settings
from openbml_deep.tasks import VISION_TASKS
from openbml_deep.tasks.task import BuiltNetwork, TaskJob, VisionTask
from openbml_kit.files import write_atomically, write_json
from openbml_kit.places import Places, core_count
from openbml_kit.progress import Progress
from openbml_kit.report_basis import FORMAT
from openbml_kit.snapshots import read_manifest

# Share of the free memory that decoded images may take.
_CACHE_SHARE = 0.3


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


def run_job(places: Places, progress: Progress, env: Mapping[str, str], world: World = ALONE) -> None:
    """Train, evaluate, export. A stop request ends training early and keeps the rest.

    Of several processes all train and the leader does the rest; `progress` of the others leads nowhere.

    Raises:
        UserFault, PlatformFault: the job cannot be done.
    """
    code = places.channel("code")
    script = read_script(code) if code else None
    given = _hyper_parameters(places)
    settings = read_settings(with_conf(given, script) if script else given)
    stop = StopRequest(max_seconds=settings.max_training_time_s)
    stop.listen()
    progress.stage("loading")
    job = prepare(settings, places, progress, env, stop, script=script, world=world)
    progress.stage("training")
    ended = train(job, Checkpoints(places.checkpoints, job.fingerprint), stop=stop, progress=progress)
    if not world.leads:
        return
    if ended is not None:
        progress.note("warning", f"training ended early: {ended}")
    if settings.epochs and not len(job.trainer.history):
        progress.note("warning", "stopped before the first step: there is no model")
        return
    _finish(job, places, progress, ended)


def _hyper_parameters(places: Places) -> dict[str, str]:
    """Labels that are too long for a hyper-parameter are those of the training data."""
    given, folder = places.hyper_parameters(), places.channel("train")
    if "labels" in given or folder is None:
        return given
    return {**given, "labels": json.dumps(sorted(read_manifest(folder).labels))}


def prepare(
    settings: TrainingSettings,
    places: Places,
    progress: Progress,
    env: Mapping[str, str],
    stop: StopRequest,
    *,
    script: UserScript | None = None,
    world: World = ALONE,
) -> Prepared:
    """Read the images, search for an augmentation where the settings ask for it, and build the network."""
    beside = int(env.get("LOCAL_WORLD_SIZE", "1"))  # processes of the job on this machine
    cores = max(1, core_count(env) // beside)
    device = prepare_device(
        cores=cores, mixed=settings.mixed_precision == "auto", local_rank=world.local_rank
    )
    job = TaskJob(
        settings,
        device,
        cores,
        progress.note,
        weights_folder=places.channel("weights"),
        memory_bytes=_cache_budget() // beside,
        base_folder=places.channel("base"),
        world=world,
        script=script,
        should_stop=lambda: stop.reason is not None,
    )
    task = vision_task(job)
    data = load_data(
        task,
        settings,
        train_folder=places.channel("train"),
        eval_folder=places.channel("eval"),
        note=progress.note,
    )
    found = None
    # Trials differ in their hyper-parameters alone: the training after them searches, once.
    if settings.augmentation.mode is AugmentationMode.AUTO and not settings.is_trial:
        if world.leads:
            found = search_augmentation(
                job,
                data.training,
                vision_task,
                folder=places.checkpoints,
                fingerprint=settings.fingerprint(*data.snapshot_ids),
                stop=stop,
                progress=progress,
            )
        found = world.of_leader(found)
        task = vision_task(replace(job, policy=found.policy if found else None))
    built = task.build()
    batches = task.batches(data.training, built)
    trainer = Trainer(task, built, batches, settings, device, note=progress.note, world=world)
    return Prepared(settings, task, data, built, trainer, device, cores, found)


def vision_task(job: TaskJob) -> VisionTask[Any]:
    """Return the task that the job's settings name."""
    module = import_module(f"openbml_deep.tasks.{VISION_TASKS[job.settings.task]}")
    task: VisionTask[Any] = module.task(job)
    return task


def train(job: Prepared, checkpoints: Checkpoints, *, stop: StopRequest, progress: Progress) -> str | None:
    """Train to the end; return why it ended early, or None."""
    try:
        return job.trainer.run(job.data.evaluated, checkpoints=checkpoints, stop=stop, progress=progress)
    finally:
        job.trainer.close()


def _finish(job: Prepared, places: Places, progress: Progress, ended: str | None) -> None:
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


def _cache_budget() -> int:
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(free * _CACHE_SHARE)
