"""From files to a version: whole, once, resumable, and refused with causes."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from openbml.core.errors import InvalidRequestError
from openbml.models.events import ModelVersionPublished
from openbml.models.imports.model_imports import (
    ModelImportRefusedError,
    ModelImportState,
    ModelImportStateError,
)
from openbml.models.imports.start_imports import FrameworkNotTakenError, FrameworkRefusedError
from openbml.models.imports.submit_imports import give_up_import
from openbml.models.models import ModelSourceMixedError
from openbml.models.sources import ModelSource
from openbml.models.versions import VersionState
from openbml_catalog.frameworks import frameworks, import_rows
from openbml_catalog.frameworks.manifest import FrameworkManifest
from tests.fakes.imports_desk import ImportDesk
from tests.fakes.model_file_samples import (
    BOOSTER,
    HOOKS,
    PADDLE_PARAMETERS,
    PICKLE,
    WRAPPER,
    onnx,
    paddle_program,
    saved_model,
)
from tests.fakes.models_memory import MANIFEST

LABELS = b"cat\ndog\n"
SKLEARN = {"model.pkl": PICKLE, "service.py": WRAPPER}
TENSORFLOW = {
    "net/saved_model.pb": saved_model(),
    "net/variables/variables.index": b"index",
    "net/variables/variables.data-00000-of-00001": b"data",
}
PADDLE = {"inference.pdmodel": paddle_program(), "inference.pdiparams": PADDLE_PARAMETERS}
# One of each row of the manual's table, and ours.
TAKEN: list[tuple[str, str, dict[str, bytes]]] = [
    ("image_classification", "paddlepaddle", {**PADDLE, "labels.txt": LABELS}),
    ("image_classification", "tensorflow", {**TENSORFLOW, "labels.txt": LABELS}),
    ("image_classification", "pytorch", {"w.pth": b"PK\3\4rest", "main.py": HOOKS}),
    ("image_classification", "onnx", {"net.onnx": onnx()}),
    ("object_detection", "paddlepaddle", {**PADDLE, "labels.txt": LABELS}),
    ("tabular_prediction", "sklearn", SKLEARN),
    ("tabular_prediction", "xgboost", {"model.json": BOOSTER, "service.py": WRAPPER}),
    ("general", "paddlepaddle", {"__model__": paddle_program(), "__params__": PADDLE_PARAMETERS}),
    ("general", "tensorflow", TENSORFLOW),
    ("general", "pytorch", {"model.pkl": PICKLE, "main.py": HOOKS}),
    ("general", "sklearn", SKLEARN),
    ("general", "xgboost", {"b.ubj": b"{L\0\0\0\0\0\0\0\7learner{", "s.py": WRAPPER}),
    ("image_classification", "openbml", {"model.json": json.dumps(MANIFEST).encode(), "model.onnx": onnx()}),
]


@pytest.mark.parametrize(("task", "framework", "files"), TAKEN)
def test_every_framework_of_the_table_becomes_a_version(
    task: str, framework: str, files: Mapping[str, bytes]
) -> None:
    desk = ImportDesk()
    model = desk.local_model(task)

    version = desk.imported(model, files, framework=framework)

    assert (version.state, version.failure) == (VersionState.READY, None)
    assert (version.source, version.framework, version.run_id) == (ModelSource.LOCAL, framework, None)
    stored = desk.folders.folders[version.model_uri]
    assert {name: stored[name] for name in files} == dict(files)
    assert not version.has_report
    assert len(desk.events.of(ModelVersionPublished)) >= 1
    assert desk.archives.objects == {}
    served = frameworks()[framework].image
    assert version.image == served
    assert version.can_validate is (served is not None)


# Spec 03 section 7.3, written down once more: the catalogue is held to it.
MANUAL = {
    ("image_classification", ("cloud", "edge")): {"paddlepaddle", "tensorflow", "pytorch"},
    ("image_classification", ("edge",)): {"caffe", "mxnet", "darknet", "onnx"},
    ("object_detection", ("cloud", "edge")): {"paddlepaddle"},
    ("object_detection", ("edge",)): {"caffe", "darknet"},
    ("tabular_prediction", ("cloud",)): {"sklearn", "xgboost"},
}


def test_the_manuals_table_is_offered_and_nothing_else_without_being_called_an_extension() -> None:
    offered: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for row in import_rows():
        if not row.extension:
            offered.setdefault((row.task, tuple(row.deployments)), set()).update(row.frameworks)

    assert offered == MANUAL


def test_what_is_deployed_where_follows_the_table() -> None:
    rows = {(row.task, code): row for row in import_rows() for code in row.frameworks}
    desk = ImportDesk()
    for number, (task, framework, files) in enumerate(TAKEN):
        version = desk.imported(desk.local_model(task, f"m{number}"), files, framework=framework)
        row = rows.get((task, framework)) or rows["*", framework]
        assert list(version.deployments) == list(row.deployments)


def test_the_manifest_names_what_the_image_loads() -> None:
    desk = ImportDesk()
    files = {**TENSORFLOW, "labels.txt": LABELS}
    picture = {"size": 32, "layout": "hwc"}

    version = desk.imported(
        desk.local_model("image_classification"),
        files,
        framework="tensorflow",
        picture=picture,
        recommended_threshold=0.3,
    )

    written = desk.folders.folders[version.model_uri]["framework.json"]
    manifest = FrameworkManifest.model_validate_json(written)
    assert (manifest.model_file, manifest.contract, tuple(manifest.labels)) == ("net", "task", ("cat", "dog"))
    assert manifest.picture is not None
    assert (manifest.picture.size, manifest.recommended_threshold) == (32, 0.3)
    assert (version.labels, version.recommended_threshold) == (("cat", "dog"), 0.3)


def test_the_digests_of_all_files_stand_beside_the_version() -> None:
    desk = ImportDesk()

    version = desk.imported(desk.local_model(), SKLEARN, framework="sklearn")

    listed = desk.folders.lists[version.model_uri]
    assert f"{hashlib.sha256(PICKLE).hexdigest()}  model.pkl\n" in listed
    assert version.content_digest == hashlib.sha256(listed.encode()).hexdigest()
    assert version.size_bytes == sum(map(len, desk.folders.folders[version.model_uri].values()))


def test_a_copy_that_was_killed_goes_on_where_it_ended() -> None:
    desk = ImportDesk()
    submitted = desk.submit(desk.started(desk.local_model(), TENSORFLOW, framework="tensorflow"))
    desk.folders.broken_after = 2
    with pytest.raises(ConnectionError):
        desk.carry_on(submitted)

    ended = desk.carry_on(submitted)

    assert ended is not None
    assert ended.state is ModelImportState.READY
    assert sorted(desk.folders.stored_names) == sorted([*TENSORFLOW, "framework.json"])


def test_what_time_does_not_allow_is_ordered_again() -> None:
    desk = ImportDesk()
    submitted = desk.submit(desk.started(desk.local_model(), SKLEARN, framework="sklearn"))
    desk.has_time = False
    desk.orders.messages.clear()

    desk.carry_on(submitted)
    assert len(desk.orders.messages) == 1
    desk.has_time = True
    ended = desk.carry_on(submitted)

    assert ended is not None
    assert ended.state is ModelImportState.READY


def test_orders_and_submissions_that_come_twice_make_one_version() -> None:
    desk = ImportDesk()
    model = desk.local_model()
    model_import = desk.started(model, SKLEARN, framework="sklearn")

    first, second = desk.submit(model_import), desk.submit(model_import)
    desk.carry_on(first)
    desk.carry_on(first)

    assert first.version_number == second.version_number == 1
    assert desk.models.get(model.scope, model.model_id).version_count == 1


def test_a_submission_that_died_before_it_was_saved_takes_no_second_number() -> None:
    desk = ImportDesk()
    model = desk.local_model()
    model_import = desk.started(model, SKLEARN, framework="sklearn")
    desk.orders.refusing = True
    with pytest.raises(ConnectionError):
        desk.submit(model_import)
    desk.orders.refusing = False

    again = desk.submit(model_import)

    assert again.version_number == 1
    assert desk.models.get(model.scope, model.model_id).latest_version == 1


def test_files_that_are_not_all_there_are_named_and_can_still_come() -> None:
    desk = ImportDesk()
    model_import = desk.start(desk.local_model(), SKLEARN, framework="sklearn")
    desk.uploads.put(model_import.file_key(0), 1, PICKLE)

    checked = desk.check(model_import)
    assert checked.state is ModelImportState.UPLOADING
    assert [(row.file, row.code) for row in checked.problems] == [("service.py", "upload_incomplete")]
    desk.uploads.put(model_import.file_key(1), 1, WRAPPER)
    again = desk.check(model_import)

    assert (again.state, again.problems) == (ModelImportState.CHECKING, ())


def refused(task: str, framework: str, files: Mapping[str, bytes], **fields: Any) -> set[tuple[str, str]]:
    """Return file and code of the problems that both looks find."""
    desk = ImportDesk()
    model_import = desk.started(desk.local_model(task), files, framework=framework, **fields)
    checked = desk.check(model_import)
    with pytest.raises(ModelImportRefusedError) as caught:
        desk.submit(model_import)
    problems = [row.model_dump() for row in checked.problems]
    assert caught.value.details["problems"] == problems
    assert desk.models.get(model_import.scope, model_import.model_id).latest_version == 0
    return {(row["file"], row["code"]) for row in problems}


@pytest.mark.parametrize(
    ("task", "framework", "files", "problems"),
    [
        ("image_classification", "onnx", {"net.onnx": b"no graph"}, {("net.onnx", "content_wrong")}),
        ("image_classification", "onnx", {"net.onnx": onnx()[:-1]}, {("net.onnx", "content_wrong")}),
        ("image_classification", "onnx", {"net.bin": onnx()}, {("", "model_file_missing")}),
        (
            "image_classification",
            "onnx",
            {"a.onnx": onnx(), "b.onnx": onnx()},
            {("", "model_file_ambiguous")},
        ),
        ("image_classification", "paddlepaddle", PADDLE, {("", "labels_missing")}),
        (
            "object_detection",
            "paddlepaddle",
            {**PADDLE, "inference.pdiparams": b"GIF89a..........", "labels.txt": LABELS},
            {("inference.pdiparams", "content_wrong")},
        ),
        (
            "image_classification",
            "tensorflow",
            {**TENSORFLOW, "labels.txt": b"cat\n\ndog"},
            {("labels.txt", "labels_invalid")},
        ),
        (
            "image_classification",
            "tensorflow",
            {**TENSORFLOW, "labels.txt": b"\xff\xfe"},
            {("labels.txt", "labels_invalid")},
        ),
        ("general", "tensorflow", {"saved_model.pb": saved_model()}, {("", "model_file_missing")}),
        ("general", "pytorch", {"w.pth": b"PK\3\4"}, {("", "code_missing")}),
        (
            "general",
            "pytorch",
            {"w.pth": b"text, no weights at all", "main.py": b"def model_fn(d): ..."},
            {("main.py", "code_name_missing"), ("w.pth", "content_wrong")},
        ),
        ("tabular_prediction", "sklearn", {"model.pkl": PICKLE}, {("", "code_missing")}),
        (
            "tabular_prediction",
            "sklearn",
            {"model.pkl": PICKLE, "s.py": WRAPPER.replace(b"CustomException", b"MyException")},
            {("s.py", "code_name_missing")},
        ),
        ("general", "sklearn", {"model.pkl": b"PNG", "s.py": WRAPPER}, {("model.pkl", "content_wrong")}),
        ("general", "xgboost", {"model.json": b"{}", "s.py": WRAPPER}, {("model.json", "content_wrong")}),
        ("image_classification", "openbml", {"model.onnx": onnx()}, {("", "model_file_missing")}),
        (
            "image_classification",
            "openbml",
            {"model.json": json.dumps(MANIFEST).encode(), "model.onnx": b"text"},
            {("model.onnx", "content_wrong")},
        ),
        (
            "object_detection",
            "openbml",
            {"model.json": json.dumps(MANIFEST).encode(), "model.onnx": onnx()},
            {("model.json", "content_wrong")},
        ),
    ],
)
def test_wrong_files_are_refused_file_by_file(
    task: str, framework: str, files: Mapping[str, bytes], problems: set[tuple[str, str]]
) -> None:
    assert refused(task, framework, files) == problems


def test_files_of_tables_are_taken_as_they_are() -> None:
    desk = ImportDesk()

    version = desk.imported(
        desk.local_model("tabular_prediction"),
        {"model.pkl": b"anything", "s.py": WRAPPER},
        framework="sklearn",
    )

    assert version.state is VersionState.READY


def test_the_model_can_be_named_where_several_files_may_be_it() -> None:
    desk = ImportDesk()
    files = {"a.pkl": PICKLE, "b.pkl": PICKLE, "s.py": WRAPPER}

    version = desk.imported(desk.local_model(), files, framework="sklearn", model_file="b.pkl")

    written = json.loads(desk.folders.folders[version.model_uri]["framework.json"])
    assert (written["model_file"], written["code_file"]) == ("b.pkl", "s.py")


@pytest.mark.parametrize("field", ["model_file", "code_file", "labels_file"])
def test_a_named_file_has_to_be_there(field: str) -> None:
    assert refused("general", "sklearn", SKLEARN, **{field: "missing.txt"})


@pytest.mark.parametrize("framework", ["caffe", "mxnet", "darknet"])
def test_frameworks_that_nothing_reads_are_refused_with_the_way_out(framework: str) -> None:
    desk = ImportDesk()

    with pytest.raises(FrameworkRefusedError) as caught:
        desk.start(desk.local_model("image_classification"), {"net.bin": b"x"}, framework=framework)

    assert "ONNX" in caught.value.details["reason"]


@pytest.mark.parametrize(
    ("task", "framework"),
    [
        ("object_detection", "pytorch"),
        ("tabular_prediction", "tensorflow"),
        ("general", "onnx"),
        ("ocr", "x"),
    ],
)
def test_only_rows_of_the_table_are_taken(task: str, framework: str) -> None:
    desk = ImportDesk()

    with pytest.raises(FrameworkNotTakenError):
        desk.start(desk.local_model(task), {"net.bin": b"x"}, framework=framework)


def test_only_models_of_the_source_local_take_files() -> None:
    desk = ImportDesk()

    with pytest.raises(ModelSourceMixedError):
        desk.start(desk.model(), {"net.onnx": onnx()}, framework="onnx")
    with pytest.raises(ModelSourceMixedError):
        desk.publish(desk.local_model("image_classification").model_id)


@pytest.mark.parametrize(
    "name",
    [
        "../m.pkl",
        "/m.pkl",
        "a//m.pkl",
        "a/./m.pkl",
        "m\n.pkl",
        "e\u0301.pkl",
        "framework.json",
        "m?.pkl",
        " m.pkl ",
    ],
)
def test_names_that_leave_the_folder_or_cannot_be_kept_are_refused(name: str) -> None:
    desk = ImportDesk()

    with pytest.raises(InvalidRequestError):
        desk.start(desk.local_model(), {name: b"x"}, framework="sklearn")


@pytest.mark.parametrize("names", [("a.pkl", "A.pkl"), ("a", "a/b.pkl")])
def test_names_that_clash_are_refused(names: tuple[str, str]) -> None:
    desk = ImportDesk()

    with pytest.raises(InvalidRequestError):
        desk.start(desk.local_model(), dict.fromkeys(names, b"x"), framework="sklearn")


def test_either_files_or_an_address_is_given() -> None:
    desk = ImportDesk()
    for files, fields in (({}, {}), ({"m.pkl": b"x"}, {"s3_uri": "s3://theirs/m"})):
        with pytest.raises(ValidationError):
            desk.start(desk.local_model(name=str(len(files))), files, framework="sklearn", **fields)


def test_a_folder_of_a_bucket_becomes_a_version() -> None:
    desk = ImportDesk()
    desk.sources.folders["s3://theirs/m/"] = SKLEARN
    submitted = desk.submit(desk.start(desk.local_model(), "s3://theirs/m/", framework="sklearn"))

    ended = desk.carry_on(submitted)

    assert ended is not None
    assert ended.state is ModelImportState.READY


def test_an_address_that_cannot_be_read_says_why() -> None:
    desk = ImportDesk()

    checked = desk.check(desk.start(desk.local_model(), "s3://closed/m/", framework="sklearn"))

    assert [row.code for row in checked.problems] == ["source_unreadable"]
    assert "role" in checked.problems[0].message


def test_files_that_change_between_submission_and_copy_fail_the_version() -> None:
    desk = ImportDesk()
    desk.sources.folders["s3://theirs/m/"] = SKLEARN
    model = desk.local_model()
    submitted = desk.submit(desk.start(model, "s3://theirs/m/", framework="sklearn"))
    desk.sources.folders["s3://theirs/m/"] = {"model.pkl": PICKLE}

    ended = desk.carry_on(submitted)

    version = desk.models.version(model.scope, model.model_id, 1)
    assert ended is not None
    assert (ended.state, version.state) == (ModelImportState.FAILED, VersionState.FAILED)
    assert ended.problems[0].code == "import_failed"


def test_an_import_can_be_given_up_until_it_is_submitted() -> None:
    desk = ImportDesk()
    given_up = desk.started(desk.local_model(), SKLEARN, framework="sklearn")
    give_up_import(given_up, imports=desk.imports, uploads=desk.uploads, archives=desk.archives)
    submitted = desk.submit(desk.started(desk.local_model(name="other"), SKLEARN, framework="sklearn"))

    with pytest.raises(ModelImportStateError):
        give_up_import(submitted, imports=desk.imports, uploads=desk.uploads, archives=desk.archives)
    assert desk.imports.unfinished() == [submitted]


def test_what_nobody_submits_expires_after_a_day() -> None:
    desk = ImportDesk()
    model_import = desk.started(desk.local_model(), SKLEARN, framework="sklearn")
    desk.check(model_import)
    desk.now.pass_time(hours=23)
    assert desk.expire() == 0
    desk.now.pass_time(hours=2)

    assert desk.expire() == 1
    ended = desk.current(model_import)
    assert (ended.state, ended.problems[0].code) == (ModelImportState.FAILED, "expired")
    assert desk.archives.objects == {}


def test_the_work_of_a_submitted_import_that_went_silent_is_asked_for_again() -> None:
    desk = ImportDesk()
    desk.submit(desk.started(desk.local_model(), SKLEARN, framework="sklearn"))
    desk.orders.messages.clear()
    desk.now.pass_time(hours=3)

    assert desk.expire() == 0
    assert len(desk.orders.messages) == 1


def mlflow_zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def mlmodel(flavours: str) -> bytes:
    return f"flavors:\n{flavours}".encode()


ONNX_MODEL = {"MLmodel": mlmodel("  onnx: {data: model.onnx}"), "model.onnx": onnx(weights=200_000)}


@pytest.mark.parametrize("prefix", ["", "model/"])
def test_an_mlflow_zip_becomes_a_version_of_what_it_holds(prefix: str) -> None:
    desk = ImportDesk()
    packed = mlflow_zip(
        {prefix + name: body for name, body in ONNX_MODEL.items()} | {f"{prefix}conda.yaml": b"x"}
    )

    version = desk.imported(
        desk.local_model("image_classification"), {"export.zip": packed}, framework="mlflow"
    )

    assert (version.state, version.framework) == (VersionState.READY, "onnx")
    assert list(version.deployments) == ["edge"]
    assert set(desk.folders.folders[version.model_uri]) == {"model.onnx", "framework.json"}


def test_mlflows_sklearn_models_need_no_code() -> None:
    desk = ImportDesk()
    files = {"MLmodel": mlmodel("  sklearn: {pickled_model: model.pkl}"), "model.pkl": PICKLE}

    version = desk.imported(desk.local_model("tabular_prediction"), files, framework="mlflow")

    written = json.loads(desk.folders.folders[version.model_uri]["framework.json"])
    assert (written["framework"], written["model_file"], written["code_file"]) == (
        "sklearn",
        "model.pkl",
        None,
    )
    assert version.contract == "framework"


def refused_mlflow(files: Mapping[str, bytes], task: str = "image_classification") -> str:
    (problem, *_) = refused(task, "mlflow", files)
    return problem[1]


def test_mlflow_models_that_cannot_be_kept_say_why() -> None:
    assert refused_mlflow({"model.onnx": onnx()}) == "model_file_missing"
    assert refused_mlflow({"MLmodel": b"\t{"}) == "mlmodel_wrong"
    assert refused_mlflow({"MLmodel": b"[" * 100_000}) == "mlmodel_wrong"
    assert refused_mlflow({"MLmodel": mlmodel("  pytorch: {model_data: data}")}) == "flavour_not_taken"
    assert refused_mlflow({"MLmodel": mlmodel("  keras: {}")}) == "flavour_not_taken"
    assert refused_mlflow({"MLmodel": mlmodel("  onnx: {}")}) == "mlmodel_wrong"
    assert refused_mlflow(ONNX_MODEL, "object_detection") == "framework_not_taken"
    outside = {"MLmodel": mlmodel("  onnx: {data: ../model.onnx}"), "model.onnx": onnx()}
    assert refused_mlflow(outside) == "model_file_missing"


def test_hostile_archives_are_refused() -> None:
    link = zipfile.ZipInfo("model.onnx")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("MLmodel", ONNX_MODEL["MLmodel"])
        archive.writestr(link, "/etc/passwd")

    assert refused_mlflow({"a.zip": buffer.getvalue()}) == "archive_refused"
    assert refused_mlflow({"a.zip": mlflow_zip({"../MLmodel": b"x"})}) == "archive_refused"
    assert refused_mlflow({"a.zip": mlflow_zip({"MLmodel": b"x", "inner.zip": b"x"})}) == "archive_refused"
    assert refused_mlflow({"a.zip": b"PK\3\4 and nothing"}) == "archive_refused"


def test_an_archive_that_unpacks_to_too_much_is_refused() -> None:
    packed = bytearray(mlflow_zip({"MLmodel": b"x", "model.onnx": b"0" * 1000}))
    place = packed.rfind(b"PK\1\2")
    packed[place + 24 : place + 28] = (2**31).to_bytes(4, "little")  # the size that the directory declares

    assert refused_mlflow({"a.zip": bytes(packed)}) == "archive_refused"


def test_a_damaged_archive_fails_its_version_and_not_the_queue() -> None:
    packed = bytearray(mlflow_zip(ONNX_MODEL | {"extra.bin": bytes(range(256)) * 40}))
    place = packed.rfind(b"extra.bin", 0, packed.find(b"PK\1\2")) + len(b"extra.bin") + 5
    packed[place : place + 4] = b"\xff\xff\xff\xff"
    desk = ImportDesk()
    model = desk.local_model("image_classification")

    version = desk.imported(model, {"a.zip": bytes(packed)}, framework="mlflow")

    assert version.state is VersionState.FAILED
    assert version.failure is not None
    assert "damaged" in version.failure.message


def test_a_version_that_is_deleted_while_it_is_copied_leaves_no_files() -> None:
    desk = ImportDesk()
    model = desk.local_model()
    submitted = desk.submit(desk.started(model, SKLEARN, framework="sklearn"))
    version = desk.models.version(model.scope, model.model_id, 1)
    desk.models.save_version(version.deleting())

    ended = desk.carry_on(submitted)

    assert ended is not None
    assert ended.state is ModelImportState.FAILED
