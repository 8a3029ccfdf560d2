"""Scores of a whole picture's classes, as both classification tasks answer them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_kit.faults import PlatformFault
from openbml_serving.tasks.image_models import ImageModel


def named_scores(
    labels: Sequence[str], scores: npt.NDArray[np.float32], chosen: npt.NDArray[np.intp]
) -> list[dict[str, Any]]:
    """Return `results` of the chosen classes, in their order."""
    return [{"name": labels[index], "score": float(scores[index])} for index in chosen.tolist()]


def require_a_score_for_each_label(model: ImageModel) -> None:
    """Compute once and check the answer's shape.

    Raises:
        PlatformFault: there are more or fewer scores than labels.
    """
    shape = model.warm_up()["scores"].shape
    if shape != (1, len(model.labels)):
        raise PlatformFault(f"the model gives scores of shape {shape} for {len(model.labels)} labels")
