"""How a run's training images are augmented (spec 03 section 2.3), and what forms need to ask for it."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import InvalidRequestError
from openbml_catalog.augmentation import (
    DefaultPolicy,
    MixingMethod,
    Operator,
    augmentation_operators,
    default_policies,
    mixing_methods,
)
from openbml_catalog.augmentation.settings import (
    DEFAULT_SEARCH_MINUTES,
    AugmentationError,
    AugmentationMode,
    AugmentationSettings,
)

# The hyper-parameter of a job that holds the setting as JSON.
HYPER_PARAMETER = "augmentation"


class AugmentationCatalog(BaseModel):
    """What a request can choose from; magnitudes with what is allowed, defaults and meaning."""

    model_config = ConfigDict(frozen=True)

    operators: Sequence[Operator]
    mixing: Sequence[MixingMethod]
    defaults: Sequence[DefaultPolicy]


def augmentation_catalog() -> AugmentationCatalog:
    return AugmentationCatalog(
        operators=list(augmentation_operators().values()),
        mixing=list(mixing_methods().values()),
        defaults=list(default_policies().values()),
    )


def checked_augmentation(
    settings: AugmentationSettings | None, *, task_type: str, max_training_minutes: int
) -> AugmentationSettings:
    """Return the settings with every value filled in; None stands for mode `default`.

    A search without a time takes at most half of the training time; one with a time must leave some of it.

    Raises:
        InvalidRequestError: names the field and what is allowed.
    """
    given = settings or AugmentationSettings()
    if given.mode is AugmentationMode.AUTO and given.search_minutes is None:
        minutes = max(1, min(DEFAULT_SEARCH_MINUTES, max_training_minutes // 2))
        given = given.model_copy(update={"search_minutes": minutes})
    checked = checked_settings(given, task_type)
    if checked.mode is AugmentationMode.AUTO and (checked.search_minutes or 0) >= max_training_minutes:
        raise InvalidRequestError(
            field="augmentation.search_minutes",
            reason=f"must be below max_training_minutes ({max_training_minutes}), which it is part of",
        )
    return checked


def checked_settings(settings: AugmentationSettings, task_type: str) -> AugmentationSettings:
    """Raises InvalidRequestError: names the field and what is allowed."""
    try:
        return settings.checked(task_type)
    except AugmentationError as error:
        raise InvalidRequestError(field=error.field, reason=error.reason) from error
