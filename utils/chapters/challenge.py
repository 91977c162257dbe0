"""The winners of the ImageNet challenge as a table, with their sources.

Answers "on which numbers does the picture of depth and error rest?". The errors are test errors of
whole entries, mostly ensembles.
"""

from utils.display.published import Published
from utils.display.tables import table
from utils.facts.bibliography import name
from utils.facts.challenge import ChallengeEntry, challenge_entries


def source_of(entry: ChallengeEntry) -> str:
    """The work, and the place in it that prints the error."""
    return f"{name(entry.key)}, {entry.source}"


def depth_table() -> Published:
    """An entry a row."""
    rows = [
        [
            f"{entry.year} {entry.name}",
            f"{entry.error_percent:g}",
            entry.layers or entry.depth_note,
            entry.models or "not told",
            entry.with_more_data or "–",
            source_of(entry),
        ]
        for entry in challenge_entries()
    ]
    return table(
        [
            "entry",
            "top-5 error (%)",
            "layers",
            "networks combined",
            "top-5 error with extra training images (%)",
            "source",
        ],
        rows,
        "Entries to the classification task of the ImageNet challenge. Errors in percent on the "
        "test set; layers of the deepest network that the authors name. The networks combined are "
        "those behind the error in the second column. The last column says where the errors come "
        "from. How many networks VGG and GoogLeNet combine is told in their own papers.",
    )


CHALLENGE_TABLES = {"imagenet-depth-table": depth_table}
