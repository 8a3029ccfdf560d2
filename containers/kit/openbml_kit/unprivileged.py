"""A server that strangers reach gives up root, which the same image's jobs need for SageMaker's folders."""

import os
from collections.abc import Mapping

# The image's user `openbml`.
_USER = 10_001


def give_up_root(env: Mapping[str, str] = os.environ) -> None:
    """Become the image's user, in a container; a process that is not root stays as it is."""
    if os.geteuid() == 0 and "SAGEMAKER_BASE_DIR" not in env:
        os.setgroups([])
        os.setgid(_USER)
        os.setuid(_USER)
