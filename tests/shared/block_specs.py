"""Sizes of blocks drawn at random."""

from __future__ import annotations

import random

from utils.explorables.block_builder import CHANNELS, GROUPS, STRIDES, WIDTHS
from utils.miniatures.bottleneck import BlockSpec


def random_specs(count: int, seed: int) -> list[BlockSpec]:
    draw = random.Random(seed)
    choices = (CHANNELS, CHANNELS, STRIDES, WIDTHS, GROUPS, range(5))
    return [BlockSpec(*(draw.choice(values) for values in choices)) for _ in range(count)]
