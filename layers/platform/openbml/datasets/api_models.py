"""Bodies and replies of `/v1/datasets`."""

from collections.abc import Sequence
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.datasets.datasets import Dataset, DatasetVersion, VersionState
from openbml.datasets.limits import NAME_CHARACTERS
from openbml.datasets.samples import Sample
from openbml_formats.tag_schemes import TagScheme


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewDataset(Body):
    # The rule itself is `checked_name`; blanks around the name do not count there.
    name: str = Field(min_length=1, max_length=4 * NAME_CHARACTERS)
    data_type: str = Field(max_length=50)
    annotation_type: str = Field(max_length=50)
    template: str = Field(max_length=50)
    deduplicated: bool | None = None
    tag_scheme: TagScheme | None = None


class Reply(BaseModel):
    model_config = ConfigDict(frozen=True)


class DatasetView(Reply):
    dataset_id: int
    name: str
    data_type: str
    annotation_type: str
    template: str
    deduplicated: bool
    tag_scheme: TagScheme | None
    state: VersionState
    created_at: AwareDatetime
    latest_version: int
    sample_count: int
    labelled_count: int

    @classmethod
    def of(cls, dataset: Dataset, latest: DatasetVersion) -> "DatasetView":
        return cls(
            dataset_id=dataset.dataset_id,
            name=dataset.name,
            data_type=dataset.data_type,
            annotation_type=dataset.annotation_type,
            template=dataset.template,
            deduplicated=dataset.deduplicated,
            tag_scheme=dataset.tag_scheme,
            state=VersionState.DELETING if dataset.deleting else latest.state,
            created_at=dataset.created_at,
            latest_version=dataset.latest_version,
            sample_count=latest.sample_count,
            labelled_count=latest.labelled_count,
        )


class VersionFailure(Reply):
    reason: str
    message: str


class VersionView(Reply):
    dataset_id: int
    version_number: int
    state: VersionState
    sample_count: int
    labelled_count: int
    unlabelled_count: int
    revision: int
    active_import_id: int | None
    failure: VersionFailure | None
    created_at: AwareDatetime

    @classmethod
    def of(cls, version: DatasetVersion) -> "VersionView":
        failure = (
            VersionFailure(reason=version.failure_reason, message=version.failure_message or "")
            if version.failure_reason
            else None
        )
        return cls(
            dataset_id=version.dataset_id,
            version_number=version.version_number,
            state=version.state,
            sample_count=version.sample_count,
            labelled_count=version.labelled_count,
            unlabelled_count=version.sample_count - version.labelled_count,
            revision=version.revision,
            active_import_id=version.active_import_id,
            failure=failure,
            created_at=version.created_at,
        )


class VersionList(Reply):
    items: Sequence[VersionView]
    next_cursor: Literal[None] = None


class LabelRef(Reply):
    name: str


class SampleView(Reply):
    sample_id: int
    name: str
    labels: Sequence[LabelRef]
    width: int
    height: int
    size_bytes: int
    sha256: str
    thumbnail_url: str

    @classmethod
    def of(cls, sample: Sample, thumbnail_url: str) -> "SampleView":
        return cls.model_validate({**_fields(sample), "thumbnail_url": thumbnail_url})


class SampleDetail(SampleView):
    image_url: str

    @classmethod
    def with_image(cls, sample: Sample, thumbnail_url: str, image_url: str) -> "SampleDetail":
        urls = {"thumbnail_url": thumbnail_url, "image_url": image_url}
        return cls.model_validate({**_fields(sample), **urls})


def _fields(sample: Sample) -> dict[str, object]:
    shown = sample.model_dump(include={"sample_id", "name", "width", "height", "size_bytes", "sha256"})
    return {**shown, "labels": [LabelRef(name=name) for name in sample.labels]}
