"""Which arithmetic a device trains in.

Answers "how many bits?".
"""

import contextlib

import torch

from utils.machine.devices import is_apple, multiplies_bf16
from utils.training.recipes import PRECISIONS

NARROW = {"bf16": torch.bfloat16, "fp16": torch.float16}


def autocast(precision: str, device: torch.device) -> contextlib.AbstractContextManager:
    """Arithmetic in "fp32", or mixed with "bf16" or "fp16" where PyTorch deems it safe.

    Raises:
        ValueError: another name; "auto" has to be resolved first.
    """
    if precision == "fp32":
        return contextlib.nullcontext()
    if precision not in NARROW:
        names = ", ".join(["fp32", *NARROW])
        raise ValueError(
            f"precision must be one of {names}, not {precision!r}; resolve_precision says what "
            "'auto' is on a device"
        )
    return torch.autocast(device.type, dtype=NARROW[precision])


def resolve_precision(wanted: str, device: torch.device) -> str:
    """What "auto" means on a device: the fastest arithmetic that PyTorch supports there.

    Apple's GPU takes fp32, since nothing has been measured there.

    Raises:
        ValueError: an unknown name, or fp16 on Apple's GPU, where PyTorch's scaling of the loss
            may need float64.
    """
    if wanted not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, not {wanted!r}")
    if wanted == "fp16" and is_apple(device):
        raise ValueError("fp16 is not for Apple's GPU here; choose precision 'fp32' or 'bf16'")
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device) >= (8, 0) else "fp16"
    return "bf16" if multiplies_bf16(device) else "fp32"
