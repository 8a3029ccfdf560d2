"""Incremental training: a run that starts from the weights of an earlier one (spec 03 section 1)."""

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.training.runs import Run, RunNotFoundError, RunRepository


class BaseRunUnusableError(OpenBMLError):
    """Training cannot start from that run; details: base_run_id, reason."""


def usable_base(
    scope: ProjectScope, base_run_id: int, *, task_type: str, network: str, runs: RunRepository
) -> Run:
    """Return the run whose weights another one may start from.

    Raises:
        BaseRunUnusableError: there is none, it has no model, or it is of another task or network.
    """
    try:
        base = runs.get(scope, base_run_id)
    except RunNotFoundError as error:
        raise BaseRunUnusableError(base_run_id=base_run_id, reason="this project has no such run") from error
    reason = _obstacle(base, task_type=task_type, network=network)
    if reason:
        raise BaseRunUnusableError(base_run_id=base_run_id, reason=reason)
    return base


def _obstacle(base: Run, *, task_type: str, network: str) -> str | None:
    if base.task_type != task_type:
        return f"its task is {base.task_type}, this one's is {task_type}"
    if base.network != network:
        return f"its network is {base.network}: choose the same one"
    if not base.state.is_final:
        return f"it is {base.state}: wait for its end"
    if base.metrics is None or base.data_uri is None:
        return f"it left no model: it is {base.state}"
    return None
