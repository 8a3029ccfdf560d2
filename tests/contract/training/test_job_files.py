"""Files of jobs in storage: reports, their pages under a name, addresses that open for some minutes."""

import urllib.request
import uuid
from urllib.parse import unquote

import pytest

from openbml.training.job_files import ReportUnreadableError
from openbml.training.job_files_s3 import S3JobFiles
from tests.contract.emulator import client as emulated

pytestmark = pytest.mark.contract
REPORT = b'{"format": "openbml.report/1", "overall": {"map50": 0.5, "map_small": null}}'


@pytest.fixture
def files(emulator_url: str) -> tuple[S3JobFiles, str]:
    client = emulated("s3", emulator_url, signed="s3v4")
    bucket = f"data-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=bucket)
    for name, body in (("report.json", REPORT), ("report.html", b"<html>")):
        client.put_object(Bucket=bucket, Key=f"projects/1/runs/2/output/data/{name}", Body=body)
    return S3JobFiles(
        client, bucket=bucket, presigner=client
    ), f"s3://{bucket}/projects/1/runs/2/output/data/"


def test_a_report_is_read_and_a_missing_one_is_none(files: tuple[S3JobFiles, str]) -> None:
    kept, uri = files
    report = kept.report(uri)
    assert report is not None
    assert report.outcome.metrics == {"map50": 0.5}
    assert kept.report(uri + "other/") is None


def test_a_page_is_fetched_and_saved_under_its_name(files: tuple[S3JobFiles, str]) -> None:
    kept, uri = files
    url = kept.download_url(uri, "report.html", "pets V1 报告.html")
    assert url is not None
    assert "pets V1 报告.html" in unquote(unquote(url))
    with urllib.request.urlopen(url, timeout=10) as reply:
        assert reply.read() == b"<html>"
    assert kept.download_url(uri, "other.html", "x") is None


def test_an_address_reads_a_file(files: tuple[S3JobFiles, str]) -> None:
    kept, uri = files
    with urllib.request.urlopen(kept.url(uri, "report.json"), timeout=10) as reply:
        assert reply.read() == REPORT


def test_folders_outside_the_bucket_are_refused(files: tuple[S3JobFiles, str]) -> None:
    kept, _ = files
    for read in (kept.report, lambda uri: kept.url(uri, "x"), lambda uri: kept.download_url(uri, "x", "x")):
        with pytest.raises(ReportUnreadableError):
            read("s3://other/projects/1/")
