"""The tables of the bottleneck chapter: what stands under which heading, by arithmetic."""

from __future__ import annotations

import re

import pytest

from utils.chapters.bottleneck import counts as bottleneck
from utils.display.published import Published
from utils.models.networks import IMAGENET
from utils.probes.layers import LayerCost

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3),
          152: (3, 8, 36, 3)}  # fmt: skip
"""Blocks of conv2_x to conv5_x in Table 1 of the paper."""


def cells(shown: Published) -> tuple[list[str], list[list[str]]]:
    """Headings of a table and the cells of its rows."""
    head, body = shown.markup.split("<tbody>")
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in body.split("</tr>")[:-1]]
    return re.findall(r'<th scope="col">(.*?)</th>', head), rows


def only(monkeypatch: pytest.MonkeyPatch, *depths: int) -> None:
    """Leave these networks of the family; the others take seconds to count."""
    monkeypatch.setattr(bottleneck, "IMAGENET", {depth: IMAGENET[depth] for depth in depths})


def test_the_family_stands_beside_the_paper_and_torchvision(monkeypatch):
    only(monkeypatch, 18)
    heads, (row,) = cells(bottleneck.family_table())
    found = dict(zip(heads, row, strict=True))
    # torchvision documents 1.814 billion and 11,689,512 parameters, with projections. Each of the
    # three projections maps n to 2n channels on a quarter of the positions: equal work.
    projections = 3 * 28 * 28 * 64 * 128 / 1e9
    assert found == {
        "network": "18 layers",
        "paper": "1.8",
        "v1, option A": f"{1.814 - projections:.3f}",
        "v1, option B": "1.814",
        "v1.5, option B": "1.814",
        "torchvision": "1.814",
        "parameters, option B": "11,689,512",
    }


def test_differences_of_the_versions_are_in_millions_of_v1_5_less_v1(monkeypatch):
    def layer(name: str, size: int, macs: int) -> LayerCost:
        return LayerCost(name, (4, size, size), (8, size, size + 1), 1, macs, False)

    pairs = [
        (layer("layer2.0.conv1", 28, 25_700_000), layer("layer2.0.conv1", 56, 102_800_000)),
        (layer("layer3.0.conv1", 14, 10_000_000), layer("layer3.0.conv1", 28, 40_060_000)),
    ]
    monkeypatch.setattr(bottleneck, "version_differences", {50: pairs}.get)
    shown = bottleneck.difference_table(50)
    assert cells(shown) == (
        ["layer", "output map, v1", "output map, v1.5", "MACs, v1", "MACs, v1.5", "difference"],
        [
            ["layer2.0.conv1", "28 × 29", "56 × 57", "25.7", "102.8", "77.1"],
            ["layer3.0.conv1", "14 × 15", "28 × 29", "10.0", "40.1", "30.1"],
            ["together", "", "", "", "", "107.2"],
        ],
    )
    assert "ResNet-50" in shown.alt and "in millions" in shown.alt


def test_the_count_behind_a_name_is_written_out_stage_by_stage(monkeypatch):
    only(monkeypatch, 18, 50)
    assert cells(bottleneck.census_table()) == (
        ["network", "stem + stages + linear", "projections", "normalisations"],
        # A normalisation behind every convolution, those of the projections too.
        [
            ["ResNet-18", "1 + 4 + 4 + 4 + 4 + 1 = 18", "3", "20"],
            ["ResNet-50", "1 + 9 + 12 + 18 + 9 + 1 = 50", "4", "53"],
        ],
    )


def fields(depth: int, first: bool = False) -> list[str]:
    """Pixels seen behind stem and stages, by the paper's table.

    Args:
        depth: of the network.
        first: whether the first convolution of a block takes the step, as in v1 of bottlenecks.
    """
    pixels, step, found = 11, 4, ["11"]
    for stage, blocks in enumerate(BLOCKS[depth]):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            if depth >= 50:  # one 3×3 a block
                pixels += 2 * step * (stride if first else 1)
            else:
                pixels += 2 * step + 2 * step * stride
            step *= stride
        found.append(str(pixels))
    return found


def test_receptive_fields_follow_from_table_1():
    heads, rows = cells(bottleneck.field_table())
    assert heads == ["network", "stem", "conv2_x", "conv3_x", "conv4_x", "conv5_x"]
    assert rows == [
        ["ResNet-18", *fields(18)],
        ["ResNet-34", *fields(34)],
        ["ResNet-50, v1", *fields(50, first=True)],
        ["ResNet-50, v1.5", *fields(50)],
        ["ResNet-101, v1.5", *fields(101)],
        ["ResNet-152, v1.5", *fields(152)],
        ["pixels between outputs", "4", "4", "8", "16", "32"],
    ]
    # Araujo, Norris and Sim (2019) print 483 pixels for ResNet-50 of version 1.
    assert rows[2][-1] == "483"


def test_training_and_test_accuracy_stand_under_their_headings(monkeypatch):
    errors = {"resnet-8": (0.10, 0.20), "bottleneck-11": (0.15, 0.30)}

    def fake(experiment: str, model: str) -> list[dict]:
        assert experiment == "basic-or-bottleneck"
        train, test = errors[model]
        return [
            {"seed": seed, "final": {"train_error": train, "test_error": test}} for seed in (0, 1)
        ]

    monkeypatch.setattr(bottleneck, "load_runs", fake)
    shown = bottleneck.comparison_table()
    heads, rows = cells(shown)
    assert heads == ["network", "training accuracy", "test accuracy"]
    assert [row[1:] for row in rows] == [
        ["90.00 ± 0.00 %", "80.00 ± 0.00 %"],
        ["85.00 ± 0.00 %", "70.00 ± 0.00 %"],
    ]
    assert "over 2 seeds" in shown.alt and "+10.00 ± 0.00 points" in shown.alt


def test_networks_to_count_have_shapes_and_no_numbers():
    net = bottleneck.sketch(18)
    assert {parameter.device.type for parameter in net.parameters()} == {"meta"}
    assert bottleneck.printed_by_torchvision(50) == "4.089"
