"""What the bottleneck chapter says of recorded devices follows from their records."""

import json
import re

import pytest

from utils.chapters.bottleneck import roofline as figures
from utils.probes import roofline as roofline_module
from utils.probes.layers import layer_costs
from utils.probes.timing import Timing
from utils.record import roofline

NARROW, NECK, WIDE = roofline_module.chapter_blocks()
MS = 1e-3


@pytest.fixture(scope="module")
def cpu() -> dict:
    """The record that the prose of the chapter speaks of."""
    path = roofline.FOLDER / "amd-epyc-2-threads.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def times(cpu) -> dict[str, float]:
    """Seconds of every layer alone."""
    return {label: timing["median"] for label, timing in cpu["layers"].items()}


@pytest.fixture(scope="module")
def shares(cpu) -> dict[str, list[float]]:
    """Share of its roof that each layer reaches, by kind of layer."""
    roofs, batch = roofline_module.Device(**cpu["device"]), cpu["batch_size"]
    found: dict[str, list[float]] = {kind: [] for kind in figures.KINDS}
    for cost, timing in figures.recorded_layers(cpu).values():
        found[figures.kind_of(cost)].append(figures.share_of_roof(cost, timing, roofs, batch))
    return found


def made_up(layer: float, block: float) -> dict:
    """A record whose every layer takes ``layer`` and every block ``block`` seconds."""
    timing = {"median": layer, "lower": layer, "upper": layer, "count": 2}
    whole = {**timing, "median": block}
    labels = [
        f"{name}, {cost.name}"
        for name, (net, channels) in roofline_module.chapter_blocks().items()
        for cost in layer_costs(net, 4, channels)
    ]
    return {
        "size": 4,
        "batch_size": 2,
        "device": {"peak": 1e9, "bandwidth": 1e6},
        "machine": {"device": "Test", "device_type": "cpu", "threads": 1},
        "layers": dict.fromkeys(labels, timing),
        "blocks": {"inference": dict.fromkeys(roofline_module.chapter_blocks(), whole)},
    }


def test_parts_of_a_block_by_hand():
    parts = figures.block_parts(made_up(layer=1 * MS, block=10 * MS))
    assert parts[NECK].convolutions == pytest.approx(3 * MS)
    assert parts[NECK].normalisations == pytest.approx(3 * MS)
    assert parts[NECK].remainder == pytest.approx(4 * MS)
    # ReLUs on 64, 64 and 256 channels read and write; the sum reads two maps and writes one.
    numbers = 2 * 16 * (2 * (64 + 64 + 256) + 3 * 256)
    assert parts[NECK].elementwise == pytest.approx(4 * numbers / 1e6)
    assert parts[NARROW].elementwise == pytest.approx(4 * 2 * 16 * (2 * 2 * 64 + 3 * 64) / 1e6)


def test_kinds_are_told_by_window():
    found = figures.recorded_layers(made_up(1 * MS, 10 * MS))
    kinds = {label: figures.kind_of(cost) for label, (cost, _) in found.items()}
    assert [kinds[f"{NECK}, conv{i}"][:3] for i in (1, 2, 3)] == ["1×1", "3×3", "1×1"]
    assert {kinds[f"{name}, bn1"] for name in (NARROW, NECK, WIDE)} == {"normalisation"}
    assert kinds[f"{NARROW}, conv1"] == kinds[f"{WIDE}, conv2"] == "3×3 convolution"


def test_operations_of_a_normalisation_are_two_a_number():
    cost, _ = figures.recorded_layers(made_up(1, 1))[f"{NECK}, bn3"]
    assert figures.operations(cost, batch=2) == 2 * 2 * 256 * 16
    conv, _ = figures.recorded_layers(made_up(1, 1))[f"{NECK}, conv1"]
    assert figures.operations(conv, batch=2) == 2 * 2 * 256 * 64 * 16


def test_share_of_the_roof_by_hand():
    cost, _ = figures.recorded_layers(made_up(1, 1))[f"{NECK}, bn3"]
    roofs = roofline_module.Device(peak=1e12, bandwidth=1e6)
    seconds = cost.traffic(2) / 1e6
    timing = Timing(2 * seconds, 0, 0, 2)
    assert figures.share_of_roof(cost, timing, roofs, 2) == pytest.approx(0.5)


