"""`report.html` of a tabular run. Names and values come from users and are escaped."""

from openbml_kit.markup import both
from openbml_kit.report_layout import document
from openbml_kit.report_sections import Report, confusion, heading, hints, history, per_class, settings
from openbml_kit.tables import card_sections, figure_sections, insight_sections

_SOURCES = {
    "holdout": ("rows held out of the training data", "从训练数据中留出的数据"),
    "eval": ("a separate evaluation set", "独立评测集"),
    "cross_validation": ("cross-validation, each row by models that did not see it", "交叉验证"),
}


def table_report_page(report: Report) -> str:
    """Return the page."""
    sections = [
        figure_sections.overall(report),
        hints(report),
        figure_sections.leaderboard(report),
        figure_sections.trials(report),
        history(report),
        figure_sections.threshold(report),
        figure_sections.curves(report),
        figure_sections.calibration(report),
        confusion(report),
        per_class(report),
        figure_sections.residuals(report),
        figure_sections.coverage(report),
        insight_sections.importance(report),
        insight_sections.dependence(report),
        insight_sections.slices(report),
        insight_sections.wrong_rows(report),
        insight_sections.columns(report),
        card_sections.data_card(report),
        card_sections.model_card(report),
        card_sections.sampling(report),
        settings(report),
    ]
    title = f"OpenBML · {report.get('network') or ''} · {report.get('run_id') or ''}"
    source = both(*_SOURCES[report["basis"]["source"]])
    return document(title, heading(report, source), sections)
