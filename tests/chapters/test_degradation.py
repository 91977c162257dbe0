"""The chapter on degradation: numbers, figure to touch, the paper's table beside ours."""

import json
import re
import statistics
from types import SimpleNamespace

import pytest
import torch
from notebook_code import definitions, refused, solutions, solved
from seeds import difference as made_of

from utils import data as datasets
from utils.chapters.degradation import brief as degradation
from utils.chapters.degradation import paper as paper_runs
from utils.chapters.degradation.brief import (
    CHANCE,
    SHORTCUTS,
    TREATED,
    TREATMENTS,
    UNTREATED,
    at_guessing_seeds,
    difference,
    error,
    gap,
    gap_closed,
    near_identity_in_words,
    order_gain,
    order_in_words,
    saved_by,
    treatments_in_words,
)
from utils.chapters.degradation.live import thinned, training_errors
from utils.data.sets import half_size
from utils.explorables.depth_gap import PLOT, finding, packed
from utils.explorables.error_plot import mean
from utils.files import records
from utils.files.places import ROOT
from utils.record.experiments import BRIEF_BUDGETS, DEPTHS, SEEDS, runs
from utils.results.spread import spread
from utils.results.verdict import SAME_SIGN, SHOWN, compare
from utils.training.recipes import TrainConfig, learning_rate_at

NOTEBOOK = ROOT / "notebooks" / "03_degradation.ipynb"


def record(name: str) -> dict:
    path = ROOT / "results" / "depth-budgets" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def better_in_every_seed(
    one: degradation.Treatment, other: degradation.Treatment, images: str = "training"
) -> bool:
    """Whether the first has less error than the second with each seed."""
    first, second = one.errors(images), other.errors(images)
    return all(first[seed] < second[seed] for seed in first)


# What the records say


def test_errors_are_percent_of_the_records():
    raw = [record(f"plain-56_brief-400_seed{seed}")["final"] for seed in SEEDS]
    assert error("plain-56", 400).mean == pytest.approx(
        100 * statistics.fmean(final["train_error_clean"] for final in raw)
    )
    assert error("plain-56", 400, "test").mean == pytest.approx(
        100 * statistics.fmean(final["test_error"] for final in raw)
    )


def test_the_gap_is_paired_by_seed():
    for seed, points in gap(20, 1200, "test").items():
        plain, residual = (
            record(f"{kind}-20_brief-1200_seed{seed}")["final"]["test_error"]
            for kind in ("plain", "resnet")
        )
        assert points == pytest.approx(100 * (plain - residual))


def test_all_runs_of_the_laboratory_saw_the_same_images_and_as_many_steps():
    hashes = set()
    for run in runs("depth-budgets"):
        there = record(run.name)
        hashes.add(there["dataset"]["sha256"])
        steps = sum(epoch["images"] for epoch in there["history"]) // 64
        assert steps == run.config.max_steps
    assert len(hashes) == 1


def test_behind_is_shown_from_the_depth_from_which_on_every_mean_is_2_48_deviations(monkeypatch):
    for steps in BRIEF_BUDGETS:
        for images in degradation.FIELDS:
            found = {depth: spread(gap(depth, steps, images).values()) for depth in DEPTHS}
            clear = [depth for depth, over in found.items() if over.mean > 2.4842 * over.sd]
            first = degradation.shown_behind(steps, images)
            assert clear == [depth for depth in DEPTHS if depth >= first]
    gaps = dict.fromkeys(DEPTHS, (1, 1.1, 1.2)) | {44: (1, 5, 9)}
    monkeypatch.setattr(degradation, "gap", lambda depth, *_: dict(enumerate(gaps[depth])))
    assert degradation.shown_behind(400) == 56
    gaps[110] = (-1, -1.1, -1.2)
    assert degradation.shown_behind(400) is None


@pytest.mark.parametrize("images", degradation.FIELDS)
@pytest.mark.parametrize("steps", BRIEF_BUDGETS)
def test_without_shortcuts_each_step_in_depth_costs_and_the_best_is_the_shallowest(steps, images):
    means = [error(f"plain-{depth}", steps, images).mean for depth in DEPTHS]
    assert means == sorted(means)


@pytest.mark.parametrize("images", degradation.FIELDS)
def test_with_shortcuts_depth_up_to_56_is_nearly_free(images):
    for steps in BRIEF_BUDGETS:
        plain, residual = (
            [error(f"{kind}-{depth}", steps, images).mean for depth in DEPTHS if depth <= 56]
            for kind in ("plain", "resnet")
        )
        assert max(residual) - min(residual) < (max(plain) - min(plain)) / 4


