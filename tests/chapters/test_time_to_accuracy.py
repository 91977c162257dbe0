"""Seconds to an accuracy, from records."""

import html
import math
import re

import pytest
from seeds import difference

from utils.chapters.time_to_accuracy import recorded as pace
from utils.display.figures import COLOURS
from utils.display.published import Published
from utils.models.counting import count_macs
from utils.models.networks import build
from utils.record.experiments import WITHOUT, runs
from utils.results.verdict import SHOWN, Difference
from utils.training.recipes import TrainConfig, recipe


def run(error: float, seconds: float, seed: int = 0) -> dict:
    return {
        "seed": seed,
        "model": "resnet-14",
        "config": {"epochs": 2},
        "machine": {"device": "a device", "device_type": "cpu", "threads": 2},
        "final": {"test_error": error},
        "timing": {"train_seconds": seconds},
    }


@pytest.fixture
def bench(monkeypatch):
    record = {
        "machine": {"device": "a device", "threads": 2},
        "run_seconds_50k_images": {"usual loop": 1000.0},
    }
    monkeypatch.setattr(pace, "load_benches", lambda: [record])


def test_seconds_and_speed_are_means_over_seeds(bench):
    runs = [run(0.3, 80.0), run(0.3, 120.0, seed=1)]
    assert pace.training_seconds(runs).mean == 100
    assert pace.training_seconds(runs).sd == pytest.approx(math.sqrt(800))
    assert pace.speed_up(runs).mean == pytest.approx((1000 / 80 + 1000 / 120) / 2)


def test_budget_counts_only_if_every_seed_reaches_the_accuracy():
    groups = {
        "short": [run(0.29, 50.0), run(0.31, 50.0, seed=1)],
        "long": [run(0.25, 90.0), run(0.26, 90.0, seed=1)],
        "longer": [run(0.2, 200.0), run(0.2, 200.0, seed=1)],
    }
    here = "a device, 2 threads"
    assert pace.cheapest(groups, 0.70) == {here: "long"}
    assert pace.cheapest(groups, 0.69) == {here: "short"}
    assert pace.cheapest(groups, 0.90) == {}


def test_seconds_of_different_machines_are_not_compared():
    elsewhere = run(0.25, 5.0)
    elsewhere["machine"] = {"device": "a GPU", "device_type": "cuda", "threads": 8}
    groups = {"here": [run(0.25, 90.0)], "slower": [run(0.25, 91.0)], "there": [elsewhere]}
    assert pace.cheapest(groups, 0.70) == {"a GPU": "there", "a device, 2 threads": "here"}
    shown = pace.target_table(groups)._repr_html_()
    assert shown.count("70.57 %") == 2 and shown.count("94.00 %") == 1


def test_machine_without_a_benchmark_is_named_with_the_command(bench):
    with pytest.raises(LookupError, match=r"another device with 2 threads.*make bench"):
        pace.usual_loop_seconds("another device", 2)


def test_table_shows_time_threads_and_accuracy():
    shown = pace.pace_table({"fast-2": [run(0.25, 100.0), run(0.27, 100.0, seed=1)]})._repr_html_()
    for cell in ("fast-2", "100 ± 0 s", "a device, 2 threads", "74.00 ± 1.41 %"):
        assert cell in shown


def test_targets_are_read_where_they_are_printed():
    assert list(pace.targets().values()) == pytest.approx([0.7057, 0.9125, 0.94])


def test_pages_with_targets_are_built_again_when_a_target_changes():
    # What targets() reads; the paper's tables are read by utils.facts.paper, which says so itself.
    assert [path.name for path in pace.READS] == ["after.yml", "source_results.yml"]
    assert all(path.is_file() for path in pace.READS)


def test_target_that_nothing_reaches_names_the_best():
    groups = {"low": [run(0.4, 50.0)], "high": [run(0.25, 90.0), run(0.27, 110.0, seed=1)]}
    shown = pace.target_table(groups)._repr_html_()
    assert "100 ± 14 s" in shown
    assert shown.count("best so far: high, 74.00 ± 1.41 %") == 2


