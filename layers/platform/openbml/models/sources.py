"""Where the versions of a model come from (spec 03 section 7.2)."""

from enum import StrEnum


class ModelSource(StrEnum):
    """All versions of a model are of one source.

    `preset`: runs of one experiment. `local`: files that were made elsewhere. `notebook`, `custom_job`: what
    those saved.
    """

    PRESET = "preset"
    LOCAL = "local"
    NOTEBOOK = "notebook"
    CUSTOM_JOB = "custom_job"
