"""`python -m openbml_deep`: the image's training job."""

import os
import sys

from openbml_kit.faults import reporting_failures
from openbml_kit.places import Places
from openbml_kit.progress import Progress


def _train() -> None:
    # Before torch is imported: cuBLAS is repeatable only with a workspace of its own.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    from openbml_deep.vision_operators import provide_vision_operators

    provide_vision_operators()
    from openbml_deep.job import run_job

    run_job(Places.from_env(os.environ), Progress(), os.environ)


if __name__ == "__main__":
    sys.exit(reporting_failures(_train, failure_file=Places.from_env(os.environ).failure))
