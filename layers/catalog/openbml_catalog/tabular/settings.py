"""The `tabular` setting of a run: one typed form for the API, the training job and the console.

Source: spec 03 sections 4.2 and 4.3; what the manual leaves open is ours and marked so.
"""

import json
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

TASK = "tabular_prediction"
HYPER_PARAMETER = "tabular"
# SageMaker's limit of a hyper-parameter's value.
MOST_CHARACTERS = 2500
AUTOML = "AutoML"  # the `network` of a run in this mode; in expert mode it is the model type

_Column = Field(min_length=1, max_length=128)


class TabularSettingsError(ValueError):
    """A setting is wrong; `field` names which, the reason says what is allowed."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class TabularMode(StrEnum):
    AUTOML = "automl"
    EXPERT = "expert"


class TrainingWay(StrEnum):
    """Of the expert mode: single machines offer more algorithms, only distributed ones take several nodes."""

    SINGLE = "single"
    DISTRIBUTED = "distributed"


class AlgorithmType(StrEnum):
    """What is predicted; `automatic` is AutoML's alone and decided by the target column."""

    AUTOMATIC = "automatic"
    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


class Objective(StrEnum):
    """What a regression predicts; ours, the manual knows the mean only."""

    MEAN = "mean"
    QUANTILE = "quantile"
    COUNT = "count"


class Metric(StrEnum):
    """What models are chosen by; `automatic` is log loss, root mean squared error, or pinball or Poisson
    deviance where the objective asks for it."""

    AUTOMATIC = "automatic"
    LOG_LOSS = "log_loss"
    ROC_AUC = "roc_auc"
    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    F1 = "f1"
    RMSE = "rmse"
    MAE = "mae"
    R2 = "r2"
    PINBALL = "pinball"
    POISSON_DEVIANCE = "poisson_deviance"


class FeatureMode(StrEnum):
    DEFAULT = "default"
    MANUAL = "manual"
    AUTO = "auto"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChosenFeatureOperator(_Part):
    """A feature-engineering operator of the catalogue.

    Attributes:
        columns: those it works on; None: every column of a type that it takes.
        parameters: of a manual configuration; what is left out has its default.
    """

    name: str = Field(min_length=1, max_length=40)
    columns: tuple[str, ...] | None = Field(default=None, max_length=1000)
    parameters: dict[str, int | float | str | bool] = Field(default={}, max_length=20)


class FeatureEngineering(_Part):
    """Expert mode: the default operators, chosen ones with their parameters, or chosen ones whose parameters
    are searched for."""

    mode: FeatureMode = FeatureMode.DEFAULT
    operators: tuple[ChosenFeatureOperator, ...] = Field(default=(), max_length=30)

    @model_validator(mode="after")
    def _says_what_it_needs(self) -> "FeatureEngineering":
        if (self.mode is FeatureMode.DEFAULT) != (not self.operators):
            told = "takes no operators" if self.operators else "needs at least one operator"
            raise ValueError(f"mode {self.mode} {told}")
        return self


class Costs(_Part):
    """What wrong answers of a binary model cost, in any unit; the recommended threshold is the cheapest."""

    false_positive: float = Field(default=1.0, gt=0, le=1e9, allow_inf_nan=False)
    false_negative: float = Field(default=1.0, gt=0, le=1e9, allow_inf_nan=False)


