"""Jobs of the kind `quality_report`: a version's samples or its table's parts in, one document out."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from openbml_catalog.datasets import Content
from openbml_data.ordered_work import in_order
from openbml_data.quality.report import Measured, ReportBuilder, measured_content
from openbml_formats.data_jobs import DataJobOrder
from openbml_formats.listings import ListedSample
from openbml_formats.quality import QualityReport, QualitySettings

if TYPE_CHECKING:
    from openbml_data.workspace import Workspace

_FILES = (Content.IMAGE, Content.SOUND)


def run(order: DataJobOrder, workspace: "Workspace") -> QualityReport:
    settings = QualitySettings.model_validate(order.settings)
    workspace.progress.stage("measuring")
    if order.dataset.kind.content is Content.ROWS:
        from openbml_data.quality.table_parts import reported_table  # polars takes a second to import

        return reported_table(order, settings, workspace)
    builder = ReportBuilder(order.dataset, settings)
    for done, (sample, found) in enumerate(_measured(order, workspace), start=1):
        builder.add(sample, found)
        workspace.progress.done(done, max(order.sample_count, done))
    return builder.report()


def _measured(order: DataJobOrder, workspace: "Workspace") -> Iterator[tuple[ListedSample, Measured]]:
    content = order.dataset.kind.content
    if content not in _FILES:
        yield from ((sample, None) for sample in workspace.samples())
        return
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores, thread_name_prefix="measure") as pool:
        pairs = ((sample, read()) for sample, read in workspace.with_content(workspace.samples()))
        measured = in_order(
            pool, lambda pair: measured_content(pair[0], pair[1], content), pairs, ahead=2 * cores
        )
        for (sample, _data), found in measured:
            yield sample, found
