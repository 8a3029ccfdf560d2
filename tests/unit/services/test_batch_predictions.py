"""A batch prediction from the form to its end: use cases over fakes."""

from datetime import timedelta
from typing import Any

import pytest

from openbml.core.errors import InvalidRequestError
from openbml.services.batch import order_batches, read_batches, run_batches
from openbml.services.batch.batch_forms import BatchView, UploadRequest
from openbml.services.batch.batch_predictions import (
    BatchConflictError,
    BatchNotFoundError,
    BatchState,
    BatchStateError,
)
from openbml.services.batch.events import BatchStateChanged, UsageReported
from openbml.services.collaborators import AllowanceUsedUpError, VariantMissingError
from openbml_formats.batch_orders import BatchOrder
from tests.fakes.batches_memory import BUCKETS, BatchDesk
from tests.fakes.services_samples import SCOPE


@pytest.fixture
def desk() -> BatchDesk:
    return BatchDesk()


def test_the_form_becomes_a_job_of_the_versions_own_image(desk: BatchDesk) -> None:
    batch = desk.create(nodes=3, parameters={"top_num": 2}, output_format="csv", variant="fp32")
    desk.start(batch.batch_id)

    request = desk.jobs.submitted[f"batch{batch.batch_id}a1"]
    assert (request.image, request.node_count, request.arguments) == ("serving", 3, ("batch",))
    assert request.model_uri
    assert request.model_uri.startswith("s3://")
    folder = f"projects/42/batch-predictions/{batch.batch_id}/"
    order = BatchOrder.model_validate_json(desk.files.orders[f"{folder}order/1/"])
    assert request.order_uri == f"s3://data/{folder}order/1/"
    assert order.output_uri == f"s3://data/{folder}output/"
    assert order.journal_uri == f"s3://data/{folder}journal/"
    assert (order.parameters, order.output_format, order.variant) == ({"top_num": 2}, "csv", "fp32")
    assert BatchView.of(desk.batches.get(SCOPE, batch.batch_id)).price_per_minute * 1000 == 75


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"input": {"uri": "s3://data/projects/4/x"}}, "input.uri"),
        ({"input": {"uri": "s3://uploads/projects/422/x"}}, "input.uri"),
        ({"input": {"uri": "s3://data/projects/42/../43/x"}}, "input.uri"),
        ({"input": {"uri": "s3://somebody/x"}}, "input.uri"),
        ({"input": {"uri": "s3://data"}}, "input.uri"),
        ({"output": {"uri": "s3://data/projects/42/models/3/1/"}}, "output.uri"),
        ({"output": {"uri": "s3://data/projects/42/batch-predictions/"}}, "output.uri"),
        ({"output": {"uri": "s3://uploads/projects/42/batch-predictions/x/"}}, "output.uri"),
        ({"machine_type": "SVC_CPU"}, "machine_type"),
        ({"parameters": {"image": "x"}}, "parameters.image"),
        ({"parameters": {"explode": 1}}, "parameters.explode"),
    ],
)
def test_what_does_not_belong_is_refused_by_its_field(
    desk: BatchDesk, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        desk.create(**changes)

    assert refusal.value.details["field"] == field


def test_a_customers_bucket_is_taken_by_its_name(desk: BatchDesk) -> None:
    batch = desk.create(
        input={"uri": "s3://openbml-exchange-acme/in.csv"}, output={"uri": "s3://openbml-exchange-acme/out/"}
    )

    assert batch.work.output_uri == "s3://openbml-exchange-acme/out/"


def test_without_means_or_the_variant_nothing_is_recorded(desk: BatchDesk) -> None:
    with pytest.raises(VariantMissingError):
        desk.create(variant="int8")
    desk.funds.has = False
    with pytest.raises(AllowanceUsedUpError):
        desk.create()

    assert desk.batches.page(SCOPE, limit=10, position=None) == ([], None)


def test_all_nodes_together_are_the_progress_and_old_lines_change_nothing(desk: BatchDesk) -> None:
    batch = desk.running(nodes=2)

    desk.tell(batch.batch_id, {"node": 0, "done": 50, "failed": 1, "total": 300, "share": 0.5})
    desk.tell(batch.batch_id, {"node": 1, "done": 30, "failed": 2, "total": 300, "share": 0.25})
    assert desk.tell(batch.batch_id, {"node": 0, "done": 40, "failed": 0, "total": 300}) is None
    desk.tell(batch.batch_id, {"node": 0, "done": "many"}, {"node": -1, "done": 2}, {"kind": "stage"})

    view = BatchView.of(desk.batches.get(SCOPE, batch.batch_id))
    assert (view.done, view.failed_items, view.total, view.share) == (80, 3, 300, 0.375)


def test_its_end_is_billed_once_by_nodes_and_started_minutes(desk: BatchDesk) -> None:
    batch = desk.running(nodes=2)
    began = desk.now()
    desk.now.pass_time(seconds=61)
    spans = [{"start": began, "end": desk.now()}]

    desk.change(batch, "completed", intervals=spans)
    desk.change(batch, "completed", intervals=spans)

    usages = desk.events.of(UsageReported)
    assert [(usage.usage_id, usage.units, usage.module) for usage in usages] == [
        (f"batch:{batch.batch_id}:1", 2, "batch")
    ]
    view = BatchView.of(desk.batches.get(SCOPE, batch.batch_id))
    assert (view.state, view.minutes, view.share) == ("succeeded", 2, 1.0)


@pytest.mark.parametrize(("fault", "billed"), [("user", 1), ("platform", 0)])
def test_a_fault_of_ours_is_free(desk: BatchDesk, fault: str, billed: int) -> None:
    batch = desk.running()

    desk.change(
        batch,
        "failed",
        failure={"fault": fault, "message": "why"},
        intervals=[{"start": desk.now(), "end": desk.now() + timedelta(minutes=3)}],
    )

    assert len(desk.events.of(UsageReported)) == billed
    assert desk.batches.get(SCOPE, batch.batch_id).state is BatchState.FAILED


def test_one_that_met_its_limit_of_time_has_failed_and_can_go_on(desk: BatchDesk) -> None:
    batch = desk.running()

    desk.change(batch, "stopped", failure={"fault": "user", "message": "the maximum running time"})

    assert desk.batches.get(SCOPE, batch.batch_id).state is BatchState.FAILED
    order_batches.resume_batch(SCOPE, batch.batch_id, using=desk.using)


def test_a_stop_before_compute_has_it_ends_it_at_once(desk: BatchDesk) -> None:
    batch = desk.create()

    assert desk.stop(batch.batch_id).state is BatchState.STOPPED
    desk.start(batch.batch_id)

    assert desk.jobs.submitted == {}


def test_a_stop_beside_its_start_stops_the_job(desk: BatchDesk) -> None:
    batch = desk.create()
    save = desk.batches.save

    def stopped_first(changed: Any) -> None:
        desk.batches.save = save  # type: ignore[method-assign]
        desk.stop(batch.batch_id)
        save(changed)

    desk.batches.save = stopped_first  # type: ignore[method-assign]
    desk.start(batch.batch_id)

    assert desk.jobs.stopped == [batch.compute_id]
    assert desk.batches.get(SCOPE, batch.batch_id).state is BatchState.STOPPED


def test_stop_resume_and_the_end_of_the_second_attempt(desk: BatchDesk) -> None:
    batch = desk.running()
    began = desk.now()
    assert desk.stop(batch.batch_id).state is BatchState.STOPPING
    assert desk.stop(batch.batch_id).state is BatchState.STOPPING
    assert desk.jobs.stopped == [batch.compute_id] * 2
    desk.now.pass_time(minutes=5)
    spans = [{"start": began, "end": desk.now()}]
    desk.change(batch, "stopped", intervals=spans)

    again = order_batches.resume_batch(SCOPE, batch.batch_id, using=desk.using)
    desk.start(batch.batch_id)
    desk.change(batch, "failed", failure={"fault": "user", "message": "of the first attempt, again"})
    desk.change(again, "completed", intervals=spans)

    assert list(desk.jobs.submitted) == [f"batch{batch.batch_id}a1", f"batch{batch.batch_id}a2"]
    assert [usage.usage_id for usage in desk.events.of(UsageReported)] == [
        f"batch:{batch.batch_id}:1",
        f"batch:{batch.batch_id}:2",
    ]
    view = BatchView.of(desk.batches.get(SCOPE, batch.batch_id))
    assert (view.state, view.attempt, view.minutes) == ("succeeded", 2, 10)
    for action in (desk.stop, lambda one: order_batches.resume_batch(SCOPE, one, using=desk.using)):
        with pytest.raises(BatchStateError):
            action(batch.batch_id)


def test_a_report_beside_another_change_is_taken_after_all(desk: BatchDesk) -> None:
    batch = desk.running()
    desk.batches.lost_saves = 2

    desk.change(batch, "completed")

    assert desk.batches.get(SCOPE, batch.batch_id).state is BatchState.SUCCEEDED
    desk.batches.lost_saves = 9
    with pytest.raises(BatchConflictError):
        desk.stop(desk.running(name="other").batch_id)


def test_deleting_takes_what_has_ended_and_then_its_files(desk: BatchDesk) -> None:
    batch = desk.running()
    with pytest.raises(BatchStateError):
        order_batches.delete_batch(SCOPE, batch.batch_id, batches=desk.batches, starting=desk.starting)
    desk.change(batch, "completed")

    order_batches.delete_batch(SCOPE, batch.batch_id, batches=desk.batches, starting=desk.starting)
    desk.start(batch.batch_id)

    with pytest.raises(BatchNotFoundError):
        desk.batches.get(SCOPE, batch.batch_id)
    assert desk.files.cleared == [f"projects/42/batch-predictions/{batch.batch_id}/"]


def test_what_was_left_behind_is_pushed_on(desk: BatchDesk) -> None:
    lost, running = desk.create(), desk.running(name="b")
    stopping = desk.running(name="c")
    desk.stop(stopping.batch_id)
    desk.jobs.stopped.clear()
    desk.starting.messages.clear()
    desk.now.pass_time(minutes=3)

    count = run_batches.resume_batches(
        batches=desk.batches, starting=desk.starting, jobs=desk.jobs, now=desk.now
    )

    assert count == 3
    assert [message.batch_id for message in desk.starting.messages] == [lost.batch_id]  # type: ignore[attr-defined]
    assert desk.jobs.announced == [running.compute_id, stopping.compute_id]
    assert desk.jobs.stopped == [stopping.compute_id]


def test_uploads_get_an_address_each_and_no_way_out(desk: BatchDesk) -> None:
    request = UploadRequest.model_validate({"files": [{"name": "a/1.jpg", "size_bytes": 3}]})
    view = read_batches.open_upload(
        request, scope=SCOPE, files=desk.files, buckets=BUCKETS, new_id=desk.new_id
    )

    assert view.input_uri == "s3://uploads/projects/42/batch-inputs/100/"
    assert view.uploads[0].url == "https://uploads.example/projects/42/batch-inputs/100/a/1.jpg"
    for names in (["../x"], ["/x"], ["a", "a"]):
        files = [{"name": name, "size_bytes": 1} for name in names]
        with pytest.raises(InvalidRequestError):
            read_batches.open_upload(
                UploadRequest.model_validate({"files": files}),
                scope=SCOPE,
                files=desk.files,
                buckets=BUCKETS,
                new_id=desk.new_id,
            )


def test_every_change_is_told(desk: BatchDesk) -> None:
    batch = desk.running()
    desk.tell(batch.batch_id, {"node": 0, "done": 5, "total": 10})
    desk.change(batch, "completed")

    told = desk.events.of(BatchStateChanged)
    assert [event.state for event in told] == ["queued", "queued", "running", "running", "succeeded"]  # type: ignore[attr-defined]
