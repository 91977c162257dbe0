"""The devices by name, and what each can do.

Answers "where do the numbers live, and which arithmetic is fast there?". A device that is not
named is CUDA where there is one, else the CPU. Apple's GPU, ``mps``, has to be asked for by name:
nobody has tried it with this book.
"""

import os
import platform
from pathlib import Path

import torch
from torch import Tensor

APPLE = "mps"
DEVICES = ("cpu", "cuda", APPLE)
DEVICE_VARIABLE = "RESNET_BOOK_DEVICE"
ARM = ("aarch64", "arm64")
MAX_ISA_VARIABLES = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
BELOW_BF16 = frozenset(
    {"sse41", "avx", "avx2", "avx2_vnni", "avx2_vnni_2", "avx512_core", "avx512_core_vnni"}
)
"""Limits of oneDNN that leave no bf16 product; from ``avx512_core_bf16`` on there is one.
``avx2_vnni_2`` converts bf16 and multiplies in fp32."""
CPU_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
CPU_INFO = Path("/proc/cpuinfo")


def present() -> tuple[str, ...]:
    """The names of :data:`DEVICES` that PyTorch can use on this machine."""
    has = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    return tuple(name for name in DEVICES if has[name])


def default_device() -> torch.device:
    """The one that ``RESNET_BOOK_DEVICE`` names, else CUDA when there is one, else the CPU."""
    named = os.environ.get(DEVICE_VARIABLE)
    if named:
        return named_device(named)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def named_device(name: torch.device | str | None) -> torch.device:
    """The device of a name, None for the default.

    Raises:
        ValueError: no such device, or none on this machine; says which there are.
    """
    if name is None:
        return default_device()
    kind = str(name).partition(":")[0]
    if kind not in DEVICES:
        raise ValueError(f"unknown device {str(name)!r}; choose from {', '.join(DEVICES)}")
    if kind not in present():
        raise ValueError(
            f"PyTorch finds no {kind!r} on this machine; choose from {', '.join(present())}"
        )
    return torch.device(name)


def what_to_expect(device: str, full: bool, unasked: bool = False) -> str:
    """What a reader should know before the cells of a notebook run there; often nothing.

    Args:
        device: "cpu", "cuda" or "mps".
        full: whether the notebook trains on CIFAR-10.
        unasked: whether it does so because of the device, and nobody has chosen it.
    """
    if device == "mps":
        return (
            "Apple's GPU was not tried with this book. If a cell fails or its numbers look odd, "
            'take start(device="cpu").'
        )
    if full and unasked:
        return "There is a GPU, so this notebook trains on CIFAR-10. FULL = False takes the digits."
    if device == "cuda" or not full:
        return ""
    slow = "The full experiment runs on the CPU, minutes for each network."
    if "mps" in present():
        return f'{slow} start(full=True, device="mps") asks for Apple\'s GPU, not tried here yet.'
    return f"No CUDA device: {slow[0].lower()}{slow[1:]}"


def is_apple(device: torch.device) -> bool:
    """Whether a device is Apple's GPU, which has no float64."""
    return device.type == APPLE


def widened(values: Tensor) -> Tensor:
    """``values`` in float64, on the CPU if their device has no float64, as Apple's GPU has none."""
    return (values.cpu() if is_apple(values.device) else values).double()


def layout(device: torch.device, channels_last: bool) -> torch.memory_format:
    """How activations are stored on a device; the results are the same but for rounding.

    Apple's GPU keeps the usual order: with channels last its convolutions are slower, and some
    results were wrong (PyTorch's issues 192551, 180984 and 174345).
    """
    if channels_last and not is_apple(device):
        return torch.channels_last
    return torch.contiguous_format


def multiplies_bf16(device: torch.device) -> bool:
    """Whether a CPU has instructions for products of bf16, and PyTorch will use them.

    PyTorch's own answer for x86 is about the width of its vectors. Where they are wide and the
    instruction is missing, oneDNN imitates it, and bf16 is slower than fp32.
    """
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    if platform.machine().lower() in ARM:  # there PyTorch's answer is about the instruction
        return True
    return not _onednn_stays_below_bf16() and _x86_has_bf16()


def _onednn_stays_below_bf16() -> bool:
    limits = (os.environ.get(variable, "").lower() for variable in MAX_ISA_VARIABLES)
    return next((limit for limit in limits if limit), "") in BELOW_BF16


def _x86_has_bf16() -> bool:
    asked = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    if asked is not None:
        return bool(asked())
    if not CPU_INFO.exists():
        return False
    return not CPU_FLAGS.isdisjoint(CPU_INFO.read_text(encoding="utf-8").split())
