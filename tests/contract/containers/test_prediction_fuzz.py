"""Whatever is sent to a prediction API is answered with its documented body: results or one of its errors.

The models are fine, so that an internal error (336000) would be the server's own fault.
"""

import base64
import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from openbml_catalog.prediction_apis import prediction_apis
from tests.contract.containers.conftest import file_of
from tests.contract.containers.environments import Server, make_models, servers_of
from tests.contract.containers.test_serving_media import wav_of

pytestmark = pytest.mark.contract

Ask = Callable[[str, bytes, str], dict[str, Any]]
SERVED = {
    "image_classification_multi_label": ("deep", "multi_label"),
    "object_detection": ("deep", "detection"),
    "instance_segmentation": ("deep", "instance_input"),
    "semantic_segmentation": ("deep", "semantic"),
    "tabular_prediction": ("tabular", "binary"),
    "text_classification": ("media", "text_classification"),
    "text_classification_multi_label": ("media", "text_classification_multi_label"),
    "short_text_matching": ("media", "short_text_matching"),
    "sequence_labelling": ("media", "sequence_labelling"),
    "entity_extraction": ("media", "entity_extraction"),
    "ocr": ("media", "ocr"),
    "audio_classification": ("media", "audio_classification"),
}
INTERNAL = 336000
PICTURE = base64.b64encode(file_of(Image.new("RGB", (20, 20)))).decode()
SOUND = base64.b64encode(wav_of(0.05)).decode()
ROW = {"age": 30, "colour": "blue", "since": "2005-06-01"}


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    with ExitStack() as stack:
        sources: dict[str, Callable[[str], Server]] = {}
        for name, image, script in (
            ("deep", "deep", "tiny_models.py"),
            ("tabular", "tabular", "tiny_tables.py"),
            ("media", "deep", "tiny_media_models.py"),
        ):
            models = make_models(image, script, tmp_path_factory.mktemp(name))
            sources[name] = stack.enter_context(servers_of(models))

        def asked(task: str, body: bytes, content_type: str) -> dict[str, Any]:
            source, model = SERVED[task]
            connection = http.client.HTTPConnection("127.0.0.1", sources[source](model).port, timeout=30)
            connection.request("POST", "/invocations", body=body, headers={"Content-Type": content_type})
            reply = connection.getresponse()
            assert reply.status == 200
            document: dict[str, Any] = json.loads(reply.read())
            connection.close()
            return document

        yield asked


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**80), max_value=2**80)
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from([PICTURE, SOUND, PICTURE[:50], "data:image/png;base64," + PICTURE, "1e999", "0.7", "%"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(ROW, LEAVES)) | st.just(ROW) | VALUES, max_size=4)
BYTES = (
    st.binary(max_size=200)
    | st.sampled_from([b"", b"[" * 100_000, b'{"a":' * 5_000, b'{"image": NaN}', b"\xef\xbb\xbf{}", b"null"])
    | st.text(max_size=60).map(lambda text: text.encode("utf-16", "surrogatepass"))
)
TYPES = st.sampled_from(
    ["application/json"] * 8
    + ["application/json;charset=UTF-8", "text/plain", "", "application/x-www-form-urlencoded"]
)


def documents(task: str) -> st.SearchStrategy[Mapping[str, Any]]:
    """Return objects with the API's fields, mostly of other types than the API takes."""
    fields = {field.name for field in prediction_apis()[task].request}
    values: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(fields, VALUES)
    if "data" in fields:
        values["data"] = ROWS | VALUES
    return st.fixed_dictionaries({}, optional={**values, "other": VALUES})


@pytest.mark.parametrize("task", SERVED)
def test_every_body_is_answered_with_a_documented_one(ask: Ask, task: str) -> None:
    api = prediction_apis()[task]
    codes = {error.code for error in api.errors} - {INTERNAL}
    bodies = BYTES | documents(task).map(lambda document: json.dumps(document).encode())

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(bodies, TYPES)
    def fuzz(body: bytes, content_type: str) -> None:
        reply = ask(task, body, content_type)
        if "error_code" in reply:
            assert reply["error_code"] in codes
            assert "Traceback" not in reply["error_msg"]
            assert 'File "' not in reply["error_msg"]
        else:
            assert set(reply) <= {field.name.partition("[")[0] for field in api.response} | {"words_results"}

    fuzz()
