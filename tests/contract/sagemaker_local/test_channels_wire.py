"""Every kind of channel, as a job sees it, over plain boto3 against a real engine and a real MiniStack."""

import gzip
import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemaker_local.inputs import recordio
from tests.contract.sagemaker_local.breakable_link import BreakableLink
from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually, kill_hard
from tests.contract.sagemaker_local.scenario import BUCKET, Scenario

pytestmark = pytest.mark.contract

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/openbml/channels:1"


def request(
    scenario: Scenario, *channels: dict[str, Any], mode: str = "File", nodes: int = 1, **hyper_parameters: str
) -> dict[str, Any]:
    found = scenario.training_request(hyper_parameters)
    found["AlgorithmSpecification"] = {"TrainingImage": IMAGE, "TrainingInputMode": mode}
    found["InputDataConfig"] = list(channels)
    found["ResourceConfig"]["InstanceCount"] = nodes
    return found


def reports(engine: EngineProcess, scenario: Scenario, *, within_s: float = 60) -> list[dict[str, Any]]:
    """What each node saw, in the order of the nodes."""
    job = scenario.finished(engine, within_s=within_s)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), engine.log[-3000:])
    prefix = f"out/{scenario.name}/output/model/"
    return [json.loads(scenario.read(key)) for key in scenario.keys(prefix)]


def report(engine: EngineProcess, scenario: Scenario, **wait: float) -> dict[str, Any]:
    return reports(engine, scenario, **wait)[0]


def failure(engine: EngineProcess, scenario: Scenario) -> str:
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Failed"
    return str(job["FailureReason"])


