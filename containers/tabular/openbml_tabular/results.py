"""What a job leaves behind: its report with page and drift baseline, and the proven model folder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from openbml_formats.tables.profiles import ColumnProfile, table_profile
from openbml_kit.places import Places
from openbml_kit.progress import Progress
from openbml_kit.snapshots import read_manifest
from openbml_kit.tables.feature_map import FeatureMap
from openbml_kit.tables.table_manifest import MOST_BACKGROUND_ROWS
from openbml_tabular.automl.ensemble import EnsemblePredictor
from openbml_tabular.automl.solution import Solution
from openbml_tabular.examples import Examples
from openbml_tabular.export import MOST_COMPARED_ROWS, ModelFacts, export_model
from openbml_tabular.features.arrow_counts import table_counts
from openbml_tabular.features.drift_baseline import drift_baseline
from openbml_tabular.features.leakage import leakage_warnings
from openbml_tabular.job_data import JobData, Part
from openbml_tabular.job_settings import JobSettings
from openbml_tabular.job_solving import Solved
from openbml_tabular.report.files import write_report
from openbml_tabular.report.inputs import Evaluated, ReportColumn, ReportInputs, Training, Warned
from openbml_tabular.report.report import tabular_report
from openbml_tabular.sampling import spread

_LONGEST_REPORT_S = 60.0
_SHORTEST_REPORT_S = 15.0
_PACKAGES = ("catboost", "lightgbm", "numpy", "onnx", "scikit-learn", "torch", "xgboost-cpu")


@dataclass(frozen=True)
class Finished:
    """A solved job."""

    settings: JobSettings
    data: JobData
    solved: Solved

    @property
    def feature_map(self) -> FeatureMap:
        return self.solved.feature_map

    @property
    def training(self) -> Examples:
        return self.solved.training

    @property
    def solution(self) -> Solution:
        return self.solved.solution


def leave_results(job: Finished, places: Places, progress: Progress) -> None:
    """Evaluate the model, write the report, export."""
    progress.stage("evaluating")
    inputs = _inputs(job, places)
    report = tabular_report(inputs)
    progress.stage("exporting")
    report["onnx"] = _exported(job, report, places)
    write_report(places.output_data, report, drift_baseline=_drift_baseline(job, inputs))
    progress.note("info", json.dumps(report["overall"]))
    progress.stage("done")


def _inputs(job: Finished, places: Places) -> ReportInputs:
    tabular, data, problem = job.settings.tabular, job.data, job.solution.problem
    profiles = table_profile(table_counts(data.training.table))
    return ReportInputs(
        target=tabular.target,
        problem=problem,
        source=data.source,
        evaluated=_evaluated(job),
        training=Training(
            x=job.training.x,
            y=job.training.y,
            rows=len(data.training),
            class_counts=np.bincount(data.training.y, minlength=len(problem.labels)).tolist()
            if problem.is_classification
            else (),
            sampling=data.sampling,
        ),
        columns=_columns(profiles, job),
        features=job.feature_map.features,
        predict=job.solution.predictor.predict,
        leaderboard=job.solution.leaderboard,
        trials=job.solution.trials,
        warnings=_warnings(profiles, job),
        context=_context(job, places),
        costs=tabular.costs,
        holdout_fraction=data.holdout_fraction,
        seed=tabular.seed,
        budget_s=min(_LONGEST_REPORT_S, max(_SHORTEST_REPORT_S, job.settings.max_training_time_s / 2)),
    )


def _evaluated(job: Finished) -> Evaluated:
    """Return the rows that training did not see; of a cross-validation those that a fold held out."""
    data, predictor = job.data, job.solution.predictor
    if data.evaluated is not None:
        x = data.evaluated_features(job.feature_map)
        return _rows(data.evaluated, x, predictor.predict(x))
    held_out = np.flatnonzero(np.isfinite(job.solution.held_out).all(axis=1))
    part = data.training.take(held_out)
    return _rows(part, job.training.x[held_out], job.solution.held_out[held_out])


def _rows(part: Part, x: Any, predictions: Any) -> Evaluated:
    return Evaluated(
        table=part.table,
        x=x,
        y=part.y,
        predictions=predictions,
        groups=part.keys.groups,
        weights=part.weights,
        numbers=part.numbers,
    )


def _columns(profiles: Sequence[ColumnProfile], job: Finished) -> list[ReportColumn]:
    kinds = {column.name: column for column in job.feature_map.columns}
    return [
        ReportColumn(
            name=profile.name,
            kind=kinds[profile.name].kind,
            missing_share=profile.missing_share,
            distinct=profile.distinct,
            ignored_because=getattr(kinds[profile.name], "because", None),
        )
        for profile in profiles
        if profile.name != job.settings.tabular.target
    ]


def _warnings(profiles: Sequence[ColumnProfile], job: Finished) -> list[Warned]:
    seen = {column.name for column in job.feature_map.columns if column.kind != "ignored"}
    of_columns = [
        Warned(str(warning.code), "warning", warning.message_en, warning.message_zh)
        for profile in profiles
        if profile.name in seen
        for warning in profile.warnings
    ]
    of_target = [
        Warned(str(problem.code), "warning", problem.message_en, problem.message_zh)
        for problem in job.data.target.analysis.problems
    ]
    leaks = leakage_warnings(
        job.training,
        job.settings.tabular.target,
        is_classification=job.data.problem.is_classification,
        seed=job.settings.tabular.seed,
    )
    told = [Warned(str(row.code), "warning", row.message_en, row.message_zh) for row in leaks]
    return [*of_target, *told, *of_columns]


def _drift_baseline(job: Finished, inputs: ReportInputs) -> dict[str, Any]:
    training = job.data.training
    baseline = drift_baseline(
        job.feature_map,
        training.table,
        np.arange(len(training)),
        job.solution.problem,
        np.asarray(inputs.evaluated.predictions),
    )
    return baseline.model_dump(mode="json")


def _context(job: Finished, places: Places) -> dict[str, Any]:
    folders = [folder for name in ("train", "eval") if (folder := places.channel(name)) is not None]
    manifests = [read_manifest(folder) for folder in folders]
    return {
        "run_id": job.settings.run_id,
        "network": job.settings.network,
        "params": job.settings.tabular.model_dump(mode="json"),
        "dataset": [manifest.model_dump(mode="json", exclude={"shards"}) for manifest in manifests],
        "ended_early": job.solution.ended_early,
    }


def _exported(job: Finished, report: Mapping[str, Any], places: Places) -> dict[str, Any]:
    training, problem = job.data.training, job.solution.problem
    compared = spread(len(training), MOST_COMPARED_ROWS, job.settings.tabular.seed)
    background = training.take(spread(len(training), MOST_BACKGROUND_ROWS, job.settings.tabular.seed))
    facts = ModelFacts(
        network=job.settings.network,
        target=job.settings.tabular.target,
        run_id=job.settings.run_id,
        snapshot_id=job.data.snapshot_ids[0],
        framework_versions={package: version(package) for package in _PACKAGES},
        positive_label=problem.labels[1] if len(problem.labels) == 2 else None,
        recommended_threshold=report.get("recommended_threshold"),
    )
    predictor = job.solution.predictor
    ensemble = predictor if isinstance(predictor, EnsemblePredictor) else None
    proof = export_model(
        predictor,
        job.feature_map,
        problem,
        facts,
        rows=job.training.x[compared],
        background=background.table.to_pylist(),
        folder=places.model,
        members={member.name: member.bag for member in ensemble.members} if ensemble else None,
        stacked=bool(ensemble and ensemble.stacked),
    )
    return proof.model_dump(mode="json")
