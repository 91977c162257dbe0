"""The figures to touch: right numbers, reachable by keyboard, address and directive."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from utils.explorables import EXPLORABLES, MAX_CONTROLS, MORE_CONTROLS, residual_block
from utils.miniatures.chains import draw_chain, residual_chain

ROOT = Path(__file__).resolve().parents[2]


def test_zero_weights_are_the_identity_with_a_shortcut_and_zero_without():
    x, weights = draw_chain()
    with_shortcut = residual_chain(x, weights, scale=0.0, shortcut=True)
    without = residual_chain(x, weights, scale=0.0, shortcut=False)
    assert (with_shortcut == x).all()
    assert (without[1:] == 0).all()


def test_one_block_by_hand():
    x = np.array([1.0, 2.0])
    first, second = [[1.0, -1.0], [0.0, 1.0]], [[1.0, 1.0], [0.0, -0.5]]
    weights = np.array([[first, second]])
    # W1 x = (-1, 2), after ReLU (0, 2), W2 of it (2, -1); plus x: (3, 1).
    assert residual_chain(x, weights)[1].tolist() == [3.0, 1.0]
    assert residual_chain(x, weights, shortcut=False)[1].tolist() == [2.0, 0.0]
    # Half of every weight is a quarter of the branch: (0.5, -0.25).
    assert residual_chain(x, weights, scale=0.5)[1].tolist() == [1.5, 1.75]


def test_weights_have_the_variance_of_he_initialisation():
    _, weights = draw_chain(seed=1, blocks=400)
    assert weights.mean() == pytest.approx(0, abs=0.01)
    assert weights.var() == pytest.approx(2 / 8, rel=0.02)


@pytest.mark.parametrize("name", sorted(EXPLORABLES))
def test_html_is_the_same_every_time(name: str):
    assert EXPLORABLES[name]()._repr_html_() == EXPLORABLES[name]()._repr_html_()


@pytest.mark.parametrize("name", sorted(EXPLORABLES))
def test_figure_needs_no_network_and_no_inline_handler(name: str):
    html = EXPLORABLES[name]()._repr_html_()
    assert "://" not in html
    assert not re.search(r"\son\w+=|\sstyle=|\beval\(|new Function|innerHTML", html)
    assert html.count("</script>") == html.count("<script")


@pytest.mark.parametrize("name", sorted(EXPLORABLES))
def test_figure_has_at_most_three_controls_or_says_why_more(name: str):
    allowed, reason = MORE_CONTROLS.get(name, (MAX_CONTROLS, "three is the rule"))
    controls = EXPLORABLES[name]().markup.count("data-key=")
    assert controls <= allowed
    assert reason.strip()
    assert name not in MORE_CONTROLS or controls == allowed > MAX_CONTROLS


def test_a_key_that_would_break_the_address_is_refused():
    with pytest.raises(ValueError, match="lower-case words"):
        residual_block("two words")