def test_course_adds_up_the_seconds_of_epochs():
    def with_history(seconds: list[float], errors: list[float]) -> dict:
        rows = zip(seconds, errors, strict=True)
        return {"history": [{"epoch": n, "seconds": s, "test_error": e}
                            for n, (s, e) in enumerate(rows, 1)]}  # fmt: skip

    runs = [
        with_history([10, 20, 30], [0.5, 0.4, 0.3]),
        with_history([20, 20, 20], [0.7, 0.4, 0.1]),
    ]
    seconds, points = pace.course(runs)
    assert seconds == [15, 35, 60]
    assert [point.mean for point in points] == pytest.approx([60, 40, 20])


def test_a_trick_is_compared_seed_by_seed(monkeypatch):
    whole = [run(0.20, 1.0, seed) for seed in (0, 1)]
    less = [run(0.23, 1.0, 1), run(0.21, 1.0, 0)]
    monkeypatch.setattr(pace, "load_runs", lambda name, *_: whole if name == pace.SHORT else less)
    # Seed 0: 79 - 80 = -1, seed 1: 77 - 80 = -3.
    assert pace.change("no-flip").by_seed == pytest.approx({0: -1, 1: -3})
    # Only a seed that both have makes a pair.
    whole.append(run(0.10, 1.0, 2))
    assert pace.change("no-flip").by_seed == pytest.approx({0: -1, 1: -3})


def test_work_is_the_mean_over_small_and_full_images():
    def runs_of(config: TrainConfig) -> list[dict]:
        return [{"model": "resnet-14", "config": config.as_dict()}]

    net = build("resnet-14")
    small, full = (count_macs(net, size) / 1e6 for size in (24, 32))
    assert pace.work(runs_of(recipe("fast", epochs=3))) == pytest.approx((small + full) / 2)
    assert pace.work(runs_of(recipe("source"))) == pytest.approx(full)
    # Without a small size the share of small images says nothing, as in the training.
    assert pace.work(runs_of(recipe("fast", small_size=None))) == pytest.approx(full)


def test_the_sentences_on_tricks_hold_in_the_records():
    for variant in ("constant-rate", "zero-padding", "no-nesterov", "no-decay"):
        assert max(pace.change(variant).values) < 0, variant
    assert len({change > 0 for change in pace.change("no-flip").values}) == 2
    means = {variant: pace.change(variant).over.mean for variant in WITHOUT}
    order = ["constant-rate", "zero-padding", "no-nesterov", "no-decay", "full-size"]
    assert sorted(order, key=means.get) == order
    # By hand: Student's t at 95 %, two-sided, over the root of the number of seeds.
    least = {3: 4.3027 / 3**0.5, 10: 2.2622 / 10**0.5}
    changes = {v: pace.change(v) for v in WITHOUT}
    over = {v: (one.over, least[len(one.by_seed)]) for v, one in changes.items()}
    shown = {v for v, (change, times) in over.items() if abs(change.mean) > times * change.sd}
    assert shown == {"zero-padding", "no-nesterov", "no-decay", "full-size"}
    assert {v for v, gain in pace.effects().items() if gain.verdict == SHOWN} == shown


def test_two_parts_are_compared_over_ten_seeds_and_show_the_same_with_the_seven_new_ones():
    for variant in ("full-size", "zero-padding"):
        by_seed = pace.change(variant).by_seed
        assert sorted(by_seed) == list(range(10))
        assert Difference({s: v for s, v in by_seed.items() if s > 2}).verdict == SHOWN


