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
            entry.models or "not stated",
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
        "The rows are entries to the classification task of the ImageNet challenge. The errors "
        "are those on the test set. The layers are those of the deepest network that the authors "
        "name. The fourth column counts the networks that were combined for the error in the "
        "second column, and the last column says where the errors come from. The papers of VGG "
        "and GoogLeNet say how many networks they combine.",
    )


CHALLENGE_TABLES = {"imagenet-depth-table": depth_table}
