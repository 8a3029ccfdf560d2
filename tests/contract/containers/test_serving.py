"""What the serving image's `serve` owes: start, routes, the manual's body checks, load, drain."""

import base64
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.contract.containers.conftest import LABELS, drawing, file_of
from tests.contract.containers.environments import (
    ROOT,
    Finished,
    Job,
    Server,
    environment,
    free_port,
    interpreter,
    ping,
    run_python,
    serving,
)
from tests.contract.containers.prediction_bodies import (
    BASE64_INVALID,
    INVALID_ARGUMENT,
    JSON_INVALID,
    MISSING,
    SIZE_INVALID,
    UNDECODABLE,
    body,
    bomb,
    sized,
)

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def server(trained: tuple[Job, Finished]) -> Iterator[Server]:
    with serving(trained[0].base) as running:
        yield running


IMAGE = file_of(drawing("disc", 1), "JPEG")


class TestStart:
    def test_it_is_ready_within_three_seconds(self, server: Server) -> None:
        assert server.seconds_to_ready <= 3 * float(os.environ.get("OPENBML_TIME_FACTOR", "1"))

    def test_a_model_that_does_not_load_ends_the_process(self, tmp_path: Path) -> None:
        (tmp_path / "model").mkdir()
        finished = subprocess.run(
            [interpreter("serving"), ROOT / "containers" / "serving" / "serve"],
            env=environment("serving", tmp_path, SAGEMAKER_BIND_TO_PORT=str(free_port())),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert finished.returncode == 1
        assert "model.json cannot be read" in finished.stderr

    def test_torch_is_not_in_the_image(self, tmp_path: Path) -> None:
        script = "import importlib.util as u; print(u.find_spec('torch'))"
        assert run_python("serving", script, base=tmp_path).strip() == "None"


class TestAnswers:
    def test_the_best_classes_come_first(self, server: Server) -> None:
        results = server.post(body(IMAGE))["results"]
        scores = [row["score"] for row in results]
        assert scores == sorted(scores, reverse=True)
        assert sum(scores) == pytest.approx(1, abs=1e-5)
        assert sorted(row["name"] for row in results) == sorted(LABELS)

    @pytest.mark.parametrize(("top_num", "count"), [(1, 1), ("2", 2), (2.0, 2), (99, 3), (None, 3)])
    def test_top_num_may_be_a_number_or_its_text(self, server: Server, top_num: object, count: int) -> None:
        assert len(server.post(body(IMAGE, top_num=top_num))["results"]) == count

    @pytest.mark.parametrize(
        "image",
        [
            drawing("cross", 5).convert("L"),
            drawing("cross", 5).convert("P"),
            drawing("cross", 5).convert("RGBA"),
            drawing("cross", 5).convert("1"),
            Image.new("I;16", (40, 40), 30_000),
        ],
        ids=["grey", "palette", "alpha", "bilevel", "16 bit"],
    )
    def test_every_colour_mode_is_answered(self, server: Server, image: Image.Image) -> None:
        assert "results" in server.post(body(file_of(image)))

    def test_cmyk_and_animated_images_are_answered(self, server: Server) -> None:
        frames = io.BytesIO()
        drawing("disc", 1).save(frames, "PNG", save_all=True, append_images=[drawing("cross", 2)])
        assert "results" in server.post(body(file_of(drawing("disc", 1).convert("CMYK"), "JPEG")))
        assert server.post(body(frames.getvalue())) == server.post(body(file_of(drawing("disc", 1))))

    def test_a_rotated_photograph_is_answered_as_the_upright_one(self, server: Server) -> None:
        upright = drawing("cross", 9)
        exif = Image.Exif()
        exif[0x0112] = 6
        rotated = io.BytesIO()
        upright.transpose(Image.Transpose.ROTATE_90).save(rotated, "PNG", exif=exif)
        assert server.post(body(rotated.getvalue())) == server.post(body(file_of(upright)))


SCORES = """
import json, sys, base64, torch
from openbml_deep.vision_operators import provide_vision_operators
provide_vision_operators()
import timm
from openbml_kit.images import PREDICTION_SIDES, Normalisation, evaluation_view
from openbml_kit.model_manifest import read_model_manifest
from pathlib import Path
base = Path(sys.argv[1])
manifest = read_model_manifest(base / "model")
model = timm.create_model("resnet18d", num_classes=len(manifest.labels)).eval()
model.load_state_dict(torch.load(base / "output" / "data" / "weights.pt", weights_only=True))
view = evaluation_view(base64.b64decode(sys.argv[2]), size=manifest.input.size, limits=PREDICTION_SIDES)
planes = Normalisation(manifest.input.mean, manifest.input.std).planes(view)
print(json.dumps(torch.softmax(model(torch.from_numpy(planes)), 1)[0].tolist()))
"""


def test_a_prediction_equals_what_training_would_have_evaluated(
    server: Server, trained: tuple[Job, Finished]
) -> None:
    base = trained[0].base
    expected = json.loads(run_python("deep", SCORES, base, base64.b64encode(IMAGE).decode(), base=base))
    served = {row["name"]: row["score"] for row in server.post(body(IMAGE))["results"]}
    assert [served[label] for label in LABELS] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("sent", "content_type", "answer"),
    [
        (body(IMAGE), "text/plain", INVALID_ARGUMENT),
        (body(IMAGE), "application/x-www-form-urlencoded", INVALID_ARGUMENT),
        (b'{"image": "\xff\xfe"}', "application/json", UNDECODABLE),
        (b'{"image": ', "application/json", JSON_INVALID),
        (b"", "application/json", JSON_INVALID),
        (b'["image"]', "application/json;charset=UTF-8", INVALID_ARGUMENT),
        (b'{"image": 5}', "application/json", INVALID_ARGUMENT),
        (b'{"top_num": "x"}', "application/json", INVALID_ARGUMENT),
        (body(IMAGE, top_num=0), "application/json", INVALID_ARGUMENT),
        (b"{}", "application/json", MISSING),
        (b'{"image": ""}', "application/json", MISSING),
        (b'{"image": "data:image/png;base64,QUJD"}', "application/json", BASE64_INVALID),
        (b'{"image": "%s"}' % (b"A" * 4_194_308), "application/json", SIZE_INVALID),
        (b'{"image": "%s"}' % (b"A" * 7_000_000), "application/json", SIZE_INVALID),
        (body(b"no image at all"), "application/json", UNDECODABLE),
        (body(file_of(drawing("disc", 1), "GIF")), "application/json", UNDECODABLE),
        (body(file_of(drawing("disc", 1, side=300), "JPEG")[:1500]), "application/json", UNDECODABLE),
        (body(sized(14, 40)), "application/json", SIZE_INVALID),
        (body(sized(1, 1)), "application/json", SIZE_INVALID),
        (body(sized(4097, 20)), "application/json", SIZE_INVALID),
        (body(bomb()), "application/json", SIZE_INVALID),
    ],
)
def test_a_wrong_body_is_answered_as_the_manual_says(
    server: Server, sent: bytes, content_type: str, answer: dict[str, Any]
) -> None:
    assert server.post(sent, content_type) == answer


