"""Classification by a supernet: trained with the sandwich rule, searched after training, and left with its
best sub-net.

The sandwich rule (arXiv 1903.05134): every step trains the largest, the smallest and some other sub-nets on
one batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from torch.nn import functional

from openbml_deep.batches import PreparedBatches
from openbml_deep.export.graphs import graph_of, write_graph
from openbml_deep.nas.options import NasOptions
from openbml_deep.nas.search import Judged, best, evolve, latency_ms, pareto
from openbml_deep.nas.space import Space, Subnet
from openbml_deep.nas.supernet import SubnetNetwork, Supernet, calibrate
from openbml_deep.splitting import hold_out
from openbml_deep.tasks.classification.batches import Batch
from openbml_deep.tasks.classification.kinds import LabelKind
from openbml_deep.tasks.classification.task import ClassificationTask
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import BuiltNetwork, Evaluated, TaskJob
from openbml_kit.classification_report import Basis
from openbml_kit.model_manifest import Outputs

_DRAWN = 2
# Share of the training images on which sub-nets are compared: they do not train, and the report is on others.
_JUDGED_SHARE = 0.2
# Training batches from which a sub-net's normalisation figures are found.
_CALIBRATION_BATCHES = 8
_MOST_REPORTED = 200
_SCORES = Outputs(kind="scores")


class SupernetTask(ClassificationTask):
    def __init__(self, job: TaskJob, kind: LabelKind) -> None:
        super().__init__(job, kind)
        self._nas = NasOptions.model_validate(job.settings.own)
        self._tasks: dict[int, ClassificationTask] = {}
        self._calibration: list[torch.Tensor] = []
        self._judged: Sequence[AnnotatedImage] = ()
        self._chosen: SubnetNetwork | None = None

    def batches(self, images: Sequence[AnnotatedImage], built: BuiltNetwork) -> PreparedBatches[Batch]:
        training, judged = hold_out(images, fraction=_JUDGED_SHARE, seed=self._settings.seed)
        self._judged = judged or training
        batches = super().batches(training, built)
        for batch in batches.epoch(0):
            self._calibration.append(self._to_input(batch))
            if len(self._calibration) == _CALIBRATION_BATCHES:
                break
        return batches

    def loss(self, network: nn.Module, batch: Batch) -> torch.Tensor:
        supernet = cast(Supernet, network)
        images = self._to_input(batch)
        targets = batch.targets.to(self._job.device.torch, non_blocking=True)
        # The trainer seeds torch for every epoch: a resumed one draws the same.
        space = self._space(seed=int(torch.randint(2**31 - 1, (1,))))
        trained = [space.largest(), space.smallest(), *(space.drawn() for _ in range(_DRAWN))]
        losses = []
        for subnet in trained:
            supernet.active = subnet
            losses.append(self._criterion(network, supernet(images), targets))
        supernet.active = trained[0]
        return torch.stack(losses).mean()

    def evaluate(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> Evaluated:
        """The largest sub-net stands for the supernet."""
        return super().evaluate(self._taken(network, self._space().largest()), images)

    def predicted(self, network: nn.Module, images: Sequence[AnnotatedImage]) -> list[dict[str, Any]]:
        return super().predicted(self._taken(network, self._space().largest()), images)

    def report(
        self,
        network: nn.Module,
        images: Sequence[AnnotatedImage],
        training: Sequence[AnnotatedImage],
        basis: Basis,
    ) -> dict[str, Any]:
        """Search, and report the best sub-net; `nas` lists all that were judged."""
        judged = self._searched(network)
        ranked = best(judged, self._nas.limits())
        self._chosen = self._taken(network, ranked[0].subnet)
        task = self._task_of(ranked[0].subnet)
        return {
            **task.report(self._chosen, images, training, basis),
            "nas": self._told(ranked, judged),
        }

    def export(
        self,
        network: nn.Module,
        folder: Path,
        images: Sequence[AnnotatedImage],
        training: Sequence[AnnotatedImage],
        report: Mapping[str, Any],
    ) -> dict[str, Any]:
        if self._chosen is None:
            raise RuntimeError("a supernet is exported after its report")
        task = self._task_of(self._chosen.subnet)
        return task.export(self._chosen, folder, images, training, report)

    def _searched(self, network: nn.Module) -> list[Judged]:
        note = self._job.note

        def told(generation: int, judged: Sequence[Judged]) -> None:
            first = best(judged, self._nas.limits())[0]
            note(
                "info",
                f"generation {generation} of {self._nas.nas_generations}: {len(judged)} sub-nets, "
                f"the best has {first.accuracy:.1%} in {first.latency_ms:.2f} ms",
            )

        judged = evolve(
            self._space(),
            lambda subnet: self._judge(network, subnet),
            self._nas.limits(),
            on_generation=told,
            should_stop=self._job.should_stop,
        )
        if not judged:  # stopped before the first one: the smallest is what is there
            judged = [self._judge(network, self._space().smallest())]
        limit = self._nas.nas_max_latency_ms
        if limit and min(one.latency_ms for one in judged) > limit:
            note("warning", f"no sub-net is within {limit:g} ms; the fastest one is taken")
        return judged

    def _judge(self, network: nn.Module, subnet: Subnet) -> Judged:
        taken = self._taken(network, subnet)
        quality = self._task_of(subnet).evaluate(taken, self._judged).quality
        taken = taken.cpu()
        example = torch.zeros(1, 3, subnet.input_size, subnet.input_size)
        graph = graph_of(taken, _SCORES, self._kind.activation)
        time = latency_ms(lambda path: write_graph(graph, path, _SCORES, example), example.numpy())
        return Judged(subnet, quality, time, sum(parameter.numel() for parameter in taken.parameters()))

    def _taken(self, network: nn.Module, subnet: Subnet) -> SubnetNetwork:
        """Return the sub-net with its weights and its own normalisation figures."""
        taken = SubnetNetwork(len(self._settings.labels), subnet).to(self._job.device.torch)
        taken.take(cast(Supernet, network))
        side = subnet.input_size
        calibrate(taken, (_resized(images, side) for images in self._calibration))
        return taken.eval()

    def _task_of(self, subnet: Subnet) -> ClassificationTask:
        """Return the task at the sub-net's input size: it sees images as serving will."""
        side = subnet.input_size
        if side not in self._tasks:
            settings = self._settings.model_copy(update={"input_size": side})
            task = ClassificationTask(replace(self._job, settings=settings), self._kind)
            task.with_network(self._built)
            self._tasks[side] = task
        return self._tasks[side]

    def _space(self, seed: int | None = None) -> Space:
        own = self._settings.seed if seed is None else seed
        return Space(input_size=self._settings.input_size, seed=own)

    def _told(self, ranked: Sequence[Judged], judged: Sequence[Judged]) -> dict[str, Any]:
        front = {one.subnet for one in pareto(judged)}
        rest = [one for one in judged if one not in ranked]
        shown = [*ranked, *rest][:_MOST_REPORTED]
        return {
            "phase": self._nas.nas_phase,
            "judged_images": len(self._judged),
            "judged_subnets": len(judged),
            "max_latency_ms": self._nas.nas_max_latency_ms,
            "subnets": [
                {
                    "subnet_id": number,
                    "subnet": one.subnet.model_dump(mode="json"),
                    "quality": one.accuracy,
                    "latency_ms": round(one.latency_ms, 3),
                    "parameters": one.parameters,
                    "on_front": one.subnet in front,
                }
                for number, one in enumerate(shown, start=1)
            ],
        }


def _resized(images: torch.Tensor, side: int) -> torch.Tensor:
    if images.shape[-1] == side:
        return images
    return functional.interpolate(
        images, size=(side, side), mode="bilinear", align_corners=False, antialias=True
    )