def test_the_words_on_tricks_fit_every_verdict():
    clear, wide, none = difference(2, 2.1, 2.2), difference(1, 5, 10), difference(1, -1, 0.5)
    one = pace.tricks_in_words({"no-flip": clear, "no-decay": wide, "full-size": none})
    assert one == (
        "**A difference is shown for one part: mirror images.** For weight decay, the change has "
        "the same sign in each seed, but the 95 % interval of its mean contains 0. This is a hint "
        "and not yet a finding. For small images in the first half, the interval contains 0, and "
        "the seeds do not even agree on the sign of the change, so nothing is shown. On average "
        "over the seeds, the accuracy changes most without weight decay: it is then 5.3 ± 4.5 "
        "points lower. Even this difference is only a hint, because its size differs widely "
        "between seeds."
    )
    all_clear = pace.tricks_in_words({"no-flip": clear, "no-decay": difference(1, 1.1, 1.2)})
    assert all_clear == (
        "**A difference is shown for two parts: mirror images and weight decay.** On average over "
        "the seeds, the accuracy changes most without mirror images: it is then 2.1 ± 0.1 points "
        "lower. This difference is one of those that are shown."
    )
    worse = pace.tricks_in_words({"no-flip": difference(-2, -2.1, -2.2)})
    assert "changes most without mirror images: it is then 2.1 ± 0.1 points higher." in worse
    nothing = pace.tricks_in_words({"no-flip": none})
    assert nothing.startswith("**A difference is shown for none of the parts.** For mirror")
    assert nothing.endswith(
        "Even this difference shows nothing, because it differs so widely between seeds."
    )
    hints = pace.tricks_in_words({"no-flip": wide, "no-decay": wide})
    assert "For mirror images and weight decay, the change has the same sign in each seed" in hints


def test_variants_that_change_more_than_one_setting_are_named_with_what_they_change():
    words = pace.several_settings()
    named = {variant for variant, name in pace.NAMES.items() if f"Without {name}, two" in words}
    assert named == {variant for variant, changed in WITHOUT.items() if len(changed) > 1}
    assert words.startswith("Three rows change more than one setting. Without small images in")
    assert "rises and falls, two settings change: the learning rate and the schedule." in words


def test_two_epochs_pass_the_tutorials_ten_in_accuracy_and_in_seconds():
    runs_ = pace.budgets()
    two, ten = runs_["fast, 2 epochs"], runs_["source, 10 epochs"]
    best, least = (f(r["final"]["test_error"] for r in group)
                   for f, group in ((max, two), (min, ten)))  # fmt: skip
    assert best < least
    assert {r["machine"]["threads"] for r in two} == {2}
    used = runs_[pace.REFERENCE][0]["machine"]
    usual = pace.usual_loop_seconds(used["device"], used["threads"])
    assert max(r["timing"]["train_seconds"] for r in two) < usual


def test_all_fast_budgets_but_one_epoch_pass_the_tutorials_recipe_three_in_fewer_seconds():
    runs_ = pace.budgets()
    source = runs_.pop("source, 10 epochs")
    runs_ = {name: group for name, group in runs_.items() if name.startswith("fast")}
    beaten = min(r["final"]["test_error"] for r in source)
    better = {n for n, g in runs_.items() if max(r["final"]["test_error"] for r in g) < beaten}
    assert better == set(runs_) - {"fast, 1 epoch"}
    spent = {name: pace.training_seconds(runs_[name]).mean for name in better}
    usual = pace.training_seconds(source).mean
    threads = {name: {r["machine"]["threads"] for r in runs_[name]} for name in better}
    quicker = {name: threads[name] for name in better if spent[name] < usual}
    assert quicker == {"fast, 2 epochs": {2}, "fast, 3 epochs": {2}, "fast, 10 epochs": {1}}
    assert {r["machine"]["threads"] for r in source} == {1}


def test_each_variant_takes_out_what_its_name_says():
    for run_ in runs("fast-without", seeds=(0,)):
        base = set(recipe("fast", epochs=3).changed().items())
        changed = {name for name, _ in set(run_.config.changed().items()) ^ base} - {"recipe"}
        variant = run_.config.recipe.removeprefix("fast-3-")
        assert changed == set(WITHOUT[variant]), variant
    assert set(pace.TRICKS) == set(pace.NAMES) == set(WITHOUT)


# Tables and figures --------------------------------------------------------------------------


def cells(shown: Published) -> list[dict[str, str]]:
    """Rows of a table by its headings."""
    head, body = shown.markup.split("<tbody>")
    heads = re.findall(r'<th scope="col">(.*?)</th>', head)
    rows = [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", html.unescape(row))
        for row in body.split("</tr>")[:-1]
    ]
    return [dict(zip(heads, row, strict=True)) for row in rows]


