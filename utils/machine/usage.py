"""What a run has taken: time and memory.

Answers "would this also run on a smaller machine?", at the end of every notebook.
"""

import sys

MIB = 2**20


def peak_memory_bytes() -> int | None:
    """The most memory that this process has held at once; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB


def peak_gpu_bytes(device: str) -> int | None:
    """The most memory of the GPU that PyTorch has held at once; None without a CUDA device."""
    import torch

    return torch.cuda.max_memory_reserved() if device == "cuda" else None


def usage_in_words(seconds: float, device: str) -> str:
    """One line for the end of a notebook.

    Args:
        seconds: since the notebook began.
        device: "cpu", "cuda" or "mps".
    """
    held = ((peak_memory_bytes(), "memory"), (peak_gpu_bytes(device), "GPU memory"))
    parts = [f"at most {told / MIB:,.0f} MiB of {kind}" for told, kind in held if told is not None]
    return ", ".join([f"This run took {duration(seconds)}", *parts]) + "."


def duration(seconds: float) -> str:
    """Seconds in the unit that people say: "48 seconds", "1.5 minutes"."""
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.1f} minutes"
