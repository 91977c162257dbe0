"""What our records and counts say about popular sentences on ResNets.

Answers "does it hold here?". Each function returns one sentence, made of recorded runs; those of
:mod:`utils.chapters.claims_counted` count and compute, and those of
:mod:`utils.chapters.claims_project` are on a reader's own project, those of
:mod:`utils.chapters.claims_playground` on the playground. The page of claims asks for one by name.
"""

from utils.chapters import claims_playground
from utils.chapters.claim_numbers import (
    bending,
    largest_jump,
    less_bending,
    points,
    seed_accuracies,
    spans_over_seeds,
)
from utils.chapters.claims_counted import sentence
from utils.chapters.degradation import brief as degradation
from utils.chapters.degradation.long import LENGTHS, deeper_is_worse, depth_in_words, final
from utils.chapters.inside_a_resnet.numbers import CHANCE, gradient_length, in_words, intact, single
from utils.chapters.shared import scale_gaps
from utils.chapters.simplecnn_vs_resnet import control as simplecnn
from utils.chapters.time_to_accuracy import recorded as pace
from utils.chapters.time_to_accuracy import shortcut as races
from utils.display.tables import table
from utils.record.experiments import BRIEF_STEPS_PER_EPOCH, HALF_SIZE
from utils.results.runs import load_runs
from utils.results.spread import accuracy, accuracy_of, median, spread
from utils.results.verdict import NOT_SHOWN, SAME_SIGN, Difference, compare, compare_runs
from utils.results.words import listed, seeds_in_words

SENTENCES = claims_playground.SENTENCES
"""All sentences by name, the counted and the computed ones among them."""


@sentence("measured")
def shortcut_gain_at_14() -> str:
    plain, residual = (load_runs("shortcut-control", m) for m in ("plain-14", "resnet-14"))
    gain = compare_runs(plain, residual, accuracy_of)
    return (
        f"On CIFAR-10, plain-14 has {accuracy(plain).percent()} test accuracy and ResNet-14 has "
        f"{accuracy(residual).percent()} ({gain.seeds}, 10 epochs of the recipe "
        f"called *fast*). Compared seed by seed, the shortcuts change the test accuracy by "
        f"{gain.told(2, '+')} points. "
        f"{gain.sentence('The difference')}"
    )


@sentence("measured")
def shortcuts_of_the_races() -> str:
    found = races.gains()
    seeds = seeds_in_words(len(gain.values) for gain in found.values())
    return (
        "We trained three networks like those of the races, which have 8, 14 and 20 layers, with "
        f"and without shortcuts ({seeds}, {races.epochs()} epochs of the recipe called *muon*, "
        f"images of 16 pixels). {races.shortcuts_in_words(found)}"
    )


@sentence("measured")
def gap_without_shortcuts() -> str:
    found = simplecnn.control()
    whole, plain = (found["simple-cnn", name] for name in ("resnet-14", "plain-14"))
    return (
        f"Under one recipe ResNet-14 ends {whole.told()} points of test accuracy above SimpleCNN. "
        f"Plain-14, which is the same network without shortcuts, ends {plain.told()} points above "
        f"SimpleCNN ({whole.seeds}, 10 epochs of the recipe called *fast*). "
        f"{whole.sentence('The lead of ResNet-14')} {plain.sentence('The lead of plain-14')} But "
        "SimpleCNN and plain-14 also differ in kernels, pooling, last layer and initialisation."
    )


@sentence("measured")
def stretched_training_images() -> str:
    gaps = scale_gaps("source-resnet-14")
    return (
        f"A ResNet-14 that was trained on stretched images reaches {gaps['native'].percent()} "
        f"accuracy on the test images as they are, and {gaps['zoomed'].percent()} on test images "
        "that are stretched in the same way. Trained with the paper's padding, it reaches "
        f"{gaps['repaired'].percent()} on the test images as they are ({gaps['native'].count} "
        "seeds, 10 epochs of Adam)."
    )