def with_course(errors: list[float], seconds: float, device: str = "a device") -> dict:
    history = [
        {"epoch": epoch, "seconds": seconds, "test_error": error}
        for epoch, error in enumerate(errors, 1)
    ]
    made = run(errors[-1], seconds * len(errors))
    machine = {**made["machine"], "device": device}
    return {**made, "machine": machine, "history": history}


COURSES = {
    pace.REFERENCE: [with_course([0.5, 0.4, 0.3], 20)],
    "source, 10 epochs": [with_course([0.6, 0.2], 50)],
    "paper, ResNet-20": [with_course([0.45, 0.1], 5, "another device")],
}


def test_a_course_is_drawn_in_percent_with_a_dot_and_a_name_at_its_end():
    (axes,) = pace.course_figure(COURSES, "epoch", "It falls").axes
    lines = {line.get_label(): line for line in axes.lines if len(line.get_xdata()) > 1}
    assert {label: (list(line.get_xdata()), line.get_ydata().tolist())
            for label, line in lines.items()} == {
        pace.REFERENCE: ([1, 2, 3], [50, 40, 30]),
        "source, 10 epochs": ([1, 2], [60, 20]),
        "paper, ResNet-20": ([1, 2], [45, 10]),
    }  # fmt: skip
    assert [line.get_color() for line in lines.values()] == [
        COLOURS["residual"], COLOURS["other"], COLOURS["residual"]
    ]  # fmt: skip
    dots = [line for line in axes.lines if len(line.get_xdata()) == 1]
    ends = [(3, 30), (2, 20), (2, 10)]
    assert [(dot.get_xdata()[0], dot.get_ydata()[0]) for dot in dots] == ends
    assert [dot.get_marker() for dot in dots] == ["o"] * 3
    # A dot stands out of its line.
    assert all(dot.get_markersize() >= 4 * line.get_linewidth() > 0
               for dot, line in zip(dots, lines.values(), strict=True))  # fmt: skip
    assert [dot.get_color() for dot in dots] == [line.get_color() for line in lines.values()]
    assert [(text.get_text(), text.xy) for text in axes.texts] == list(
        zip(["3", "source", "ResNet-20"], ends, strict=True)
    )
    # Beside the dot, a few points up and to the right, whatever the scale.
    assert {(text.xyann, text.anncoords) for text in axes.texts} == {((5, 5), "offset points")}
    assert axes.get_legend() is None and axes.get_title(loc="left") == "It falls"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "test error (%)")
    assert axes.get_ylim()[0] == 0


def test_seconds_of_another_machine_are_dashed_and_epochs_are_not():
    for over, style in (("epoch", "-"), ("seconds of training", "--")):
        (axes,) = pace.course_figure(COURSES, over, "It falls").axes
        styles = {line.get_label(): line.get_linestyle() for line in axes.lines}
        assert styles["paper, ResNet-20"] == style
        assert styles[pace.REFERENCE] == styles["source, 10 epochs"] == "-"
    seconds = {line.get_label(): list(line.get_xdata()) for line in axes.lines}
    assert seconds[pace.REFERENCE] == [20, 40, 60]


@pytest.mark.parametrize("over", ["epoch", "seconds of training"])
def test_ticks_of_the_logarithmic_axis_say_where_they_stand(over):
    (axes,) = pace.course_figure(COURSES, over, "It falls").axes
    assert axes.get_xscale() == "log"
    labels = [int(label.get_text().replace(",", "")) for label in axes.get_xticklabels()]
    assert labels == axes.get_xticks().tolist() and len(labels) >= 4
    assert axes.get_xticks(minor=True).tolist() == []


def test_the_table_of_budgets_has_time_and_accuracy_under_their_headings():
    runs_ = [run(0.25, 100.0), run(0.27, 110.0, seed=1)]
    (row,) = cells(pace.pace_table({"fast, 2 epochs": runs_}))
    assert row == {
        "budget": "fast, 2 epochs",
        "network": "ResNet-14, option A",
        "epochs": "2",
        "training time": "105 ± 7 s",
        "machine": "a device, 2 threads",
        "test accuracy": "74.00 ± 1.41 %",
    }


