"""The chapter on gradient norms, its cells, and the states of its figure."""

import sys
from itertools import product

from notebook_prose import page_markdown, sources

from utils.chapters.gradient_norms.numbers import KINDS
from utils.files.places import ROOT

NOTEBOOK = ROOT / "notebooks" / "04_gradient_norms.ipynb"


def cells(kind: str) -> list[str]:
    """Sources of the chapter's cells of one kind."""
    return sources(NOTEBOOK, kind)


def prose() -> str:
    """The chapter's Markdown as its page reads it."""
    return page_markdown(NOTEBOOK)


def module():
    """The module whose name its function hides in the package."""
    return sys.modules["utils.explorables.gradient_norms"]


def states(data: dict) -> list[dict]:
    """A few states of each depth, start and kind, of every quantity."""
    chosen = []
    for depth in data["depths"]:
        for form in range(len(data["forms"])):
            for kind in KINDS:
                series = data["series"][f"resnet-{depth}_{data['forms'][form]}"]
                last = len(series["steps"]) - 1
                for step, quantity in product(sorted({0, last // 2, last}), range(3)):
                    state = {"depth": depth, "form": form, "kind": kind, "step": step}
                    chosen.append({"quantity": quantity, **state})
    return chosen
