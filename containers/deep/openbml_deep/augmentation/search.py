"""The search for a policy before training: `mode: auto`.

Density matching (Lim et al. 2019, arXiv:1905.00397, section 3): a network is trained on one part of the
training images without any operator; candidates are judged by its loss on the other part after they have
changed it. What it still recognises lies where the data lies, and is worth training on. Two-operator
sub-policies are tried one after the other (`candidates`); the better third is looked at once more on all
held-out images, and the best of those together are the policy, one of them drawn for each image.

The same seed, data and settings give the same policy as long as the time suffices; the journal and the
proxy's check-points let a killed job go on where it was.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import nn

from openbml_catalog.augmentation import augmentation_operators
from openbml_catalog.augmentation.settings import AugmentationMode, AugmentationSettings, ChosenOperator
from openbml_deep.augmentation.candidates import Candidate, Proposals
from openbml_deep.augmentation.journal import Journal, JournalTrial, read_journal
from openbml_deep.engine.checkpoints import Checkpoints
from openbml_deep.engine.cluster import ALONE
from openbml_deep.engine.trainer import Trainer
from openbml_deep.splitting import hold_out
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import BuiltNetwork, TaskJob, VisionTask
from openbml_formats.augmentation.policy import Policy
from openbml_kit.progress import Progress
from openbml_kit.stopping import StopRequest

STAGE = "augmentation_search"
MOST_CANDIDATES = 60
# Sub-policies of the policy that is found.
_KEPT = 5
_HELD_OUT = 0.4
_FEWEST_IMAGES = 8
_MOST_PROXY_EPOCHS = 10
# Share of the search's time that the proxy may take, and of what the job has left that the search may take.
_PROXY_SHARE = 0.5
_JOB_SHARE = 0.5
# Share of the time after which no other candidate is tried: what is left is for the second look.
_TRIED_UNTIL = 0.8
# Held-out images that a first look takes at most.
_FIRST_LOOK = 256
_SECOND_LOOKS = 2

MakeTask = Callable[[TaskJob], VisionTask[Any]]


class SearchTime(StopRequest):
    """The time of a part of the search; it ends with the job, too."""

    def __init__(self, job: StopRequest, *, max_seconds: float, seconds_before: float = 0.0) -> None:
        super().__init__(max_seconds=max(1, int(max_seconds)), seconds_before=seconds_before)
        self._job = job

    @property
    def reason(self) -> str | None:
        return self._job.reason or super().reason

    @property
    def share(self) -> float:
        """The share of the time that is over."""
        return self.seconds / self.max_seconds

    @property
    def ended_by_job(self) -> bool:
        return self._job.reason is not None


@dataclass(frozen=True)
class Found:
    """What a search found; `journal` also says how."""

    operators: tuple[ChosenOperator, ...]
    journal: Journal

    @property
    def policy(self) -> Policy:
        return Policy.of(self.operators)


def search_augmentation(
    job: TaskJob,
    images: Sequence[AnnotatedImage],
    make_task: MakeTask,
    *,
    folder: Path,
    fingerprint: str,
    stop: StopRequest,
    progress: Progress,
) -> Found:
    """Return the policy for a job's training images.

    Args:
        images: those that train; evaluated images take no part.
        folder: of the job's check-points.
        stop: the job's; the search takes at most half of the time that is left of it.

    Of several processes one calls it; its proxy trains by itself.
    """
    progress.stage(STAGE)
    journal = read_journal(folder, fingerprint, progress.note)
    stop.count_earlier(journal.seconds)
    if journal.end is None:
        limit = 60 * (job.settings.augmentation.search_minutes or 1)
        left = stop.seconds_left
        seconds = limit if left is None else min(limit, _JOB_SHARE * left)
        clock = SearchTime(stop, max_seconds=seconds, seconds_before=journal.seconds)
        journal = _Search(job, make_task, folder, clock, progress).run(journal, images)
    operators = tuple(_operators(journal, Proposals(job.settings.task, seed=job.settings.seed)))
    progress.note("info", _told(journal, operators))
    return Found(operators, journal)


class _Search:
    def __init__(
        self, job: TaskJob, make_task: MakeTask, folder: Path, clock: SearchTime, progress: Progress
    ) -> None:
        settings = job.settings
        proxy_epochs = min(settings.epochs, _MOST_PROXY_EPOCHS)
        unmixed = settings.augmentation.model_copy(update={"mixing": ()})  # operators alone are judged
        self._settings = settings.model_copy(update={"epochs": proxy_epochs, "augmentation": unmixed})
        # The decoded images of both parts are kept at once.
        memory_bytes = job.memory_bytes // 2
        self._job = replace(
            job, settings=self._settings, policy=Policy(), world=ALONE, memory_bytes=memory_bytes
        )
        self._task = make_task(self._job)
        self._folder = folder
        self._clock = clock
        self._progress = progress
        self._proposals = Proposals(settings.task, seed=settings.seed)

    def run(self, journal: Journal, images: Sequence[AnnotatedImage]) -> Journal:
        training, held_out = hold_out(images, fraction=_HELD_OUT, seed=self._settings.seed + 1)
        if min(len(training), len(held_out)) < _FEWEST_IMAGES:
            return self._ended(journal, "too_few_images")
        built = self._task.build()
        network = self._proxy(training, held_out, built, journal.fingerprint)
        if network is None:
            return self._ended(journal, "no_proxy")
        batches = self._task.batches(held_out, built)
        try:
            return self._tried(journal, _Judge(self._task, self._job, network, batches))
        finally:
            batches.close()

    def _proxy(
        self,
        training: Sequence[AnnotatedImage],
        held_out: Sequence[AnnotatedImage],
        built: BuiltNetwork,
        fingerprint: str,
    ) -> nn.Module | None:
        """Return the trained proxy, None when there was no time for a single step."""
        batches = self._task.batches(training, built)
        silent = Progress(io.StringIO())  # its epochs are not those of the run
        trainer = Trainer(self._task, built, batches, self._settings, self._job.device, note=silent.note)
        time = SearchTime(self._clock, max_seconds=_PROXY_SHARE * self._clock.max_seconds)
        checkpoints = Checkpoints(self._folder / "augmentation_proxy", fingerprint)
        try:
            trainer.run(held_out, checkpoints=checkpoints, stop=time, progress=silent)
        finally:
            trainer.close()
        return trainer.averaged.model if len(trainer.history) else None

    def _tried(self, journal: Journal, judge: "_Judge") -> Journal:
        if journal.plain_loss is None:
            journal = self._kept(journal.model_copy(update={"plain_loss": judge.loss(Policy())}))
        while len(journal.trials) < MOST_CANDIDATES:
            if self._clock.reason is not None or self._clock.share >= _TRIED_UNTIL:
                break
            candidate = self._proposals.next([row.trial for row in journal.trials])
            row = JournalTrial(candidate=candidate, loss=judge.loss(self._policy(candidate)))
            journal = self._kept(journal.model_copy(update={"trials": (*journal.trials, row)}))
            self._progress.work(len(journal.trials), MOST_CANDIDATES)
        complete = len(journal.trials) == MOST_CANDIDATES
        for place in _second_look(journal.trials):
            if self._clock.reason is not None:
                break
            row = journal.trials[place]
            if row.final_loss is None:
                final = judge.long_loss(self._policy(row.candidate))
                again = row.model_copy(update={"final_loss": final})
                rows = (*journal.trials[:place], again, *journal.trials[place + 1 :])
                journal = self._kept(journal.model_copy(update={"trials": rows}))
        if self._clock.ended_by_job:
            return journal  # the machine goes: the next one takes it up
        return self._ended(journal, "complete" if complete else "time")

    def _policy(self, candidate: Candidate) -> Policy:
        return Policy(groups=[self._proposals.steps(candidate)])

    def _ended(self, journal: Journal, end: str) -> Journal:
        return self._kept(journal.model_copy(update={"end": end}))

    def _kept(self, journal: Journal) -> Journal:
        journal = journal.model_copy(update={"seconds": round(self._clock.seconds, 3)})
        journal.write(self._folder)
        return journal


class _Judge:
    """The loss of the proxy on held-out images under a policy; the same images and chances for each."""

    def __init__(self, task: VisionTask[Any], job: TaskJob, network: nn.Module, batches: Any) -> None:
        self._task = task
        self._job = job
        self._network = _judging(network)
        self._batches = batches

    def loss(self, policy: Policy) -> float:
        """Return the mean loss of a first look, over at most `_FIRST_LOOK` images."""
        return self._mean(policy, epochs=1, most=max(1, _FIRST_LOOK // self._batches.batch_size))

    def long_loss(self, policy: Policy) -> float:
        """Return the mean loss over all held-out images, each changed twice."""
        return self._mean(policy, epochs=_SECOND_LOOKS, most=len(self._batches))

    @torch.no_grad()
    def _mean(self, policy: Policy, *, epochs: int, most: int) -> float:
        self._job.augmenter.policy = policy
        torch.manual_seed(self._job.settings.seed)  # some losses sample
        losses = []
        for epoch in range(1, epochs + 1):
            for batch in islice(self._batches.epoch(epoch), most):
                with self._job.device.autocast():
                    losses.append(float(self._task.loss(self._network, batch)))
        return sum(losses) / len(losses)


def _judging(network: nn.Module) -> nn.Module:
    """Return the network so that it computes losses but nothing in it depends on chance or on the batch."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm | nn.modules.dropout._DropoutNd):
            module.eval()
    return network


