"""Fits a text column: which terms count, what they weigh, and the directions that texts differ in most."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from openbml_kit.tables.column_maps import TextColumn
from openbml_kit.tables.text_terms import terms_of, words_of

_MOST_TEXTS = 20_000
_FEWEST_TEXTS = 20
_DIGITS = 5


@dataclass(frozen=True)
class TextOptions:
    """Attributes:
    longest: words of the longest term.
    most_terms: how many of the terms that most texts have are looked for.
    components: 0: length and number of words only.
    """

    longest: int = 1
    most_terms: int = 500
    components: int = 16


def fitted_text(name: str, texts: Sequence[str], options: TextOptions, *, seed: int) -> TextColumn:
    """Return the column's map.

    Args:
        texts: different texts of training rows; of more than 20,000 a seeded sample is looked at.
    """
    example = texts[0][:100]
    if len(texts) > _MOST_TEXTS:
        chosen = np.random.default_rng(seed).choice(len(texts), _MOST_TEXTS, replace=False)
        texts = [texts[place] for place in chosen]
    if len(texts) < _FEWEST_TEXTS or not options.components:
        return TextColumn(name=name, example=example)
    counted = [Counter(terms_of(words_of(text), options.longest)) for text in texts]
    terms, documents = _frequent_terms(counted, options.most_terms)
    if not terms:
        return TextColumn(name=name, example=example)
    weights = np.log((1 + len(texts)) / (1 + documents)) + 1
    directions = _directions(_matrix(counted, terms, weights), min(options.components, len(terms)))
    return TextColumn(
        name=name,
        example=example,
        longest=options.longest,
        terms=tuple(terms),
        weights=tuple(np.round(weights, _DIGITS).tolist()),
        directions=tuple(tuple(row) for row in np.round(directions, _DIGITS).tolist()),
    )


def _frequent_terms(
    counted: Sequence[Counter[str]], most: int
) -> tuple[Sequence[str], npt.NDArray[np.float64]]:
    """Return the terms that most texts have, and how many do; terms of one or of all texts say nothing."""
    documents = Counter(term for counts in counted for term in counts)
    telling = [(term, count) for term, count in documents.items() if 1 < count < len(counted)]
    telling.sort(key=lambda pair: (-pair[1], pair[0]))
    kept = telling[:most]
    return [term for term, _ in kept], np.array([count for _, count in kept], np.float64)


def _matrix(
    counted: Sequence[Counter[str]], terms: Sequence[str], weights: npt.NDArray[np.float64]
) -> sparse.csr_matrix:
    """Return each text's unit vector of term weights, shape (texts, terms)."""
    places = {term: place for place, term in enumerate(terms)}
    rows, columns, values = [], [], []
    for row, counts in enumerate(counted):
        for term, count in counts.items():
            if term in places:
                rows.append(row)
                columns.append(places[term])
                values.append(count * weights[places[term]])
    matrix = sparse.csr_matrix((values, (rows, columns)), shape=(len(counted), len(terms)))
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.diags_array(1 / np.where(lengths > 0, lengths, 1)) @ matrix


def _directions(matrix: sparse.csr_matrix, components: int) -> npt.NDArray[np.float64]:
    """Return the leading right singular vectors, shape (terms, components); largest shares are positive."""
    gram = np.asarray((matrix.T @ matrix).todense())
    _, vectors = np.linalg.eigh(gram)
    leading = vectors[:, ::-1][:, :components]
    largest = leading[np.abs(leading).argmax(axis=0), np.arange(leading.shape[1])]
    return leading * np.sign(largest)
