"""The serving image's figures: histograms as Prometheus reads them, and where a request's time went."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_serving.metrics import Histogram, ServingMetrics
from openbml_serving.stages import computing, decoding, running

SAMPLE = re.compile(r'[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.e+-]+(inf)?')


def value(text: str, name: str) -> float:
    return next(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{name} "))


def test_a_histogram_counts_what_is_at_most_each_bound() -> None:
    histogram = Histogram((1, 2))
    for number in (0.5, 1, 1.5, 3):
        histogram.observe(number)
    histogram.observe(2, times=2)
    assert list(histogram.lines("x", 'a="b"')) == [
        'x_bucket{a="b",le="1"} 2',
        'x_bucket{a="b",le="2"} 5',
        'x_bucket{a="b",le="+Inf"} 6',
        'x_sum{a="b"} 10',
        'x_count{a="b"} 6',
    ]


@given(st.lists(st.floats(0, 100)), st.lists(st.integers(0, 400_000), max_size=5))
def test_every_line_is_a_comment_or_a_sample(seconds: list[float], codes: list[int]) -> None:
    metrics = ServingMetrics()
    for number in seconds:
        metrics.waited(number)
    for code in codes:
        metrics.answered(code, 0.1)
    lines = metrics.text(waiting=3, healthy=1.0).decode().splitlines()
    assert [line for line in lines if not line.startswith("# ") and not SAMPLE.fullmatch(line)] == []
    told = [line for line in lines if line.startswith("openbml_serving_answers_total")]
    assert sum(float(line.rpartition(" ")[2]) for line in told) == len(codes)


def test_requests_computed_together_have_their_share_of_the_time() -> None:
    metrics = ServingMetrics()
    with computing() as times, running():
        pass
    metrics.computed(times, 4)
    text = metrics.text().decode()
    assert value(text, 'openbml_serving_stage_seconds_count{stage="run"}') == 4
    total = sum(
        value(text, f'openbml_serving_stage_seconds_sum{{stage="{stage}"}}')
        for stage in ("decode", "preprocess", "run", "postprocess")
    )
    assert total == pytest.approx(times.seconds, rel=1e-3)
    assert value(text, "openbml_serving_together_sum") == 4
    assert value(text, "openbml_serving_together_count") == 1


def test_what_is_done_before_the_run_is_preparation_and_behind_it_the_answer() -> None:
    with computing() as times:
        with decoding():
            sum(range(20_000))
        sum(range(40_000))
        with running():
            sum(range(20_000))
        with running():
            sum(range(20_000))
    stages = dict(times.by_stage())
    assert min(stages["decode"], stages["preprocess"], stages["run"]) > 0
    assert stages["postprocess"] >= 0
    assert sum(stages.values()) == pytest.approx(times.seconds, rel=1e-6)


def test_a_request_that_is_refused_while_it_is_read_was_only_read() -> None:
    with computing() as times, decoding():
        sum(range(20_000))
    stages = dict(times.by_stage())
    assert stages["run"] == 0
    assert stages["decode"] > stages["preprocess"] + stages["postprocess"]


def test_reading_outside_of_a_request_is_not_counted() -> None:
    with decoding(), running():
        pass
