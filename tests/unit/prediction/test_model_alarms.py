"""A model that fails its calls is counted where the alarm of the services stack looks."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.compute.invocations import ModelFailedError
from tests.fakes.prediction_desk import PATH, PredictionDesk

ROOT = Path(__file__).resolve().parents[3]


class Context(LambdaContext):
    """What the handler reads of its context."""

    function_name = "answers"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:eu-central-1:1:function:answers"
    aws_request_id = "1"


def handler() -> Any:
    path = ROOT / "functions" / "answer_prediction" / "handler.py"
    spec = importlib.util.spec_from_file_location("alarmed_answer_prediction", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> tuple[PredictionDesk, Any]:
    module, desk = handler(), PredictionDesk()
    monkeypatch.setattr(module, "prediction_api", lambda: desk.api)
    monkeypatch.setattr(module, "reports", lambda: desk.reports)
    return desk, module


def figures(printed: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return [line for line in lines if "ModelFailures" in line]


@pytest.mark.parametrize(
    ("outcome", "counted"),
    [
        (ModelFailedError(deployment_id="5", status=500), 1),
        (b"<html>", 1),
        (b'{"error_code": 336000, "error_msg": "Internal error"}', 1),
        (b'{"error_code": 336006, "error_msg": "x"}', 0),
        (b'{"results": []}', 0),
    ],
    ids=str,
)
def test_calls_that_a_model_failed_are_counted_for_the_alarm(
    desk: tuple[PredictionDesk, Any], capsys: pytest.CaptureFixture[str], outcome: Any, counted: int
) -> None:
    fakes, module = desk
    fakes.invoker.outcome = outcome
    event = {
        "httpMethod": "POST",
        "path": PATH,
        "queryStringParameters": {"access_token": fakes.token()},
        "body": "{}",
    }

    reply = module.lambda_handler(event, Context())

    assert reply["statusCode"] == 200
    found = figures(capsys.readouterr().out)
    assert len(found) == counted
    for figure in found:
        (directive,) = figure["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "OpenBML"
        assert sorted(directive["Dimensions"][0]) == ["FunctionName", "service"]
        assert (figure["FunctionName"], figure["service"]) == ("answers", "openbml")


def test_the_alarm_watches_what_is_counted() -> None:
    text = (ROOT / "infra" / "stacks" / "services.yaml").read_text(encoding="utf-8")
    alarm = text.partition("  ModelFailuresAlarm:\n")[2].partition("\n\n")[0]

    assert "Namespace: OpenBML" in alarm
    assert "MetricName: ModelFailures" in alarm
    assert "Value: !Ref AnswerPrediction" in alarm
    assert "Name: service, Value: openbml" in alarm
    assert "AlarmActions: [!Ref AlarmTopicArn]" in alarm
