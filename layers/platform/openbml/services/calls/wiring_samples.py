"""Where kept pictures and texts become samples; its own module, since it brings Pillow (the media layer)."""

from openbml.core.clock import utc_now
from openbml.core.scope import ProjectScope
from openbml.datasets import wiring as datasets
from openbml.services.calls.samples_datasets import VersionSamples, version_key


def version_samples(
    scope: ProjectScope, dataset_id: int, version_number: int, user_id: int
) -> VersionSamples:
    return VersionSamples(
        version_key(scope, dataset_id, version_number),
        user_id=user_id,
        datasets=datasets.dataset_repository(),
        samples=datasets.sample_repository(),
        intake=datasets.sample_intake(),
        annotations=datasets.annotation_store(),
        jobs=datasets.data_job_repository(),
        data=datasets.data_store(),
        now=utc_now,
    )
