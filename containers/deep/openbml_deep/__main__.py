"""`python -m openbml_deep`: the image's training job, or one of its processes."""

import io
import os
import signal
import sys

from openbml_deep.launch import launch, process_failure_file
from openbml_kit.cluster import Cluster
from openbml_kit.faults import UserFault, reporting_failures
from openbml_kit.places import Places, gpu_count
from openbml_kit.progress import Progress


def _train() -> None:
    # Importing torch takes seconds; a job stopped meanwhile has nothing to keep. The job itself takes over
    # later.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    # Before torch is imported: cuBLAS is repeatable only with a workspace of its own.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    from openbml_deep.vision_operators import provide_vision_operators

    provide_vision_operators()
    import torch

    from openbml_deep.engine.cluster import join_world
    from openbml_deep.job import run_job

    world = join_world(os.environ)
    progress = Progress() if world.leads else Progress(io.StringIO())
    try:
        run_job(Places.from_env(os.environ), progress, os.environ, world)
    except torch.OutOfMemoryError as error:
        raise UserFault(
            "the accelerator's memory is too small: take a smaller batch_size or input_size"
        ) from error
    world.leave()


def main() -> int:
    """Train here, or let torchrun start a process for each accelerator of several."""
    places = Places.from_env(os.environ)
    if "WORLD_SIZE" not in os.environ:
        cluster = Cluster.from_document(places.configuration("resourceconfig.json"))
        accelerators = gpu_count(os.environ)
        if len(cluster.hosts) > 1 or accelerators > 1:
            return launch(cluster, max(1, accelerators), os.environ, failure_file=places.failure)
        return reporting_failures(_train, failure_file=places.failure)
    if os.environ["WORLD_SIZE"] != "1":
        own = process_failure_file(places.failure, os.environ["RANK"])
        return reporting_failures(_train, failure_file=own)
    return reporting_failures(_train, failure_file=places.failure)


if __name__ == "__main__":
    sys.exit(main())
