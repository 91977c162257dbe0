"""The figures that pages of prose show, by name.

Answers "which picture does this page ask for?". A notebook calls a drawing function in a cell; a
page without code names it instead, and the build calls it. The data of a figure stand in
``book/data`` or ``results``, so each figure is drawn anew from them at every build.
"""

from collections.abc import Callable

from utils.chapters.after import AFTER_FIGURES
from utils.chapters.challenge import CHALLENGE_TABLES
from utils.chapters.compared import several_differences, worked_example
from utils.chapters.lesion_lab import lesion_table
from utils.chapters.paper import PAPER_FIGURES
from utils.chapters.playground.beside import beside_table
from utils.chapters.playground.figures import PLAYGROUND_FIGURES
from utils.chapters.reproduce.shown import REPRODUCE_TABLES
from utils.chapters.scale import SCALE_FIGURES
from utils.chapters.start import START_FIGURES
from utils.display.published import Published

DRAWN: dict[str, Callable[[], Published]] = {
    **PAPER_FIGURES,
    **AFTER_FIGURES,
    **CHALLENGE_TABLES,
    **PLAYGROUND_FIGURES,
    **REPRODUCE_TABLES,
    **SCALE_FIGURES,
    **START_FIGURES,
    "lesion-table": lesion_table,
    "playground-beside": beside_table,
    "several-differences": several_differences,
    "verdict-example": worked_example,
}
"""Name on the page -> function without arguments that draws the figure."""
