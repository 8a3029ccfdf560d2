"""One training job of image classification, from its channels to its model folder."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import PIL
import timm
import torch

from openbml_deep.augmentation import Augmenter
from openbml_deep.batches import TrainingBatches
from openbml_deep.checkpoints import Checkpoints
from openbml_deep.device import Device, prepare_device
from openbml_deep.export import export_onnx
from openbml_deep.models import BuiltModel, build_model
from openbml_deep.samples import (
    DecodedImages,
    EvaluationViews,
    LabelledImage,
    counts_per_class,
    hold_out,
    labelled_images,
    require_every_label,
)
from openbml_deep.settings import TrainingSettings, read_settings
from openbml_deep.stopping import StopRequest
from openbml_deep.training import EvaluationSet, Trainer
from openbml_kit.classification_report import Basis, EvaluatedSample, Evaluation, classification_report
from openbml_kit.faults import UserFault
from openbml_kit.files import write_atomically, write_json
from openbml_kit.images import DECODER, RESIZE, Normalisation
from openbml_kit.model_manifest import MANIFEST_FILE, MODEL_FILE, ImageInput, ModelManifest, OnnxProof
from openbml_kit.places import Places, core_count
from openbml_kit.progress import Progress
from openbml_kit.snapshots import Manifest, read_manifest

# Real samples on which the exported graph is compared with torch.
_PROOF_SAMPLES = 32
# Share of the free memory that decoded training images may take.
_CACHE_SHARE = 0.3


@dataclass(frozen=True)
class JobData:
    training: list[LabelledImage]
    evaluated: list[LabelledImage]
    manifests: list[Manifest]

    @property
    def basis_source(self) -> str:
        return "eval" if len(self.manifests) > 1 else "holdout"


def run_job(places: Places, progress: Progress, env: Mapping[str, str]) -> None:
    """Train, evaluate, export. A stop request ends training early and keeps the rest.

    Raises:
        UserFault, PlatformFault: the job cannot be done.
    """
    settings = read_settings(places.hyper_parameters())
    stop = StopRequest(max_seconds=settings.max_training_time_s)
    stop.listen()
    progress.stage("loading")
    cores = core_count(env)
    data = _load_data(places, settings, progress, cores)
    device = prepare_device(cores=cores)
    built = build_model(settings, weights_folder=places.channel("weights"), note=progress.note)
    trainer, evaluation, batches = _prepared(data, built, settings, device, cores)
    progress.stage("training")
    checkpoints = Checkpoints(
        places.checkpoints, settings.fingerprint(*(manifest.snapshot_id for manifest in data.manifests))
    )
    try:
        ended = trainer.run(evaluation, checkpoints=checkpoints, stop=stop, progress=progress)
    finally:
        batches.close()
    if ended is not None:
        progress.note("warning", f"training ended early: {ended}")
    if not trainer.history:
        progress.note("warning", "stopped before the first step: there is no model")
        return
    _finish(
        places,
        progress,
        settings=settings,
        data=data,
        built=built,
        trainer=trainer,
        evaluation=evaluation,
        ended=ended,
    )


def _load_data(places: Places, settings: TrainingSettings, progress: Progress, cores: int) -> JobData:
    folder = places.channel("train")
    if folder is None:
        raise UserFault("the job has no channel train")
    manifest = read_manifest(folder)
    training = labelled_images(folder, manifest, settings.labels, progress.note, workers=cores)
    eval_folder = places.channel("eval")
    if eval_folder is None:
        require_every_label(training, settings.labels, what="training set")
        training, evaluated = hold_out(training, fraction=settings.holdout_fraction, seed=settings.seed)
        manifests = [manifest]
    else:
        eval_manifest = read_manifest(eval_folder)
        evaluated = labelled_images(eval_folder, eval_manifest, settings.labels, progress.note, workers=cores)
        require_every_label(training, settings.labels, what="training set")
        require_every_label(evaluated, settings.labels, what="evaluation set")
        manifests = [manifest, eval_manifest]
        shared = {image.sha256 for image in training} & {image.sha256 for image in evaluated}
        if shared:
            progress.note("warning", f"{len(shared)} images of the evaluation set are training images too")
    if not evaluated:
        raise UserFault(
            "there is nothing to evaluate: give a label at least two images, or choose an evaluation set"
        )
    progress.note(
        "info", f"{len(training)} training images, {len(evaluated)} evaluated, {len(settings.labels)} labels"
    )
    return JobData(training, evaluated, manifests)


def _prepared(
    data: JobData, built: BuiltModel, settings: TrainingSettings, device: Device, cores: int
) -> tuple[Trainer, EvaluationSet, TrainingBatches]:
    budget = _cache_budget()
    images = DecodedImages(data.training, input_size=settings.input_size, budget_bytes=budget)
    batches = TrainingBatches(
        images,
        augmenter=Augmenter(
            settings.task, settings.augmentation, size=settings.input_size, labels=settings.labels
        ),
        batch_size=settings.batch_size,
        seed=settings.seed,
        workers=cores if device.is_cuda else max(1, cores // 4),
        pinned=device.is_cuda,
    )
    evaluation = EvaluationSet(
        EvaluationViews(
            data.evaluated, input_size=settings.input_size, budget_bytes=budget // 4, workers=cores
        ),
        np.array([image.class_index for image in data.evaluated], dtype=np.int64),
    )
    return Trainer(built, batches, settings, device), evaluation, batches


def _finish(
    places: Places,
    progress: Progress,
    *,
    settings: TrainingSettings,
    data: JobData,
    built: BuiltModel,
    trainer: Trainer,
    evaluation: EvaluationSet,
    ended: str | None,
) -> None:
    progress.stage("evaluating")
    report = classification_report(
        Evaluation(
            [EvaluatedSample(image.sample_id, image.name) for image in data.evaluated],
            trainer.scores(evaluation.views),
            evaluation.classes,
        ),
        labels=settings.labels,
        basis=Basis(
            source="holdout" if data.basis_source == "holdout" else "eval",
            evaluated_count=len(data.evaluated),
            training_count=len(data.training),
            holdout_fraction=settings.holdout_fraction if data.basis_source == "holdout" else None,
            seed=settings.seed,
        ),
        training_counts=counts_per_class(data.training, settings.labels),
        context=_context(settings, data, built, trainer, ended),
    )
    progress.stage("exporting")
    proof = _export(places.model / MODEL_FILE, trainer, evaluation, built)
    write_json(
        places.model / MANIFEST_FILE,
        _model_manifest(settings, data, built, proof, report).model_dump(mode="json"),
    )
    state = trainer.averaged.model.state_dict()
    write_atomically(places.output_data / "weights.pt", lambda draft: torch.save(state, draft))
    write_json(places.output_data / "report.json", {**report, "onnx": proof.model_dump(mode="json")})
    progress.note("info", json.dumps(report["overall"]))
    progress.stage("done")


def _export(path: Path, trainer: Trainer, evaluation: EvaluationSet, built: BuiltModel) -> OnnxProof:
    normalisation = Normalisation(built.mean, built.std)
    samples = np.concatenate([normalisation.planes(view) for view in evaluation.views.first(_PROOF_SAMPLES)])
    return export_onnx(trainer.averaged.model, path, samples=samples)


def _context(
    settings: TrainingSettings, data: JobData, built: BuiltModel, trainer: Trainer, ended: str | None
) -> dict[str, Any]:
    return {
        "task": settings.task,
        "run_id": settings.run_id,
        "network": settings.network,
        "weights_source": built.weights_source,
        "params": settings.model_dump(exclude={"labels"}),
        "dataset": [manifest.model_dump(mode="json", exclude={"shards"}) for manifest in data.manifests],
        "history": [asdict(figures) for figures in trainer.history],
        "best_epoch": trainer.best_epoch,
        "ended_early": ended,
    }


def _model_manifest(
    settings: TrainingSettings, data: JobData, built: BuiltModel, proof: OnnxProof, report: Mapping[str, Any]
) -> ModelManifest:
    return ModelManifest(
        task=settings.task,
        network=settings.network,
        labels=settings.labels,
        input=ImageInput(
            size=settings.input_size, mean=built.mean, std=built.std, resize=RESIZE, decoder=DECODER
        ),
        recommended_threshold=report["recommended_threshold"],
        onnx=proof,
        weights_source=built.weights_source,
        run_id=settings.run_id,
        snapshot_id=data.manifests[0].snapshot_id,
        framework_versions={
            "torch": torch.__version__,
            "timm": timm.__version__,
            "onnx": onnx.__version__,
            "onnxruntime": onnxruntime.__version__,
            "pillow": PIL.__version__,
        },
    )


def _cache_budget() -> int:
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(free * _CACHE_SHARE)
