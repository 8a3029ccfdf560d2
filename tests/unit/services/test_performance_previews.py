"""A version's file is measured once, and its curve shown; what cannot be measured says so."""

from itertools import count
from typing import Any

import pytest

from openbml.compute.failures import Failure, Fault
from openbml.compute.jobs import Job, ProcessingJobRequest
from openbml.core.errors import InvalidRequestError
from openbml.services.collaborators import ServableVersion, VariantMissingError
from openbml.services.performance import preview_versions as use
from openbml.services.performance.preview_versions import PerformanceView, PreviewState
from openbml.services.performance.previews import OVERDUE_AFTER, MeasuringState, PreviewKey
from openbml.services.performance.record_performance import MeasuringReport, record_performance
from tests.fakes.compute_memory import NOON, Ticking
from tests.fakes.previews_memory import InMemoryPreviews
from tests.fakes.services_memory import FakeVersions
from tests.fakes.services_samples import SCOPE

KEY = PreviewKey(model_id=3, model_version=1)
POINTS = [
    {"compute_units": 1, "latency_ms": 20.0, "qps": 50.0},
    {"compute_units": 2, "latency_ms": 12.0, "qps": 95.0},
]


class TunedVersions(FakeVersions):
    changes: dict[str, Any] = {"is_tuned": True}

    def get(self, *asked: Any) -> ServableVersion:
        return super().get(*asked).model_copy(update=self.changes)


class Jobs:
    def __init__(self) -> None:
        self.submitted: dict[str, ProcessingJobRequest] = {}

    def submit_processing(self, request: ProcessingJobRequest) -> Job:
        self.submitted[request.job_id] = request
        return Job(request=request, created_at=NOON, changed_at=NOON)


class Desk:
    def __init__(self) -> None:
        self.previews = InMemoryPreviews()
        self.versions = TunedVersions()
        self.jobs = Jobs()
        self.now = Ticking()
        self._ids = count(71)

    def start(self, key: PreviewKey = KEY) -> PerformanceView:
        return use.start_measuring(
            key,
            scope=SCOPE,
            previews=self.previews,
            versions=self.versions,
            jobs=self.jobs,
            new_id=lambda: next(self._ids),
            now=self.now,
        )

    def read(self, compute_units: int | None = None, instances: int | None = None) -> PerformanceView:
        return use.read_performance(
            KEY,
            scope=SCOPE,
            compute_units=compute_units,
            instances=instances,
            previews=self.previews,
            versions=self.versions,
            now=self.now,
        )

    def tell(self, *records: dict[str, Any], number: int = 71, **fields: Any) -> object:
        owner = {"context": "performance", "id": f"3/1/fp32/{number}"}
        report = {"scope": SCOPE.model_dump(), "owner": owner, "records": list(records), **fields}
        return record_performance(MeasuringReport.model_validate(report), previews=self.previews)


def figures(**changes: Any) -> dict[str, Any]:
    told = {"kind": "performance", "machine": "a processor", "at": NOON.isoformat(), "points": POINTS}
    return {**told, **changes}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_file_is_measured_once_whoever_asks(desk: Desk) -> None:
    assert desk.read().state is PreviewState.NONE
    assert desk.start().state is PreviewState.MEASURING
    assert desk.start().state is PreviewState.MEASURING
    (request,) = desk.jobs.submitted.values()
    assert (request.image, request.arguments) == ("serving", ("measure",))
    assert request.environment == {"OPENBML_MODEL_VARIANT": "fp32"}
    assert request.model_uri == f"s3://data/{SCOPE.prefix}models/3/1/"
    desk.tell(figures())
    assert desk.start().state is PreviewState.READY
    assert len(desk.jobs.submitted) == 1


