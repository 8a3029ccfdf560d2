"""`python -m openbml_deep`: the image's training job."""

import os
import signal
import sys

from openbml_kit.faults import UserFault, reporting_failures
from openbml_kit.places import Places
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

    from openbml_deep.job import run_job

    try:
        run_job(Places.from_env(os.environ), Progress(), os.environ)
    except torch.OutOfMemoryError as error:
        raise UserFault(
            "the accelerator's memory is too small: take a smaller batch_size or input_size"
        ) from error


if __name__ == "__main__":
    sys.exit(reporting_failures(_train, failure_file=Places.from_env(os.environ).failure))
