"""Operators on categories, one by one."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from openbml_kit.tables.feature_steps import FeatureStep, OneHotStep, RegroupStep, ShareStep
from openbml_tabular.features.operators.seen import Chosen, Parameters


def rare_category(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    """Give all rare categories, and those that training has not seen, one code behind the others."""
    groups = [_regrouped(share, parameters["least_share"]) for share in _shares(chosen)]
    changed = [place for place, (_, unseen) in enumerate(groups) if unseen is not None]
    if not changed:
        return []
    codes = tuple(groups[place][0] for place in changed)
    unseen = tuple(groups[place][1] for place in changed)
    return [RegroupStep(names=chosen.only(changed).names, codes=codes, unseen=unseen)]


def _regrouped(shares: npt.NDArray[np.float64], least: float) -> tuple[tuple[int, ...], int | None]:
    """Return each code's new one, and the one of rare and unseen categories; None: no two are rare."""
    frequent = shares >= least
    rare = int(frequent.sum())
    if len(shares) - rare < 2:
        return tuple(range(len(shares))), None
    codes = np.where(frequent, np.cumsum(frequent) - 1, rare)
    return tuple(codes.tolist()), rare


def frequency_encoding(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    return [ShareStep(names=chosen.names, shares=tuple(tuple(share.tolist()) for share in _shares(chosen)))]


def one_hot(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    counts = tuple(min(feature.cardinality, parameters["most"]) for feature in chosen.features)
    return [OneHotStep(names=chosen.names, counts=counts)]


def _shares(chosen: Chosen) -> Sequence[npt.NDArray[np.float64]]:
    """Return the share of rows that each code of each feature has."""
    rows = max(len(chosen.values), 1)
    pairs = zip(chosen.features, chosen.values.T, strict=True)
    return [
        np.bincount(column[~np.isnan(column)].astype(np.int64), minlength=feature.cardinality) / rows
        for feature, column in pairs
    ]