class TabularSettings(_Part):
    """Attributes:
    quantiles: of the objective `quantile`, ascending, each in (0, 1).
    weight_column: rows count by its value; it is no feature.
    group_column: rows of one value are never split between training and evaluation; it is no feature.
    time_column: evaluation lies after training.
    excluded_columns: no features.
    positive_label: of a binary target, the class that threshold, lift and costs are about; None: the rarer.
    holdout_fraction: rows kept from training for the evaluation; 0: cross-validation evaluates, None: decided
        by the number of rows. An evaluation set of the user's own goes before both.
    """

    mode: TabularMode = TabularMode.AUTOML
    target: str = _Column
    algorithm_type: AlgorithmType = AlgorithmType.AUTOMATIC
    training_way: TrainingWay = TrainingWay.SINGLE
    feature_engineering: FeatureEngineering = FeatureEngineering()
    objective: Objective = Objective.MEAN
    quantiles: tuple[float, ...] = Field(default=(), max_length=19)
    metric: Metric = Metric.AUTOMATIC
    weight_column: str | None = Field(default=None, min_length=1, max_length=128)
    group_column: str | None = Field(default=None, min_length=1, max_length=128)
    time_column: str | None = Field(default=None, min_length=1, max_length=128)
    excluded_columns: tuple[str, ...] = Field(default=(), max_length=999)
    positive_label: str | None = Field(default=None, max_length=4096)
    costs: Costs = Costs()
    holdout_fraction: float | None = Field(default=None, ge=0, le=0.5, allow_inf_nan=False)
    seed: int = Field(default=42, ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "TabularSettings":
        reason = self._contradiction()
        if reason:
            raise ValueError(reason)
        return self

    def _contradiction(self) -> str | None:
        expert = self.mode is TabularMode.EXPERT
        if expert and self.algorithm_type is AlgorithmType.AUTOMATIC:
            return "algorithm_type: the expert mode needs binary, multiclass or regression"
        if not expert and self.training_way is not TrainingWay.SINGLE:
            return "training_way: belongs to the expert mode; AutoML is distributed by its number of nodes"
        if not expert and self.feature_engineering != FeatureEngineering():
            return "feature_engineering: belongs to the expert mode"
        if self.objective is not Objective.MEAN and self.algorithm_type in (
            AlgorithmType.BINARY,
            AlgorithmType.MULTICLASS,
        ):
            return f"objective: {self.objective} belongs to a regression"
        if (self.objective is Objective.QUANTILE) != bool(self.quantiles):
            return "quantiles: belong to the objective quantile, which needs at least one"
        if any(not 0 < share < 1 for share in self.quantiles) or list(self.quantiles) != sorted(
            set(self.quantiles)
        ):
            return "quantiles: must ascend, each between 0 and 1"
        named = [self.target, self.weight_column, self.group_column]
        special = [name for name in named if name is not None]
        if len(set(special)) != len(special):
            return "target, weight_column and group_column must be different columns"
        if self.time_column == self.target:
            return "time_column: cannot be the target"
        if self.target in self.excluded_columns:
            return "excluded_columns: the target cannot be excluded"
        return None

    @property
    def not_features(self) -> frozenset[str]:
        """Columns that no model sees."""
        named = {self.target, self.weight_column, self.group_column, *self.excluded_columns}
        return frozenset(name for name in named if name is not None)

    def as_text(self) -> str:
        """Return the settings as a job's hyper-parameter carries them.

        Raises:
            TabularSettingsError: they are too long for it.
        """
        document = self.model_dump(mode="json", exclude_defaults=True)
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        if len(text) > MOST_CHARACTERS:
            raise TabularSettingsError(
                "excluded_columns",
                f"the settings have {len(text)} characters, a job takes {MOST_CHARACTERS}; leave columns out "
                "of the dataset version instead",
            )
        return text


def parse_tabular(text: str) -> TabularSettings:
    """Return the settings that a job's hyper-parameter carries.

    Raises:
        TabularSettingsError: it is no JSON object, or a setting is wrong.
    """
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TabularSettingsError(HYPER_PARAMETER, f"is no JSON: {error}") from error
    return checked_tabular(document)


def checked_tabular(document: Any) -> TabularSettings:
    """Return the settings of a document. Raises TabularSettingsError: the first thing that is wrong."""
    try:
        return TabularSettings.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or HYPER_PARAMETER
        message = first["msg"].removeprefix("Value error, ")
        field, colon, reason = message.partition(": ")
        if colon and field in TabularSettings.model_fields:
            raise TabularSettingsError(field, reason) from error
        raise TabularSettingsError(place, message) from error