def test_figure_draws_roofs_and_every_layer_and_says_what_it_shows(cpu):
    shown = figures.roofline_figure(cpu)
    assert shown.alt.startswith("Roofline of AMD EPYC, 2 threads")
    for kind in figures.KINDS:
        assert kind in shown.markup and kind in shown.alt
    # Matplotlib draws each marker of a line as one reference to a shape.
    assert len(re.findall(r"<use [^>]*style=\"fill:", shown.markup)) >= len(cpu["layers"])
    assert "30 GB/s" in shown.markup and "128 GFLOP/s" in shown.markup


def test_tables_have_a_row_for_each_layer_and_each_block(cpu):
    layers = figures.recorded_layer_table(cpu).markup
    assert layers.count('<th scope="row">') == len(cpu["layers"])
    assert "AMD EPYC, 2 threads" in layers
    parts = figures.parts_table([cpu, cpu]).markup
    assert parts.count('<th scope="row">') == 2 * len(roofline_module.chapter_blocks())


# The sentences of the chapter, on the recorded CPU


def test_the_bottleneck_takes_about_twice_as_long_with_fewer_macs(cpu):
    forward, training = (
        {name: found[name]["median"] for name in found}
        for found in (cpu["blocks"]["inference"], cpu["blocks"]["training"])
    )
    assert forward[NECK] / forward[NARROW] == pytest.approx(2, abs=0.1)
    assert training[NECK] / training[NARROW] > 1.5
    for found in (forward, training):
        assert 11 < found[WIDE] / found[NARROW] < 14


def test_normalisations_are_under_the_memory_roof_and_near_it(cpu, shares):
    roofs, batch = roofline_module.Device(**cpu["device"]), cpu["batch_size"]
    for cost, _ in figures.recorded_layers(cpu).values():
        under = roofs.limit(cost, batch)
        assert under == ("arithmetic" if cost.macs else "memory")
    assert min(shares["normalisation"]) > 2 / 3
    assert max(shares["normalisation"]) < 1


def test_1x1_convolutions_are_far_right_of_the_ridge_and_near_the_arithmetic_roof(cpu, shares):
    roofs, batch = roofline_module.Device(**cpu["device"]), cpu["batch_size"]
    layers = figures.recorded_layers(cpu)
    for name in ("conv1", "conv3"):
        intensity = layers[f"{NECK}, {name}"][0].intensity(batch)
        assert intensity == pytest.approx(25, abs=1)
        assert intensity / roofs.ridge == pytest.approx(6, abs=0.1)
    assert 0.745 < min(shares["1×1 convolution"]) <= max(shares["1×1 convolution"]) < 1


def test_3x3_convolutions_beat_the_measured_peak_by_more_than_a_third(shares):
    assert len(shares["3×3 convolution"]) == 5
    assert min(shares["3×3 convolution"]) > 4 / 3


def test_a_mac_in_a_1x1_takes_longer_than_one_in_a_3x3(cpu):
    pace: dict[str, list[float]] = {}
    for cost, timing in figures.recorded_layers(cpu).values():
        if cost.macs:
            pace.setdefault(figures.kind_of(cost), []).append(timing.median / cost.macs)
    ratios = [one / three for one in pace["1×1 convolution"] for three in pace["3×3 convolution"]]
    assert 1.5 < min(ratios) < max(ratios) < 2.2


def test_macs_predict_the_time_between_3x3_convolutions(times):
    for wide in ("conv1", "conv2"):
        for narrow in ("conv1", "conv2"):
            assert 13 < times[f"{WIDE}, {wide}"] / times[f"{NARROW}, {narrow}"] < 15


def test_more_than_half_of_the_bottleneck_lies_outside_every_layer_that_was_timed(cpu):
    parts = figures.block_parts(cpu)
    narrow, neck = parts[NARROW], parts[NECK]
    assert neck.convolutions / narrow.convolutions == pytest.approx(1.3, abs=0.05)
    together = [p.convolutions + p.normalisations for p in (narrow, neck)]
    assert together[1] / together[0] == pytest.approx(1.4, abs=0.05)
    assert neck.remainder / neck.whole > 0.5
    share = (neck.remainder - narrow.remainder) / (neck.whole - narrow.whole)
    assert share == pytest.approx(0.75, abs=0.03)


def test_relus_and_addition_explain_less_than_a_fifth_of_each_remainder(cpu):
    for parts in figures.block_parts(cpu).values():
        assert 0 < parts.elementwise < parts.remainder / 5
