"""Times stand in the unit that their column names."""

from __future__ import annotations

from table_cells import TIMING, data_cells, milliseconds

from utils.chapters.bottleneck import roofline as roofline_figures
from utils.probes import roofline as roofline_module
from utils.probes.layers import LayerCost
from utils.probes.timing import Timing

NAMES = list(roofline_module.chapter_blocks())


def test_times_of_blocks_stand_in_milliseconds_in_every_column():
    timings = {name: Timing(**TIMING) for name in NAMES}
    shown = roofline_figures.timing_table(timings, batch=1, size=4).markup
    assert milliseconds(shown) == [[62.5, 31.25, 125.0]] * len(NAMES)


def test_recorded_times_of_blocks_stand_in_milliseconds():
    made = {
        "machine": {"device": "Test", "device_type": "cpu", "threads": 1},
        "blocks": {"inference": dict.fromkeys(NAMES, TIMING)},
        "batch_size": 2,
        "size": 4,
    }
    shown = roofline_figures.recorded_table([made]).markup
    assert milliseconds(shown) == [[62.5]] * len(NAMES)


def test_parts_of_blocks_stand_in_milliseconds_in_every_column(monkeypatch):
    parts = roofline_figures.BlockParts(0.25, 0.125, 0.5, 0.0625)
    monkeypatch.setattr(roofline_figures, "block_parts", lambda record: {"block": parts})
    machine = {"device": "Test", "device_type": "cpu", "threads": 1}
    shown = roofline_figures.parts_table([{"machine": machine}]).markup
    # The remainder is 500 less 250 and 125.
    assert milliseconds(shown) == [[250.0, 125.0, 500.0, 125.0, 62.5]]


def test_times_of_layers_and_of_their_roofs_stand_in_milliseconds():
    # 1,000 MACs are 2,000 operations: at 1e5 a second 20 ms, far above what moving takes.
    cost = LayerCost("conv1", (1, 10, 10), (1, 10, 10), 10, 1_000, False)
    roofs = roofline_module.Device(peak=1e5, bandwidth=1e12)
    shown = roofline_figures.layer_table({"conv1": (cost, Timing(**TIMING))}, roofs, batch=1).markup
    assert milliseconds(shown) == [[20.0, 62.5]]
    assert "32%" in data_cells(shown)[0]
