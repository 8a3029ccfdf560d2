"""`python -m openbml_serving`: the image's real-time server."""

import logging
import sys

from openbml_kit.faults import Fault
from openbml_serving.server import serve
from openbml_serving.settings import ServingSettings


def main() -> int:
    logging.basicConfig(
        level=logging.INFO, format='{"level":"%(levelname)s","logger":"%(name)s","message":"%(message)s"}'
    )
    try:
        serve(ServingSettings.from_env())
    except Fault as fault:
        logging.getLogger("openbml_serving").exception("%s: %s", fault.tag, fault)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
