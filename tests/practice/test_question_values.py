"""Values of questions are arithmetic, the paper's numbers and the records' means."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from utils.files.places import ROOT
from utils.files.yaml_files import read_yaml
from utils.practice.bank import read_bank
from utils.practice.values import compute, counted, printed
from utils.practice.values import recorded as question_values
from utils.practice.values.expressions import ValueFault
from utils.record.bench import load_benches


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7 + 2", 9), ("7 - 2", 5), ("7 * 2", 14), ("7 / 2", 3.5), ("7 // 2", 3), ("7 % 2", 1),
     ("7 ** 2", 49), ("-7 + 2", -5), ("relu(-1)", 0), ("relu(2)", 2), ("log10(1000)", 3),
     ("sqrt(9)", 3), ("exp(0)", 1), ("rounded(2.46, 1)", 2.5), ("rounded(2.6)", 3),
     ('number("1,234.5")', Decimal("1234.5")),
     ('paper("6", "ResNet-110", "error")', Decimal("6.43")),
     ('paper("6", "resnet 110", "error") / 2.0', 3.215), ('layers("resnet-20-B")', 20),
     ('projections("resnet-20-B")', 2), ('macs("resnet-20")', 40_551_040),
     ("conv_macs(3, 16, 3, 32)", 3 * 16 * 9 * 32 * 32), ("intensity(1, 1, 1, 1)", 2 / 12)],
)  # fmt: skip
def test_values_are_arithmetic(text, expected):
    assert compute({"x": text})["x"] == pytest.approx(expected)


def test_a_value_may_name_those_above_it_and_nothing_else():
    assert compute({"a": "2", "b": "a * 3"}) == {"a": 2, "b": 6}
    for text in ("b", "a.real", "[a]", "a if a else a", "print(1)", "+1"):
        with pytest.raises(ValueFault, match=r"values, x: .* is not allowed"):
            compute({"x": text, "a": "1"})


def test_imagenet_networks_are_v1_5_with_option_b_unless_named():
    assert counted.macs("imagenet-50") / 1e9 == pytest.approx(4.089, abs=0.001)
    assert counted.macs("imagenet-50-v1") / 1e9 == pytest.approx(3.8, abs=0.06)
    # Twice the height and width: four times the work, but for the last layer.
    large = counted.macs("imagenet-18", 448) / counted.macs("imagenet-18")
    assert large == pytest.approx(4, rel=0.002)
    assert counted.projections("imagenet-50-v1-A") == 0


def test_values_of_records_are_means_and_deviations_over_seeds():
    from statistics import mean, stdev

    from utils.results.runs import load_runs

    runs = load_runs("fast-20", "resnet-20", "fast")
    right = [100 * (1 - run["final"]["test_error"]) for run in runs]
    of_runs = ("fast-20", "resnet-20", "fast")
    assert question_values.accuracy(*of_runs) == pytest.approx(mean(right))
    assert question_values.accuracy_sd(*of_runs) == pytest.approx(stdev(right))
    first = [100 * (1 - run["history"][0]["test_error"]) for run in runs]
    assert question_values.accuracy_after(1, *of_runs) == pytest.approx(mean(first))
    runs = load_runs("shortcut-control", "resnet-14", "fast")[:3]
    third = [100 * (1 - run["history"][2]["test_error"]) for run in runs]
    of_ten = ("shortcut-control", "resnet-14", "fast")
    assert question_values.accuracy_after(3, *of_ten) == pytest.approx(mean(third))
    runs = load_runs(*of_runs)
    times = [run["timing"]["train_seconds"] for run in runs]
    assert question_values.training_time(*of_runs) == pytest.approx(mean(times))


def test_gradients_are_those_of_hes_start_with_normalisation_unless_named():
    for function in (question_values.gradient_factor, question_values.first_over_last):
        usual = function(20, "plain")
        assert usual == function(20, "plain", batch_norm=True, init="he")
        assert usual != function(20, "plain", init="pytorch")


def priced(model: str) -> dict[str, float]:
    """Percent of wrong answers by slip, read without the code under test."""
    record = read_yaml(ROOT / "results" / "slips" / f"{model}.json")
    return {slip: wrong / record["images"] * 100 for slip, wrong in record["rows"]["wrong"].items()}


def test_the_price_of_a_slip_is_that_of_the_record():
    for model in ("resnet-20", "plain-14"):
        for slip, error in priced(model).items():
            assert question_values.slip_error(slip, model) == pytest.approx(error)
    assert question_values.slip_error("train-4") == pytest.approx(priced("resnet-20")["train-4"])
    for wrong in (("train-5",), ("train-4", "resnet-8")):
        with pytest.raises(ValueFault, match="was not recorded; there are: "):
            question_values.slip_error(*wrong)


@pytest.mark.parametrize("model", ["resnet-20", "resnet-14", "plain-14"])
def test_slips_that_a_question_puts_in_order_have_this_order_in_every_network(model):
    (question,) = [q for q in read_bank() if q.id == "ft-order-of-prices"]
    asked = [call.split('"')[1] for call in question.values.values()]
    prices = [priced(model)[slip] for slip in asked]
    said = ("mirrored", "four pictures", "exchanged", "not divided")
    assert all(words in step.text for words, step in zip(said, question.options, strict=True))
    assert asked == ["mirrored", "train-4", "transposed", "undivided"]
    # Steps that a reader can tell apart: five points or more.
    assert all(later > earlier + 5 for earlier, later in itertools.pairwise(prices))


def test_values_of_the_playground_are_those_of_its_records():
    setting = "b20,w32,nnone,she,l0.01,m0.9"
    path = ROOT / "results" / "playground" / f"{setting.replace(',', '_')}.json"
    rows = read_yaml(path)["rows"]
    stops = [at for at in rows["residual"]["stopped"] if at]
    assert question_values.playground_stopped(setting, "residual") == len(stops) > 0
    assert question_values.playground_stopped(setting, "plain") == 0
    for images, count in (("train", 360), ("test", 359)):
        wrong = [int(row.split()[-1]) for row in rows["plain"][images]]
        expected = 100 * sum(wrong) / len(wrong) / count
        assert question_values.playground_error(setting, "plain", images) == pytest.approx(expected)
    with pytest.raises(ValueFault, match="known: plain, residual"):
        question_values.playground_error(setting, "resnet")


def test_the_files_that_values_read_are_there():
    for pattern in printed.READS:
        assert list(pattern.parent.glob(pattern.name)), pattern


def test_a_convolution_of_a_question_steps_by_one_without_bias_or_memory():
    plain = counted.conv(3, 8, 5)
    assert (plain.in_channels, plain.out_channels, plain.kernel_size) == (3, 8, (5, 5))
    assert (plain.stride, plain.padding, plain.bias) == ((1, 1), (0, 0), None)
    assert plain.weight.is_meta
    other = counted.conv(3, 8, 5, 2, 1)
    assert (other.stride, other.padding) == ((2, 2), (1, 1))


def test_seconds_and_speeds_are_those_of_the_first_recorded_machine():
    bench = load_benches()[0]
    for loop, seconds in bench["run_seconds_50k_images"].items():
        assert compute({"a": f'run_seconds("{loop}")'}) == {"a": seconds}
    for loop, rate in bench["images_per_second"].items():
        assert compute({"a": f'speed("{loop}")'}) == {"a": rate["median"]}


@pytest.mark.parametrize("call", ['depth_error("plain-56", 1200', "depth_gap(56, 1200",
                                  'long_error("plain-56"', "order_gain(110",
                                  'treated_error("dirac"'])  # fmt: skip
def test_errors_are_those_in_training_unless_told(call):
    found = compute(
        {"bare": f"{call})", "told": f'{call}, "training")', "test": f'{call}, "test")'}
    )
    assert found["bare"] == found["told"] != found["test"]
