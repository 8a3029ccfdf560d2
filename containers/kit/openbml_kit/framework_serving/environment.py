"""Variables that users' code may see: what programs need to run, and nothing that opens a door."""

import re
from collections.abc import Mapping

# Names, and beginnings of names; whatever is not listed stays outside, credentials of any kind above all.
_NAMES = frozenset(
    [
        "PATH",
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONUNBUFFERED",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONWARNINGS",
        "PYTHONHASHSEED",
        "PYTHONPYCACHEPREFIX",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "LANG",
        "LANGUAGE",
        "TZ",
        "HOME",
        "TMPDIR",
        "USER",
        "LOGNAME",
        "SHELL",
        "TERM",
        "SAGEMAKER_BASE_DIR",
        "SAGEMAKER_BIND_TO_PORT",
        "SAGEMAKER_MODEL_SERVER_WORKERS",
        "SAGEMAKER_MODEL_SERVER_TIMEOUT",
        "SM_NUM_CPUS",
        "SM_NUM_GPUS",
        "SML_NUM_CPUS",
        "SML_NUM_GPUS",
        "SML_MEMORY_BYTES",
        "SML_SIGNALS_ALL",
        "OPENBML_BIND_HOST",
        "OPENBML_WORKER_MEMORY_MB",
    ]
)
_BEGINNINGS = (
    "LC_",
    "OMP_",
    "OPENBLAS_",
    "MKL_",
    "NUMEXPR_",
    "KMP_",
    "CUDA_",
    "NVIDIA_",
    "TF_",
    "FLAGS_",
    "TORCH_",
)
# None of the names above holds a secret; a name that says it does is not let through by its beginning.
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|_KEY", re.IGNORECASE)


def allowed(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that processes with users' code get."""
    return {
        name: value
        for name, value in env.items()
        if name in _NAMES or (name.startswith(_BEGINNINGS) and not _SECRET.search(name))
    }
