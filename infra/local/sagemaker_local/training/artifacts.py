"""Where a job's results go (contract section 3.4)."""

import shutil
from pathlib import Path, PurePosixPath

from sagemaker_local.storage.archives import files_below, pack_directory, path_is_direct
from sagemaker_local.storage.objects_s3 import S3Objects, S3Uri, parse_s3_uri
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.tree import NodeTree


def upload_results(job: TrainingJob, trees: list[NodeTree], store: S3Objects, work_dir: Path) -> list[str]:
    """Upload model and output data of all nodes; returns warnings. Safe to repeat."""
    prefix = parse_s3_uri(job.output_prefix)
    warnings: list[str] = []
    for name, archive, folders in (
        ("model", "model.tar.gz", [_own_folder(tree, tree.model, work_dir) for tree in trees]),
        ("data", "output.tar.gz", [_own_folder(tree, tree.output_data, work_dir) for tree in trees]),
    ):
        merged = _merge(folders, work_dir / f"merged-{name}", warnings)
        is_model = name == "model"
        if not is_model and not files_below(merged):
            continue
        if job.is_compressed:
            packed = work_dir / archive
            pack_directory(merged, packed)
            store.upload(packed, prefix.below(archive))
            packed.unlink()
        else:
            _upload_tree(merged, prefix.below(name), store)
    return warnings


def _own_folder(tree: NodeTree, folder: Path, work_dir: Path) -> Path:
    """The folder, unless the job put a link in its place: that could lead to anywhere on this machine."""
    relative = PurePosixPath(folder.relative_to(tree.root))
    return folder if path_is_direct(tree.root, relative) else work_dir / "no-folder"


def _merge(folders: list[Path], target: Path, warnings: list[str]) -> Path:
    """One folder of all nodes' files; the lowest node wins."""
    if len(folders) == 1:
        return folders[0]
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for number, folder in enumerate(folders, start=1):
        for path in files_below(folder):
            place = target / path.relative_to(folder)
            if place.exists():
                warnings.append(
                    f"{path.relative_to(folder)} of algo-{number} is left out: a lower node has it too"
                )
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)
    return target


def _upload_tree(folder: Path, prefix: S3Uri, store: S3Objects) -> None:
    for path in files_below(folder):
        store.upload(path, prefix.below(path.relative_to(folder).as_posix()))
