"""Which layer is which, on layers that are made by hand."""

from __future__ import annotations

import pytest
import torch

from utils.models.given import Report, _between, _difference, _renamings, _some
from utils.models.matching import (
    BY_ORDER,
    BY_SHAPE,
    COUNTER,
    Matching,
    Undecided,
    layers_of,
    make_up,
    match,
)


def layers(**widths: int) -> dict:
    """Layers ``a__b=3``: the layer ``a.b`` with a weight of three numbers."""
    return layers_of({f"{n.replace('__', '.')}.weight": torch.zeros(w) for n, w in widths.items()})


def matching(**found: object) -> Matching:
    empty = dict.fromkeys(Matching.__dataclass_fields__, ())
    return Matching(**{**empty, "prefix": "", **found})


def test_layers_share_names_shapes_and_kind_and_not_the_counter():
    base = {"weight": torch.zeros(2, 3), "bias": torch.zeros(2)}
    assert make_up(base) == make_up(dict(reversed(base.items())))
    assert make_up(base) == make_up({**base, COUNTER: torch.tensor(4)})
    assert make_up(base) == make_up({k: v.half() for k, v in base.items()})
    for other in ({"weight": base["weight"]}, {**base, "bias": torch.zeros(3)},
                  {**base, "bias": torch.zeros(2, dtype=torch.int64)}):  # fmt: skip
        assert make_up(base) != make_up(other)


@pytest.mark.parametrize(("shared", "prefix"), [(3, "part."), (2, "part."), (1, "")])
def test_a_beginning_counts_if_half_of_the_network_fits_under_it(shared, prefix):
    network = layers(a=1, b=2, c=3, d=4)
    file = layers(**{f"part__{name}": place for place, name in enumerate("abc"[:shared], start=1)})
    assert match(file, network, None, ordered=True).prefix == prefix


def test_shapes_decide_between_beginnings_before_names_do():
    network = layers(a=1, b=2)
    file = layers(one__a=1, one__b=2, two__a=5, two__b=6)
    found = match(file, network, None, ordered=True)
    assert found.prefix == "one." and found.by_name == (("one.a", "a"), ("one.b", "b"))
    assert found.left_in_file == ("two.a", "two.b") and not found.left_in_network
    with pytest.raises(Undecided, match=r"'one\.', 'two\.'; say which .* prefix='one\.'"):
        match(layers(one__a=1, one__b=2, two__a=1, two__b=2), network, None, ordered=True)
    for given in ("two", "two."):
        assert match(file, network, None, True, given).different == (("two.a", "a"), ("two.b", "b"))


def test_the_head_is_the_only_layer_that_reads_as_many_features():
    def linear(name: str, classes: int, features: int) -> dict:
        return {f"{name}.weight": torch.zeros(classes, features)}

    network = layers_of(linear("x", 4, 4) | linear("fc", 10, 8))
    same = match(layers_of(linear("x", 4, 4) | linear("top", 10, 8)), network, "fc", True)
    assert same.renamed == (("top", "fc", "the only layer that could be the head"),)
    other = match(layers_of(linear("x", 4, 4) | linear("top", 5, 8)), network, "fc", True)
    assert other.different == (("top", "fc"),) and not other.left_in_network
    many = {name: linear(name, 5, 8) for name in "pqrst"}
    state = linear("x", 4, 4)
    for one in many.values():
        state |= one
    doubt = match(layers_of(state), network, "fc", True)
    assert doubt.left_in_network == ("fc",)
    assert doubt.doubts[0] == "the head fc could be p or q or r or s"


def test_layers_of_a_part_are_matched_by_shape_or_by_an_order_that_is_the_only_one():
    one = match(layers(x=9, p__u=1), layers(x=9, p__v=1), None, ordered=True)
    assert one.renamed == (("p.u", "p.v", BY_SHAPE),)
    two = match(layers(x=9, p__u=1, p__w=1), layers(x=9, p__v=1, p__z=1), None, ordered=True)
    assert [why for *_, why in two.renamed] == [BY_ORDER] * 2
    assert two.pairs == [("x", "x"), ("p.u", "p.v"), ("p.w", "p.z")]
    unsorted = match(layers(x=9, p__u=1, p__w=1), layers(x=9, p__v=1, p__z=1), None, ordered=False)
    assert not unsorted.renamed and unsorted.doubts
    several = match(layers(x=9, p__a=1, p__b=1), layers(x=9, p__v=1), None, ordered=True)
    assert not several.renamed and several.doubts == ("p.v could be p.a or p.b",)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (2, "v could be a or b"),
        (3, "v could be a or b or c"),
        (5, "v could be a or b or c or 2 more"),
    ],
)
def test_a_doubt_names_three_layers_and_counts_the_others(count, said):
    file = layers(x=9, **dict.fromkeys("abcde"[:count], 1))
    assert match(file, layers(x=9, v=1), None, ordered=True).doubts == (said,)


