"""What S3 does for imports and exports of models: sources, folders with digests, archives."""

import hashlib
import io
import zipfile
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from openbml.models.exports.version_archives_s3 import S3VersionArchives
from openbml.models.imports.file_sources import SourceUnreadableError
from openbml.models.imports.file_sources_s3 import S3FileSources
from openbml.models.imports.version_folders_s3 import S3VersionFolders
from openbml.models.imports.zip_sources import ZipFileSource
from openbml.models.model_files_s3 import S3ModelFiles
from tests.contract.emulator import client

pytestmark = pytest.mark.contract
URI = "s3://data/projects/42/models/3/1/"


@pytest.fixture
def s3(emulator_url: str) -> Any:
    store = client("s3", emulator_url)
    for bucket in ("data", "uploads", "theirs"):
        store.create_bucket(Bucket=bucket)
    return store


@pytest.fixture
def sources(s3: Any) -> S3FileSources:
    return S3FileSources(s3, uploads_bucket="uploads", closed=("data", "uploads"))


def test_a_folder_of_a_bucket_is_listed_and_read_by_ranges(s3: Any, sources: S3FileSources) -> None:
    for name in ("m/a.pkl", "m/deep/名.txt", "m/empty/", "more/b.pkl"):
        s3.put_object(Bucket="theirs", Key=name, Body=b"0123456789")

    source = sources.folder("s3://theirs/m")

    assert {(row.name, row.size_bytes) for row in source.files} == {("a.pkl", 10), ("deep/名.txt", 10)}
    assert source.read_range("a.pkl", 2, 5) == b"234"
    assert source.read_range("a.pkl", 8, 99) == b"89"
    assert source.read_range("a.pkl", 10, 12) == b""
    assert source.open("deep/名.txt").read() == b"0123456789"


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("s3://theirs/nothing/", "no files"),
        ("s3://no-such-bucket-here/m/", "no such bucket"),
        ("s3://data/projects/7/models/", "of this installation"),
        ("s3://uploads/projects/7/", "of this installation"),
        ("https://theirs/m", "no address"),
        ("s3://UPPER/m", "no address"),
    ],
)
def test_addresses_that_cannot_be_read_tell_the_cause(sources: S3FileSources, uri: str, reason: str) -> None:
    with pytest.raises(SourceUnreadableError) as caught:
        sources.folder(uri)

    assert reason in caught.value.details["reason"]


def test_denied_access_is_the_users_cause_and_a_broken_store_is_not(sources: S3FileSources) -> None:
    class Refusing:
        code = "AccessDenied"

        def head_object(self, **_: Any) -> None:
            raise ClientError({"Error": {"Code": self.code, "Message": ""}}, "HeadObject")

    refusing = Refusing()
    closed = S3FileSources(refusing, uploads_bucket="uploads", closed=())
    with pytest.raises(SourceUnreadableError):
        closed.uploaded({"a": "key"})
    refusing.code = "InternalError"
    with pytest.raises(ClientError):
        closed.uploaded({"a": "key"})
    with pytest.raises(SourceUnreadableError):
        sources.uploaded({"a": "no/such/key"})


def test_files_are_stored_with_their_digests_and_known_to_a_repeat(s3: Any) -> None:
    folders = S3VersionFolders(s3, bucket="data")
    large = bytes(range(256)) * 40_000  # more than one part

    digest = folders.store(URI, "deep/large.bin", io.BytesIO(large))
    folders.store(URI, "空.txt", io.BytesIO(b""))

    assert digest.sha256 == hashlib.sha256(large).hexdigest()
    assert folders.stored(URI)["deep/large.bin"] == digest
    assert folders.stored(URI)["空.txt"].size_bytes == 0
    assert s3.get_object(Bucket="data", Key="projects/42/models/3/1/deep/large.bin")["Body"].read() == large
    listed = folders.list_digests(URI, folders.stored(URI).values())
    text = s3.get_object(Bucket="data", Key="projects/42/models/3/1.digests/sha256.txt")["Body"].read()
    assert hashlib.sha256(text).hexdigest() == listed
    assert set(folders.stored(URI)) == {"deep/large.bin", "空.txt"}


def test_an_export_is_one_archive_that_reads_back(s3: Any, emulator_url: str, sources: S3FileSources) -> None:
    uri = "s3://data/projects/42/models/9/1/"
    large = bytes(range(256)) * 50_000
    for name, body in (("model.onnx", large), ("model.json", b"{}"), ("variables/v.index", b"i")):
        s3.put_object(Bucket="data", Key=f"projects/42/models/9/1/{name}", Body=body)
    presigner = client("s3", emulator_url, signed="s3v4")
    archives = S3VersionArchives(s3, bucket="data", archives_bucket="uploads", presigner=presigner)

    size = archives.pack(uri, {"MLmodel": b"flavors: {}"}, "exports/1/model.zip")
    again = archives.pack(uri, {"MLmodel": b"flavors: {}"}, "exports/2/model.zip")

    reply = httpx.get(archives.download_url("exports/1/model.zip", "数字 V1.zip", lifetime_s=60))
    assert len(reply.content) == size == again
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        assert set(archive.namelist()) == {"MLmodel", "model.json", "model.onnx", "variables/v.index"}
        assert archive.testzip() is None
        assert archive.read("model.onnx") == large
    inside = ZipFileSource(sources.uploaded({"model.zip": "exports/1/model.zip"}), "model.zip")
    assert inside.read_range("model.onnx", 1000, 1004) == large[1000:1004]
    (graph,) = [row for row in archives.files(uri) if row.name == "model.onnx"]
    assert archives.content(uri, graph).read(5, 9) == large[5:9]


def test_a_folder_is_removed_with_all_its_files(s3: Any) -> None:
    for number in range(3):
        s3.put_object(Bucket="data", Key=f"projects/42/models/7/1/{number}", Body=b"x")
    s3.put_object(Bucket="data", Key="projects/42/models/7/10/kept", Body=b"x")
    files = S3ModelFiles(s3, bucket="data")

    files.remove_below("s3://data/projects/42/models/7/1/")
    files.remove_below("s3://data/projects/42/models/7/1/")

    assert [row.name for row in files.list("s3://data/projects/42/models/7/")] == ["10/kept"]
