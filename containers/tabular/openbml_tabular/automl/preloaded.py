"""Imported by the process that workers are forked from: what all of them need, in memory that they share."""

import gc

import torch

from openbml_tabular.automl import fits, workers
from openbml_tabular.models import network_training, registry

PRELOADED = (fits, workers, network_training, registry)


def _import_what_optimizers_need() -> None:
    """A first optimizer imports torch's compiler, 80 MiB that each worker would otherwise have of its own."""
    torch.optim.AdamW([torch.zeros(1, requires_grad=True)])


_import_what_optimizers_need()
gc.collect()
gc.freeze()  # a collection in a worker would otherwise write to, and so copy, every page of this
