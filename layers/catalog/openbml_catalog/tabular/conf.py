"""The dictionary `conf` of an expert script: its keys, and the checks of what they say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from openbml_catalog.tabular.literals import ExpertScriptError, Literals
from openbml_catalog.tabular.models import TabularModel, expert_models
from openbml_catalog.tabular.ranges import Range, RangeError, Value, read_range, shown
from openbml_catalog.tabular.settings import AlgorithmType, TrainingWay

KEYS = (
    "hyperparameter_tune",
    "model_type",
    "model_config",
    "hp_space",
    "max_trials",
    "patience",
    "trial_folds",
)
MAX_TRIALS = 50
MOST_TRIALS = 1000
MOST_FOLDS = 20
_SWITCH = {"true": True, "false": False}


@dataclass(frozen=True)
class ExpertConf:
    """What a script asks for.

    Attributes:
        algorithm_type, training_way: what the script was generated for.
        hyperparameter_tune: whether to search.
        model_config: fixed values; what is left out has its default. A search tries them first.
        hp_space: what is searched, never empty of a search.
        max_trials: the search ends after so many; patience: or after so many that brought nothing better,
            0 for never.
        trial_folds: parts that a trial is validated on, 0 for all.
        warnings: what is allowed and yet not wise.
    """

    algorithm_type: AlgorithmType
    training_way: TrainingWay
    hyperparameter_tune: bool
    model_type: str
    model_config: Mapping[str, Value]
    hp_space: Mapping[str, Range]
    max_trials: int = MAX_TRIALS
    patience: int = 0
    trial_folds: int = 0
    warnings: Sequence[str] = ()

    def check_fits(self, algorithm_type: AlgorithmType, way: TrainingWay) -> None:
        """Raises ExpertScriptError: the script was generated for another algorithm type or training way."""
        for name, mine, theirs in (
            ("algorithm_type", self.algorithm_type, algorithm_type),
            ("training_way", self.training_way, way),
        ):
            if mine is not theirs:
                raise ExpertScriptError(
                    f"it was generated for {name} {mine}, the run has {theirs}; generate the script again"
                )


def read_conf(literals: Literals, algorithm_type: AlgorithmType, way: TrainingWay) -> ExpertConf:
    """Return what the dictionary says.

    Raises:
        ExpertScriptError: with the line of the first key that is unknown, missing or has a wrong value.
    """
    return _Reader(literals, algorithm_type, way).read()


@dataclass(frozen=True)
class _Reader:
    literals: Literals
    algorithm_type: AlgorithmType
    way: TrainingWay

    def read(self) -> ExpertConf:
        self._only_known(self.literals.value, KEYS, "conf")
        model = self._model()
        searched = self._switch()
        space = self._space(model, searched=searched)
        return ExpertConf(
            algorithm_type=self.algorithm_type,
            training_way=self.way,
            hyperparameter_tune=searched,
            model_type=model.code,
            model_config=self._fixed(model),
            hp_space=space,
            max_trials=self._whole("max_trials", 1, MOST_TRIALS, MAX_TRIALS),
            patience=self._whole("patience", 0, MOST_TRIALS, 0),
            trial_folds=self._whole("trial_folds", 0, MOST_FOLDS, 0),
            warnings=list(_warnings(model, space)) if searched else [],
        )

    def _model(self) -> TabularModel:
        offered = {model.code: model for model in expert_models(self.algorithm_type, self.way)}
        code = self._needed("model_type")
        if not isinstance(code, str) or code not in offered:
            raise self._error(
                f"must be one of {', '.join(offered)} ({self.way} training of {self.algorithm_type}), "
                f"not {shown(code)}",
                "model_type",
            )
        return offered[code]

    def _switch(self) -> bool:
        value = self._needed("hyperparameter_tune")
        searched = value if isinstance(value, bool) else _SWITCH.get(str(value).lower())
        if searched is None:
            raise self._error(f'must be "True" or "False", not {shown(value)}', "hyperparameter_tune")
        return searched

    def _fixed(self, model: TabularModel) -> Mapping[str, Value]:
        values = self._dictionary("model_config")
        self._only_known(values, model.defaults(), "model_config")
        for row in model.parameters:
            fault = row.fault(values[row.name]) if row.name in values else None
            if fault:
                raise self._error(fault, "model_config", row.name)
        return values

    def _space(self, model: TabularModel, *, searched: bool) -> Mapping[str, Range]:
        if "hp_space" not in self.literals.value:
            return model.space()
        documents = self._dictionary("hp_space")
        self._only_known(documents, model.defaults(), "hp_space")
        if searched and not documents:
            raise self._error('needs a range, or set hyperparameter_tune to "False"', "hp_space")
        rows = [row for row in model.parameters if row.name in documents]
        return {row.name: self._range(documents[row.name], row.name, row.range_fault) for row in rows}

    def _range(self, document: Any, name: str, fault_of: Callable[[Range], str | None]) -> Range:
        try:
            range_ = read_range(document)
        except RangeError as error:
            raise self._error(str(error), "hp_space", name) from error
        fault = fault_of(range_)
        if fault:
            raise self._error(fault, "hp_space", name)
        return range_

    def _whole(self, name: str, low: int, high: int, default: int) -> int:
        value = self.literals.value.get(name, default)
        if type(value) is not int or not low <= value <= high:
            raise self._error(f"must be a whole number from {low} to {high}, not {shown(value)}", name)
        return value

    def _needed(self, name: str) -> Any:
        if name not in self.literals.value:
            raise ExpertScriptError(f"conf lacks {name!r}", self.literals.line())
        return self.literals.value[name]

    def _dictionary(self, name: str) -> dict[str, Any]:
        value = self.literals.value.get(name, {})
        if not isinstance(value, dict):
            raise self._error("must be a dictionary", name)
        return value

    def _only_known(self, given: Iterable[str], known: Iterable[str], place: str) -> None:
        names = list(known)
        path = () if place == "conf" else (place,)
        for name in given:
            if name not in names:
                near = get_close_matches(name[:60], names, n=1, cutoff=0.5)
                meant = f" (did you mean {near[0]}?)" if near else ""
                reason = f"{place} has no key {shown(name)}{meant}; it takes {', '.join(names)}"
                raise ExpertScriptError(reason, self.literals.line(*path, name))

    def _error(self, reason: str, *path: str) -> ExpertScriptError:
        return ExpertScriptError(f"{'.'.join(path)} {reason}", self.literals.line(*path))


def _warnings(model: TabularModel, space: Mapping[str, Range]) -> Iterable[str]:
    for row in model.parameters:
        warning = row.range_warning(space[row.name]) if row.name in space else None
        if warning:
            yield f"hp_space.{row.name} {warning}"
