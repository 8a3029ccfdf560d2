"""Paths of customers' storage (spec 02 section 8.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.core.errors import InvalidRequestError
from openbml.datasets.datasets import StorageType
from openbml.datasets.storage_paths import StorageLocation, checked_storage, location_of


@pytest.mark.parametrize(
    ("path", "bucket", "prefix"),
    [
        ("bos:/b1/d1/text/", "b1", "d1/text/"),
        ("s3://bucket/prefix/", "bucket", "prefix/"),
        ("s3://bucket/", "bucket", ""),
        ("s3://my.bucket-1/a/b/", "my.bucket-1", "a/b/"),
        ("s3://bucket/数据/", "bucket", "数据/"),
    ],
)
def test_a_path_names_bucket_and_prefix(path: str, bucket: str, prefix: str) -> None:
    assert location_of(path) == StorageLocation(bucket=bucket, prefix=prefix)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "s3://bucket",
        "s3://bucket/a",
        "s3:///a/",
        "s3://bucket//",
        "s3://bucket/a//b/",
        "s3://Bucket/a/",
        "s3://-bucket/a/",
        "s3://bucket/../a/",
        "s3://bucket/./",
        "s3://bucket/a\n/",
        "s3://bucket/a/\n",
        "bos://b1/a/",
        "https://bucket/a/",
        "s3://bucket/" + "a/" * 600,
    ],
)
def test_what_names_nothing_is_refused(path: str) -> None:
    assert location_of(path) is None
    with pytest.raises(InvalidRequestError):
        checked_storage(StorageType.CUSTOMER, path)


def test_the_platforms_own_storage_has_no_path() -> None:
    assert checked_storage(StorageType.PLATFORM, None) is None
    assert checked_storage(StorageType.PLATFORM, "") is None
    with pytest.raises(InvalidRequestError):
        checked_storage(StorageType.PLATFORM, "s3://bucket/a/")
    with pytest.raises(InvalidRequestError):
        checked_storage(StorageType.CUSTOMER, None)


@given(st.text())
def test_whatever_is_a_place_ends_in_a_slash_and_leaves_no_bucket(path: str) -> None:
    place = location_of(path)
    if place is not None:
        assert path.endswith("/")
        assert ".." not in place.prefix.split("/")
        assert not place.prefix.startswith("/")
