"""A server that strangers reach gives up root, which the same image's jobs need for SageMaker's folders."""

import os

# The image's user `openbml`.
_USER = 10_001


def give_up_root() -> None:
    """Become the image's user; a process that is not root stays as it is."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_USER)
        os.setuid(_USER)
