"""`report.json` (`openbml.report/1`) of a tabular run.

Sections and formulas: `docs/reference/reports.md`.
"""

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from openbml_kit.report_basis import FORMAT, Basis
from openbml_tabular.problem import Problem
from openbml_tabular.report.advice import table_hints
from openbml_tabular.report.baselines import baseline
from openbml_tabular.report.bootstrap import intervals
from openbml_tabular.report.cards import column_rows, data_card, model_card
from openbml_tabular.report.classification_part import classification_part
from openbml_tabular.report.column_views import column_views
from openbml_tabular.report.deadlines import Deadline
from openbml_tabular.report.documents import plain
from openbml_tabular.report.explanations import explained
from openbml_tabular.report.figures import figures_of, values_of
from openbml_tabular.report.inputs import ReportInputs
from openbml_tabular.report.residuals import quantile_coverage, residuals
from openbml_tabular.report.slices import Errors, weak_slices
from openbml_tabular.report.value_figures import pinball_losses
from openbml_tabular.report.verdict import table_cautions, table_conclusion
from openbml_tabular.report.weighted import Figures
from openbml_tabular.report.wrong_rows import middle_output, wrong_examples, wrong_rows
from openbml_tabular.sampling import spread

MOST_EVALUATED = 200_000
_INTERVALS_SHARE, _EXPLANATIONS_SHARE = 0.25, 0.75
# Areas of so many classes and rows would take the bootstrap's whole time; the other figures come first.
_MOST_FOR_AREAS = 500_000

_TASK = "tabular_prediction"


def tabular_report(inputs: ReportInputs, *, deadline: Deadline | None = None) -> dict[str, Any]:
    """Return the report, plain values that JSON takes.

    It keeps to the inputs' time budget except for what no report can lack; what the time did not allow
    (intervals, explanations, pairs of slices) is left out, not estimated worse.

    Raises:
        ValueError: there is no evaluated row.
    """
    if not len(inputs.evaluated):
        raise ValueError("a report needs at least one evaluated row")
    until = deadline or Deadline.after(inputs.budget_s)
    total = len(inputs.evaluated)
    used = _bounded(inputs)
    basis = Basis(used.source, total, used.training.rows, used.holdout_fraction, used.seed)
    report: dict[str, Any] = {
        "format": FORMAT,
        "task": _TASK,
        "run_id": None,
        "network": None,
        "params": {},
        "dataset": None,
        "history": [],
        **used.context,
        "problem": _problem(used),
        "labels": list(used.problem.labels),
        "basis": asdict(basis),
        "leaderboard": [asdict(entry) for entry in used.leaderboard],
        "trials": [dict(trial) for trial in used.trials],
        "columns": column_rows(used),
        "sampling": asdict(used.training.sampling) if used.training.sampling else None,
        "evaluation_sampling": _evaluation_sampling(total, len(used.evaluated)),
    }
    report |= _figures(used, basis, until.part(_INTERVALS_SHARE))
    report |= _sections(used)
    report |= _explanations(used, until)
    report["hints"] = table_hints(used, plain(report))
    report["data_card"], report["model_card"] = data_card(used), model_card(used, report)
    document: dict[str, Any] = plain(report)
    return document


def _bounded(inputs: ReportInputs) -> ReportInputs:
    """Return the inputs with at most 200,000 evaluated rows, drawn at random."""
    rows = spread(len(inputs.evaluated), MOST_EVALUATED, inputs.seed)
    if len(rows) == len(inputs.evaluated):
        return inputs
    return replace(inputs, evaluated=inputs.evaluated.take(rows))


def _evaluation_sampling(total: int, used: int) -> dict[str, Any] | None:
    if total == used:
        return None
    return {
        "rows_total": total,
        "rows_used": used,
        "reason_en": "Figures and curves are of evaluated rows drawn at random, so that the report takes "
        "bounded time; their intervals are of these rows.",
        "reason_zh": "为控制报告耗时，指标和曲线基于随机抽取的评估数据，置信区间也基于这些数据。",
    }


