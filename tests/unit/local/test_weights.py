"""The weights registry: what it takes, fetches and refuses. The hub is a server of this machine."""

import hashlib
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from openbml_catalog.networks import PretrainedWeights, wanted_weights
from openbml_local.cli import app
from openbml_local.weights import cli
from openbml_local.weights.entries import WeightsEntry, known_weights
from openbml_local.weights.files import WeightsFileError, check_weights
from openbml_local.weights.hubs import WeightsUnavailableError, address_of, fetch
from openbml_local.weights.registry import RegistryError, WeightsRegistry
from tests.fakes.s3_memory import MemoryS3

TAG = "resnet18d.ra4_e3600_r224_in1k"


def safetensors(values: bytes = b"\0" * 8) -> bytes:
    header = json.dumps({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, len(values)]}}).encode()
    return len(header).to_bytes(8, "little") + header + values


@dataclass
class Hub:
    url: str
    files: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.asked.append((self.path, self.headers.get("Authorization")))
            status, body, headers = known.files.get(self.path, (404, b"", {}))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    known = Hub(f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_ENDPOINT", known.url)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield known
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> MemoryS3:
    memory = MemoryS3()
    monkeypatch.setattr(cli, "_registry", lambda _bucket: WeightsRegistry(memory, bucket="data"))
    return memory


def no_progress(_done: int, _total: int | None) -> None:
    """Nobody watches."""


def at_hub(tag: str) -> str:
    return f"/timm/{tag}/resolve/main/model.safetensors"


def test_the_catalogue_says_where_each_tag_is_published() -> None:
    rows = {row.tag: row for row in known_weights()}
    assert rows[TAG].source == f"hf:timm/{TAG}"
    assert "ResNet18_vd" in rows[TAG].networks
    assert all(row.licence for row in rows.values())
    weights = PretrainedWeights(family="public", tag="owner/name", licence="MIT")
    assert weights.published_at == "hf:owner/name"
    assert weights.model_copy(update={"source": ""}).published_at is None
    assert weights.model_copy(update={"source": "https://x/y.pth"}).published_at == "https://x/y.pth"


def test_what_a_run_starts_from() -> None:
    assert wanted_weights("image_classification", "ResNet18_vd", {}) == TAG
    assert wanted_weights("image_classification", "ResNet18_vd", {"weights": "none"}) is None
    assert wanted_weights("image_classification", "ResNet18_vd", {"weights_tag": "ours"}) == "ours"
    assert (
        wanted_weights("image_classification", "ResNet18_vd", {"weights_family": "very_large_scale"}) is None
    )


def test_mirrored_weights_are_checked_and_kept_once(hub: Hub, s3: MemoryS3) -> None:
    body = safetensors()
    digest = hashlib.sha256(body).hexdigest()
    hub.files[at_hub(TAG)] = (200, body, {"X-Linked-Etag": f'"{digest}"'})
    for _ in range(2):
        result = CliRunner().invoke(app, ["weights", "mirror", TAG])
        assert result.exit_code == 0, result.output
    assert len(hub.asked) == 1
    assert s3.objects["data", f"weights/{TAG}/weights.safetensors"] == body
    index = json.loads(s3.objects["data", f"weights/{TAG}/index.json"])
    assert index["weights"][0]["sha256"] == digest
    assert index["weights"][0]["licence"] == "Apache-2.0"
    listed = json.loads(CliRunner().invoke(app, ["weights", "list", "--json"]).stdout)
    assert [row["tag"] for row in listed if row["held"]] == [TAG]


def test_a_digest_that_differs_is_refused_and_nothing_is_kept(hub: Hub, s3: MemoryS3) -> None:
    hub.files[at_hub(TAG)] = (200, safetensors(), {"X-Linked-Etag": "0" * 64})
    result = CliRunner().invoke(app, ["weights", "mirror", TAG])
    assert result.exit_code == 1
    assert "SHA-256" in result.output
    assert s3.objects == {}


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (404, b"", {}, "nothing at"),
        (403, b"", {}, "HF_TOKEN"),
        (500, b"", {}, "try again"),
        (200, b"", {}, "cut off"),
        (200, b"abc", {"Content-Length": "999"}, "cut off|cannot be reached"),
        (200, b"", {"Content-Length": str(30 * 1024**3)}, "so large"),
    ],
)
def test_what_a_hub_answers_is_told(
    hub: Hub, tmp_path: Path, status: int, body: bytes, headers: dict[str, str], said: str
) -> None:
    hub.files["/o/n/resolve/main/model.safetensors"] = (status, body, headers)
    with pytest.raises(WeightsUnavailableError, match=said):
        fetch("hf:o/n", tmp_path, no_progress)


