"""Numbers in the text of the chapter on fine-tuning, from records.

Answers "what does this sentence say today?"; :mod:`utils.notebook.filled` asks. Each function
gives the values of a paragraph by name.
"""

from utils.chapters.fine_tuning import slips, transfer
from utils.results.words import number

Words = dict[str, str]


def classes() -> Words:
    """What was learned before, what after, and how often that was repeated."""
    return {**transfer.old_and_new(), "seeds": transfer.seeds(), "minutes": transfer.minutes()}


def mistakes() -> Words:
    """How many mistakes have a price."""
    return {"count": number(len(slips.order()) - 1)}
