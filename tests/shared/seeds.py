"""Differences of two settings, made up seed by seed."""

from utils.results.verdict import Difference


def difference(*values: float) -> Difference:
    """One value for each of the seeds 0, 1, 2 and so on."""
    return Difference(dict(enumerate(values)))
