"""Which pictures train and which test, so that none does both.

Answers "is a test picture also among the training pictures?". Images and labels come in; groups of
equal pictures and a choice for testing go out. The choice depends on names and a seed, not on the
order of the files or on the random numbers of a library, so it is the same on every system.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from torch import Tensor

from utils.data.cifar import DataError


def duplicate_groups(images: Tensor) -> list[tuple[int, ...]]:
    """Indices of equal images, uint8 (N, C, H, W), in groups of at least one.

    Equal means every pixel. A copy that was cut, turned or saved as JPEG once more is not found.

    Returns:
        Groups in the order of their first image; every image is in one of them.
    """
    groups: dict[bytes, list[int]] = defaultdict(list)
    for index, image in enumerate(images):
        groups[hashlib.sha256(image.contiguous().cpu().numpy().tobytes()).digest()].append(index)
    return [tuple(group) for group in groups.values()]


def choose_test(
    labels: Sequence[int],
    groups: Sequence[Sequence[int]],
    names: Sequence[str],
    classes: Sequence[str],
    test_share: float,
    seed: int,
) -> list[bool]:
    """Which images are for testing: about ``test_share`` of each class, groups undivided.

    In each class the groups are ordered by the SHA-256 of seed and first name. One after the
    other goes to testing while the share is not exceeded; at least one goes and at least one
    stays. A picture that comes under two labels contradicts itself, so it judges nothing and
    stays in training.

    Args:
        labels: the class of each image, from 0.
        groups: from :func:`duplicate_groups`.
        names: one for each image, for example its path.
        classes: their names, for the error.
        test_share: above 0 and below 1.
        seed: another one chooses other images.

    Raises:
        ValueError: the share is out of range.
        DataError: a class has fewer than two different pictures, not counting those that also
            come under another label.
    """
    if not 0 < test_share < 1:
        raise ValueError(f"test_share is above 0 and below 1, for example 0.2, not {test_share}")
    by_class: dict[int, list[Sequence[int]]] = defaultdict(list)
    for group in groups:
        if len(found := {labels[index] for index in group}) == 1:
            by_class[found.pop()].append(group)
    few = [name for label, name in enumerate(classes) if len(by_class[label]) < 2]
    if few:
        raise DataError(
            "fewer than two different pictures with this label only, so none can be left for "
            f"testing: {', '.join(few)}; add pictures, or leave these classes out"
        )
    is_test = [False] * len(labels)
    for label in range(len(classes)):
        for group in _first_share(by_class[label], names, test_share, seed):
            for index in group:
                is_test[index] = True
    return is_test


def _first_share(
    groups: list[Sequence[int]], names: Sequence[str], share: float, seed: int
) -> list[Sequence[int]]:
    def rank(group: Sequence[int]) -> bytes:
        return hashlib.sha256(
            f"{seed}/{min(names[i] for i in group)}".encode(errors="backslashreplace")
        ).digest()

    wanted = share * sum(len(group) for group in groups) + 1e-9  # 0.29 of 100 is 28.999...
    chosen: list[Sequence[int]] = []
    count = 0
    for group in sorted(groups, key=rank):
        if count + len(group) <= wanted and len(chosen) + 1 < len(groups):
            chosen.append(group)
            count += len(group)
    return chosen or [min(groups, key=lambda group: (len(group), rank(group)))]