def test_the_table_of_targets_has_a_row_for_each_and_says_what_comes_nearest():
    rows = cells(pace.target_table({"low": [run(0.4, 50.0)], "high": [run(0.25, 90.0)] * 2}))
    assert list(rows[0]) == ["accuracy", "cheapest budget", "training time", "machine"]
    assert [list(row.values()) for row in rows] == [
        ["70.57 %, the tutorial's printed accuracy", "high", "90 ± 0 s",
         "a device, 2 threads"],
        ["91.25 %, the paper's ResNet-20", "none",
         "best so far: high, 75.00 ± 0.00 %", ""],
        ["94.00 %, the speed races", "none", "best so far: high, 75.00 ± 0.00 %", ""],
    ]  # fmt: skip


def test_an_accuracy_that_is_just_reached_counts():
    assert pace.cheapest({"exact": [run(0.25, 50.0)]}, 0.75) == {"a device, 2 threads": "exact"}


def test_the_runs_of_a_trick_are_those_with_three_epochs(monkeypatch):
    monkeypatch.setattr(pace, "load_runs", lambda *where: where)
    assert pace.three_epochs() == ("short-budgets", "resnet-14", "fast-3")
    assert pace.three_epochs("no-flip") == ("fast-without", "resnet-14", "fast-3-no-flip")


def test_the_table_of_tricks_compares_each_with_the_whole_recipe(monkeypatch):
    def made(experiment: str, model: str, name: str) -> list[dict]:
        worse = 0.0 if name == "fast-3" else 0.05 if name.endswith("full-size") else 0.01
        config = recipe("fast", epochs=3).as_dict()
        if name.endswith("full-size"):
            config |= {"small_size": None}
        return [
            {**run(0.20 + worse * (1 + seed), 1.0, seed), "model": model, "config": config}
            for seed in (0, 1)
        ]

    monkeypatch.setattr(pace, "load_runs", made)
    first, *others = cells(pace.ablation_table())
    net = build("resnet-14")
    small, full = (count_macs(net, size) / 1e6 for size in (24, 32))
    half = f"{(small + full) / 2:.1f}"
    assert list(first.values()) == ["the whole recipe", "", "", "80.00 ± 0.00 %", "", "2", half]
    assert list(first) == [
        "recipe", "change", "verdict", "test accuracy", "lowest to highest", "seeds",
        "work for each image",
    ]  # fmt: skip
    rows = {row.pop("recipe"): list(row.values()) for row in others}
    assert list(rows) == [f"without {pace.TRICKS[variant]}" for variant in WITHOUT]
    # Errors of 0.21 and 0.22 in place of 0.20; 0.25 and 0.30 without the small images.
    # Two seeds need a mean of nine standard deviations, so both are hints.
    hint = "the same sign in each seed"
    usual = ["-1.50 ± 0.71", hint, "78.50 ± 0.71 %", "-2.00 to -1.00", "2", half]
    without = ["-7.50 ± 3.54", hint, "72.50 ± 3.54 %", "-10.00 to -5.00", "2", f"{full:.1f}"]
    for variant in WITHOUT:
        name = f"without {pace.TRICKS[variant]}"
        assert rows[name] == (without if variant == "full-size" else usual), variant


def test_a_long_budget_is_shown_once_it_is_recorded(monkeypatch):
    monkeypatch.setattr(pace, "load_runs", lambda *where: where)
    for there in (False, True):
        monkeypatch.setattr(pace, "is_recorded", {"paper-table-6": there}.get)
        assert list(pace.budgets()) == [*pace.BUDGETS, *(pace.LONG_BUDGETS if there else ())]
    assert pace.budgets()["fast, 1 epoch"] == ("short-budgets", "resnet-14", "fast-1")


def test_one_seed_has_a_speed_too(bench):
    assert pace.speed_up([run(0.3, 80.0)]).mean == 12.5
    assert pace.training_seconds([run(0.3, 80.0)]).mean == 80


def test_every_budget_has_the_same_three_seeds_and_one_machine():
    for found in pace.budgets().values():
        assert [each["seed"] for each in found] == [0, 1, 2]
        assert ";" not in pace.machines(found)
    assert "over three seeds" in pace.pace_table(pace.budgets()).markup
