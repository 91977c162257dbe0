"""Words and numbers of the text of *Gradient norms*, by paragraph.

Answers "what does the text say today?". Everything comes from ``results/gradient-norms/``.
"""

from functools import cache

from utils.chapters.gradient_norms.numbers import (
    KINDS,
    STAGES,
    decay_update,
    end_responses,
    factor_by_seed,
    factor_per_layer,
    final_loss,
    first_over_last,
    layer_by_step,
    measuring_cost,
    measuring_scatter,
    most_dead,
    overall_factor,
    padding_share,
    peak_loss,
    ratio_by_step,
    response_sd,
    trained_responses,
)
from utils.chapters.gradient_norms.tables import cosine_words, first_gradient
from utils.models.starts import Start
from utils.results.labels import device_label
from utils.results.spread import spread
from utils.results.words import number, percent, short

SHRINKING = (20, 56)
"""Depths of plain networks in the table of factors whose gradients vanish without being zero."""


@cache
def cost() -> dict[str, str]:
    """What reading a step costs, and how finely that is known."""
    reading, skipping, machine = measuring_cost()
    return {
        "reading": share(reading),
        "skipping": share(skipping),
        "scatter": f"{100 * measuring_scatter():.0f} %",
        "device": device_label(machine),
    }


def share(part: float) -> str:
    """A share that may be negative, with its sign: "+4.4 %"."""
    return f"{100 * part:+.1f} %".replace("-", "−")


@cache
def vanishing() -> dict[str, str]:
    """Plain networks without normalisation, PyTorch's default."""
    starts = [Start(depth, "plain", False, "pytorch") for depth in SHRINKING]
    found = [factor_per_layer(start, stage).middle for start in starts for stage in STAGES]
    return {
        "low": f"{min(found):.3f}",
        "high": f"{max(found):.3f}",
        **{
            f"at_{depth}": first_gradient(Start(depth, "plain", False, "pytorch"))
            for depth in (20, 56, 110)
        },
    }


@cache
def growing() -> dict[str, str]:
    """Plain networks with batch normalisation: by what factor the first block is ahead."""
    return {
        f"at_{depth}": short(first_over_last(Start(depth, "plain")).middle)
        for depth in (20, 56, 110)
    }


@cache
def shortcut() -> dict[str, str]:
    """What is left of the growth with shortcuts."""
    early, late = (
        spread(factor_by_seed(Start(56, "residual"), stage).tolist())
        for stage in ("layer1", "layer3")
    )
    return {
        "at_110": short(first_over_last(Start(110, "residual")).middle),
        "early": early.words(2),
        "late": late.words(2),
        "plain": f"{overall_factor(Start(110, 'plain')):.2f}",
    }


@cache
def bare() -> dict[str, str]:
    """ResNet-56 without normalisation, He."""
    return {"last": short(end_responses(Start(56, "residual", False))[1])}


@cache
def turn() -> dict[str, str]:
    """How the imbalance of the deepest plain networks turns round, and how violently."""
    steps = ratio_by_step(Start(56, "plain"))
    change = {
        start: layer_by_step(start, "update", "layer1.0.conv1")[0].middle
        for start in (Start(56, "plain"), Start(110, "plain"), Start(56, "residual"))
    }
    plain, deepest, residual = change.values()
    return {
        "three_seeds": short(steps[0].middle),
        "five_seeds": short(first_over_last(Start(56, "plain")).middle),
        "third": short(steps[2].middle),
        "last": short(steps[99].middle),
        "plain": short(plain),
        "deepest": short(deepest),
        "residual": percent(residual),
    }


@cache
def evened() -> dict[str, str]:
    """Plain networks of up to 32 layers after a hundred steps."""
    ends = [ratio_by_step(Start(depth, "plain"))[99].middle for depth in (8, 14, 20)]
    middle = ratio_by_step(Start(32, "plain"))
    return {
        "low": short(min(ends)),
        "high": short(max(ends)),
        "start": short(middle[0].middle),
        "end": str(middle[99]),
    }


