"""The figures to touch: right numbers, reachable by keyboard, address and directive."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from utils.explorables import EXPLORABLES, MAX_CONTROLS, MORE_CONTROLS, residual_block
from utils.miniatures.chains import draw_chain, residual_chain

ROOT = Path(__file__).resolve().parents[2]
CONF = f"""
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "resnet_book.shows.explorable"]
nb_execution_mode = "off"
html_theme = "basic"
"""


def build(folder: Path, pages: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Build a small Sphinx project into ``folder / "out"``, warnings counted as errors."""
    folder.mkdir(exist_ok=True)
    (folder / "conf.py").write_text(CONF, encoding="utf-8")
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", ".", "out"]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


def notebook(html: str) -> str:
    """A notebook whose only cell has stored this output."""
    output = {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": {"text/html": html, "text/plain": "Explorable"},
    }
    cell = {
        "cell_type": "code",
        "id": "a",
        "execution_count": 1,
        "metadata": {},
        "source": "residual_block()",
        "outputs": [output],
    }
    heading = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "# Notebook"}
    metadata = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    return json.dumps(
        {"cells": [heading, cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built site: the directive twice, a notebook with a stored figure, a page without any."""
    folder = tmp_path_factory.mktemp("site")
    directive = "```{explorable} residual-block\n```\n"
    second = "```{explorable} residual-block\n:key: second\n```\n"
    toctree = "```{toctree}\nnote\nempty\n```\n"
    done = build(
        folder,
        {
            "index.md": f"# Page\n\n{directive}\n{second}\n{toctree}",
            "note.ipynb": notebook(residual_block()._repr_html_()),
            "empty.md": "# Nothing here\n",
        },
    )
    assert done.returncode == 0, done.stderr
    return folder / "out"


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


def test_assets_are_linked_where_a_figure_stands_and_only_there(site: Path):
    for name in ("index", "note"):
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        linked = re.findall(r"_static/(explorables/[\w.-]+\.(?:js|css))", html)
        assert linked == [
            "explorables/explorables.css",
            "explorables/explorables.js",
            "explorables/residual-block.js",
        ]
        assert "use strict" not in html
    assert "explorables/" not in (site / "empty.html").read_text(encoding="utf-8")


def test_unknown_name_stops_the_build_and_names_the_known(tmp_path: Path):
    done = build(tmp_path, {"index.md": "# Page\n\n```{explorable} residual-blok\n```\n"})
    assert done.returncode != 0
    known = ", ".join(sorted(EXPLORABLES))
    assert f"no explorable is called 'residual-blok'; known: {known}" in done.stderr


def test_same_figure_twice_without_a_key_stops_the_build(tmp_path: Path):
    twice = "```{explorable} residual-block\n```\n\n" * 2
    done = build(tmp_path, {"index.md": f"# Page\n\n{twice}"})
    assert done.returncode != 0
    assert "explorable-residual-block is twice on this page; give one a key" in done.stderr
