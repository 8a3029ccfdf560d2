"""The report's first sentence, its grade, and what to keep in mind when figures are read."""

from collections.abc import Mapping
from math import isnan, sqrt

from openbml_catalog.tabular.settings import Objective
from openbml_kit.report_basis import Basis, Message, cautions, conclusion, grade
from openbml_tabular.problem import Problem
from openbml_tabular.report.bootstrap import Interval
from openbml_tabular.report.figures import is_better_high, metric_name
from openbml_tabular.report.inputs import ReportInputs

_HELD = {
    "holdout": ("held-out rows", "留出数据"),
    "eval": ("rows of the evaluation set", "评测集数据"),
    "cross_validation": (
        "rows, each predicted by models that did not see it (cross-validation)",
        "交叉验证的数据",
    ),
}
_OUTSIDE = 0.0
_WIDE = 0.1


def table_cautions(
    inputs: ReportInputs,
    basis: Basis,
    overall: Mapping[str, float],
    baseline: Mapping[str, float],
    intervals: Mapping[str, Interval],
) -> list[Message]:
    """Return what to keep in mind, the gravest first."""
    problem = inputs.problem
    found = []
    if not _beats_baseline(problem, overall, baseline, intervals):
        found.append(_no_better_than_baseline(problem, overall, baseline))
    found += cautions(basis, inputs.training.class_counts, problem.labels, counted="rows")
    present = set(inputs.evaluated.y.tolist()) if problem.is_classification else set()
    absent = [label for place, label in enumerate(problem.labels) if place not in present]
    if absent:
        found.append(_absent(absent))
    found += _sampled(inputs)
    return found


def table_conclusion(
    inputs: ReportInputs,
    overall: Mapping[str, float],
    baseline: Mapping[str, float],
    intervals: Mapping[str, Interval],
    *,
    cautioned: bool,
) -> Message:
    """Return the conclusion with its grade; a model that does not beat the baseline is weak."""
    problem = inputs.problem
    value = _value(problem, overall, baseline)
    if not _beats_baseline(problem, overall, baseline, intervals):
        value = _OUTSIDE
    count, (held_en, held_zh) = len(inputs.evaluated), _HELD[inputs.source]
    said = ", ".join(_said(name, overall, intervals) for name in _told(problem) if name in overall)
    said_zh = "，".join(_said_zh(name, overall, intervals) for name in _told(problem) if name in overall)
    text = conclusion(
        value, f"{said} on {count} {held_en}", f"在{count}行{held_zh}上，{said_zh}", cautioned=cautioned
    )
    return {**text, "grade": grade(value)}


def _value(problem: Problem, overall: Mapping[str, float], baseline: Mapping[str, float]) -> float:
    """Return the figure that grades, 0 to 1: the area under the ROC curve of two classes, the balanced
    accuracy of more; of values the square root of the share of the loss that the features explain, which for
    means is the correlation with the truth."""
    if problem.is_classification:
        name = "roc_auc" if len(problem.labels) == 2 else "balanced_accuracy"
        return _known(overall[name])
    if problem.objective is Objective.MEAN:
        return sqrt(max(0.0, _known(overall["r2"])))
    name = "pinball" if problem.objective is Objective.QUANTILE else "poisson_deviance"
    usual = baseline[name]
    return sqrt(max(0.0, 1 - overall[name] / usual)) if usual > 0 else 0.0


def _beats_baseline(
    problem: Problem,
    overall: Mapping[str, float],
    baseline: Mapping[str, float],
    intervals: Mapping[str, Interval],
) -> bool:
    """Tell whether the metric is better than the baseline's, also at the worse end of its interval."""
    name = metric_name(problem)
    value, usual = overall[name], baseline[name]
    if isnan(value) or isnan(usual):
        return not isnan(value)
    low, high = intervals.get(name, (value, value))
    return low > usual if is_better_high(name) else high < usual


def _known(value: float) -> float:
    return 0.0 if isnan(value) else value


def _told(problem: Problem) -> list[str]:
    if problem.is_classification:
        main = "roc_auc" if len(problem.labels) == 2 else "balanced_accuracy"
        return list(dict.fromkeys(["accuracy", main, metric_name(problem)]))
    main = "r2" if problem.objective is Objective.MEAN else "interval_coverage"
    return list(dict.fromkeys([metric_name(problem), main]))


_NAMES = {
    "accuracy": ("accuracy", "准确率"),
    "roc_auc": ("area under the ROC curve", "AUC"),
    "balanced_accuracy": ("balanced accuracy", "均衡准确率"),
    "log_loss": ("log loss", "对数损失"),
    "f1": ("F1", "F1"),
    "macro_f1": ("F1 (mean over classes)", "F1（各类平均）"),
    "rmse": ("root mean squared error", "均方根误差"),
    "mae": ("mean absolute error", "平均绝对误差"),
    "r2": ("R²", "R²"),
    "pinball": ("pinball loss", "分位数损失"),
    "poisson_deviance": ("Poisson deviance", "泊松偏差"),
    "interval_coverage": ("share inside of the predicted interval", "预测区间覆盖率"),
}


def _said(name: str, overall: Mapping[str, float], intervals: Mapping[str, Interval]) -> str:
    value = f"{_NAMES[name][0]} {overall[name]:.4g}"
    return f"{value} (95 % interval {_range(*intervals[name])})" if name in intervals else value


def _said_zh(name: str, overall: Mapping[str, float], intervals: Mapping[str, Interval]) -> str:
    value = f"{_NAMES[name][1]}为{overall[name]:.4g}"
    return f"{value}（95%置信区间{_range(*intervals[name])}）" if name in intervals else value


def _range(low: float, high: float) -> str:
    return f"{low:.4g} – {high:.4g}"


def _no_better_than_baseline(
    problem: Problem, overall: Mapping[str, float], baseline: Mapping[str, float]
) -> Message:
    name = metric_name(problem)
    english, chinese = _NAMES[name]
    value, usual = overall[name], baseline[name]
    return {
        "code": "no_better_than_baseline",
        "message_en": f"The model is not clearly better than an answer that uses no column: {english} "
        f"{value:.4g} against {usual:.4g}. Look for columns that say something about the target.",
        "message_zh": f"模型并不明显优于不使用任何特征的基线：{chinese}为{value:.4g}，基线为{usual:.4g}。"
        "请补充与目标列相关的特征。",
    }


def _absent(labels: list[str]) -> Message:
    listed_en, listed_zh = ", ".join(labels[:10]), "、".join(labels[:10])
    return {
        "code": "classes_not_evaluated",
        "message_en": f"No evaluated row has {len(labels)} of the classes, such as {listed_en}: nothing is "
        "known of how well they are told. Evaluate on rows that have them.",
        "message_zh": f"评估数据中缺少{len(labels)}个类别（如{listed_zh}），无法得知其效果。请使用包含这些"
        "类别的评测集。",
    }


def _sampled(inputs: ReportInputs) -> list[Message]:
    sampling = inputs.training.sampling
    if sampling is None:
        return []
    return [
        {
            "code": "sampled_training",
            "message_en": f"{sampling.rows_used} of {sampling.rows_total} rows were used for training: "
            f"{sampling.reason_en}",
            "message_zh": f"训练使用了{sampling.rows_total}行中的{sampling.rows_used}行："
            f"{sampling.reason_zh}",
        }
    ]


def held_names(source: str) -> tuple[str, str]:
    """What the evaluated rows are called in English and Chinese."""
    return _HELD[source]
