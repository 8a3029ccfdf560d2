"""What the serving image answers for models of tables, on linear ones whose right answer is known."""

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.contract.containers.environments import (
    ROOT,
    Server,
    make_models,
    refusal_to_serve,
    servers_of,
)
from tests.contract.containers.prediction_bodies import INVALID_ARGUMENT, JSON_INVALID

pytestmark = pytest.mark.contract

Serve = Callable[[str], Server]

EXAMPLES = ROOT / "examples" / "prediction"
KINDS = ["value", "quantiles", "binary", "classes"]
ROW = {"age": 30, "colour": "blue", "since": "2005-06-01"}
UNKNOWN = {"age": None, "colour": "mauve", "since": None}
# Means of the models' background rows.
MEAN_AGE, MEAN_BLUE, MEAN_YEAR = 24.5, 0.5, 2004.5


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_models("tabular", "tiny_tables.py", tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def serve(models: Path) -> Iterator[Serve]:
    with servers_of(models) as server:
        yield server


def body(*rows: Mapping[str, Any], **more: object) -> bytes:
    return json.dumps({"data": list(rows), **more}).encode()


def results(server: Server, *rows: Mapping[str, Any], **more: object) -> list[dict[str, Any]]:
    reply = server.post(body(*rows, **more))
    assert list(reply) == ["batch_results"], reply
    return reply["batch_results"]  # type: ignore[no-any-return]


def softmax(*sums: float) -> list[float]:
    shares = [math.exp(number) for number in sums]
    return [share / sum(shares) for share in shares]


class TestAnswers:
    def test_a_regression_answers_a_value(self, serve: Serve) -> None:
        assert results(serve("value"), ROW) == [{"value": pytest.approx(2 * 30 + 10 + 0.5 * 2005 - 1000)}]

    def test_quantiles_are_answered_by_their_names_and_the_middle_one_is_the_value(
        self, serve: Serve
    ) -> None:
        (found,) = results(serve("quantiles"), ROW)
        assert found == {"value": 60, "quantiles": {"0.1": 29, "0.5": 60, "0.9": 91}}

    def test_classes_are_answered_with_all_their_scores(self, serve: Serve) -> None:
        (found,) = results(serve("classes"), ROW)
        scores = softmax(3, 3, 6 + 1 - 3)
        assert found["label"] == "c"
        assert found["scores"] == pytest.approx(dict(zip("abc", scores, strict=True)), abs=1e-6)

    @pytest.mark.parametrize(("age", "label"), [(18, "no"), (20, "yes")])
    def test_the_positive_class_is_answered_above_the_recommended_threshold(
        self, serve: Serve, age: int, label: str
    ) -> None:
        no, yes = softmax(0, 0.1 * age - 3)
        assert (yes > 0.25) == (label == "yes")
        assert yes < 0.5
        (found,) = results(serve("binary"), {**ROW, "age": age, "colour": "red"})
        assert found == {"label": label, "scores": pytest.approx({"no": no, "yes": yes}, abs=1e-6)}

    def test_missing_and_unseen_values_are_answered(self, serve: Serve) -> None:
        assert results(serve("value"), UNKNOWN) == [{"value": -1000}]

    def test_a_column_that_training_passed_over_may_be_sent(self, serve: Serve) -> None:
        assert results(serve("value"), {**ROW, "id": 7}) == results(serve("value"), ROW)

    @pytest.mark.parametrize("count", [1, 2, 63, 64, 1000])
    def test_rows_are_answered_in_their_order(self, serve: Serve, count: int) -> None:
        rows = [{**ROW, "age": age, "colour": "red", "since": None} for age in range(count)]
        assert [found["value"] for found in results(serve("value"), *rows)] == [
            2 * age - 1000 for age in range(count)
        ]

    @pytest.mark.parametrize("kind", KINDS)
    def test_rows_are_repeated_in_the_answer_on_request(self, serve: Serve, kind: str) -> None:
        plain = results(serve(kind), ROW, UNKNOWN)
        assert results(serve(kind), ROW, UNKNOWN, include_req=False) == plain
        repeated = results(serve(kind), ROW, UNKNOWN, include_req=True)
        assert [found.pop("req") for found in repeated] == [ROW, UNKNOWN]
        assert repeated == plain


class TestExplanations:
    def test_contributions_are_those_of_the_linear_model(self, serve: Serve) -> None:
        (found,) = results(serve("value"), ROW, explain=True)
        base = 2 * MEAN_AGE + 10 * MEAN_BLUE + 0.5 * MEAN_YEAR - 1000
        assert found["explanation"]["base"] == pytest.approx(base)
        wanted = {"age": 2 * (30 - MEAN_AGE), "colour": 10 * 0.5, "since": 0.5 * (2005 - MEAN_YEAR)}
        parts = found["explanation"]["contributions"]
        assert [part["feature"] for part in parts] == ["age", "colour", "since"]
        assert [part["value"] for part in parts] == [30, "blue", "2005-06-01"]
        assert [part["contribution"] for part in parts] == pytest.approx(list(wanted.values()), abs=1e-3)

    @pytest.mark.parametrize("kind", KINDS)
    def test_base_and_contributions_sum_to_what_is_answered(self, serve: Serve, kind: str) -> None:
        rows = [{**ROW, "age": age} for age in range(19)]
        for found in results(serve(kind), *rows, UNKNOWN, explain=True, include_req=True):
            told = found["value"] if "value" in found else found["scores"][found["label"]]
            explanation = found["explanation"]
            total = sum(part["contribution"] for part in explanation["contributions"])
            assert explanation["base"] + total == pytest.approx(told, abs=1e-3 * max(1, abs(told)))


def refusal(detail: str) -> dict[str, Any]:
    return {**INVALID_ARGUMENT, "error_msg": f"Invalid Argument: {detail}"}


NO_ROWS = refusal("data must be a list of rows, each an object of features")


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        pytest.param(b'{"data": ', JSON_INVALID, id="cut off"),
        pytest.param(b'{"data": "\xff\xfe"}', JSON_INVALID, id="not UTF-8"),
        pytest.param(b'{"data": [{"age": NaN}]}', JSON_INVALID, id="NaN"),
        pytest.param(b"[]", INVALID_ARGUMENT, id="a list"),
        pytest.param(b" " * 4_194_305, INVALID_ARGUMENT, id="over 4M"),
        pytest.param(b" " * 7_000_000, INVALID_ARGUMENT, id="over the server's limit"),
        pytest.param(b"{}", NO_ROWS, id="no data"),
        pytest.param(b'{"data": null}', NO_ROWS, id="null"),
        pytest.param(b'{"data": {"age": 1}}', NO_ROWS, id="one row"),
        pytest.param(body(), NO_ROWS, id="no rows"),
        pytest.param(
            b'{"data": [[1]]}', refusal("row 0 of data must be an object of features"), id="a list in data"
        ),
        pytest.param(
            body(*[ROW] * 1001), refusal("data has 1001 rows, at most 1000 are answered"), id="1001 rows"
        ),
        pytest.param(
            body(*[ROW] * 21, explain=True),
            refusal("data has 21 rows, at most 20 are answered"),
            id="21 rows explained",
        ),
        pytest.param(
            body(ROW, include_req="yes"), refusal("include_req must be true or false"), id="include_req"
        ),
        pytest.param(body(ROW, explain=1), refusal("explain must be true or false"), id="explain"),
    ],
)
@pytest.mark.parametrize("kind", ["value", "binary"])
def test_a_wrong_body_is_refused_and_told_why(
    serve: Serve, kind: str, sent: bytes, answer: dict[str, Any]
) -> None:
    assert serve(kind).post(sent) == answer


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"age": 30, "since": None}, ["row 1", "'colour' is missing"]),
        ({**ROW, "height": 3}, ["row 1", "'height'", "leave it out"]),
        ({**ROW, "age": "old"}, ["row 1", "'age'", "a number is expected"]),
        ({**ROW, "age": [30]}, ["row 1", "'age'"]),
        ({**ROW, "colour": {}}, ["row 1", "'colour'"]),
        ({**ROW, "since": "soon"}, ["row 1", "'since'", "a date is expected"]),
        ({**ROW, "x" * 100_000: 3}, ["row 1", "xxx"]),
    ],
)
def test_a_wrong_feature_is_named(serve: Serve, row: Mapping[str, Any], named: list[str]) -> None:
    reply = serve("value").post(body(ROW, row))
    assert reply["error_code"] == 336001
    assert reply["error_msg"].startswith("Invalid Argument: ")
    assert len(reply["error_msg"]) < 400
    assert [part for part in named if part not in reply["error_msg"]] == []


