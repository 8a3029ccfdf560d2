"""What forms offer of tabular prediction: models with their hyper-parameters, metrics, operators."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import InvalidRequestError
from openbml.training.read_runs import ScriptText
from openbml.training.tabular_runs import DEFAULT_MODEL, MEMORY_FACTOR
from openbml_catalog.scripts import MAX_SCRIPT_CHARACTERS
from openbml_catalog.tabular.feature_operators import FeatureOperator, feature_operators
from openbml_catalog.tabular.metrics import TabularMetric, metrics
from openbml_catalog.tabular.models import TabularModel, expert_models, models
from openbml_catalog.tabular.script import preset_script
from openbml_catalog.tabular.settings import AUTOML, MOST_CHARACTERS, AlgorithmType, TrainingWay


class TabularCatalog(BaseModel):
    """Attributes:
    automl_network: the `network` of an AutoML run; default_model: of an expert run that names none.
    models: those with `expert` are for the expert mode, those with `distributed` there on several nodes too.
    memory_factor: a machine should have so many times the raw data's size in memory.
    most_settings_characters: of a run's settings as JSON.
    """

    model_config = ConfigDict(frozen=True)

    automl_network: str
    default_model: str
    models: Sequence[TabularModel]
    metrics: Sequence[TabularMetric]
    feature_operators: Sequence[FeatureOperator]
    memory_factor: int
    most_settings_characters: int
    most_script_characters: int


def tabular_catalog() -> TabularCatalog:
    return TabularCatalog(
        automl_network=AUTOML,
        default_model=DEFAULT_MODEL,
        models=list(models().values()),
        metrics=list(metrics().values()),
        feature_operators=list(feature_operators().values()),
        memory_factor=MEMORY_FACTOR,
        most_settings_characters=MOST_CHARACTERS,
        most_script_characters=MAX_SCRIPT_CHARACTERS,
    )


def tabular_script(
    network: str, algorithm_type: AlgorithmType | None, training_way: TrainingWay
) -> ScriptText:
    """Return the script that users of the expert mode start from.

    Raises:
        InvalidRequestError: the type is not given, or this way of training has no such model.
    """
    if algorithm_type in (None, AlgorithmType.AUTOMATIC):
        reason = "is needed for tables: binary, multiclass or regression"
        raise InvalidRequestError(field="algorithm_type", reason=reason)
    offered = [row.code for row in expert_models(algorithm_type, training_way)]
    if network not in offered:
        reason = f"must be one of {', '.join(offered)} for {training_way} training"
        raise InvalidRequestError(field="network", reason=reason)
    return ScriptText(script=preset_script(network, algorithm_type, training_way))
