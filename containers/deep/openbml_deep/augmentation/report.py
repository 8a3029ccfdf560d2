"""What a report says of a job's augmentation."""

from typing import Any

from openbml_catalog.augmentation.settings import AugmentationSettings
from openbml_deep.augmentation.search import Found


def augmentation_report(settings: AugmentationSettings, found: Found | None) -> dict[str, Any]:
    """Return mode, flip, mixing, the policy's operators and, after a search, its seconds and candidates.

    The seconds lie inside the job's training time, and are billed with it; without a search there are none.
    """
    operators = found.operators if found else settings.operators
    shown = settings.model_dump(mode="json", include={"mode", "flip", "mixing"})
    policy = [row.model_dump(mode="json", exclude_none=True) for row in operators]
    if found is None:
        return {**shown, "policy": policy, "search": None}
    journal = found.journal
    search = {
        "seconds": journal.seconds,
        "end": journal.end,
        "plain_loss": journal.plain_loss,
        "candidates": [row.model_dump(mode="json") for row in journal.trials],
    }
    return {**shown, "policy": policy, "search": search}
