"""Which changes a version's state allows (spec 02 sections 1.3, 5.4)."""

from openbml.datasets.datasets import (
    DatasetVersion,
    DatasetVersionNotFoundError,
    SmartLabellingRunningError,
    VersionBusyError,
    VersionState,
)


def check_changeable(version: DatasetVersion) -> None:
    """Let a version through whose samples may be changed, added to or deleted now.

    Raises:
        VersionBusyError: an import runs into it.
        SmartLabellingRunningError: smart labelling works on it.
        DatasetVersionNotFoundError: it is being deleted.
    """
    where = {"dataset_id": version.dataset_id, "version_number": version.version_number}
    if version.state is VersionState.IMPORTING:
        raise VersionBusyError(**where, import_id=version.active_import_id)
    if version.state is VersionState.SMART_LABELLING:
        raise SmartLabellingRunningError(**where)
    if version.state is VersionState.DELETING:
        raise DatasetVersionNotFoundError(**where)
