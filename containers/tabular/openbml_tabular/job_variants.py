"""The feature settings that a job chooses from: one, unless operators of feature engineering are searched."""

from collections.abc import Sequence
from functools import partial

from openbml_catalog.tabular.settings import TabularSettings
from openbml_kit.tables.feature_map import FeatureMap
from openbml_tabular.examples import Examples
from openbml_tabular.expert.variants import FeatureVariant
from openbml_tabular.features.operators.variants import operator_variants
from openbml_tabular.job_data import JobData, fitted_features


class JobVariants:
    """Maps are fitted when somebody first asks."""

    def __init__(self, data: JobData, settings: TabularSettings) -> None:
        self._data = data
        self._settings = settings
        self._variants = operator_variants(settings.feature_engineering, seed=settings.seed)
        self._maps: dict[int, FeatureMap] = {}

    def feature_map(self, number: int) -> FeatureMap:
        """Return the map of a setting.

        Raises:
            UserFault: no column is left, or an operator does not suit its columns.
        """
        if number not in self._maps:
            operators = self._variants[number].operators
            self._maps[number] = fitted_features(self._data, self._settings, operators)
        return self._maps[number]

    def examples(self, number: int) -> Examples:
        """Return the training rows of a setting."""
        return self._data.examples(self.feature_map(number))

    def others(self) -> Sequence[FeatureVariant]:
        """Return all settings but the first, as a search takes them."""
        numbered = list(enumerate(self._variants))[1:]
        return [FeatureVariant(variant.label, partial(self.examples, number)) for number, variant in numbered]
