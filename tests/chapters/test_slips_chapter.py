"""The prices of silent mistakes that a chapter shows are those of the records, in order."""

from __future__ import annotations

import html
import re

from utils.chapters.fine_tuning import slips
from utils.files.records import load_measurement
from utils.probes.slips import SLIPS
from utils.record.slips import NETWORKS, tasks


def test_every_network_is_recorded_as_it_would_be_measured_today():
    for task in tasks():
        assert load_measurement("slips", task.name)["hash"] == task.hash()


def test_the_rows_are_in_the_order_of_the_price_and_the_right_way_comes_first():
    order = slips.order()
    assert order[0] == "none" and sorted(order) == sorted(SLIPS)
    prices = [slips.errors()[key] for key in order[1:]]
    assert prices == sorted(prices)


def test_the_table_has_the_error_of_each_record():
    rows = re.findall(r"<tr><th.*?</tr>", slips.price_table().markup, re.DOTALL)[1:]
    checks = re.findall(r"<tr><th.*?</tr>", slips.line_table().markup, re.DOTALL)[1:]
    assert len(rows) == len(SLIPS) == len(checks) + 1
    for row, key in zip(rows, slips.order(), strict=True):
        cells = re.findall(r"<td>(.*?)</td>", row)
        wrong = [load_measurement("slips", model)["rows"]["wrong"][key] for model in NETWORKS]
        assert cells == [f"{count / 100:.1f}" for count in wrong]
        assert bool(SLIPS[key].check) is (key != "none")
    for row, key in zip(checks, slips.order()[1:], strict=True):
        assert re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) == [
            html.escape(SLIPS[key].name),
            html.escape(SLIPS[key].check),
        ]


def test_what_the_text_says_of_the_prices_holds_for_each_network():
    for model in NETWORKS:
        price = slips.errors(model)
        right = price["none"]
        assert all(abs(price[key] - right) < 1 for key in ("mirrored", "imagenet", "train-100"))
        assert right < price["train-100"] < price["train-4"] < price["train-sorted"]
        assert all(price[key] > 85 for key in ("undivided", "folders", "reshaped", "statistics"))


def test_the_figure_names_every_mistake():
    markup = slips.price_figure().markup
    for slip in SLIPS.values():
        assert slip.name.replace("`", "") in markup