def _problem(inputs: ReportInputs) -> dict[str, Any]:
    problem = inputs.problem
    return {
        "kind": str(problem.kind),
        "target": inputs.target,
        "labels": list(problem.labels),
        "positive_label": inputs.positive_label,
        "metric": str(problem.metric),
        "objective": str(problem.objective),
        "quantiles": list(problem.quantiles),
    }


def _figures(inputs: ReportInputs, basis: Basis, deadline: Deadline) -> dict[str, Any]:
    evaluated, problem = inputs.evaluated, inputs.problem
    figures = figures_of(problem, evaluated.y, evaluated.predictions)
    weights = np.ones(len(evaluated)) if evaluated.weights is None else evaluated.weights
    overall = values_of(figures, weights)
    usual = baseline(problem, inputs.training, len(evaluated))
    usual_figures = values_of(figures_of(problem, evaluated.y, usual), weights)
    found = intervals(
        lambda rows: _affordable(
            figures_of(problem, evaluated.y[rows], evaluated.predictions[rows]), problem, len(rows)
        ),
        rows=len(evaluated),
        groups=evaluated.groups,
        weights=evaluated.weights,
        seed=inputs.seed,
        deadline=deadline,
    )
    warned = table_cautions(inputs, basis, overall, usual_figures, found)
    return {
        "overall": overall,
        "intervals": {name: list(ends) for name, ends in found.items()},
        "baseline": usual_figures,
        "cautions": warned,
        "conclusion": table_conclusion(inputs, overall, usual_figures, found, cautioned=bool(warned)),
    }


def _affordable(figures: Figures, problem: Problem, rows: int) -> Figures:
    classes = len(problem.labels)
    if classes == 2 or classes * rows <= _MOST_FOR_AREAS:
        return figures
    return {name: figure for name, figure in figures.items() if name != "roc_auc"}


def _sections(inputs: ReportInputs) -> dict[str, Any]:
    sections: dict[str, Any] = {
        "confusion_matrix": None,
        "per_class": [],
        "roc": [],
        "pr_curves": [],
        "lift": [],
        "recommended_threshold": None,
        "threshold_curve": [],
        "costs": None,
        "at_threshold": None,
        "calibration": None,
        "residuals": None,
        "quantile_coverage": [],
    }
    if inputs.problem.is_classification:
        return sections | classification_part(inputs)
    evaluated, problem = inputs.evaluated, inputs.problem
    y, said = np.asarray(evaluated.y, dtype=np.float64), np.asarray(evaluated.predictions, dtype=np.float64)
    sections["residuals"] = residuals(y, said[:, middle_output(problem)], seed=inputs.seed)
    if problem.quantiles:
        weights = np.ones(len(y)) if evaluated.weights is None else evaluated.weights
        sections["quantile_coverage"] = quantile_coverage(y, said, problem.quantiles, weights)
    return sections


def _explanations(inputs: ReportInputs, deadline: Deadline) -> dict[str, Any]:
    views = column_views(inputs.evaluated, inputs.columns, inputs.features)
    found = explained(inputs, views, deadline.part(_EXPLANATIONS_SHARE))
    wrong = wrong_rows(inputs.evaluated, inputs.problem)
    important = [view.name for view in found.views]
    return {
        **found.sections,
        "slices": weak_slices(_errors(inputs), found.views, deadline),
        "wrong_count": len(wrong),
        "wrong_examples": wrong_examples(inputs.evaluated, inputs.problem, wrong, important),
    }


def _errors(inputs: ReportInputs) -> Errors:
    evaluated, problem = inputs.evaluated, inputs.problem
    said = np.asarray(evaluated.predictions, dtype=np.float64)
    if problem.is_classification:
        return Errors((said.argmax(axis=1) != evaluated.y).astype(np.float64), "accuracy", evaluated.groups)
    y = np.asarray(evaluated.y, dtype=np.float64)
    if problem.quantiles:
        losses = pinball_losses(y, said, np.asarray(problem.quantiles)).mean(axis=1)
        return Errors(losses, "pinball", evaluated.groups)
    return Errors(np.abs(y - said[:, 0]), "mae", evaluated.groups)
