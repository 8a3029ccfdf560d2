"""`serve` of an image for users' models: a framework's model, or a SageMaker script with its functions."""

import os
import sys
from collections.abc import Mapping

from openbml_kit.places import Places

# openbml_catalog.frameworks.manifest.MANIFEST_FILE; a script needs none of the catalogue's packages.
_MANIFEST_FILE = "framework.json"


def main(env: Mapping[str, str] = os.environ) -> int:
    """Serve until SIGTERM; 1 when the model cannot be set up."""
    if (Places.from_env(env).model / _MANIFEST_FILE).is_file():
        from openbml_kit.framework_serving.server import main as serve_framework

        return serve_framework(env, command=[sys.executable, *sys.argv])
    from openbml_kit.script_serving.server import main as serve_script

    return serve_script(env)