def test_fast_file_shows_the_same_tree_and_nothing_a_job_does_changes_the_cache(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt", b"alpha")
    scenario.put("data/deep/b.txt", b"beta")
    channels = [scenario.channel("fast") | {"InputMode": "FastFile"}, scenario.channel("full")]
    engine.sagemaker.create_training_job(**request(scenario, *channels, attack="1"))
    seen = report(engine, scenario)
    assert seen["channels"]["fast"] == seen["channels"]["full"] == {"a.txt": "alpha", "deep/b.txt": "beta"}
    assert seen["config"]["fast"]["TrainingInputMode"] == "FastFile"
    assert seen["attacks"] == {"fast": [], "full": ["write", "chmod", "remove", "create"]}
    cached = [path for path in (engine.state_dir / "objects").glob("??/*") if path.read_bytes() == b"alpha"]
    assert len(cached) == 1


def test_an_object_is_downloaded_once_and_again_only_when_it_changed(
    engine: EngineProcess, scenario: Scenario
) -> None:
    original = scenario.name
    scenario.put("data/a.txt", b"first")
    engine.sagemaker.create_training_job(**request(scenario, scenario.channel("c"), mode="FastFile"))
    assert report(engine, scenario)["channels"]["c"] == {"a.txt": "first"}
    cached = next(
        path for path in (engine.state_dir / "objects").glob("??/*") if path.read_bytes() == b"first"
    )
    used_before = cached.stat()
    engine.sagemaker.create_training_job(
        **request(scenario, scenario.channel("c")) | {"TrainingJobName": f"{original}-2"}
    )
    eventually(lambda: cached.stat().st_mtime_ns > used_before.st_mtime_ns, what="the entry is used again")
    assert cached.stat().st_ino == used_before.st_ino
    scenario.put("data/a.txt", b"second")
    again = request(scenario, scenario.channel("c"), mode="FastFile") | {"TrainingJobName": f"{original}-3"}
    engine.sagemaker.create_training_job(**again)
    scenario.name = f"{original}-3"
    scenario.finished(engine)
    scenario.name = original
    key = f"out/{original}-3/output/model/algo-1.json"
    assert json.loads(scenario.read(key))["channels"]["c"] == {"a.txt": "second"}


def test_many_small_objects_and_compressed_ones_arrive_whole(
    engine: EngineProcess, scenario: Scenario
) -> None:
    for number in range(60):
        scenario.put(f"data/{number % 7}/{number}.txt.gz", gzip.compress(b"%d" % number))
    channel = scenario.channel("c") | {"CompressionType": "Gzip"}
    engine.sagemaker.create_training_job(**request(scenario, channel, mode="FastFile"))
    seen = report(engine, scenario)["channels"]["c"]
    assert seen == {f"{number % 7}/{number}.txt": str(number) for number in range(60)}


def test_an_augmented_manifest_comes_with_its_objects_and_local_paths(
    engine: EngineProcess, scenario: Scenario
) -> None:
    first, second = scenario.put("pictures/1.png", b"one"), scenario.put("pictures/2.png", b"two")
    lines = [{"source-ref": first, "label": 3}, {"source-ref": second, "label": {"x": 1}}]
    manifest = scenario.put("train.manifest", "".join(json.dumps(line) + "\n" for line in lines).encode())
    channel = scenario.channel("c", S3DataType="AugmentedManifestFile", S3Uri=manifest)
    for mode in ("File", "FastFile"):
        name = f"{scenario.name}-{mode}"
        engine.sagemaker.create_training_job(
            **request(scenario, channel, mode=mode) | {"TrainingJobName": name}
        )
        whole, scenario.name = scenario.name, name
        assert scenario.finished(engine)["TrainingJobStatus"] == "Completed", engine.log[-2000:]
        scenario.name = whole
        found = json.loads(scenario.read(f"out/{name}/output/model/algo-1.json"))["channels"]["c"]
        written = [json.loads(line) for line in found["train.manifest"].splitlines()]
        paths = [line["source-ref"].partition("/input/data/c/")[2] for line in written]
        assert [found[path] for path in paths] == ["one", "two"]
        assert [line["label"] for line in written] == [3, {"x": 1}]


def test_pipes_carry_one_epoch_each_in_the_order_of_the_keys(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a", b"first ")
    scenario.put("data/b", b"second ")
    scenario.put("data/c", b"")
    packed = scenario.channel("packed") | {"CompressionType": "Gzip"}
    packed["DataSource"]["S3DataSource"]["S3Uri"] = scenario.put(
        "gz/x.gz", gzip.compress(b"p") + gzip.compress(b"q")
    )
    engine.sagemaker.create_training_job(
        **request(scenario, scenario.channel("train"), packed, mode="Pipe", epochs="3")
    )
    seen = report(engine, scenario)
    assert seen["pipes"] == {"train": ["first second "] * 3, "packed": ["pq"] * 3}
    arn = engine.sagemaker.describe_training_job(TrainingJobName=scenario.name)["TrainingJobArn"]
    eventually(lambda: engine.processes_of(arn) == [], what="no feeder is left")


def test_a_pipe_of_an_augmented_manifest_sends_attributes_in_order_as_records(
    engine: EngineProcess, scenario: Scenario
) -> None:
    lines = [
        {"label": 3, "source-ref": scenario.put("pictures/1.png", b"\x89png")},
        {"source-ref": scenario.put("pictures/2.png", b"two"), "label": {"x": [1, 2]}},
    ]
    manifest = scenario.put("m", "\n".join(json.dumps(line) for line in lines).encode())
    source = {
        "S3DataType": "AugmentedManifestFile",
        "S3Uri": manifest,
        "AttributeNames": ["source-ref", "label"],
    }
    channel = scenario.channel("c", **source) | {"RecordWrapperType": "RecordIO", "InputMode": "Pipe"}
    engine.sagemaker.create_training_job(**request(scenario, channel))
    parts = [b"\x89png", b"3", b"two", b'{"x": [1, 2]}']
    assert report(engine, scenario)["pipes"]["c"] == [b"".join(map(recordio.frame, parts)).decode("latin-1")]


def test_a_seed_orders_each_epoch_anew_and_shards_share_all_objects(
    engine: EngineProcess, scenario: Scenario
) -> None:
    names = [f"{number:02}" for number in range(12)]
    for name in names:
        scenario.put(f"data/{name}", name.encode())
    channel = scenario.channel("c", S3DataDistributionType="ShardedByS3Key")
    channel |= {"ShuffleConfig": {"Seed": 7}, "InputMode": "Pipe"}
    engine.sagemaker.create_training_job(**request(scenario, channel, nodes=2, epochs="2"))
    first, second = reports(engine, scenario)
    for epoch in range(2):
        texts = [node["pipes"]["c"][epoch] for node in (first, second)]
        seen = [text[at : at + 2] for text in texts for at in range(0, len(text), 2)]
        assert sorted(seen) == names
        assert len(texts[0]) == len(texts[1])
    assert first["pipes"]["c"][0] != first["pipes"]["c"][1]


def test_a_pipe_flows_on_while_the_engine_is_dead(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    content = random.Random(1).randbytes(4_000_000)
    for number in range(4):
        scenario.put(f"data/{number}", content[number * 1_000_000 : (number + 1) * 1_000_000])
    engine.sagemaker.create_training_job(
        **request(scenario, scenario.channel("c"), mode="Pipe", epochs="2", pause_s="0.02")
    )
    arn = engine.sagemaker.describe_training_job(TrainingJobName=scenario.name)["TrainingJobArn"]
    scenario.reaches(engine, "reading c_0")
    eventually(lambda: len(engine.processes_of(arn)) == 2, what="node and feeder run")
    before = {one["pid"] for one in engine.processes_of(arn)}
    engine.kill()
    engine.start()
    assert {one["pid"] for one in engine.processes_of(arn)} <= before
    assert report(engine, scenario)["pipes"]["c"] == [hashlib.sha256(content).hexdigest()] * 2
    eventually(lambda: engine.processes_of(arn) == [], what="no feeder is left")


def test_a_pipe_waits_out_an_s3_that_is_gone_and_loses_no_byte(
    own_engine: Callable[..., EngineProcess], scenario: Scenario, emulator: str
) -> None:
    content = random.Random(2).randbytes(4_000_000)
    for number in range(8):
        scenario.put(f"data/{number}", content[number * 500_000 : (number + 1) * 500_000])
    with BreakableLink(emulator) as link:
        engine = own_engine(AWS_ENDPOINT_URL=link.url)
        engine.sagemaker.create_training_job(
            **request(scenario, scenario.channel("c"), mode="Pipe", pause_s="0.05")
        )
        arn = engine.sagemaker.describe_training_job(TrainingJobName=scenario.name)["TrainingJobArn"]
        scenario.reaches(engine, "reading c_0")
        feeder = next(one for one in engine.processes_of(arn) if one["group"].startswith("pipe-"))
        link.cut()
        log = Path(feeder["run_dir"]) / "log"
        eventually(lambda: "waiting" in log.read_text(), what="the feeder notices")
        link.mend()
        assert report(engine, scenario)["pipes"]["c"] == [hashlib.sha256(content).hexdigest()]


def test_a_job_that_is_stopped_or_run_again_leaves_no_feeder_behind(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    content = b"x" * 3_000_000
    scenario.put("data/a", content)
    engine.sagemaker.create_training_job(
        **request(scenario, scenario.channel("c"), mode="Pipe", pause_s="0.05")
    )
    arn = engine.sagemaker.describe_training_job(TrainingJobName=scenario.name)["TrainingJobArn"]
    scenario.reaches(engine, "reading c_0")
    first = {one["pid"] for one in engine.processes_of(arn)}
    engine.stop()
    engine.start()
    assert report(engine, scenario)["pipes"]["c"] == [hashlib.sha256(content).hexdigest()]
    name = f"{scenario.name}-2"
    engine.sagemaker.create_training_job(
        **request(scenario, scenario.channel("c"), mode="Pipe", pause_s="1") | {"TrainingJobName": name}
    )
    second = engine.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobArn"]
    eventually(lambda: len(engine.processes_of(second)) == 2, what="node and feeder run")
    engine.sagemaker.stop_training_job(TrainingJobName=name)
    scenario.name = name
    assert scenario.finished(engine)["TrainingJobStatus"] == "Stopped"
    eventually(lambda: engine.processes_of(arn) + engine.processes_of(second) == [], what="nothing runs")
    assert not any(Path(f"/proc/{pid}").exists() for pid in first)


def test_downloads_go_on_after_an_outage(
    own_engine: Callable[..., EngineProcess], scenario: Scenario, emulator: str
) -> None:
    for number in range(40):
        scenario.put(f"data/{number}", b"%d" % number)
    with BreakableLink(emulator) as link:
        engine = own_engine(AWS_ENDPOINT_URL=link.url)
        link.cut()
        engine.sagemaker.create_training_job(**request(scenario, scenario.channel("c")))
        eventually(lambda: "waits" in engine.log and "for S3" in engine.log, what="the job waits")
        link.mend()
        seen = report(engine, scenario)
    assert seen["channels"]["c"] == {str(number): str(number) for number in range(40)}


def test_a_reader_may_close_a_pipe_early(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.put("data/a", b"x" * 500_000)
    engine.sagemaker.create_training_job(
        **request(scenario, scenario.channel("c"), mode="Pipe", epochs="2", read_bytes="1000")
    )
    assert report(engine, scenario)["pipes"]["c"] == ["1000 bytes", "1000 bytes"]


def test_data_that_breaks_off_fails_the_job_though_its_script_is_content(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/good", b"good")
    prefix = f"s3://{BUCKET}/{scenario.name}/data/"
    manifest = scenario.put("m", json.dumps([{"prefix": prefix}, "good", "gone"]).encode())
    channel = scenario.channel("c", S3DataType="ManifestFile", S3Uri=manifest)
    engine.sagemaker.create_training_job(**request(scenario, channel, mode="Pipe"))
    reason = failure(engine, scenario)
    assert reason.startswith("ClientError: channel c: cannot get s3://")
    assert "there is no such object" in reason


def test_a_feeder_that_is_killed_fails_the_job(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.put("data/a", b"x" * 30_000_000)
    engine.sagemaker.create_training_job(
        **request(scenario, scenario.channel("c"), mode="Pipe", pause_s="0.1")
    )
    arn = engine.sagemaker.describe_training_job(TrainingJobName=scenario.name)["TrainingJobArn"]
    scenario.reaches(engine, "reading c_0")
    feeder = next(one for one in engine.processes_of(arn) if one["group"].startswith("pipe-"))
    kill_hard(feeder["pid"])
    assert failure(engine, scenario).startswith(
        "InternalServerError: FeederLostError: the process that feeds"
    )


def test_a_configured_file_system_is_seen_as_a_channel(
    own_engine: Callable[..., EngineProcess], scenario: Scenario, tmp_path: Path
) -> None:
    shared = tmp_path / "efs"
    (shared / "set").mkdir(parents=True)
    (shared / "set" / "a.txt").write_text("shared")
    (shared / "out").symlink_to("/etc")
    engine = own_engine(SML_FILE_SYSTEMS=f"fs-01234567={shared}")

    def channel(name: str, path: str, access: str = "ro", system: str = "fs-01234567") -> dict[str, Any]:
        source = {
            "FileSystemId": system,
            "FileSystemAccessMode": access,
            "FileSystemType": "EFS",
            "DirectoryPath": path,
        }
        return {"ChannelName": name, "DataSource": {"FileSystemDataSource": source}}

    (shared / "rw").mkdir()
    (shared / "rw" / "b.txt").write_text("writable")
    channels = [channel("ro", "/set"), channel("rw", "/rw", "rw")]
    engine.sagemaker.create_training_job(**request(scenario, *channels, attack="1"))
    seen = report(engine, scenario)
    assert seen["channels"] == {"ro": {"a.txt": "shared"}, "rw": {"b.txt": "writable"}}
    assert seen["attacks"]["ro"] == []
    assert (shared / "rw" / "new").read_text() == "evil"
    assert (shared / "set" / "a.txt").read_text() == "shared"
    for bad, message in (
        (channel("c", "/set", system="fs-76543210"), "SML_FILE_SYSTEMS"),
        (channel("c", "/nothing"), "is no folder"),
        (channel("c", "/../.."), "leads out"),
        (channel("c", "/out"), "leads out"),
    ):
        with pytest.raises(ClientError, match=message) as caught:
            engine.sagemaker.create_training_job(**request(scenario, bad))
        assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_without_namespaces_the_cache_is_safe_too(
    own_engine: Callable[..., EngineProcess], scenario: Scenario, tmp_path: Path
) -> None:
    shared = tmp_path / "efs"
    shared.mkdir()
    (shared / "s.txt").write_text("shared")
    engine = own_engine(SML_MODE="base-dir", SML_FILE_SYSTEMS=f"fs-01234567={shared}")
    scenario.put("data/a.txt", b"alpha")
    file_system = {"FileSystemId": "fs-01234567", "FileSystemAccessMode": "rw", "FileSystemType": "EFS"}
    channels = [
        scenario.channel("fast") | {"InputMode": "FastFile"},
        scenario.channel("piped") | {"InputMode": "Pipe"},
        {"ChannelName": "fs", "DataSource": {"FileSystemDataSource": file_system | {"DirectoryPath": "/"}}},
    ]
    engine.sagemaker.create_training_job(**request(scenario, *channels, attack="1", epochs="2"))
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", job
    seen = json.loads(scenario.read(f"out/{scenario.name}/output/model/localhost.json"))
    assert seen["channels"]["fast"] == {"a.txt": "alpha"}
    assert seen["channels"]["fs"] == {"s.txt": "shared"}
    assert seen["pipes"]["piped"] == ["alpha", "alpha"]
    cached = [path.read_bytes() for path in (engine.state_dir / "objects").glob("??/*")]
    assert cached == [b"alpha"]


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (["x", "x/y"], "is both an object and a prefix of others"),
        (["../evil"], "leads outside"),
        (["a", "a.gz"], "same name"),
    ],
)
def test_keys_that_no_folder_can_hold_are_explained(
    engine: EngineProcess, scenario: Scenario, keys: list[str], reason: str
) -> None:
    for key in keys:
        scenario.put(f"data/{key}", gzip.compress(b"x"))
    prefix = f"s3://{BUCKET}/{scenario.name}/data/"
    manifest = scenario.put("m", json.dumps([{"prefix": prefix}, *keys]).encode())
    channel = scenario.channel("c", S3DataType="ManifestFile", S3Uri=manifest) | {"CompressionType": "Gzip"}
    engine.sagemaker.create_training_job(**request(scenario, channel))
    assert reason in failure(engine, scenario)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ChannelName": ".."}, "must not consist of dots"),
        ({"RecordWrapperType": "RecordIO"}, "needs input mode Pipe"),
        ({"DataSource": {}}, "needs either"),
        ({"InputMode": "Pipe", "source": {"S3DataType": "AugmentedManifestFile"}}, "needs AttributeNames"),
        ({"source": {"AttributeNames": ["a"]}}, "AttributeNames need"),
        ({"source": {"S3Uri": "https://bucket/key"}}, "must be an S3 address"),
    ],
)
def test_channels_that_cannot_be_are_refused_at_once(
    engine: EngineProcess, scenario: Scenario, change: dict[str, Any], message: str
) -> None:
    channel = scenario.channel("c", **change.pop("source", {})) | change
    with pytest.raises(ClientError, match=message) as caught:
        engine.sagemaker.create_training_job(**request(scenario, channel))
    assert caught.value.response["Error"]["Code"] == "ValidationException"
