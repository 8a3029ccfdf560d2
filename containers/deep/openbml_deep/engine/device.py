"""The accelerator of the slot, or its cores."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Device:
    """`precision` is the type of mixed precision, None for float32 throughout."""

    torch: torch.device
    precision: torch.dtype | None

    @property
    def scaled(self) -> bool:
        """Whether gradients must be scaled: float16 underflows, bfloat16 does not."""
        return self.precision is torch.float16

    def autocast(self) -> AbstractContextManager[object]:
        if self.precision is None:
            return nullcontext()
        return torch.autocast(self.torch.type, dtype=self.precision)

    @property
    def is_cuda(self) -> bool:
        return self.torch.type == "cuda"


def prepare_device(*, cores: int, mixed: bool = True, local_rank: int = 0) -> Device:
    """Return the device, with torch set to be repeatable on it. Call once, before any tensor is made.

    Args:
        mixed: whether an accelerator may compute in half precision.
        local_rank: which accelerator of the machine is this process's.
    """
    torch.set_num_threads(cores)
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    # Repeatability needs no memory filled before use; it costs several per cent of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.benchmark = False
    if not torch.cuda.is_available():
        return Device(torch.device("cpu"), None)
    precision = torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    return Device(torch.device("cuda", local_rank), precision if mixed else None)
