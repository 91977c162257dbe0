"""Images and labels, refused at once when a function was not made for them.

Answers "what is wrong with what I gave, and what do I write instead?". Shapes, dtypes and the range
of labels are looked at once, before anything is computed; nothing is cast or reshaped in silence.
"""

import numpy as np
import torch
from torch import Tensor

CHANNELS = 3
"""Of every image in this book: red, green and blue."""
POSSIBLE_CHANNELS = (1, 3, 4)
"""Grey, colour, colour with transparency: what a side of this length is taken for."""


def described(value: object) -> str:
    """What a value is, in a few words: "a tensor float32 (2, 3)", "the class ResNet"."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, Tensor):
        return f"a tensor {dtype_name(value)} {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"a NumPy array {value.dtype} {value.shape}"
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    return f"of the kind {type(value).__name__}"


def need(value: object, kind: type | tuple[type, ...], name: str, advice: str) -> None:
    """Refuse a value that is of another kind.

    Args:
        value: what was given.
        kind: the classes that are accepted.
        name: what the caller calls it.
        advice: what to do, after a semicolon.

    Raises:
        TypeError: with what was given and the advice.
    """
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {described(value)}; {advice}")


def need_tensor(values: object, name: str) -> None:
    """Refuse what is not a tensor.

    Raises:
        TypeError: with the function that makes a tensor of it.
    """
    if isinstance(values, np.ndarray):
        advice = f"make a tensor of it: torch.from_numpy({name})"
    elif isinstance(values, (list, tuple)):
        tensors = bool(values) and all(isinstance(value, Tensor) for value in values)
        advice = f"make one tensor of it: torch.{'stack' if tensors else 'tensor'}({name})"
    elif isinstance(values, torch.utils.data.DataLoader):
        advice = "pass the tensors themselves, this function makes its own batches"
    else:
        advice = "pass a tensor"
    need(values, Tensor, name, advice)


def need_images(
    images: Tensor,
    channels: int | None = CHANNELS,
    dtype: torch.dtype | None = torch.uint8,
    name: str = "images",
) -> None:
    """Refuse anything but images (N, ``channels``, H, W), bytes unless another dtype is named.

    Costs no look at the pixels as long as the images fit.

    Args:
        images: what was given.
        channels: how many; None for any number.
        dtype: of the values; None for any.
        name: what the caller calls them.

    Raises:
        TypeError: not a tensor.
        ValueError: another shape or dtype; says which one and how to change it.
    """
    need_tensor(images, name)
    if images.ndim != 4:
        raise ValueError(_of_other_dimensions(images, channels, name))
    if channels is not None and images.shape[1] != channels:
        raise ValueError(_of_other_channels(images, channels, name))
    if dtype is torch.uint8 and images.dtype != dtype:
        raise ValueError(_of_other_values(images, name))
    if dtype is not None and images.dtype != dtype:
        raise ValueError(f"{name} are {described(images)[9:]}; they must be {dtype}")


def need_inputs(inputs: Tensor, channels: int | None = None, name: str = "inputs") -> None:
    """Refuse anything but normalised images, float (N, C, H, W).

    Raises:
        TypeError: not a tensor.
        ValueError: another shape, or bytes that nobody has normalised.
    """
    need_images(inputs, channels, dtype=None, name=name)
    need_floats(inputs, name)


def need_floats(values: Tensor, name: str) -> None:
    """Refuse whole numbers where a network or an average needs floating point, of any shape.

    Raises:
        TypeError: not a tensor.
        ValueError: whole numbers.
    """
    need_tensor(values, name)
    if values.dtype == torch.uint8:
        raise ValueError(
            f"{name} are bytes from 0 to 255, and floating-point numbers are needed; normalise "
            f'them first, for example Normaliser.fit({name}, "channel")({name})'
        )
    if not values.is_floating_point():
        raise ValueError(
            f"{name} are {dtype_name(values)}, and floating-point numbers are needed; "
            f"call {name}.float()"
        )


def need_labels(
    labels: Tensor,
    classes: int | None = None,
    count: int | None = None,
    whose: str = "the data set has",
) -> None:
    """Refuse anything but one class number an image, int64 (N,), from 0 to ``classes`` - 1.

    Looks at all labels once, so call it once a run.

    Args:
        labels: what was given.
        classes: how many there are; None leaves the upper end open.
        count: number of images.
        whose: who has so many classes, for the message: "the head has".

    Raises:
        TypeError: not a tensor.
        ValueError: another shape, dtype, length or range; says how to change it.
    """
    need_tensor(labels, "labels")
    if labels.ndim != 1:
        raise ValueError(_of_other_form(labels))
    if count is not None and len(labels) != count:
        raise ValueError(f"{count} images but {len(labels)} labels; give one label for each image")
    if labels.dtype != torch.int64:
        raise ValueError(f"labels are {dtype_name(labels)}; make them int64: labels.long()")
    if labels.numel() and not labels.is_meta:  # there it has no values
        _need_range(int(labels.min()), int(labels.max()), classes, whose)


def _need_range(least: int, greatest: int, classes: int | None, whose: str) -> None:
    run = f"labels run from {least} to {greatest}"
    if least < 0:
        raise ValueError(
            f"{run}, and classes are counted from 0; leave out the images without a class, or "
            "number the classes anew: torch.unique(labels, return_inverse=True)[1]"
        )
    if classes is None or greatest < classes:
        return
    if least > 0 and greatest == classes:
        raise ValueError(f"{run} and {whose} {classes} classes; subtract 1: labels - 1")
    raise ValueError(
        f"{run} and {whose} {classes} classes, so labels may run to {classes - 1}; name every "
        "class, or number them anew: torch.unique(labels, return_inverse=True)[1]"
    )


def need_answers(answers: Tensor, labels: Tensor, name: str = "probabilities") -> None:
    """Refuse answers of a network, float (N, K), that do not fit their labels, int64 (N,).

    Without the check labels (N, 1) would be compared with all N answers each.

    Raises:
        TypeError: not a tensor.
        ValueError: another shape, or labels without a column.
    """
    need_tensor(answers, name)
    if answers.ndim != 2:
        raise ValueError(
            f"{name} have the shape {tuple(answers.shape)}; one row an image and one column a "
            "class are needed (N, K)"
        )
    need_labels(labels, count=len(answers))
    highest = int(labels.max()) if labels.numel() else -1
    if highest >= answers.shape[1]:
        raise ValueError(
            f"{name} have {answers.shape[1]} columns but labels run to {highest}; the network "
            f"needs {highest + 1} outputs, or labels must begin at 0"
        )
    need_one_device({name: answers, "labels": labels})


def need_one_device(tensors: dict[str, Tensor]) -> None:
    """Refuse tensors on different devices.

    Args:
        tensors: by the caller's names.

    Raises:
        ValueError: names the devices and the call that moves one of them.
    """
    (first, kept), *others = tensors.items()
    for name, tensor in others:
        if tensor.device != kept.device:
            raise ValueError(
                f"{first} are on {kept.device} and {name} on {tensor.device}; move them: "
                f"{name}.to({str(kept.device)!r})"
            )


def dtype_name(values: Tensor) -> str:
    """For example "float32"."""
    return str(values.dtype).removeprefix("torch.")


def _of_other_dimensions(images: Tensor, channels: int | None, name: str) -> str:
    shape, wanted = tuple(images.shape), f"(N, {channels or 'C'}, H, W)"
    given = f"{name} have the shape {shape}, and {wanted} is needed"
    likely = POSSIBLE_CHANNELS if channels is None else (channels,)
    if images.ndim == 3 and shape[0] in likely:
        return f"{given}; this is one image, so add the axis of the batch: {name}[None]"
    if images.ndim == 3 and shape[2] in likely:
        return f"{given}; this is one image with its channels last: {name}.permute(2, 0, 1)[None]"
    if images.ndim == 3:
        repeat = f".repeat(1, {channels}, 1, 1)" if channels and channels > 1 else ""
        return f"{given}; grey images need an axis of channels: {name}[:, None]{repeat}"
    if images.ndim == 2:
        return (
            f"{given}; if each row is one image, give it its sides: "
            f"{name}.reshape(-1, {channels or 'C'}, H, W)"
        )
    return f"{given}; bring the images into this order, one axis for each"


def _of_other_channels(images: Tensor, channels: int, name: str) -> str:
    shape = tuple(images.shape)
    if shape[3] == channels or (
        shape[3] in POSSIBLE_CHANNELS and shape[1] not in POSSIBLE_CHANNELS
    ):
        return f"{name} are {shape}: channels last; call {name}.permute(0, 3, 1, 2)"
    given = f"{name} are {shape}, with {shape[1]} channels, and {channels} are needed"
    if shape[1] == 1:
        return f"{given}; repeat the grey values: {name}.repeat(1, {channels}, 1, 1)"
    if shape[1] == 4 and channels == 3:
        return f"{given}; leave transparency out: {name}[:, :3]"
    return f"{given}; choose {channels} of the channels, for example {name}[:, :{channels}]"


def _of_other_values(images: Tensor, name: str) -> str:
    given = f"{name} are {dtype_name(images)}"
    if not images.is_floating_point():
        return f"{given}, and bytes are needed; if the values are 0 to 255: {name}.to(torch.uint8)"
    if not images.numel():
        return f"{given}, and bytes are needed; call {name}.to(torch.uint8)"
    least, greatest = float(images.min()), float(images.max())
    if least < 0:
        return (
            f"{given} from {least:.2g} to {greatest:.2g}, as after normalisation; give the bytes "
            "themselves, this function normalises them or leaves that to the normaliser"
        )
    if greatest <= 1:
        return (
            f"{given} between 0 and 1; multiply by 255 and make them uint8: "
            f"({name} * 255).round().to(torch.uint8)"
        )
    return f"{given} up to {greatest:.4g}; make them uint8: {name}.round().to(torch.uint8)"


def _of_other_form(labels: Tensor) -> str:
    shape = tuple(labels.shape)
    given = f"labels have the shape {shape}, and one number an image (N,) is needed"
    if labels.ndim == 2 and shape[1] == 1:
        return f"{given}; take the column: labels.squeeze(1)"
    if labels.ndim == 2 and bool((labels.sum(1) == 1).all()):
        return f"{given}; these are one-hot rows: labels.argmax(1)"
    return f"{given}; give the number of the class for each image"