def test_images_at_the_limits_are_answered(server: Server) -> None:
    assert "results" in server.post(body(sized(15, 15)))
    assert "results" in server.post(body(sized(4096, 15)))


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 404), ("GET", "/invocations", 405), ("POST", "/ping", 405)]
)
def test_there_are_no_other_routes(server: Server, method: str, path: str, status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request(method, path)
    assert connection.getresponse().status == status
    connection.close()


def test_a_chunked_body_is_read(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    sent = body(IMAGE)
    parts = (sent[start : start + 97] for start in range(0, len(sent), 97))
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/invocations", body=parts, headers=headers, encode_chunked=True)
    assert "results" in json.loads(connection.getresponse().read())
    connection.close()


def test_slow_and_vanishing_clients_do_not_hold_up_others(server: Server) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
    for connection in slow:
        connection.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
    assert "results" in server.post(body(IMAGE))
    for connection in slow:
        connection.close()
    assert ping(server.port) == 200


def test_parallel_requests_get_their_own_answers(server: Server) -> None:
    bodies = [body(file_of(drawing(LABELS[index % 3], index))) for index in range(12)]
    alone = [server.post(sent) for sent in bodies]
    with ThreadPoolExecutor(8) as clients:
        together = list(clients.map(server.post, bodies * 4))
    for index, answer in enumerate(together):
        rows = {row["name"]: row["score"] for row in answer["results"]}
        expected = {row["name"]: row["score"] for row in alone[index % 12]["results"]}
        assert rows == pytest.approx(expected, abs=1e-5)


def test_sigterm_drains_and_exits_with_0(trained: tuple[Job, Finished]) -> None:
    with serving(trained[0].base) as running:
        large = body(file_of(drawing("disc", 1, side=1500)))
        answers: list[dict[str, Any]] = []
        began = threading.Barrier(5)

        def ask() -> None:
            began.wait()
            connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
            connection.putrequest("POST", "/invocations")
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(large)))
            connection.endheaders(large[: len(large) // 2])
            accepted.release()
            stopped.wait(10)
            connection.send(large[len(large) // 2 :])
            answers.append(json.loads(connection.getresponse().read()))
            connection.close()

        accepted, stopped = threading.Semaphore(0), threading.Event()
        clients = [threading.Thread(target=ask) for _ in range(4)]
        for client in clients:
            client.start()
        began.wait()
        for _ in clients:
            assert accepted.acquire(timeout=10)
        assert ping(running.port) == 200  # served after the four: their connections are accepted
        running.process.send_signal(signal.SIGTERM)
        stopped.set()
        for client in clients:
            client.join(20)
        assert running.process.wait(20) == 0
        assert ["results" in answer for answer in answers] == [True] * 4