@cache
def scar() -> dict[str, str]:
    """Gradient, and gradient times weight, at step 100 of plain-56 and 31 of ResNet-56."""
    plain, residual = Start(56, "plain"), Start(56, "residual")
    return {
        "plain": short(ratio_by_step(plain)[99].middle),
        "product": short(ratio_by_step(plain, scaled=True)[99].middle),
        "residual": short(ratio_by_step(residual)[30].middle),
        "same": short(ratio_by_step(residual, scaled=True)[30].middle),
    }


@cache
def frozen() -> dict[str, str]:
    """How little plain-56's first block moves at step 100."""
    change = layer_by_step(Start(56, "plain"), "update", "layer1.0.conv2")[99]
    return {"change": short(change.middle), "decay": short(decay_update())}


@cache
def losses() -> dict[str, str]:
    """Training losses of the first steps."""
    deep, residual = Start(56, "plain"), Start(56, "residual")
    return {
        "peak": short(peak_loss(residual).middle),
        "plain_peak": f"{peak_loss(deep).high:.2f}",
        "plain": final_loss(deep, last=5).words(2),
        "residual": final_loss(residual, last=5).words(2),
        "plain_110": final_loss(Start(110, "plain"), last=5).words(2),
        "residual_110": final_loss(Start(110, "residual"), last=5).words(2),
    }


@cache
def forwards() -> dict[str, str]:
    """Sizes of the responses of networks of 56 layers without normalisation."""
    he, tiny = (end_responses(Start(56, "plain", False, init)) for init in ("he", "pytorch"))
    small = end_responses(Start(56, "residual", False, "pytorch"))
    inside = padding_share(8)
    return {
        "tiny_first": short(tiny[0]),
        "tiny_last": short(tiny[1]),
        "grown": short(end_responses(Start(56, "residual", False))[1]),
        "small_first": short(small[0]),
        "small_last": short(small[1]),
        "lost": f"{he[0] / he[1]:.0f}",
        "inside": f"{100 * inside:.0f} %",
        "left": percent(inside**18),
    }


@cache
def dead() -> dict[str, str]:
    """Greatest share of dead channels in a layer, by network."""
    return {
        "plain": percent(most_dead(Start(56, "plain", False))),
        "residual": percent(most_dead(Start(56, "residual", False))),
        "rounded": percent(most_dead(Start(110, "plain", False, "pytorch"))),
        "fixup": percent(most_dead(Start(56, "residual", False, "fixup"))),
    }


@cache
def soon() -> dict[str, str]:
    """Responses after a hundred steps: mean over the layers."""
    calm = [Start(20, "plain"), Start(20, "residual"), Start(56, "residual")]
    means = [response_sd(start).mean for start in calm]
    return {
        "low": f"{min(means):.2f}",
        "high": f"{max(means):.2f}",
        "plain": response_sd(Start(56, "plain")).words(2),
    }


@cache
def trained() -> dict[str, str]:
    """In how many convolutions the trained ResNet-14 lies below plain-14."""
    lower = trained_responses("resnet-14").mean(0) < trained_responses("plain-14").mean(0)
    return {
        "below": number(int(lower.sum())),
        "above": number(int((~lower).sum())),
        "all": str(len(lower)),
    }


@cache
def neighbours() -> dict[str, str]:
    """Likeness of the gradients of neighbouring inputs, networks of 56 layers."""
    return {kind: cosine_words(Start(56, kind), 0.01) for kind in KINDS}


@cache
def healthy() -> dict[str, str]:
    """First block over last at 32 layers, close to the 34 of the ResNet paper, and at 110."""
    return {
        "plain": short(first_over_last(Start(32, "plain")).middle),
        "residual": short(first_over_last(Start(32, "residual")).middle),
        "plain_110": short(first_over_last(Start(110, "plain")).middle),
    }