def test_plain_110_guesses_after_400_steps():
    assert all(value > CHANCE - 2 for value in degradation.seeds("plain-110", "brief-400").values())


def test_the_sentences_on_gaps_and_costs_hold_in_every_seed():
    for seed, early in gap(56, 400).items():
        assert gap(56, 1200)[seed] > early
    signs = {gap(14, 1200, "test")[seed] > gap(14, 400, "test")[seed] for seed in SEEDS}
    assert signs == {True, False}  # "hardly moves, and not the same way in every seed"
    for steps in BRIEF_BUDGETS:
        plain, residual = (
            difference(f"{kind}-110", f"{kind}-14", steps).values() for kind in ("plain", "resnet")
        )
        assert min(residual) > 0
        assert min(plain) > max(residual)
    assert len(at_guessing_seeds("plain-56", 1200)) == 1


def test_the_sentences_on_treatments_hold_in_every_seed():
    for name in ("warm-up", "rate"):
        assert better_in_every_seed(TREATMENTS[name], UNTREATED)
    longer = TREATMENTS["longer"].errors()
    assert sum(longer[seed] < error for seed, error in UNTREATED.errors().items()) == 2
    for name in ("pytorch", "orthogonal"):
        gained = spread(
            UNTREATED.errors()[seed] - TREATMENTS[name].errors()[seed] for seed in SEEDS
        )
        assert abs(gained.mean) < gained.sd
    others = {"warm-up", "rate", "longer", "pytorch", "orthogonal", "affine"}
    for plain in (UNTREATED, *(TREATMENTS[name] for name in others)):
        assert better_in_every_seed(TREATMENTS["dirac"], plain)
    assert better_in_every_seed(SHORTCUTS, TREATMENTS["dirac"])
    assert better_in_every_seed(TREATMENTS["fixup"], TREATMENTS["affine"])
    assert min(TREATMENTS["affine"].errors().values()) > CHANCE - 2


def test_the_recap_on_treatments_and_growth_says_what_the_verdicts_are():
    verdicts = {name: saved_by(name).verdict for name in TREATED}
    assert {name for name, verdict in verdicts.items() if verdict == SHOWN} == {
        "warm-up", "shortcuts"
    }  # fmt: skip
    assert {name for name, verdict in verdicts.items() if verdict == SAME_SIGN} == {
        "rate", "dirac"
    }  # fmt: skip
    assert compare(gap(56, 400), gap(56, 1200)).verdict == SAME_SIGN  # "which is a hint"


CLEAR, WIDE, NONE = (made_of(*v) for v in ((2, 2.1, 2.2), (1, 5, 9), (1, -1, 0)))
HARM, HARM_PERHAPS = made_of(-2, -2.1, -2.2), made_of(-1, -5, -9)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"rate": CLEAR, "dirac": WIDE, "longer": NONE},
         "**With three seeds, one change is shown to lower the training error of plain-56: a third "
         "of the learning rate.** With a start near the identity, plain-56 has a lower training "
         "error in each seed than without this change, which is a hint and not yet a finding. For "
         "three times as many steps, the verdict is “not shown”, because the training error does "
         "not change in the same direction in each seed."),
        ({"rate": HARM, "dirac": HARM_PERHAPS},
         "**Three seeds do not show that any of these changes lowers the training error of "
         "plain-56.** But one change is shown to raise the training error of plain-56: a third of "
         "the learning rate. With a start near the identity, plain-56 has a higher training error "
         "in each seed than without this change, which is a hint of harm."),
        ({"dirac": WIDE},
         "**Three seeds do not show that any of these changes lowers the training error of "
         "plain-56.** With a start near the identity, plain-56 has a lower training error in each "
         "seed than without this change, which is a hint and not yet a finding."),
        ({"rate": CLEAR, "dirac": CLEAR, "shortcuts": CLEAR},
         "**With three seeds, three changes are shown to lower the training error of plain-56, "
         "each of them alone: a third of the learning rate, a start near the identity and "
         "shortcuts.**"),
        ({"rate": WIDE, "dirac": WIDE},
         "**Three seeds do not show that any of these changes lowers the training error of "
         "plain-56.** With a third of the learning rate or with a start near the identity, "
         "plain-56 has a lower training error in each seed than without this change, which is a "
         "hint and not yet a finding."),
        ({"longer": NONE, "pytorch": NONE, "orthogonal": NONE},
         "**Three seeds do not show that any of these changes lowers the training error of "
         "plain-56.** For three times as many steps, for PyTorch's default start and for an "
         "orthogonal start, the verdict is “not shown”, because the training error does not change "
         "in the same direction in each seed."),
    ],
)  # fmt: skip
def test_the_words_on_treatments_fit_every_verdict(found, words):
    assert treatments_in_words(found) == words