def test_a_name_that_would_mean_two_layers_in_two_parts_is_undecided():
    file = layers(x=9, p__u=1, p__w=2, q__u=2, q__w=1)
    network = layers(x=9, p__v=1, p__z=2, q__v=1, q__z=2)
    with pytest.raises(Undecided, match=r"make w of the file v in q, but z in another part"):
        match(file, network, None, ordered=True)


@pytest.mark.parametrize(
    ("left", "head", "surplus"),
    [
        ("layer1.1.conv", None, True), ("layer1.0.extra", None, True), ("layer1", None, False),
        ("layer2.0.conv", "fc", True), ("layer2.0.conv", None, False), ("layer10.0", None, False),
    ],
)  # fmt: skip
def test_a_layer_beside_filled_ones_is_missed_and_one_elsewhere_only_with_the_head(
    left, head, surplus
):
    pairs = [("net.layer1.0.conv", "layer1.0.conv"), ("net.fc", "fc")]
    found = matching(prefix="net.", by_name=tuple(pairs), left_in_file=(f"net.{left}", "far.away"))
    assert _between(found, head) == ([f"net.{left}"] if surplus else [])


def test_words_of_a_report_count_what_they_do_not_name():
    assert _some(["a", "", "c", "d"]) == "a, the layer itself, c, d"
    assert _some(list("abcdef")) == "a, b, c, d and 2 more"
    renamed = tuple((f"net.p.{mine}.w", f"p.{mine.upper()}.w", "") for mine in "abcdef")
    assert _renamings(matching(prefix="net.", renamed=renamed)) == [
        "a → A", "b → B", "c → C", "d → D", "2 more",
    ]  # fmt: skip
    assert _renamings(matching(renamed=renamed[:1] * 2)) == ["net.p.a → p.A"]
    assert _renamings(matching(renamed=(("a.b", "a.c", ""), ("x", "y.x", "")))) == [
        "b → c", "x → y.x",
    ]  # fmt: skip


def test_a_difference_names_every_tensor_of_another_shape():
    mine = {"weight": torch.zeros(10, 64), "bias": torch.zeros(3), COUNTER: torch.tensor(1)}
    theirs = {"weight": torch.zeros(5, 64), "bias": torch.zeros(3)}
    assert _difference(mine, theirs) == "weight (10, 64) in the file, (5, 64) in the network"
    del theirs["bias"]
    assert _difference(mine, theirs).endswith("; bias (3,) in the file, none in the network")
    assert _difference({"x": torch.zeros(2)}, {"x": torch.zeros(2).long()}) == (
        "one holds whole numbers"
    )


def test_a_table_has_a_row_for_each_layer_and_its_columns_are_aligned():
    found = matching(
        by_name=(("a", "a"),), renamed=(("longer", "b", BY_SHAPE),), different=(("c", "c"),),
        left_in_network=("d",), left_in_file=("e",),
    )  # fmt: skip
    shapes = (("c", "c", "weight (2,) in the file, (3,) in the network"),)
    report = Report("f.pt", "", found, None, ("a", "b", "c", "d"), shapes, (), ())
    assert report.table().splitlines() == [
        "in the file  in the network",
        "a            a               by name",
        "longer       b               the only layer of its shape there",
        "c            c               other shape: weight (2,) in the file, (3,) in the network",
        "             d               not in the file",
        "e                            not used",
    ]
    assert report.text().splitlines()[0] == "f.pt: 2 of 4 layers filled."
    one = Report("f.pt", "", matching(by_name=(("a", "a"),)), None, ("a",), (), (), ())
    assert one.text().splitlines()[0] == "f.pt: 1 of 1 layer filled."
    assert "Renamed: longer → b." in report.text() and "Left in the file: e." in report.text()
