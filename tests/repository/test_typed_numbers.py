"""No number of the prose comes from nowhere: a record, a source, code or arithmetic says it."""

import math
from pathlib import Path

import nbformat
import pytest
from typed_numbers import from_nowhere, paragraphs, typed

from utils.results.verdict import CONFIDENCE, half_width

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "book").glob("*.md"), *(ROOT / "notebooks").glob("*.ipynb")])

COMPUTED = {
    "95%": 100 * CONFIDENCE,
    "2.48": half_width(3),
    "1.24": half_width(5),
    "13.5": 27 / 2,  # half of 27 blocks
    "0.92": 1 - 1 / 6 * 0.5,  # the first of six blocks survives, stochastic depth
    "1.9": 1 + 0.9,
    "3.856": 3.858 - 2048 * 1000 / 1e9,  # ResNet-50 in billions of MACs, without its linear layer
    "1.46": -math.log(math.e / (math.e + 9)),  # least loss if the softmax is taken twice
}
"""What is arithmetic, for any page."""
GIVEN = {
    ("01_residual_math", "0.3"): "a size of the branches to try",
    ("03_degradation", "0.03"): "a learning rate to try",
    ("05_bottleneck", "0.1"): "an invented layer",
    ("05_bottleneck", "100%"): "the whole of a roof",
    ("05_bottleneck", "150%"): "an invented layer",
    ("06_inside_a_resnet", "0.25"): "an invented share of the gradient",
    ("accessibility", "2.2"): "version of a guideline",
    ("after", "4.17%"): "first version of the paper on Wide ResNets, told beside it",
    ("how_to_use", "4.0"): "version of a licence",
    ("paper", "0.1"): "section 4.2 of the paper that the page is about",
    ("playground", "0.1"): "a learning rate; tests/chapters/test_playground_chapter.py compares it",
    ("playground", "25%"): "a limit, compared in the same test",
    ("playground", "45%"): "a limit, compared in the same test",
    ("residual_networks", "0.5"): "10.5 without the 10 that arrives by the shortcut",
    ("residual_networks", "10.5"): "an invented example: what a block should pass on",
    ("teachers", "2.1"): "version of a format",
    ("teachers", "4.0"): "version of a licence",
}
"""What is a name or an example of one page, or is told in words beside it."""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_somebody_says_so(path):
    found = dict(from_nowhere(path))
    given = {number for page, number in GIVEN if page == path.stem}
    assert found.keys() <= COMPUTED.keys() | given, found


def test_nothing_is_excused_that_is_written_nowhere():
    found = {(path.stem, number) for path in PAGES for number, _ in from_nowhere(path)}
    assert found >= GIVEN.keys()
    assert {number for _, number in found - GIVEN.keys()} == COMPUTED.keys()


@pytest.mark.parametrize(("written", "value"), COMPUTED.items(), ids=COMPUTED.keys())
def test_arithmetic_is_right(written, value):
    digits = len(written.rstrip("%").partition(".")[2])
    assert f"{value:.{digits}f}" == written.rstrip("%")


def notebook(tmp_path: Path, text: str) -> Path:
    cells = [nbformat.v4.new_code_cell("rate = 0.3"), nbformat.v4.new_markdown_cell(text)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    return tmp_path / "a.ipynb"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It rises to 71.4 %.", ["71.4%"]),
        ("It rises to <!--=a.b-->71.4 %<!--/--> with `x = 0.2` and $0.4$.", []),
        ("It rises to 71.4 % (section 3.1).", []),
        ("It rises to 71.4 % ([He](https://arxiv.org/abs/1512.03385)).", []),
        ("With a rate of 0.3 it rises to 1,071.45 points, by 9 %.", ["1,071.45", "9%"]),
        ("The 56 layers of ResNet-56 have 3×3 kernels.", []),
        ("```python\nprint(12.75)\n```\n\nIt prints 12.75 and 13.5.", ["13.5"]),
    ],
)
def test_only_what_nobody_says_is_found(tmp_path, text, numbers):
    assert [number for number, _ in from_nowhere(notebook(tmp_path, text))] == numbers


def test_a_block_of_code_is_no_paragraph_and_a_range_has_two_numbers():
    assert [*paragraphs("One.\n\n```python\n0.5\n```\n\nTwo.")] == ["One.", "Two."]
    assert typed("from 0.25 to 1,000.5 %") == ["0.25", "1,000.5%"]
