"""States of the unravelled network that its tests go through."""

from __future__ import annotations

from itertools import product

from utils.explorables.unravelled_paths import MAX_DELETED
from utils.miniatures.unravelled import (
    MAX_BLOCKS,
)

STATES = [
    (n, k, c)
    for n, k, c in product(range(1, MAX_BLOCKS + 1), range(MAX_DELETED + 1), (True, False))
    if k <= n
]
