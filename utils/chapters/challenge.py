"""Depth and error in the ImageNet challenge, from the entries in ``book/data``.

Answers "did error fall because networks got deeper?" with the winners of each year, and hands on
a figure and the table behind it. The errors are test errors of whole entries, mostly ensembles.
"""

from utils.display.figures import COLOURS, TEXT, figure, finish
from utils.display.published import Published, publish
from utils.display.tables import table
from utils.facts.challenge import ChallengeEntry, challenge_entries


def depth_figure() -> Published:
    """Error above, layers below, both against the year of the challenge."""
    entries = challenge_entries()
    made, (errors, layers) = figure(2, 1, figsize=(4.8, 6.0))
    best = {e.year: min(o.error_percent for o in entries if o.year == e.year) for e in entries}
    errors.plot(list(best), list(best.values()), color=TEXT, linewidth=1, alpha=0.5, zorder=1)
    for entry in entries:
        beaten = entry.error_percent > best[entry.year]
        errors.scatter(entry.year, entry.error_percent, s=42, color=COLOURS[entry.kind], zorder=2)
        if not beaten:
            label = f"{entry.drawn_as} {entry.error_percent:g}"
            errors.annotate(label, (entry.year, entry.error_percent), xytext=(5, 5), fontsize=9.5,
                            textcoords="offset points", color=TEXT, rotation=32)  # fmt: skip
        draw_layers(layers, entry)
    span = {"xlim": (2009.6, 2018.3)}
    finish(errors, "Error fell every year ...", "", "top-5 test error (%)", legend=False,
           ylim=(0, 42), **span)  # fmt: skip
    finish(layers, "... and depth rose until 2015", "year of the challenge",
           "layers (log scale)", legend=False, yscale="log", ylim=(3, 500), **span)  # fmt: skip
    layers.set_yticks([5, 10, 20, 50, 100, 200], ["5", "10", "20", "50", "100", "200"])
    layers.minorticks_off()
    for axes in (errors, layers):
        axes.set_xticks(list(best))
    return publish(made, figure_alt(entries), figure_caption())


def draw_layers(axes, entry: ChallengeEntry) -> None:
    """A dot at the entry's depth, or the reason why there is none."""
    if entry.layers is None:
        axes.text(entry.year, 3.6, entry.depth_note, rotation=90, ha="center", va="bottom",
                  fontsize=9.5, color=TEXT, style="italic")  # fmt: skip
        return
    two_that_year = entry.year == 2014
    place = {"ha": "left", "xytext": (8, -10 if entry.drawn_as == "VGG" else 1)}
    axes.scatter(entry.year, entry.layers, s=42, color=COLOURS[entry.kind], zorder=2)
    axes.annotate(f"{entry.drawn_as} {entry.layers}", (entry.year, entry.layers), fontsize=9.5,
                  textcoords="offset points", color=TEXT,
                  **(place if two_that_year else {"ha": "center", "xytext": (0, 7)}))  # fmt: skip


def figure_alt(entries: list[ChallengeEntry]) -> str:
    """The finding in words."""
    winners = {year: min((e for e in entries if e.year == year), key=lambda e: e.error_percent)
               for year in sorted({e.year for e in entries})}  # fmt: skip
    first, last = winners[min(winners)], winners[max(winners)]
    known = [entry for entry in winners.values() if entry.layers]
    steps = ", ".join(f"{e.layers} in {e.year} ({e.drawn_as})" for e in known)
    return (
        f"The winner's top-5 test error falls every year, from {first.error_percent:g} % in "
        f"{first.year} to {last.error_percent:g} % in {last.year}. The depth of the winners, "
        f"where it is known: {steps}."
    )


def figure_caption() -> str:
    """What is drawn."""
    return (
        "Above: top-5 error of the winning entries on the test set of the ImageNet challenge, "
        "with the challenge's own training images; entries, not single networks. The lone dot of "
        "2014 is VGG, second that year. Below: layers with weights of the deepest network in an "
        "entry, where there is such a number. Pink: no deep network, or its depth is not told; "
        "green: convolutional networks; blue: residual networks and, in 2016 and 2017, winners "
        "that contain them."
    )


def depth_table() -> Published:
    """The numbers behind the figure, with their sources."""
    rows = [
        [
            f"{entry.year} {entry.name}",
            entry.layers or entry.depth_note,
            f"{entry.error_percent:g}",
            entry.models or "not told",
            entry.with_more_data or "",
            entry.source,
        ]
        for entry in challenge_entries()
    ]
    return table(
        ["entry", "layers", "top-5 error (%)", "networks averaged", "with more data", "source"],
        rows,
        "Entries to the classification task of the ImageNet challenge. Errors in percent on the "
        "test set; layers of the deepest network in the entry.",
    )


DEPTH_FIGURES = {"imagenet-depth": depth_figure, "imagenet-depth-table": depth_table}
