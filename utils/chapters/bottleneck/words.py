"""The words and numbers in the text of *Bottleneck* that follow from records.

Each function gives the values of one passage by name, see :mod:`utils.notebook.filled`.
"""

from functools import cache

from utils.chapters.bottleneck.counts import COMPARISON, PAIR
from utils.chapters.bottleneck.roofline import block_parts
from utils.probes.roofline import chapter_blocks
from utils.record.roofline import load_records
from utils.results.labels import device_label
from utils.results.runs import load_runs
from utils.results.verdict import compare_runs

DEVICE = "AMD EPYC, 2 threads"
"""The recorded device that the text speaks of."""


@cache
def times() -> dict[str, str]:
    """How long the blocks take against the first one, and what of it is in no layer."""
    record = next(each for each in load_records() if device_label(each["machine"]) == DEVICE)
    narrow, neck, wide = chapter_blocks()
    passes = {
        name: {block: timing["median"] / found[narrow]["median"] for block, timing in found.items()}
        for name, found in record["blocks"].items()
    }
    every = block_parts(record)
    parts = every[neck]
    return {
        "longer": longer(passes["inference"][neck]),
        "neck": f"{passes['inference'][neck]:.1f}",
        "neck_training": f"{passes['training'][neck]:.1f}",
        "wide": f"{passes['inference'][wide]:.0f}",
        "convolutions": f"{every[wide].convolutions / every[narrow].convolutions:.0f}",
        "remainder": f"{100 * parts.remainder / parts.whole:.0f} %",
    }


def longer(ratio: float) -> str:
    """How a time compares with another, as the verb of a sentence."""
    if ratio > 1.2:
        return "takes clearly longer than"
    return "takes about as long as" if ratio > 1 / 1.2 else "takes clearly less time than"


@cache
def blocks() -> dict[str, str]:
    """What ten epochs say of basic against bottleneck blocks at equal work."""
    basic, narrow = (load_runs(COMPARISON, model) for model in PAIR)
    ahead = compare_runs(basic, narrow, lambda run: 100 * run["final"]["test_error"])
    better = ahead.over.mean > 0
    return {
        "ahead": "the more accurate one" if better else "not the more accurate one",
        "points": ahead.told(2).removeprefix("-"),
        "higher": "higher" if better else "lower",
        "verdict": ahead.sentence("the difference"),
    }