def test_another_content_type_is_an_invalid_argument(serve: Serve) -> None:
    assert serve("value").post(body(ROW), "application/x-www-form-urlencoded") == INVALID_ARGUMENT


def test_parallel_requests_get_their_own_answers(serve: Serve) -> None:
    bodies = [body(*[{**ROW, "age": age}] * (1 + 70 * (age % 3)), explain=age % 3 == 0) for age in range(12)]
    alone = [serve("value").post(sent) for sent in bodies]
    with ThreadPoolExecutor(8) as clients:
        together = list(clients.map(serve("value").post, bodies * 4))
    assert together == alone * 4


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["sh", "predict_table.sh"], ['"label":"c"', '"label":"a"']),
        ([sys.executable, "predict_table.py"], ["c\n", "+0.1", "age = 30", "colour = blue"]),
        (["node", "predict_table.mjs"], ["c {", "a {"]),
    ],
)
def test_the_examples_of_the_documentation_run(serve: Serve, command: list[str], said: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    url = f"{serve('classes').url}/invocations"
    ended = subprocess.run(
        [command[0], EXAMPLES / command[1], url, "token"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert [part for part in said if part not in ended.stdout] == []


class TestSettingUp:
    def test_it_is_ready_within_three_seconds(self, serve: Serve) -> None:
        assert serve("value").seconds_to_ready < 3 * 4  # a loaded machine

    def test_a_variant_is_refusal_to_serve(self, models: Path) -> None:
        said = refusal_to_serve(models / "value", OPENBML_MODEL_VARIANT="int8")
        assert "the model has no variant int8" in said

    def test_files_that_do_not_belong_together_are_told(self, models: Path, tmp_path: Path) -> None:
        shutil.copytree(models / "value", tmp_path, dirs_exist_ok=True)
        features = tmp_path / "model" / "features.json"
        document = json.loads(features.read_text())
        document["columns"] = document["columns"][:-1]
        features.write_text(json.dumps(document))
        assert "model.onnx takes 3 features, features.json makes 2" in refusal_to_serve(tmp_path)

    def test_a_graph_that_answers_too_few_classes_is_told(self, models: Path, tmp_path: Path) -> None:
        shutil.copytree(models / "binary", tmp_path, dirs_exist_ok=True)
        shutil.copy(models / "classes" / "model" / "model.onnx", tmp_path / "model")
        assert "answers a row in shape (1, 3), not (1, 2)" in refusal_to_serve(tmp_path)

    @pytest.mark.parametrize("file", ["model.json", "features.json", "background.json"])
    def test_a_missing_file_is_told(self, models: Path, tmp_path: Path, file: str) -> None:
        shutil.copytree(models / "value", tmp_path, dirs_exist_ok=True)
        (tmp_path / "model" / file).unlink()
        assert f"{file} cannot be read" in refusal_to_serve(tmp_path)
