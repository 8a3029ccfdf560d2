"""What to do about the data, from the figures of an evaluation: the report's `hints`.

A hint names a code, what to do in English and Chinese, the labels and a few samples to look at.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from openbml_kit.report_basis import EvaluatedSample

Hint = dict[str, Any]
Counts = npt.NDArray[np.int64]
Figures = npt.NDArray[np.float64]
SamplesOfPair = Callable[[int, int], Sequence[EvaluatedSample]]

MOST_SAMPLES = 50
UNITS_OF_IMAGES = {"unit_en": "images", "unit_zh": "张训练图片"}
UNITS_OF_OBJECTS = {"unit_en": "objects", "unit_zh": "个训练目标"}
_MOST_PAIRS = 5
# A pair of labels is named where at least so many samples, and this share of the true label's, are mistaken.
_CONFUSED, _CONFUSED_SHARE = 2, 0.05
_WEAK = 0.7
_FEW = 100
_IMBALANCE = 5.0


def hint(
    code: str,
    severity: Literal["info", "warning"],
    message_en: str,
    message_zh: str,
    *,
    labels: Sequence[str] = (),
    samples: Sequence[EvaluatedSample] = (),
) -> Hint:
    """Return a hint; each sample is listed once, at most 50."""
    listed = list(dict.fromkeys(samples))[:MOST_SAMPLES]
    return {
        "code": code,
        "severity": severity,
        "message_en": message_en,
        "message_zh": message_zh,
        "labels": list(labels),
        "samples": [{"sample_id": sample.sample_id, "name": sample.name} for sample in listed],
    }


def confused_labels(
    confusion: Counts, labels: Sequence[str], samples_of: SamplesOfPair, *, unit_en: str, unit_zh: str
) -> list[Hint]:
    """Name the pairs of labels that are taken for each other most often.

    Args:
        confusion: rows are true; shape `(n, n)` of at least the labels, more rows and columns are passed
        over. samples_of: the samples with a (true, found) pair.
    """
    size = len(labels)
    counts = confusion[:size, :size].copy()
    np.fill_diagonal(counts, 0)
    totals = confusion[:size].sum(axis=1)
    order = np.argsort(-counts, axis=None, kind="stable")[: _MOST_PAIRS * 4].tolist()
    hints = []
    for true, found in (divmod(place, size) for place in order):
        count = int(counts[true, found])
        if count < _CONFUSED or count < _CONFUSED_SHARE * totals[true]:
            continue
        one, other = labels[true], labels[found]
        hints.append(
            hint(
                "confused_labels",
                "warning",
                f"{count} {unit_en} of {one} are taken for {other}. Compare their annotations; where "
                "the two can "
                "be told apart, add samples that show the difference, else make one label of them.",
                f"{one}有{count}{unit_zh}被识别为{other}。请对比两者的标注：若可以区分，请补充能体现差异"
                "的样本；若无法区分，请合并为一个标签。",
                labels=(one, other),
                samples=samples_of(true, found),
            )
        )
    return hints[:_MOST_PAIRS]


def labels_in_need(
    figure: Figures,
    training_counts: Sequence[int],
    support: Sequence[int],
    labels: Sequence[str],
    samples_of: Callable[[int], Sequence[EvaluatedSample]],
    *,
    figure_name: str,
    unit_en: str,
    unit_zh: str,
) -> list[Hint]:
    """Tell weak labels apart: those that have little data, and those whose data should be looked at.

    Args:
        figure: of each label, 0 to 1; below 0.7 is weak.
        samples_of: wrongly predicted samples of a label.
    """
    if not len(labels):
        return []
    usual = float(np.median(training_counts))
    hints = []
    for place in np.argsort(figure, kind="stable").tolist():
        if figure[place] >= _WEAK or not support[place]:
            continue
        count, label, value = training_counts[place], labels[place], float(figure[place])
        if count < max(_FEW, 0.5 * usual):
            code = "label_needs_data"
            said_en = (
                f"Label {label} has only {count} training {unit_en} and its {figure_name} is {value:.2f}. "
                f"Add samples of it, best ones that look like the mistakes listed here."
            )
            said_zh = (
                f"标签{label}仅有{count}{unit_zh}，{figure_name}为{value:.2f}。"
                "请补充该标签的数据，优先补充与所列错误样本相似的图片。"
            )
        else:
            code = "label_is_weak"
            said_en = (
                f"Label {label} has {count} training {unit_en}, yet its {figure_name} is {value:.2f}. "
                "Look at the "
                "listed mistakes for what they share (object, camera, angle, light, background) and at their "
                "annotations."
            )
            said_zh = (
                f"标签{label}有{count}{unit_zh}，但{figure_name}仅为{value:.2f}。请查看所列错误样本的共同特征"
                "（目标、摄像头、角度、光照、背景）并检查其标注。"
            )
        hints.append(hint(code, "warning", said_en, said_zh, labels=(label,), samples=samples_of(place)))
    return hints[: 2 * _MOST_PAIRS]


def imbalance(
    training_counts: Sequence[int], labels: Sequence[str], *, unit_en: str, unit_zh: str
) -> list[Hint]:
    """Name the labels that have less than a fifth of the largest label's data."""
    most = max(training_counts, default=0)
    small = [place for place, count in enumerate(training_counts) if most > _IMBALANCE * count]
    if not small:
        return []
    large = labels[training_counts.index(most)]
    names = [labels[place] for place in small]
    listed_en, listed_zh = ", ".join(names[:10]), "、".join(names[:10])
    return [
        hint(
            "imbalanced_labels",
            "warning",
            f"{large} has {most} training {unit_en}; {listed_en} less than a fifth of that. Add data "
            "of the small "
            "labels, or copies of it by augmentation, so that the model does not prefer the large one.",
            f"{large}有{most}{unit_zh}，而{listed_zh}不足其五分之一。请为数量少的标签补充数据或做数据增"
            "强，避免模型偏向数量多的标签。",
            labels=names,
        )
    ]


def suspected_errors(
    samples: Sequence[EvaluatedSample],
    labels: Sequence[str],
    *,
    unit_en: str = "images",
    unit_zh: str = "张图片",
) -> list[Hint]:
    """Name samples whose label is likely wrong, the most suspicious first."""
    if not samples:
        return []
    count = len(samples)
    return [
        hint(
            "suspected_label_errors",
            "warning",
            f"The model is as sure of another label as it usually is of right ones; {unit_en}: {count}. "
            "Check their "
            "labels; where they are wrong, correct the data set and train again.",
            f"模型对{count}{unit_zh}给出了与标注不同的标签，且置信度达到该标签的正常水平。请检查这些标注，"
            "若有误请修正数据集后重新训练。",
            labels=labels,
            samples=samples,
        )
    ]
