"""What every evaluation report says beside its figures: its basis, cautions, grade and conclusion (spec 03
section 2.14)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

FORMAT = "openbml.report/1"
WRONG_EXAMPLES = 200
# Spec 03 section 2.14: with such little data the result is for reference only.
_LITTLE_DATA = 100
_LITTLE_EVALUATED = 30
# Largest class against smallest from which the report advises to balance the labels.
_IMBALANCE = 5.0
_GOOD, _FAIR = 0.9, 0.7

Message = dict[str, str]
Counted = Literal["images", "objects", "rows"]
Grade = Literal["good", "fair", "weak"]

# What is counted in Chinese: `{number}{these}`.
_COUNTED_ZH: Mapping[Counted, str] = {"images": "张图片", "objects": "个目标", "rows": "行数据"}
_GRADES: Mapping[Grade, str] = {"good": "较好", "fair": "一般", "weak": "较差"}


@dataclass(frozen=True)
class EvaluatedSample:
    sample_id: str
    name: str


@dataclass(frozen=True)
class Basis:
    """Which images, or rows, the figures rest on; held-out and evaluation ones took no part in training.

    Attributes:
        source: `holdout` are drawn from the training data, `eval` is an evaluation set of the user's own: its
            figures are shown apart from held-out ones. `cross_validation`: every training row was predicted
            by models that had not seen it.
    """

    source: Literal["holdout", "eval", "cross_validation"]
    evaluated_count: int
    training_count: int
    holdout_fraction: float | None
    seed: int

    @property
    def total_count(self) -> int:
        """All that is labelled; a cross-validation evaluates what it trains on."""
        both = self.source != "cross_validation"
        return self.training_count + (self.evaluated_count if both else 0)

    @property
    def names(self) -> tuple[str, str]:
        """What the evaluated images are called in English and Chinese."""
        if self.source == "holdout":
            return "held-out images", "留出图片"
        return "images of the evaluation set", "评测集图片"


def cautions(
    basis: Basis,
    training_counts: Sequence[int],
    labels: Sequence[str],
    *,
    counted: Counted = "images",
) -> list[Message]:
    """Return what to keep in mind when the figures are read.

    Args:
        training_counts: training images, annotated objects or rows of each label; may be empty.
        counted: which of them.
    """
    found = []
    total = basis.total_count
    samples: Counted = "rows" if counted == "rows" else "images"
    samples_zh = _COUNTED_ZH[samples]
    if total < _LITTLE_DATA:
        found.append(
            _caution(
                "little_data",
                f"Only {total} {samples}: for reference only. Test the published model on a larger batch.",
                f"仅有{total}{samples_zh}，评估结果仅供参考，建议发布为API后用更多{samples_zh[1:]}测试。",
            )
        )
    if basis.evaluated_count <= _LITTLE_EVALUATED:
        found.append(
            _caution(
                "few_evaluated",
                f"Only {basis.evaluated_count} {samples} were evaluated: each one moves the figures by up to "
                f"{100 / max(1, basis.evaluated_count):.1f} percentage points.",
                f"仅评估了{basis.evaluated_count}{samples_zh}，评估结果仅供参考。",
            )
        )
    most, least = max(training_counts, default=0), min(training_counts, default=0)
    if most > _IMBALANCE * least:
        unit = _COUNTED_ZH[counted]
        large, small = labels[training_counts.index(most)], labels[training_counts.index(least)]
        found.append(
            _caution(
                "imbalanced_labels",
                f"Label {large} has {most} training {counted}, {small} only {least}: balance the labels.",
                f"标签{large}有{most}{unit[0]}训练{unit[1:]}，{small}仅有{least}{unit[0]}，建议平衡各标签的数量。",
            )
        )
    return found


def grade(value: float) -> Grade:
    """Return how good a figure between 0 and 1 is."""
    return "good" if value >= _GOOD else "fair" if value >= _FAIR else "weak"


def conclusion(value: float, said_en: str, said_zh: str, *, cautioned: bool) -> Message:
    """Return the report's first sentence in both languages.

    Args:
        value: the figure that grades the model, 0 to 1.
        said_en, said_zh: what stands behind the grade, e.g. `46 of 50 images are right`.
    """
    graded = grade(value)
    advice_en = " See the cautions before relying on it." if cautioned else ""
    advice_zh = "请先阅读注意事项。" if cautioned else ""
    return {
        "en": f"The model is {graded}: {said_en}.{advice_en}",
        "zh": f"模型效果{_GRADES[graded]}：{said_zh}。{advice_zh}",
    }


def _caution(code: str, message_en: str, message_zh: str) -> Message:
    return {"code": code, "message_en": message_en, "message_zh": message_zh}