@sentence("measured")
def recipe_against_architecture() -> str:
    adam = accuracy(load_runs("source-recipe", "source-resnet-14", "source-padded"))
    plain = accuracy(load_runs("shortcut-control", "plain-14", "fast"))
    return (
        f"In ten epochs a ResNet-14 reaches {adam.percent()} test accuracy with Adam at a constant "
        f"rate ({seeds_in_words([adam.count])}). A network of the same depth *without* shortcuts "
        f"reaches {plain.percent()} with the recipe called *fast* "
        f"({seeds_in_words([plain.count])}). "
        "Their initialisation and batch size differ too, and so do the padding and the "
        "normalisation of their images."
    )


@sentence("measured")
def spread_over_seeds() -> str:
    constant, falling, steady, wild = spans_over_seeds()
    return (
        "We trained SimpleCNN for ten epochs both at a constant rate and at a rate that falls to "
        f"zero. Its three seeds span {constant:.1f} points of test accuracy in the first case and "
        f"{falling:.1f} points in the second, but the two recipes also differ in other settings. "
        "We trained no other network for ten epochs at both kinds of rate. We also trained a "
        "ResNet-14 for ten epochs at a constant rate, but it has other shortcuts than the "
        "ResNet-14 that we trained at a falling rate. At a rate that falls to zero, the spread "
        "depends strongly on the network: over the same three seeds, "
        f"the accuracies of the usual ResNet-14 span {steady:.1f} points, and those of plain-56 "
        f"(on images of 16 pixels) span {wild:.1f} points."
    )


@sentence("measured")
def jumps_between_epochs() -> str:
    jump = largest_jump("source-recipe", "source-resnet-14", "source")
    values = seed_accuracies("source-recipe", "source-resnet-14", "source")
    return (
        "We trained a ResNet-14 with Adam at a constant rate on stretched images. "
        f"Its test error moves by up to {jump:.0f} points from one epoch to the next. The "
        f"three seeds of this training end at accuracies of {points(values)} % on the test images "
        "as they are."
    )


@sentence("measured")
def seeds_of_shortcut_gain() -> str:
    lone = spread(seed_accuracies("shortcut-control", "plain-14", "fast"))
    gain = simplecnn.control()["plain-14", "resnet-14"]
    return (
        f"The test accuracies of plain-14 have a standard deviation of {lone.sd:.2f} points over "
        f"{seeds_in_words([lone.count])}. In the same seeds, the accuracy of ResNet-14 minus that "
        f"of plain-14 is between {min(gain.values):.2f} and {max(gain.values):.2f} points."
    )


@sentence("measured")
def one_block_out() -> str:
    names = ("plain-14", "ResNet-14", "ResNet-20", "ResNet-56")
    rows = [
        [name, in_words(intact(name)), f"{single(name).min():.0f} to {single(name).max():.0f} %"]
        for name in names
    ]
    deep = single("ResNet-56")
    most = deep[:, int(deep.mean(0).argmax())]
    found = table(
        ["network", "intact", "one block removed"],
        rows,
        "Test error on CIFAR-10 in seeds 0 to 2: mean ± standard deviation of the intact networks, "
        "then the least and the greatest error over all blocks and seeds.",
    )
    return (
        "We removed each block in turn and measured the test error. A network that guesses has "
        f"{CHANCE:.0f} %.\n\n{found.markup}\n\n"
        "ResNet-56 was trained and tested on images of 16 pixels. Over its "
        f"{deep.shape[1]} blocks, the error with one block removed has a median of "
        f"{in_words(median(row) for row in deep)}. If the most important block is removed, the "
        f"error is {in_words(most)}."
    )


