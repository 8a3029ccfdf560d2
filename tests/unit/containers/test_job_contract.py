"""The SageMaker side of a job: folders, cores, failures, progress, stop requests."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openbml_kit.faults import PlatformFault, UserFault, reporting_failures
from openbml_kit.files import write_atomically
from openbml_kit.places import Places, core_count
from openbml_kit.progress import TAG, Progress
from openbml_kit.stopping import StopRequest

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def hyper_parameters(base: Path, text: str) -> Places:
    folder = base / "input" / "config"
    folder.mkdir(parents=True)
    (folder / "hyperparameters.json").write_text(text)
    return Places.from_env({"SAGEMAKER_BASE_DIR": str(base)})


def test_the_tree_lies_below_opt_ml_unless_told_otherwise(tmp_path: Path) -> None:
    assert Places.from_env({}).model == Path("/opt/ml/model")
    assert Places.from_env({"SAGEMAKER_BASE_DIR": str(tmp_path)}).output_data == tmp_path / "output" / "data"


def test_the_sdks_reserved_hyper_parameters_are_dropped(tmp_path: Path) -> None:
    places = hyper_parameters(
        tmp_path, '{"epochs": "3", "sagemaker_region": "x", "_tuning_objective_metric": "y"}'
    )
    assert places.hyper_parameters() == {"epochs": "3"}


@pytest.mark.parametrize("text", ["", "[]", '{"epochs": 3}', "{"])
def test_malformed_hyper_parameters_are_the_platforms_fault(tmp_path: Path, text: str) -> None:
    with pytest.raises(PlatformFault, match=r"hyperparameters\.json"):
        hyper_parameters(tmp_path, text).hyper_parameters()


def test_cores_are_the_slots_and_never_more_than_allowed() -> None:
    allowed = core_count({})
    assert core_count({"SM_NUM_CPUS": "1"}) == 1
    assert core_count({"SM_NUM_CPUS": "4096"}) == allowed
    assert core_count({"SM_NUM_CPUS": "none"}) == allowed


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "first_line"),
    [
        (UserFault("hyper-parameter epochs\nis wrong"), "user: hyper-parameter epochs is wrong"),
        (PlatformFault("shard missing"), "platform: shard missing"),
        (ZeroDivisionError("oops"), "platform: ZeroDivisionError: oops"),
    ],
)
def test_a_failure_is_written_cause_first_and_tagged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception, first_line: str
) -> None:
    file = tmp_path / "output" / "failure"
    assert reporting_failures(raising(error), failure_file=file) == 1
    assert file.read_text().splitlines()[0] == first_line
    assert len(file.read_text()) <= 1024
    assert first_line in capsys.readouterr().err


def test_too_little_memory_tells_the_user_what_to_change(tmp_path: Path) -> None:
    reporting_failures(raising(MemoryError()), failure_file=tmp_path / "failure")
    assert (tmp_path / "failure").read_text().startswith("user: the machine's memory is too small")


def test_a_job_that_ends_well_writes_no_failure(tmp_path: Path) -> None:
    assert reporting_failures(lambda: None, failure_file=tmp_path / "failure") == 0
    assert not (tmp_path / "failure").exists()


def test_progress_is_tagged_json_and_plain_metrics() -> None:
    stream = io.StringIO()
    progress = Progress(stream, now=lambda: NOON)
    progress.stage("training")
    progress.epoch(epoch=2, eval_accuracy=0.5)
    progress.note("warning", "标签")
    lines = stream.getvalue().splitlines()
    tagged = [json.loads(line.removeprefix(TAG)) for line in lines if line.startswith(TAG)]
    assert tagged == [
        {"kind": "stage", "stage": "training", "at": "2026-05-01T12:00:00.000Z"},
        {"kind": "epoch", "epoch": 2, "eval_accuracy": 0.5, "at": "2026-05-01T12:00:00.000Z"},
        {"kind": "note", "level": "warning", "message": "标签"},
    ]
    assert "epoch=2 eval_accuracy=0.5" in lines


def test_a_file_that_could_not_be_written_leaves_the_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    path.write_text("earlier")

    def fail_half_way(draft: Path) -> None:
        draft.write_text("hal")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, fail_half_way)
    assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]
    assert path.read_text() == "earlier"


def test_the_time_limit_counts_what_was_trained_before_a_kill() -> None:
    seconds = 100.0
    stop = StopRequest(max_seconds=60, clock=lambda: seconds)
    assert stop.reason is None
    stop.count_earlier(59)
    assert stop.reason is None
    seconds += 1
    assert stop.reason == "time_limit"


def test_no_time_limit_is_none() -> None:
    stop = StopRequest(max_seconds=0, clock=lambda: 0.0)
    stop.count_earlier(1e9)
    assert stop.reason is None


def test_a_leaderboard_is_told_as_far_as_a_record_holds_it() -> None:
    out = io.StringIO()
    entry = {"name": "LGBM", "model": "LGBM", "score": -0.4, "weight": 1.0, "fit_s": 2.5, "state": "complete"}
    Progress(out).leaderboard([entry] * 30)
    Progress(out).leaderboard([{**entry, "name": "x" * 7000}] * 3)
    short, long = (json.loads(line.removeprefix("##openbml ")) for line in out.getvalue().splitlines())
    assert short["kind"] == "leaderboard"
    assert short["entries"] == [entry] * 20
    assert len(long["entries"]) == 2


def test_predictions_of_samples_fit_a_record() -> None:
    said = [{"label": "x" * 500, "box": [1.5, 2.5, 3.5, 4.5]} for _ in range(10)]
    items = [{"sample_id": str(number), "predicted": said} for number in range(9)]
    out = io.StringIO()
    Progress(out).samples(3, items)
    (line,) = out.getvalue().splitlines()
    record = json.loads(line.removeprefix(TAG))
    assert len(line) <= 16_384
    assert (record["kind"], record["epoch"]) == ("samples", 3)
    assert record["items"] == items[:2]
