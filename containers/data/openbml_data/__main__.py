"""The same as the entry point `process`."""

import sys

from openbml_data.job import main

if __name__ == "__main__":
    sys.exit(main())