@sentence("measured")
def path_lengths_here() -> str:
    blocks = {"ResNet-14": 6, "ResNet-20": 9, "ResNet-56": 27}
    lengths = {name: spread(gradient_length(name)) for name in blocks}
    rows = [
        [name, blocks[name], f"{blocks[name] / 2:g}", degradation.points(lengths[name])]
        for name in blocks
    ]
    shorter = [name for name in blocks if lengths[name].mean < blocks[name] / 2]
    only = " only" if len(shorter) < len(blocks) else ""
    found = table(
        ["network", "blocks", "all paths alike", "by gradient"],
        rows,
        "Number of blocks that a path goes through on average in our trained networks, for seeds "
        "0 to 2. In the column “all paths alike” each path counts once. In the column “by "
        "gradient” each length counts by its share of the gradient.",
    )
    return (
        "We computed in two ways how many blocks a path goes through on average. In the first way "
        "all paths count alike. In the second way we group the paths by their length, and each "
        "group counts by the share of the gradient that comes through it."
        f"\n\n{found.markup}\n\n"
        f"So the gradient prefers short paths in {listed(shorter) or 'none of them'}{only}."
    )


@sentence("measured")
def worse_in_training_too() -> str:
    rows = [
        [f"plain-{depth}"]
        + [
            degradation.points(spread(final("plain", depth, images).values()))
            for images in degradation.FIELDS
        ]
        for depth in LENGTHS
    ]
    worse = Difference(deeper_is_worse("plain", "training"))
    found = table(
        ["network", "training error (%)", "test error (%)"],
        rows,
        f"Plain networks on CIFAR-10 at 16 pixels, {HALF_SIZE.epochs} epochs, mean ± standard "
        f"deviation over {worse.seeds}.",
    )
    return (
        f"We trained two plain networks of different depth.\n\n{found.markup}\n\n"
        f"{depth_in_words('plain', 'training', worse)}"
    )


@sentence("measured")
def deeper_with_shortcuts() -> str:
    trained = {
        f"{HALF_SIZE.epochs} epochs": [final("resnet", depth, "test") for depth in LENGTHS],
        f"1,200 steps (about {1200 / BRIEF_STEPS_PER_EPOCH:.1f} epochs)": [
            degradation.seeds(f"resnet-{depth}", "brief-1200", "test") for depth in LENGTHS
        ],
    }
    rows = [
        [how, *(degradation.points(spread(errors.values())) for errors in found)]
        for how, found in trained.items()
    ]
    gained, lost = (compare(*found) for found in trained.values())
    found = table(
        ["trained for", "ResNet-20", "ResNet-56"],
        rows,
        "Test error in percent on CIFAR-10 at 16 pixels, mean ± standard deviation over 3 seeds. "
        "The two rows have different recipes.",
    )
    return (
        "We trained two residual networks for a long time, and then we trained them anew for a "
        f"short time.\n\n{found.markup}\n\n"
        f"{deep_against_shallow(f'After {HALF_SIZE.epochs} epochs', gained)} "
        f"{deep_against_shallow('After 1,200 steps', lost)}"
    )


def deep_against_shallow(when: str, found: Difference) -> str:
    """Which network has the lower error on average, and whether that is shown.

    Args:
        when: how the sentence begins.
        found: error of ResNet-56 minus that of ResNet-20.
    """
    better = "higher" if found.over.mean > 0 else "lower"
    return (
        f"{when} the mean error of ResNet-56 is {better} than that of ResNet-20. "
        f"{found.sentence('This difference')}"
    )


@sentence("measured")
def plain_from_the_identity() -> str:
    treated = degradation.TREATMENTS["dirac"].errors()
    usual = degradation.UNTREATED.errors()
    return (
        "After 400 steps plain-56 with the usual initial weights has "
        f"{degradation.points(spread(usual.values()))} % training error. With initial weights that "
        "make each convolution pass its input on almost unchanged, the same network has "
        f"{degradation.points(spread(treated.values()))} % (CIFAR-10 at 16 pixels, 3 seeds). "
        f"{degradation.saved_by('dirac').sentence('The difference')}"
    )