def test_the_curve_reaches_the_largest_copy_and_an_estimate_counts_the_instances(desk: Desk) -> None:
    desk.start()
    desk.tell({"kind": "stage", "stage": "loading"}, figures())
    shown = desk.read(compute_units=2, instances=3)
    assert [point.compute_units for point in shown.points] == list(range(1, 17))
    assert (shown.machine, shown.measured_at) == ("a processor", NOON)
    assert shown.estimate is not None
    assert (shown.estimate.latency_ms, shown.estimate.qps, shown.estimate.measured) == (12.0, 285.0, True)
    assert desk.read(compute_units=2).estimate is None
    foretold = desk.read(compute_units=16, instances=2).estimate
    assert foretold is not None
    assert not foretold.measured


@pytest.mark.parametrize(
    "changes",
    [
        {"is_tuned": False},
        {"is_tuned": True, "image": "custom-sklearn"},
        {"is_tuned": True, "task_type": "tabular_prediction"},
    ],
)
def test_only_models_of_preset_tuning_have_a_curve(desk: Desk, changes: dict[str, Any]) -> None:
    desk.versions.changes = changes
    assert desk.start().state is PreviewState.UNSUPPORTED
    assert desk.read().state is PreviewState.UNSUPPORTED
    assert desk.jobs.submitted == {}


def test_a_file_or_a_size_that_there_is_not_is_refused(desk: Desk) -> None:
    with pytest.raises(VariantMissingError):
        desk.start(KEY.model_copy(update={"variant": "int8"}))
    with pytest.raises(InvalidRequestError):
        desk.read(compute_units=17, instances=2)


def test_a_measurement_that_failed_says_why_and_may_be_started_again(desk: Desk) -> None:
    desk.start()
    cause = Failure(fault=Fault.PLATFORM, message="the model cannot be set up")
    desk.tell(state="failed", failure=cause.model_dump())
    shown = desk.read()
    assert (shown.state, shown.failure) == (PreviewState.NONE, cause)
    assert desk.start().state is PreviewState.MEASURING
    assert list(desk.jobs.submitted) == ["perf71", "perf72"]
    assert desk.tell(figures()) is None
    desk.tell(figures(), number=72)
    assert desk.read().state is PreviewState.READY


def test_a_measurement_without_an_end_may_be_started_again(desk: Desk) -> None:
    desk.start()
    desk.now.at += OVERDUE_AFTER
    assert desk.read().state is PreviewState.NONE
    assert desk.start().state is PreviewState.MEASURING
    assert list(desk.jobs.submitted) == ["perf71", "perf72"]


def test_the_end_of_the_job_takes_no_figures_away_and_figures_may_come_after_it(desk: Desk) -> None:
    desk.start()
    desk.tell(state="completed")
    assert desk.read().state is PreviewState.MEASURING
    desk.tell(figures())
    desk.tell(state="stopped")
    desk.tell(figures(machine="another"))
    assert desk.read().machine == "a processor"


@pytest.mark.parametrize(
    "record",
    [
        figures(points=[]),
        figures(points=[{"compute_units": 2, "latency_ms": 1, "qps": 1}]),
        figures(points=[{"compute_units": 1, "latency_ms": -1, "qps": 1}]),
        figures(points=[{"compute_units": 1, "latency_ms": "nan", "qps": 1}]),
        figures(machine="x" * 201),
        {"kind": "performance"},
    ],
)
def test_malformed_figures_are_none(desk: Desk, record: dict[str, Any]) -> None:
    desk.start()
    desk.tell(record)
    preview = desk.previews.find(SCOPE, KEY)
    assert preview is not None
    assert preview.state is MeasuringState.MEASURING


@pytest.mark.parametrize("owner_id", ["", "3/1/fp32", "3/1/fp32/x", "9/1/fp32/71"])
def test_reports_of_nobody_s_measurement_are_left_out(desk: Desk, owner_id: str) -> None:
    desk.start()
    owner = {"context": "performance", "id": owner_id}
    report = MeasuringReport.model_validate({"scope": SCOPE.model_dump(), "owner": owner})
    assert record_performance(report, previews=desk.previews) is None
