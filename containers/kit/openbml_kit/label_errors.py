"""Labels that are likely wrong, by the scores of a model that did not see them in training.

Confident learning: a score counts as sure of a class where it reaches the mean score that the class has
among the samples labelled so. A sample that is sure of another class than its own is suspicious.

Source: Northcutt, Jiang, Chuang 2021, Confident Learning, JAIR 70, arXiv 1911.00068, section 3.1 (the
confident joint); here samples are ranked by how much surer of the other class they are (its section 3.3,
normalised margin).
"""

import numpy as np

from openbml_kit.classification_metrics import Classes, Flags, Scores

# Fewer samples of a class say nothing of its usual score.
_FEWEST = 3
_ROUNDING = 1e-9  # of a mean of equal scores


def suspected_labels(scores: Scores, given: Classes) -> list[tuple[int, int]]:
    """Return (sample, likely class) of suspicious samples, the most suspicious first.

    Args:
        scores: shape `(n, n_classes)`, probabilities of each sample.
        given: the labels of the data set, shape `(n,)`.
    """
    n_classes = scores.shape[1]
    counts = np.bincount(given, minlength=n_classes)
    usual = np.full(n_classes, np.inf)
    for place in np.flatnonzero(counts >= _FEWEST).tolist():
        usual[place] = scores[given == place, place].mean()
    sure = np.where(scores >= usual - _ROUNDING, scores, -1.0)
    likely = sure.argmax(axis=1)
    rows = np.arange(len(given))
    suspicious = np.flatnonzero((sure.max(axis=1, initial=-1.0) >= 0) & (likely != given))
    # A tie, or a class that is less likely than the given one, is no reason to doubt.
    margin = scores[rows, likely] - scores[rows, given]
    suspicious = suspicious[margin[suspicious] > 0]
    order = suspicious[np.argsort(-margin[suspicious], kind="stable")]
    return [(int(row), int(likely[row])) for row in order]


def suspected_flags(scores: Scores, given: Flags) -> list[tuple[int, int]]:
    """Return (sample, label) where several labels an image are given and this one is likely wrong or missing.

    Each label is a question of its own, with the classes yes and no; shapes `(n, n_labels)`.
    """
    found: list[tuple[float, int, int]] = []
    for label in range(scores.shape[1]):
        yes = scores[:, label]
        both = np.stack((1.0 - yes, yes), axis=1)
        answers = given[:, label].astype(np.int64)
        for row, likely in suspected_labels(both, answers):
            found.append((float(both[row, likely] - both[row, 1 - likely]), row, label))
    found.sort(key=lambda entry: (-entry[0], entry[1], entry[2]))
    return [(row, label) for _, row, label in found]