def test_the_words_on_the_order_of_a_block_fit_every_verdict():
    assert order_in_words({56: CLEAR, 110: CLEAR}) == (
        "At 56 and at 110 layers, networks with pre-activation make fewer errors on training "
        "images than networks with the block of 2015. These differences are shown."
    )
    assert order_in_words({56: WIDE, 110: CLEAR}) == (
        "At 56 layers, networks with pre-activation make fewer errors on training images than "
        "networks with the block of 2015, in each seed. This difference is a hint and not yet a "
        "finding. At 110 layers, networks with pre-activation make fewer errors on training images "
        "than networks with the block of 2015. This difference is shown."
    )
    assert order_in_words({56: NONE, 110: made_of(-1, 1, 0.5)}) == (
        "At 56 and at 110 layers, the seeds do not show whether pre-activation changes the number "
        "of errors on training images."
    )
    assert order_in_words({56: CLEAR, 110: HARM}).count("layers, networks") == 2
    assert "make more errors on training images" in order_in_words({56: HARM})


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        (CLEAR, "The start near the identity is shown to lower the training error."),
        (HARM, "The start near the identity is shown to raise the training error."),
        (WIDE, "The start near the identity lowers the training error in each seed, which is a "
         "hint and not yet a finding."),
        (HARM_PERHAPS, "The start near the identity raises the training error in each seed, which "
         "is a hint and not yet a finding."),
        (NONE, "Three seeds do not show whether the start near the identity changes the training "
         "error."),
    ],
)  # fmt: skip
def test_the_words_on_the_start_near_the_identity_fit_every_verdict(saved, words):
    assert near_identity_in_words(saved) == words


def test_the_share_of_the_gap_that_a_treatment_closes_is_taken_seed_by_seed():
    usual, treated, whole = (each.errors() for each in (UNTREATED, TREATMENTS["dirac"], SHORTCUTS))
    shares = [(usual[s] - treated[s]) / (usual[s] - whole[s]) for s in SEEDS]
    assert gap_closed("dirac") == pytest.approx(shares)
    assert min(shares) < 0.3 and max(shares) > 0.7


@pytest.mark.parametrize("images", degradation.FIELDS)
@pytest.mark.parametrize("depth", [56, 110])
def test_pre_activation_saves_errors_in_every_seed(depth, images):
    assert min(order_gain(depth, images).values()) > 0


def test_in_the_new_order_110_layers_end_where_56_do():
    shallow, deep = (error(f"preact-{depth}", 1200) for depth in (56, 110))
    assert abs(deep.mean - shallow.mean) < shallow.sd + deep.sd


def test_a_treatment_is_better_only_if_it_is_with_each_seed(monkeypatch):
    errors = {"a": {0: 1, 1: 5}, "b": {0: 2, 1: 4}, "c": {0: 0, 1: 3}}
    monkeypatch.setattr(degradation.Treatment, "errors", lambda self, _: errors[self.label])
    a, b, c = (degradation.Treatment(label, "", "", "") for label in "abc")
    assert better_in_every_seed(c, a) and better_in_every_seed(c, b)
    assert not better_in_every_seed(a, b) and not better_in_every_seed(b, a)


# The live demonstration


def test_the_chapter_stores_what_it_says_of_the_live_networks():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    shown = "".join(
        "".join(out.get("text", "")) for cell in cells for out in cell.get("outputs", [])
    )
    runs_ = re.findall(r"(\S+-\d+|near identity) +seed (\d) +training error +([0-9.]+) %", shown)
    errors = {(name, int(seed)): float(error) for name, seed, error in runs_}
    assert len(errors) == 4 * 3 + 1
    for seed in range(3):
        assert errors["plain-56", seed] > 50
        assert all(errors[name, seed] < 20 for name in ("plain-20", "ResNet-20", "ResNet-56"))
    assert errors["near identity", 0] < 40


def test_a_course_is_drawn_by_means_over_a_tenth_of_its_steps():
    assert thinned([90, 70, 50, 30] * 5) == [(2 * k + 2, 40 if k % 2 else 80) for k in range(10)]
    assert thinned([90, 80]) == [(1, 90), (2, 80)]


