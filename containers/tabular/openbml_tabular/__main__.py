"""`python -m openbml_tabular`: the image's training job."""

import os
import signal
import sys

from openbml_kit.faults import reporting_failures
from openbml_kit.places import Places
from openbml_kit.progress import Progress


def _train() -> None:
    # Importing takes seconds; a job stopped meanwhile has nothing to keep. The job itself takes over later.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    from openbml_tabular.job import run_job

    run_job(Places.from_env(os.environ), Progress(), os.environ)


def main() -> int:
    return reporting_failures(_train, failure_file=Places.from_env(os.environ).failure)


if __name__ == "__main__":
    sys.exit(main())
