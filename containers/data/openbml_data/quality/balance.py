"""How labels are spread over a version's samples."""

import math
from collections import Counter, defaultdict

from openbml_data.quality.findings import Noted
from openbml_formats.listings import ListedSample
from openbml_formats.quality import (
    LISTED_LABELS,
    Balance,
    Finding,
    FindingSeverity,
    LabelShare,
)

_FEW_SAMPLES = 20
_VERY_FEW = 5
_RATIO = 10
_NAMED = 5


class BalanceCount:
    """Counts labels of samples and, of regions, the share of the image they take."""

    def __init__(self) -> None:
        self._samples: Counter[str] = Counter()
        self._uses: Counter[str] = Counter()
        self._areas: defaultdict[str, float] = defaultdict(float)
        self._seen = self._labelled = 0
        self._unlabelled = Noted()

    def add(self, sample: ListedSample) -> None:
        self._seen += 1
        counts = sample.annotation.label_counts()
        self._samples.update(counts.keys())
        self._uses.update(counts)
        if sample.annotation.is_empty:
            self._unlabelled.add(sample)
        else:
            self._labelled += 1

    def add_area(self, label: str, share: float) -> None:
        self._areas[label] += share

    def balance(self) -> Balance:
        ranked = self._samples.most_common(LISTED_LABELS)
        numbers = [count for _, count in self._samples.most_common()]
        return Balance(
            samples=self._seen,
            labelled=self._labelled,
            labels=[
                LabelShare(
                    label=label,
                    samples=count,
                    uses=self._uses[label],
                    mean_area_share=self._areas[label] / self._uses[label] if self._areas else None,
                )
                for label, count in ranked
            ],
            label_count=len(self._samples),
            ratio=numbers[0] / numbers[-1] if numbers else None,
            entropy=_evenness(numbers),
        )

    def findings(self) -> list[Finding]:
        found = self._few()
        numbers = self._samples.most_common()
        if len(numbers) > 1 and numbers[0][1] > _RATIO * numbers[-1][1]:
            (most, high), (least, low) = numbers[0], numbers[-1]
            found.append(
                Finding(
                    severity=FindingSeverity.WARNING,
                    code="labels_unbalanced",
                    message=f"{most} has {high} samples, {least} has {low}: {high / low:.0f} times as many",
                    advice="Add samples of the rare labels, or augment those only.",
                    count=len(numbers),
                )
            )
        if len(numbers) == 1 and self._labelled == self._seen:
            found.append(
                Finding(
                    severity=FindingSeverity.INFO,
                    code="one_label",
                    message=f"All samples have the one label {numbers[0][0]}",
                    advice="A classifier needs at least two.",
                    count=1,
                )
            )
        return found + self._unlabelled.finding(
            FindingSeverity.SERIOUS if not self._labelled else FindingSeverity.WARNING,
            "unlabelled",
            "{count} samples have no annotation",
            advice="Label them, or leave them out of the training.",
        )

    def _few(self) -> list[Finding]:
        few = sorted((count, label) for label, count in self._samples.items() if count < _FEW_SAMPLES)
        if not few:
            return []
        named = ", ".join(f"{label} has only {count}" for count, label in few[:_NAMED])
        more = f" and {len(few) - _NAMED} more labels" if len(few) > _NAMED else ""
        return [
            Finding(
                severity=FindingSeverity.SERIOUS if few[0][0] < _VERY_FEW else FindingSeverity.WARNING,
                code="labels_with_few_samples",
                message=f"Labels with fewer than {_FEW_SAMPLES} samples: {named}{more}",
                advice="Add samples, augment these labels, or merge them into others.",
                count=len(few),
            )
        ]


def _evenness(numbers: list[int]) -> float | None:
    """Return the entropy of the shares against that of even ones, 0 to 1; None for fewer than two labels."""
    if len(numbers) < 2:
        return None
    total = sum(numbers)
    entropy = -sum(count / total * math.log(count / total) for count in numbers)
    return entropy / math.log(len(numbers))