def test_a_hub_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(WeightsUnavailableError, match="bml weights import"):
        fetch("hf:o/n", tmp_path, no_progress)


def test_the_hubs_token_goes_to_the_hub_alone(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    hub.files["/o/n/resolve/main/model.safetensors"] = (200, safetensors(), {})
    fetch("hf:o/n", tmp_path, no_progress)
    monkeypatch.setenv("HF_ENDPOINT", "https://elsewhere")
    fetch(f"{hub.url}/o/n/resolve/main/model.safetensors", tmp_path, no_progress)
    assert [token for _, token in hub.asked] == ["Bearer secret", None]


@pytest.mark.parametrize(
    "source", ["hf:no-owner", "hf:../../etc", "http://example.org/x", "file:///etc/passwd", "x"]
)
def test_other_sources_are_refused(source: str) -> None:
    with pytest.raises(WeightsUnavailableError):
        address_of(source)


def test_files_are_checked_without_being_loaded(tmp_path: Path) -> None:
    good = tmp_path / "good.safetensors"
    good.write_bytes(safetensors())
    check_weights(good)
    torch_file = tmp_path / "good.pth"
    with zipfile.ZipFile(torch_file, "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    check_weights(torch_file)
    bad = {
        "cut.safetensors": safetensors()[:-3],
        "empty.safetensors": b"",
        "no-header.safetensors": b"\xff" * 200,
        "list.safetensors": (2).to_bytes(8, "little") + b"[]",
        "none.safetensors": (2).to_bytes(8, "little") + b"{}",
        "pickle.pth": b"\x80\x04cposix\nsystem\n.",
        "weights.bin": safetensors(),
    }
    for name, body in bad.items():
        path = tmp_path / name
        path.write_bytes(body)
        with pytest.raises(WeightsFileError):
            check_weights(path)
    with pytest.raises(WeightsFileError, match="not there"):
        check_weights(tmp_path / "missing.pth")


def test_own_weights_need_a_licence_and_a_plain_name(s3: MemoryS3, tmp_path: Path) -> None:
    file = tmp_path / "ours.safetensors"
    file.write_bytes(safetensors())
    invoke = CliRunner().invoke
    assert invoke(app, ["weights", "import", str(file), "--tag", "ours"]).exit_code == 2
    assert invoke(app, ["weights", "import", str(file), "--tag", "../x", "--licence", "MIT"]).exit_code == 2
    assert s3.objects == {}
    result = invoke(app, ["weights", "import", str(file), "--tag", "ours", "--licence", "MIT"])
    assert result.exit_code == 0, result.output
    listed = json.loads(invoke(app, ["weights", "list", "--json"]).stdout)
    assert [(row["tag"], row["networks"]) for row in listed if row["held"]] == [("ours", [])]


def test_unknown_tags_and_an_empty_choice_are_refused(s3: MemoryS3) -> None:
    for arguments in (["nosuchtag"], [], ["--network", "NoNet"]):
        assert CliRunner().invoke(app, ["weights", "mirror", *arguments]).exit_code == 2


def test_one_failure_of_many_does_not_stop_the_others(hub: Hub, s3: MemoryS3) -> None:
    hub.files[at_hub(TAG)] = (200, safetensors(), {})
    result = CliRunner().invoke(app, ["weights", "mirror", "--network", "ResNet50_vd", TAG])
    assert result.exit_code == 1
    assert ("data", f"weights/{TAG}/index.json") in s3.objects


def test_a_damaged_entry_is_told(s3: MemoryS3) -> None:
    s3.put_object(Bucket="data", Key=f"weights/{TAG}/index.json", Body=b"{}")
    with pytest.raises(RegistryError, match="damaged"):
        WeightsRegistry(s3, bucket="data").entries()


def test_an_entry_cannot_lead_out_of_its_folder() -> None:
    fields = {"sha256": "0" * 64, "size_bytes": 1, "licence": "MIT", "source": "x"}
    for tag, file in (("a/../b", "w.pth"), ("a", "../w.pth"), ("", "w.pth"), ("a/b/c", "w.pth")):
        with pytest.raises(ValidationError):
            WeightsEntry(tag=tag, file=file, **fields)
