"""A stand-in for Apple's GPU on a machine without one.

Inside :func:`apple_gpu`, tensors on PyTorch's "meta" device are wrappers that compute on the CPU,
and the book takes "meta" for Apple's GPU. As on the real device, a float64 tensor is an error
there, and so is an operation between two devices. What the real one computes is not tried by this.
"""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map, tree_map_only

from utils.machine import devices

STAND_IN = torch.device("meta")
MOVES = ("aten::_to_copy", "aten::copy_", "aten::_local_scalar_dense")


class OnApple(Tensor):
    """A tensor that says it is on the stand-in and keeps its numbers in ``inner`` on the CPU."""

    @staticmethod
    def __new__(cls, inner: Tensor) -> "OnApple":
        if inner.dtype in (torch.float64, torch.complex128):
            raise TypeError("Apple's GPU has no float64")
        return torch.Tensor._make_wrapper_subclass(
            cls, inner.shape, strides=inner.stride(), storage_offset=inner.storage_offset(),
            dtype=inner.dtype, device=STAND_IN, requires_grad=inner.requires_grad,
        )  # fmt: skip

    def __init__(self, inner: Tensor) -> None:
        self.inner = inner

    def tolist(self) -> list:
        return self.inner.tolist()

    def __repr__(self) -> str:
        return f"OnApple({self.inner!r})"

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return dispatch(func, args, kwargs or {}, set())


def dispatch(func, args, kwargs, seen: set[str]):
    """Run one operation: on the CPU, and wrapped again if it belongs there."""
    name = func._schema.name
    tensors = [leaf for leaf in tree_flatten((args, kwargs))[0] if isinstance(leaf, Tensor)]
    inside = [leaf for leaf in tensors if isinstance(leaf, OnApple)]
    named = kwargs.get("device")
    target = torch.device(named) if named is not None else (STAND_IN if inside else None)
    if target is None or (target.type != STAND_IN.type and not inside):
        return func(*args, **kwargs)
    seen.add(f"{name}.{func._overloadname}".removesuffix(".default"))
    others = [t for t in tensors if not isinstance(t, OnApple) and t.dim() > 0]
    # Indices may be on the CPU, and so may single numbers.
    if inside and others and name not in MOVES and not name.startswith("aten::index"):
        raise RuntimeError(f"{name} between two devices")
    bare_args, bare = tree_map_only(OnApple, lambda t: t.inner, (args, dict(kwargs)))
    if named is not None:
        bare["device"] = torch.device("cpu")
    out = func(*bare_args, **bare)
    if name == "aten::copy_":
        return args[0]
    if func._schema.is_mutable and not name.startswith("aten::native_batch_norm"):
        back = {id(t.inner): t for t in inside}
        return tree_map(lambda leaf: back.get(id(leaf), leaf), out)
    return tree_map_only(Tensor, OnApple, out) if target.type == STAND_IN.type else out


class _Mode(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return dispatch(func, args, kwargs or {}, self.seen)


@contextlib.contextmanager
def apple_gpu() -> Iterator[set[str]]:
    """Lend this machine an Apple GPU; yields the names of the operations that ran on it."""
    before, devices.APPLE = devices.APPLE, STAND_IN.type
    try:
        with _Mode() as mode:
            yield mode.seen
    finally:
        devices.APPLE = before