def _second_look(trials: Sequence[JournalTrial]) -> list[int]:
    """Return the places of the better third, at least as many as are kept."""
    ranked = sorted(range(len(trials)), key=lambda place: trials[place].loss)
    return ranked[: max(_KEPT, len(trials) // 3)]


def _operators(journal: Journal, proposals: Proposals) -> list[ChosenOperator]:
    """Return the best sub-policies as operators of a setting of mode `manual`; those seen longer come
    first."""
    ranked = sorted(
        journal.trials, key=lambda row: (row.final_loss is None, row.final_loss or row.loss, row.loss)
    )
    chosen = []
    for group, row in enumerate(ranked[:_KEPT]):
        for step in proposals.steps(row.candidate):
            has_none = augmentation_operators()[step.name].magnitude is None
            magnitude = None if has_none else (step.low, step.high)
            chosen.append(
                ChosenOperator(name=step.name, probability=step.probability, magnitude=magnitude, group=group)
            )
    return chosen


def reusable(settings: AugmentationSettings, operators: Sequence[ChosenOperator]) -> dict[str, Any]:
    """Return the setting that gives another run this policy without a search."""
    mode = AugmentationMode.MANUAL if operators else AugmentationMode.DEFAULT
    changes = {"mode": mode, "operators": tuple(operators), "search_minutes": None}
    return settings.model_copy(update=changes).model_dump(mode="json", exclude_none=True)


def _told(journal: Journal, operators: Sequence[ChosenOperator]) -> str:
    match journal.end:
        case "too_few_images":
            return "too few images to search for an augmentation: training goes on without operators"
        case "no_proxy":
            return "no time to search for an augmentation: training goes on without operators"
    names = ", ".join(dict.fromkeys(row.name for row in operators))
    return f"{len(journal.trials)} augmentations tried in {journal.seconds:.0f} s; chosen: {names or 'none'}"
