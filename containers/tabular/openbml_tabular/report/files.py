"""The report's files beside each other in the job's output."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openbml_kit.files import write_atomically, write_json
from openbml_kit.tables.report_page import table_report_page

REPORT_FILE, PAGE_FILE, DRIFT_FILE = "report.json", "report.html", "drift_baseline.json"


def write_report(
    folder: Path, report: Mapping[str, Any], *, drift_baseline: Mapping[str, Any] | None = None
) -> None:
    """Write `report.json`, `report.html` and, where there is one, `drift_baseline.json`."""
    write_json(folder / REPORT_FILE, report)
    page = table_report_page(report)
    write_atomically(folder / PAGE_FILE, lambda draft: _write_text(draft, page))
    if drift_baseline is not None:
        write_json(folder / DRIFT_FILE, drift_baseline)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
