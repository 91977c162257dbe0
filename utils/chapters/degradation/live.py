"""What a reader's own trainings show, drawn.

Answers "how far apart are they, and from which step on?". The errors of every step come in, and
one figure with all courses goes out.
"""

from collections.abc import Mapping, Sequence

from utils.chapters.degradation.brief import CHANCE
from utils.display.figures import COLOURS, TEXT, figure, finish
from utils.display.published import Published, publish
from utils.results.spread import spread
from utils.results.words import listed, seeds_in_words

POINTS = 10
"""Points that a line is drawn with."""
STYLES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 4)))
"""Lines of one colour, one for each network."""


def kind_of(name: str) -> str:
    """Which colour a network has."""
    return "residual" if name.startswith("ResNet") else "plain"


def thinned(errors: Sequence[float]) -> list[tuple[float, float]]:
    """Means of a course over about a tenth of its steps: (last step, error) pairs."""
    width = max(1, len(errors) // POINTS)
    starts = range(0, len(errors) - width + 1, width)
    return [(start + width, sum(errors[start : start + width]) / width) for start in starts]


def training_errors(courses: Mapping[tuple[str, int], Sequence[float]], title: str) -> Published:
    """Training error through runs that were just made, one line a run.

    Args:
        courses: name and seed of a run -> percent of mistakes in the batch of each step.
        title: what the figure shows.
    """
    names = [*dict.fromkeys(name for name, _ in courses)]
    seeds = {seed for _, seed in courses}
    made, (axes,) = figure()
    for (name, seed), errors in courses.items():
        kind = kind_of(name)
        alike = [other for other in names if kind_of(other) == kind]
        label = name if seed == min(s for n, s in courses if n == name) else None
        style = STYLES[alike.index(name) % len(STYLES)]
        line = zip(*thinned(errors), strict=True)
        axes.plot(*line, linestyle=style, color=COLOURS[kind], label=label)
    axes.axhline(CHANCE, linestyle=":", linewidth=1, color=COLOURS["other"])
    finish(axes, title, "step", "training error (%)", legend=False, ylim=(0, 95))
    made.legend(loc="outside lower left", ncols=2, labelcolor=TEXT, frameon=False, fontsize=9)
    last = {
        name: spread(thinned(errors)[-1][1] for (n, _), errors in courses.items() if n == name)
        for name in names
    }
    ends = listed(f"{name} {found.mean:.0f} %" for name, found in last.items())
    return publish(
        made,
        alt=f"Training error against step, one line for each run. In the last steps: {ends}.",
        caption="Wrong answers in the training batches, in percent. Each point of a line is the "
        "mean over about a tenth of the steps. Each network has one line for each seed, and the "
        f"figure shows {seeds_in_words([len(seeds)])}, computed by this notebook. The horizontal "
        "dotted line is the error of guessing among ten classes.",
    )
