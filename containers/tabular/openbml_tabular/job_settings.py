"""A job's settings: its hyper-parameters as one typed object."""

from collections.abc import Mapping
from dataclasses import dataclass

from openbml_catalog.tabular.settings import (
    AUTOML,
    HYPER_PARAMETER,
    TASK,
    TabularMode,
    TabularSettings,
    TabularSettingsError,
    parse_tabular,
)
from openbml_kit.faults import PlatformFault, UserFault

_KNOWN = frozenset({HYPER_PARAMETER, "task", "network", "run_id", "max_training_time_s"})


@dataclass(frozen=True)
class JobSettings:
    """Attributes:
    network: `AutoML`, or the model type of the expert mode.
    max_training_time_s: seconds that the solving phase may take (spec 03 section 4.2).
    """

    tabular: TabularSettings
    network: str
    run_id: str
    max_training_time_s: int


def read_settings(hyper_parameters: Mapping[str, str]) -> JobSettings:
    """Return the job's settings.

    Raises:
        UserFault: a setting is wrong; the text names it.
        PlatformFault: the job was not made for this image.
    """
    if hyper_parameters.get("task") != TASK:
        raise PlatformFault(f"this image trains {TASK}, not {hyper_parameters.get('task')!r}")
    unknown = sorted(set(hyper_parameters) - _KNOWN)
    if unknown:
        raise PlatformFault(f"unknown hyper-parameters: {', '.join(unknown)}")
    try:
        tabular = parse_tabular(hyper_parameters.get(HYPER_PARAMETER, ""))
    except TabularSettingsError as error:
        raise UserFault(str(error)) from error
    network = hyper_parameters.get("network") or AUTOML
    if (network == AUTOML) != (tabular.mode is TabularMode.AUTOML):
        raise UserFault(f"network {network} does not belong to the mode {tabular.mode}")
    return JobSettings(
        tabular=tabular,
        network=network,
        run_id=hyper_parameters.get("run_id", ""),
        max_training_time_s=_seconds(hyper_parameters.get("max_training_time_s", "")),
    )


def _seconds(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise PlatformFault(f"max_training_time_s must be a number of seconds, not {text!r}")
    return int(text)
