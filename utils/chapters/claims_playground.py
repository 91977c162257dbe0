"""What ten seeds of the playground say about popular sentences on deep plain networks.

Answers "does it hold in a network that trains in seconds?". Each function returns a few sentences;
:mod:`utils.chapters.claims` has those on the ResNets of the chapters.
"""

from utils.chapters.claims_counted import sentence
from utils.chapters.claims_project import SENTENCES
from utils.chapters.gradient_norms.numbers import first_over_last, range_of
from utils.chapters.playground import answers
from utils.chapters.playground.numbers import COPIED, Ten, plain, ten
from utils.display.tables import table
from utils.models.starts import Start
from utils.record.playground import BARE, BASE, COPIED_AT, KINDS, STEPS, named
from utils.results.verdict import Difference
from utils.results.words import short

__all__ = ["SENTENCES"]

SHALLOW = answers.SHALLOW.blocks


@sentence("measured")
def copied_plain_network() -> str:
    copy, shallow = (ten(COPIED, "plain", part) for part in ("", "shallow"))
    rows = [
        [f"{SHALLOW} blocks, after {COPIED_AT} steps", answers.told(shallow.at_end())],
        [f"copied into {BASE.blocks} blocks, before another step", first_error(copy)],
        [f"copied, {copy.steps[-1]} steps later", answers.told(copy.at_end())],
        [f"{BASE.blocks} fresh blocks, after {STEPS} steps", answers.told(plain(BARE))],
    ]
    found = table(
        ["plain network", "training error (%)"],
        rows,
        "Plain networks of fully connected layers without normalisation on digits, mean ± standard "
        f"deviation over {answers.seeds()}. The copy ends with the same number of steps as the "
        "fresh network.",
        wraps=True,
    )
    return (
        f"We trained plain networks of {SHALLOW} blocks and copied each into one of {BASE.blocks} "
        f"blocks, whose new layers are identity matrices.\n\n{found.markup}\n\n"
        f"{copied_or_fresh(answers.answer('copied'))}"
    )


def first_error(found: Ten) -> str:
    """The training error before any step."""
    errors = found.errors["train"][:, 0].tolist()
    return answers.told(dict(zip(found.seeds, errors, strict=True)))


def copied_or_fresh(found: Difference) -> str:
    """Whether the copy is shown to end better than a fresh network.

    Args:
        found: training error of the copy minus that of the fresh network, seed by seed.
    """
    fewer = "fewer" if found.over.mean < 0 else "more"
    return (
        f"On average the copy makes {fewer} training errors than the fresh network. "
        f"{found.sentence('This difference')}"
    )


@sentence("measured")
def first_block_before_training() -> str:
    settings = {
        "batch normalisation": BASE,
        "no normalisation": BARE,
    }
    rows = [
        [label, *(str(range_of(ten(named(each), kind).ratios())) for kind in KINDS)]
        for label, each in settings.items()
    ]
    found = table(
        ["network", "plain", "residual"],
        rows,
        "Gradient of the first block divided by that of the last block in the first step, networks "
        f"of {BASE.blocks} fully connected blocks on digits with He's start: geometric mean over "
        f"{answers.seeds()}, with the least and the greatest value.",
        wraps=True,
    )
    return (
        f"We measured the gradients of small networks before their first step.\n\n{found.markup}"
        "\n\nIn the convolutional plain-56 with batch normalisation the gradient of the first "
        f"block is {short(first_over_last(Start(56, 'plain')).middle)} times that of the last. "
        "Without normalisation and with PyTorch's initial weights, this factor is "
        f"{short(first_over_last(Start(56, 'plain', False, 'pytorch')).middle)}."
    )
