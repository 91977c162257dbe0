"""What the chapter says of wide networks with and without shortcuts."""

import pytest

from utils.chapters.time_to_accuracy import shortcut
from utils.files.records import parse_record, record_files
from utils.models.networks import build
from utils.results.verdict import Difference


def gain(*values: float) -> Difference:
    return Difference(dict(enumerate(values)))


def test_the_two_networks_of_a_pair_differ_in_their_shortcuts_alone():
    assert len(shortcut.pairs()) == 3
    for plain, residual in shortcut.pairs().values():
        without, whole = build(plain), build(residual)
        assert without.described() | {"residual": True} == whole.described()
        shapes = [
            {name: value.shape for name, value in net.state_dict().items()}
            for net in (without, whole)
        ]
        assert shapes[0] == shapes[1]


def test_gains_are_the_differences_of_the_files():
    for label, (plain, residual) in shortcut.pairs().items():
        errors = [
            {
                each["seed"]: each["final"]["test_error"]
                for each in map(parse_record, record_files(shortcut.EXPERIMENT, f"{name}_*.json"))
            }
            for name in (plain, residual)
        ]
        wanted = {seed: 100 * (errors[0][seed] - errors[1][seed]) for seed in errors[0]}
        assert shortcut.gains()[label].by_seed == pytest.approx(wanted)


def test_the_table_has_a_row_for_each_depth():
    shown = shortcut.shortcut_table()._repr_html_()
    for label, found in shortcut.gains().items():
        assert f'<th scope="row">{label}</th>' in shown
        assert f"<td>{found.verdict}</td>" in shown


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            {"A": gain(1.0, 1.1, 0.9), "B": gain(2.0, 2.1, 1.9)},
            "The shortcuts raise the accuracy of A and B, and three seeds show it.",
        ),
        (
            {"A": gain(-1.0, -1.1, -0.9), "B": gain(0.1, 2.0, 3.0)},
            "The shortcuts lower the accuracy of A, and three seeds show it. The shortcuts raise "
            "the accuracy of B in each of three seeds, which is a hint and not yet a finding.",
        ),
        (
            {"A": gain(-1.0, 1.0), "B": gain(1.0, 1.001)},
            "The shortcuts raise the accuracy of B, and two seeds show it. For A, the seeds do "
            "not agree whether shortcuts help.",
        ),
    ],
)
def test_sentences_say_what_the_seeds_show(found: dict[str, Difference], told: str):
    assert shortcut.shortcuts_in_words(found) == told


@pytest.mark.parametrize(
    ("gains", "short"),
    [
        (((-1.0, 1.0, 0.1), (1.0, 1.1, 0.9), (2.0, 2.1, 1.9)), True),
        (((-1.0, -1.1, -0.9), (1.0, 1.1, 0.9), (2.0, 2.1, 1.9)), True),
        (((1.0, 1.1, 0.9), (2.0, 2.1, 1.9), (3.0, 3.1, 2.9)), False),  # the shortest needs it too
        (((-1.0, 1.0, 0.1), (3.0, 3.1, 2.9), (2.0, 2.1, 1.9)), False),  # it does not grow
        (((-1.0, 1.0, 0.1), (0.2, 2.1, 1.9), (2.0, 2.1, 1.9)), False),  # one is a hint only
        (((-1.0, 1.0, 0.1), (-2.0, -2.1, -1.9), (-1.0, -1.1, -0.9)), False),  # it harms
    ],
)
def test_the_lesson_needs_all_its_reasons(gains: tuple, short: bool):
    found = {str(place): gain(*values) for place, values in enumerate(gains)}
    told = "**In these runs, 0 needs no shortcuts, but 1 and 2 lose accuracy without them.**"
    assert shortcut.lesson_in_words(found).startswith(told) == short
