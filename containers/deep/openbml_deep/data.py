"""A job's images: read by its task, split into what trains and what evaluates."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbml_deep.settings import TrainingSettings
from openbml_deep.splitting import hold_out, require_every_label, share_of, without
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import VisionTask
from openbml_kit.faults import UserFault
from openbml_kit.report_basis import Basis
from openbml_kit.snapshots import Manifest, read_manifest


@dataclass(frozen=True)
class JobData:
    training: list[AnnotatedImage]
    evaluated: list[AnnotatedImage]
    manifests: list[Manifest]
    basis: Basis

    @property
    def snapshot_ids(self) -> list[str]:
        return [manifest.snapshot_id for manifest in self.manifests]


def load_data(
    task: VisionTask[Any],
    settings: TrainingSettings,
    *,
    train_folder: Path | None,
    eval_folder: Path | None,
    note: Callable[[str, str], None],
) -> JobData:
    """Return the job's images; without an evaluation set some of the training set are held out.

    Raises:
        UserFault: there is no training set, a label has no image, or nothing is left to evaluate.
    """
    if train_folder is None:
        raise UserFault("the job has no channel train")
    manifests = [read_manifest(train_folder)]
    training = task.read(train_folder, manifests[0])
    if eval_folder is None:
        require_every_label(training, settings.labels, what="training set")
        training, evaluated = hold_out(training, fraction=settings.holdout_fraction, seed=settings.seed)
    else:
        manifests.append(read_manifest(eval_folder))
        evaluated = task.read(eval_folder, manifests[1])
        require_every_label(evaluated, settings.labels, what="evaluation set")
        training, shared = without(training, evaluated)
        if shared:
            note(
                "warning",
                f"{shared} images of the evaluation set are training images too: training goes without them",
            )
        require_every_label(training, settings.labels, what="training set beside the evaluation set")
    if not evaluated:
        raise UserFault(
            "there is nothing to evaluate: give a label at least two different images, or choose an "
            "evaluation set"
        )
    training = share_of(training, percent=settings.data_sampling_ratio, seed=settings.seed)
    note(
        "info", f"{len(training)} training images, {len(evaluated)} evaluated, {len(settings.labels)} labels"
    )
    basis = Basis(
        source="holdout" if eval_folder is None else "eval",
        evaluated_count=len(evaluated),
        training_count=len(training),
        holdout_fraction=settings.holdout_fraction if eval_folder is None else None,
        seed=settings.seed,
    )
    return JobData(training, evaluated, manifests, basis)