@sentence("measured")
def without_normalisation() -> str:
    trained = {
        "fixup": "ResNet-56, Fixup, no normalisation",
        "affine": "plain-56, He, no normalisation",
        "shortcuts": "ResNet-56, He, batch normalisation",
    }
    rows = [
        [label, degradation.points(spread(degradation.TREATMENTS[name].errors("test").values()))]
        for name, label in trained.items()
    ]
    found = table(
        ["network and initial weights", "test error (%)"],
        rows,
        "CIFAR-10 at 16 pixels, 400 steps, mean ± standard deviation over 3 seeds.",
        wraps=True,
    )
    return (
        "We trained two networks without any normalisation at a low rate. They differ in their "
        "shortcuts and in the way in which their initial weights are chosen. The network in the "
        "last row has normalisation, but it was trained at three times the rate."
        f"\n\n{found.markup}"
    )


@sentence("measured")
def order_of_the_block() -> str:
    saved = Difference(degradation.order_gain(110, "test"))
    gained = saved.over.mean > 0
    size = saved.over.times(1 if gained else -1).words(1)
    return (
        "We compared two blocks in a network of 110 layers after 1,200 steps (CIFAR-10 at 16 "
        "pixels, 3 seeds). One is the block of 2015. The other has normalisation and ReLU before "
        "each convolution and nothing after the addition. Compared seed by seed, this second block "
        f"has a test error that is {'lower' if gained else 'higher'} by {size} points. "
        f"{saved.sentence('The difference')} We did not test what happens if only the ReLU is "
        "moved."
    )


@sentence("measured")
def what_tricks_buy() -> str:
    rate, margin = (pace.effect(name) for name in ("constant-rate", "zero-padding"))
    gain = simplecnn.control()["plain-14", "resnet-14"]
    return (
        "We trained ResNet-14 for three epochs with a changed recipe and compared the test "
        "accuracy with that of the unchanged recipe, seed by seed (CIFAR-10). Over "
        f"{rate.seeds}, a constant rate in place of one that rises and falls costs {rate.told()} "
        f"points ({judged(rate)}). The unchanged recipe pads each side of an image with two pixels "
        f"that mirror it. Over {margin.seeds}, padding with four pixels of zeros instead costs "
        f"{margin.told()} points ({judged(margin)}). For comparison, in ten epochs and "
        f"{gain.seeds} the shortcuts gain {gain.told()} points ({judged(gain)})."
    )


def judged(found: Difference) -> str:
    """The verdict for a bracket; the hint says that it is one."""
    return f"a hint: {found.verdict}" if found.verdict == SAME_SIGN else found.verdict


@sentence("measured")
def slices_here() -> str:
    short, deep = (bending(depth) for depth in (14, 56))
    rows = [
        [f"seed {seed}", *(f"{plain:.0%} / {residual:.0%}" for plain, residual in pairs)]
        for seed, pairs in enumerate(zip(short, deep, strict=True))
    ]
    first, second = map(less_bending, (short, deep))
    found = table(
        ["", "14 layers", "56 layers"],
        rows,
        "Share of the points at which the loss curves downwards in some direction of the plane, "
        "without / with shortcuts. The networks of 56 layers have images of 16 pixels.",
    )
    return (
        "We took a random plane through each trained network and looked at many points of it. We "
        "counted the points where the loss curves downwards, as on the top of a hill, in at least "
        f"one direction within the plane.\n\n{found.markup}\n\n"
        f"{bending_judged('The difference at 14 layers', first)} "
        f"{bending_judged('The difference at 56 layers', second)}"
    )


def bending_judged(what: str, found: Difference) -> str:
    """What the seeds say; where they do not agree, which way each of them goes.

    Args:
        what: how the sentence begins.
        found: by how much the share of the plain network is above that of the residual one.
    """
    if found.verdict != NOT_SHOWN:
        return found.sentence(what)
    ways = {
        "smaller": [seed for seed, fall in found.by_seed.items() if fall > 0],
        "larger": [seed for seed, fall in found.by_seed.items() if fall < 0],
        "the same": [seed for seed, fall in found.by_seed.items() if fall == 0],
    }
    told = [
        f"{way} in seed{'s' if len(seeds) > 1 else ''} {listed(map(str, seeds))}"
        for way, seeds in ways.items()
        if seeds
    ]
    return f"{what} is not shown: with shortcuts the share is {listed(told)}."
