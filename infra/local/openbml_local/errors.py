"""What can go wrong with the local cloud. Each message names the cause and what to do about it."""

from pathlib import Path


class LocalCloudError(Exception):
    """Base of every failure that ends a `bml` command with a message instead of a traceback."""

    exit_code = 1


class PortInUseError(LocalCloudError):
    exit_code = 3

    def __init__(self, component: str, port: int, owner: str) -> None:
        super().__init__(
            f"port {port} for {component} is in use by {owner}. "
            f"Stop that program, or choose another port: bml up --port-{component} PORT"
        )


class StateDirectoryError(LocalCloudError):
    exit_code = 4


class StateNotOursError(StateDirectoryError):
    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is not empty and not a state directory of OpenBML (it has no state.json). "
            "Choose another with --state-dir, or empty it if it is a leftover."
        )


class StateUnreadableError(StateDirectoryError):
    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(
            f"{path} cannot be read ({cause}). Restore the file, or start afresh with: bml reset --yes"
        )


class StateTooNewError(StateDirectoryError):
    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            f"{path} was written by a newer OpenBML (layout {found}, this one knows {known}). "
            "Upgrade OpenBML or choose another --state-dir."
        )


class CheckpointError(StateDirectoryError):
    """No saved state of MiniStack can be used."""


class EnvironmentBuildError(LocalCloudError):
    exit_code = 6


class ComponentStartError(LocalCloudError):
    exit_code = 7

    def __init__(self, component: str, reason: str, log: Path, tail: str) -> None:
        super().__init__(f"{component} did not start: {reason}. Log: {log}\n{tail}".rstrip())


class ComponentStopError(LocalCloudError):
    exit_code = 7


class DeployError(LocalCloudError):
    exit_code = 8


class GatewayRoutesError(LocalCloudError):
    exit_code = 8


class NotRunningError(LocalCloudError):
    exit_code = 9

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not running. Start the local cloud with: bml up")