def test_the_live_figure_says_where_the_runs_end():
    courses = {("plain-56", 0): [90] * 20, ("plain-56", 1): [70] * 20, ("ResNet-56", 0): [5] * 20}
    shown = training_errors(courses, "Depth")
    assert "In the last steps: plain-56 80 % and ResNet-56 5 %." in shown.alt
    assert "two seeds, computed by this notebook" in shown.markup
    one = training_errors({("plain-20", 0): [90, 10]}, "Depth")
    assert "one seed, computed" in one.markup


# The reader's own code


@pytest.fixture
def own() -> dict:
    """What the notebook defines, on a few digits and for a few steps."""
    names = definitions(NOTEBOOK)
    images = half_size(half_size(datasets.load("digits")))
    x, y = images.train.images[:256].float() / 255, images.train.labels[:256]
    names |= {"session": SimpleNamespace(device="cpu"), "steps": 2, "x": x, "y": y}
    names |= {"test_x": x[:20], "test_y": y[:20], "courses": {}, "ends": {}}
    names["deep"] = names["deepen"](names["Net"](2, residual=False).eval(), 9)
    return names


@pytest.mark.parametrize("name", solutions(NOTEBOOK))
def test_every_solution_passes_the_check_of_its_exercise(own, name):
    own["ends"] = {("plain-20", 0): (2, 3), ("plain-56", 0): (70, 80)}
    solved(NOTEBOOK, name, own)


def test_a_wrong_name_of_what_is_seen_is_refused_in_words(own):
    check = own["check_name_it"]
    words = r"9 % in training and 12 % in testing', '2 % .* 13 % in testing'\]: not 'degradation'"
    refused(check, lambda shallow, deep: "degradation", words)
    refused(check, lambda shallow, deep: "Overfitting", "'Overfitting': none of the three words")

    def by_the_test_error(shallow, deep):
        if deep[1] <= shallow[1]:
            return "neither"
        return "degradation" if deep[0] > shallow[0] else "overfitting"

    refused(check, by_the_test_error, "14 % in training and 11 % in testing'.: not 'neither'")


def test_a_wrong_or_borrowed_map_of_an_identity_block_is_refused(own):
    check = own["check_predicted"]
    refused(check, lambda h: h, r"(\d+) of 256 entries differ; h is negative in \1 of these")
    refused(check, own["deep"].layer1[-1], "without calling the block")
    check(lambda h: h.clamp_(min=0))


def test_a_network_that_was_not_grown_from_a_trained_one_is_refused(own):
    check, deepen = own["check_grown"], own["deepen"]
    small = own["Net"](2, residual=False)
    refused(check, (small, small), r"first 2, then 9, not \[2, 2\]")
    refused(check, (deepen(small, 9), small), r"not \[9, 2\]")
    refused(check, (small, deepen(small, 9)), "was not trained")
    own["train"](small, own["x"], own["y"], own["draw_batches"](256, 2, 0))
    refused(check, (small, own["Net"](9, residual=False)), "logits of the two networks differ")
    check((small, deepen(small, 9)))


def test_deepen_refuses_what_it_cannot_copy(own):
    with pytest.raises(AssertionError, match="only adds blocks"):
        own["deepen"](own["Net"](2, residual=False), 1)
    with pytest.raises(AssertionError, match="only for a plain network"):
        own["deepen"](own["Net"](2, residual=True), 9)


def test_a_wrong_or_borrowed_count_of_parameters_is_refused(own):
    check, net, parameters = own["check_parameters"], own["Net"], own["parameters"]
    refused(check, lambda blocks: 6, "1 in each stage: 6 is 75,284 too few")
    refused(check, lambda blocks: 75_300, "75,300 is 10 too many")
    refused(check, lambda blocks: parameters(net(blocks, False)), "without building a network")


def loop(zeroed: bool = True, rated: bool = True):
    """A training loop of a reader's own that takes a peak, with a slip or without."""

    def train_to(net, x, y, batches, peak):
        net.train()
        optimiser = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9)
        for step, index in enumerate(batches):
            lr = own_rate(step, len(batches), peak) if rated else peak
            optimiser.param_groups[0]["lr"] = lr
            if zeroed:
                optimiser.zero_grad()
            torch.nn.functional.cross_entropy(net(x[index]), y[index]).backward()
            optimiser.step()

    own_rate = definitions(NOTEBOOK)["rate_at"]
    return train_to


def test_a_loop_that_takes_a_peak_must_train_as_the_chapters_loop_does(own):
    check = own["check_peak"]
    refused(check, loop(zeroed=False), r"peak 0\.1: weights differ .* from those of `train`")
    refused(check, loop(rated=False), r"peak 0\.1: weights differ")
    refused(check, lambda net, x, y, batches, peak: own["train"](net, x, y, batches), r"peak 0\.02")
    check(loop())


