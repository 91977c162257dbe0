"""Gives works of the same authors and year the letters by which the whole book tells them apart.

The bibliography's file has plain years, so that any program can read it. Sphinx would then print
two works as "He et al., 2016". Here its copy gets the years of :mod:`utils.facts.bibliography`.
"""

from sphinx.application import Sphinx

from utils.facts.bibliography import years

AFTER_READING = 600
"""The extension that reads the file answers the same event at 500."""


def add_letters(app: Sphinx) -> None:
    """Put the letters into the works that Sphinx has read.

    Works that come from the last build have them already; then nothing changes.
    """
    works = app.env.get_domain("cite").bibdata.data.entries
    for key, year in years(works).items():
        works[key].fields["year"] = year


def setup(app: Sphinx) -> None:
    """Connect to the build."""
    app.connect("builder-inited", add_letters, priority=AFTER_READING)
