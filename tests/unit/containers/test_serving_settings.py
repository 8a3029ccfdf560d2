"""The serving image's settings: SageMaker's variables and our own, and what cannot be."""

import pytest

from openbml_kit.faults import UserFault
from openbml_serving.settings import ServingSettings


def test_without_variables_it_serves_the_containers_port_to_all() -> None:
    settings = ServingSettings.from_env({})
    assert (settings.host, settings.port, settings.variant) == ("0.0.0.0", 8080, None)
    assert settings.http.max_body_bytes == 6 * 1024 * 1024
    assert settings.compute_at_once


def test_outside_a_container_only_this_machine_reaches_it() -> None:
    assert ServingSettings.from_env({"SAGEMAKER_BASE_DIR": "/tmp/job"}).host == "127.0.0.1"
    named = {"SAGEMAKER_BASE_DIR": "/tmp/job", "OPENBML_BIND_HOST": "10.0.0.5"}
    assert ServingSettings.from_env(named).host == "10.0.0.5"


def test_variables_are_read_as_what_they_are() -> None:
    settings = ServingSettings.from_env(
        {
            "SAGEMAKER_BIND_TO_PORT": "9000",
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": "64",
            "SAGEMAKER_MODEL_SERVER_TIMEOUT": "5",
            "OPENBML_MODEL_VARIANT": "int8",
            "OPENBML_SERVING_MAX_CONNECTIONS": "7",
            "OPENBML_SERVING_COMPUTE_AT_ONCE": "false",
            "OPENBML_SERVING_MAX_WAIT_S": "",
        }
    )
    assert (settings.port, settings.drain_timeout_s, settings.variant) == (9000, 5, "int8")
    assert not settings.compute_at_once
    assert settings.max_wait_s == 20
    assert settings.http.max_connections == 7
    # A body that may be sent is read to its end before it is refused.
    assert settings.http.max_discarded_bytes == settings.http.max_body_bytes == 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAGEMAKER_BIND_TO_PORT", "65536"),
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "six"),
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "0"),
        ("OPENBML_MODEL_VARIANT", "int4"),
        ("OPENBML_SERVING_HANG_TIMEOUT_S", "-1"),
        ("OPENBML_SERVING_MAX_CONNECTIONS", "0"),
    ],
)
def test_what_cannot_be_is_told(name: str, value: str) -> None:
    with pytest.raises(UserFault, match="settings of the server"):
        ServingSettings.from_env({name: value})
