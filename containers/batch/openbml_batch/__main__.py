"""`python -m openbml_batch`: a processing job's work."""

import sys

from openbml_batch.job import main

if __name__ == "__main__":
    sys.exit(main())
