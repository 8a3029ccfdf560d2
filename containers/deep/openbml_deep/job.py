"""One training job of any vision task, from its channels to its model folder."""

import json
import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from openbml_catalog.augmentation.settings import AugmentationMode
from openbml_deep.augmentation.search import search_augmentation
from openbml_deep.data import load_data
from openbml_deep.engine.checkpoints import Checkpoints
from openbml_deep.engine.cluster import ALONE, World
from openbml_deep.engine.device import prepare_device
from openbml_deep.engine.trainer import Trainer
from openbml_deep.results import Prepared, leave_results
from openbml_deep.scripts import UserScript, read_script, with_conf
from openbml_deep.settings import TrainingSettings, read_settings
from openbml_deep.tasks import VISION_TASKS
from openbml_deep.tasks.task import TaskJob, VisionTask
from openbml_kit.places import Places, core_count
from openbml_kit.progress import Progress
from openbml_kit.snapshots import read_manifest
from openbml_kit.stopping import StopRequest

# Share of the free memory that decoded images may take.
_CACHE_SHARE = 0.3


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
    leave_results(job, places, progress, ended)


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
        if found is not None:
            job.augmenter.policy = found.policy
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


def _cache_budget() -> int:
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(free * _CACHE_SHARE)