def test_an_attempt_says_what_it_does_not_know_and_keeps_runs_apart(own):
    attempt, steady = own["attempt"], lambda step, steps: 0.1
    with pytest.raises(AssertionError, match=r"no plain-110 in NETS, which has plain-20, plain-56"):
        attempt("plain-110", 0)
    with pytest.raises(AssertionError, match="a seed is a number, not '0'"):
        attempt("plain-20", "0")
    attempt("plain-20", 0)
    attempt("plain-20", 0, rate=steady, called="plain-20 constant")
    assert list(own["courses"]) == [("plain-20", 0), ("plain-20 constant", 0)]
    assert list(own["ends"]) == list(own["courses"])


def test_the_rate_of_the_readers_loop_is_the_recipes(own):
    config = TrainConfig("x", learning_rate=0.1, schedule="one-cycle", warmup_fraction=0.3)
    for step in range(110):
        rate = learning_rate_at(config, step, 110)
        assert own["rate_at"](step, 110) == pytest.approx(rate)


# The paper's table


def test_printed_errors_are_those_of_table_6():
    assert paper_runs.printed("resnet-20") == "8.75"
    assert paper_runs.printed("resnet-110") == "6.43 (6.61 ± 0.16)"
    assert paper_runs.printed("plain-20") == "none"


@pytest.mark.parametrize(
    ("model", "errors", "words"),
    [
        ("resnet-20", [8.95, 9.05, 9.00], "0.25 points above"),
        ("resnet-56", [6.77, 6.87, 6.97], "0.10 points below"),
        ("resnet-110", [6.60, 6.70, 6.80], "0.09 points above, within ±"),
        ("resnet-110", [6.90, 7.00, 7.10], "0.39 points above, outside ±"),
        ("plain-20", [9.0, 9.1, 9.2], "nothing to compare"),
    ],
)
def test_a_verdict_compares_our_mean_with_what_is_printed(model, errors, words):
    assert paper_runs.verdict(model, errors) == words


def test_while_nothing_is_recorded_the_table_has_the_printed_numbers_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    bare = paper_runs.paper_table().markup
    assert "8.75" in bare and "Nothing is recorded here yet." in bare
    assert "waits" not in bare and "plain-20" not in bare
    there = {"plain-20": ["9.00", "2", ""]}
    monkeypatch.setattr(paper_runs, "ours", lambda model: there.get(model, ["waits"] * 3))
    filled = paper_runs.paper_table().markup
    assert "<td>9.00</td>" in filled and "waits" in filled and "ours against printed" in filled


def test_a_row_waits_until_all_its_runs_are_there(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    assert paper_runs.ours("resnet-20") == ["waits"] * 3
    final = {"test_error": 0.09}
    for run in runs("paper-table-6"):
        if run.model == "resnet-20":
            assert paper_runs.ours("resnet-20") == ["waits"] * 3
            made = dict.fromkeys(records.REQUIRED, "")
            made |= {"final": final, "timing": {"train_seconds": 120.0}}
            records.write_record(records.record_path("paper-table-6", run.name), made)
    assert paper_runs.ours("resnet-20") == ["9.00 ± 0.00", "2", "0.25 points above"]


# The figure to touch


def test_a_point_by_hand():
    # Seven places on 268 px from 46: the first at 46 + 268 / 14; 100 % at the top, 26.
    assert PLOT.place(0, 1000) == pytest.approx((46 + 268 / 14, 26))
    assert PLOT.place(6, 0) == pytest.approx((46 + 268 * 13 / 14, 246))
    assert mean([1, 2]) == 2 and mean([1, 1, 2]) == 1 and mean([1, 2, 2]) == 2


def test_words_name_the_better_shallow_network_only_if_there_is_one():
    plain, residual = [[300], [500]], [[290], [310]]
    data = {**packed(), "depths": [8, 14], "errors": [[[plain, residual]]]}
    deep, shallow = finding(data, 0, 0, 1), finding(data, 0, 0, 0)
    assert "is 50.0 % for plain-14 and 31.0 % for ResNet-14. On average, the shortcuts save" in deep
    assert "save 19.0 points." in deep
    assert "an error of 30.0 %, which is 20.0 points less than that of plain-14." in deep
    assert "the shortcuts save 1.0 points. No other plain network" in shallow
    worse = {**data, "errors": [[[residual, plain]]]}
    assert "On average, the shortcuts cost 19.0 points." in finding(worse, 0, 0, 1)
    equal = {**data, "errors": [[[plain, plain]]]}
    assert "On average, the shortcuts make no difference." in finding(equal, 0, 0, 1)
