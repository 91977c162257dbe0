"""What readers see: figures, tables, timings, and the first cell of a notebook."""

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from matplotlib import colormaps
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from printed import contrast

from utils.display.figures import (
    STYLE,
    TEXT,
    confusion_figure,
    error_curves,
    figure,
    picture_grid,
    text_on,
)
from utils.display.published import publish
from utils.display.tables import table
from utils.notebook import frame
from utils.notebook import run as notebooks
from utils.notebook import session as notebook
from utils.probes.timing import summarise, time_calls, time_in_turns
from utils.results.spread import Spread

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SMALL_DIGITS = ("08_time_to_accuracy", "11_trouble")
DRAWN = {
    "10_your_own": "pictures of each class: [60, 60, 20]",
    "13_class_answers": "code,when,q1",
}
"""What a notebook says of its data that makes them itself."""


def fake_runs(errors):
    return [
        {"history": [{"epoch": e + 1, "test_error": x / 100} for e, x in enumerate(run)]}
        for run in errors
    ]


def test_figure_is_svg_that_scales_and_takes_the_pages_colour():
    made = error_curves({"plain-14": (fake_runs([[40, 20], [42, 22]]), "plain")}, "test_error", "T")
    html = publish(made, "Error falls from 41 to 21 percent.", "Two seeds.")._repr_html_()
    assert TEXT not in html
    assert "currentColor" in html
    assert re.search(r'<svg[^>]*viewBox="0 0 345\.6 223\.2"', html)
    assert 'aria-label="Error falls from 41 to 21 percent."' in html
    assert "<figcaption>Two seeds.</figcaption>" in html
    assert "<style" not in html


def test_figure_repeats_exactly():
    def draw():
        made, (axes,) = figure()
        axes.plot([1, 2], [3, 4])
        return publish(made, "a", "c")._repr_html_()

    assert draw() == draw()


def test_band_is_one_standard_deviation():
    from utils.display.figures import draw_spread

    made, (axes,) = figure()
    draw_spread(axes, [1, 2], [Spread(5, 1, 3), Spread(6, 2, 3)], "red", "x")
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (4, 8)
    del made


def test_figure_without_words_is_refused():
    made, _ = figure()
    with pytest.raises(ValueError, match="alt text"):
        publish(made, " ", "caption")


def test_confusion_figure_shows_shares_of_the_true_class():
    made = confusion_figure([[8, 2], [1, 9]], ("cat", "dog"), "T")
    shown = {t.get_text() for t in made.axes[0].texts}
    assert shown == {"80", "20", "10", "90"}


def test_text_on_any_cell_of_a_confusion_matrix_can_be_read():
    for share in range(256):
        ground = colormaps["cividis"](share)[:3]
        words = {"black": (0, 0, 0), "white": (1, 1, 1)}[text_on(ground)]
        assert contrast(words, ground) >= 4.5


def test_picture_grid_draws_each_picture():
    made = picture_grid(torch.zeros(5, 3, 8, 8, dtype=torch.uint8), list("abcde"))
    assert [len(axes.images) for axes in made.axes] == [1] * 5 + [0] * 3
    assert len(picture_grid(torch.zeros(0, 3, 8, 8), [], title="none").axes) == 4


def test_the_colours_are_told_apart_with_colour_blindness():
    # Machado et al. 2009, severity 1.0: linear RGB as seen with deuteranopia and protanopia.
    seen = {
        "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
        "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    }
    from matplotlib.colors import to_rgb

    from utils.display.figures import COLOURS

    for matrix in seen.values():
        points = [np.array(matrix) @ np.array(to_rgb(c)) for c in COLOURS.values()]
        for i, a in enumerate(points):
            for b in points[i + 1 :]:
                assert np.linalg.norm(a - b) > 0.15


def test_table_names_its_columns_rows_and_caption():
    html = table(["net", "error"], [["<b>", "1 %"]], "Errors & more")._repr_html_()
    assert '<th scope="col">error</th>' in html
    assert '<th scope="row">&lt;b&gt;</th><td>1 %</td>' in html
    assert "<caption>Errors &amp; more</caption>" in html
    with pytest.raises(ValueError, match="2 columns"):
        table(["net", "error"], [["only one"]], "x")


def test_timing_is_a_median_with_quartiles_and_warm_up():
    assert summarise([1.0, 2.0, 3.0, 4.0, 100.0]).median == 3.0
    calls = []
    took = time_calls(lambda: calls.append(1), warm_up=2, repeats=5)
    assert len(calls) == 7
    assert took.lower <= took.median <= took.upper
    with pytest.raises(ValueError, match="at least 2"):
        time_calls(lambda: None, repeats=1)


def test_contestants_take_turns():
    order = []
    calls = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    time_in_turns(calls, warm_up=0, rounds=3)
    assert order == list("ababab")


def test_no_package_that_colab_must_keep_is_ever_installed(monkeypatch):
    asked = []
    find = notebook.importlib.util.find_spec
    monkeypatch.setattr(
        notebook.importlib.util, "find_spec", lambda n: None if n in ("pooch", "yaml") else find(n)
    )

    def pip(command, **how):
        asked.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(notebook.subprocess, "run", pip)
    assert notebook.install_missing() == ["pooch", "PyYAML"]
    assert asked[0][-2:] == ["pooch", "PyYAML"]
    assert not set(asked[0]) & {"torch", "torchvision", "numpy"}


TAKEN_IF_THERE = {"setuptools", "defusedxml", "linkify-it-py"}
"""What Pillow and markdown-it-py import where it is installed, and do without elsewhere."""

QUICK_CHECK = """
import json, sys, importlib.metadata as m
from utils.practice.widgets import quick_check
quick_check("notebooks/01_residual_math")._repr_mimebundle_()
top = {name.partition(".")[0] for name, module in sys.modules.items() if module}
owners = m.packages_distributions()
print(json.dumps(sorted({owner for name in top for owner in owners.get(name, [])})))
"""


def brought_by(names: Iterable[str]) -> set[str]:
    """Packages, with all that they bring along on this machine."""
    found, waiting = set(), [canonicalize_name(Requirement(name).name) for name in names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            with contextlib.suppress(metadata.PackageNotFoundError):
                asked = [Requirement(line) for line in metadata.requires(name) or []]
                plain = [r for r in asked if not r.marker or r.marker.evaluate({"extra": ""})]
                waiting += [canonicalize_name(r.name) for r in plain]
    return found


@pytest.mark.slow
def test_what_a_quick_check_loads_is_installed_by_the_first_cells():
    command = [sys.executable, "-c", QUICK_CHECK]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    loaded = {canonicalize_name(name) for name in json.loads(done.stdout)}
    there = brought_by([*notebook.NEEDED.values(), *notebook.NEVER_INSTALLED, "ipykernel"])
    assert loaded - there - TAKEN_IF_THERE == set()


def test_missing_torch_says_what_to_run(monkeypatch):
    monkeypatch.setattr(notebook.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(notebook.NotReadyError, match="make lab"):
        notebook.install_missing()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: Temporary failure in name resolution", "The package registry could not be"),
        ("/usr/bin/python: No module named pip", "The lines above are pip's"),
    ],
)
def test_a_package_that_will_not_install_is_told_with_what_pip_said(monkeypatch, line, words):
    def failed(command: list[str], **_: object) -> subprocess.CompletedProcess:
        return subprocess.CompletedProcess(command, 1, f"{line}\n")

    monkeypatch.setattr(notebook, "NEEDED", {"nothing_of_this_name": "nothing-of-this-name"})
    monkeypatch.setattr(notebook.subprocess, "run", failed)
    with pytest.raises(notebook.NotReadyError) as told:
        notebook.install_missing()
    assert str(told.value).startswith(f"{line}\nCould not install nothing-of-this-name. {words}")
    assert ("network" in str(told.value)) == ("name resolution" in line)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_first_code_cell_is_the_current_bootstrap(path):
    made = nbformat.read(path, as_version=4)
    first, second = [c for c in made.cells if c.cell_type == "code"][:2]
    assert first.source == frame.bootstrap() and second.source == frame.begin(made.metadata)
    assert first.metadata == frame.FOLDED
    tags = [c.metadata.get("tags", []) for c in made.cells]
    assert sum("bootstrap" in t for t in tags) == sum("begin" in t for t in tags) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_stores_no_photograph_no_widget_state_no_error(path):
    made = nbformat.read(path, as_version=4)
    assert "widgets" not in made.metadata
    assert made.metadata["accelerator"] == "GPU"
    outputs = [o for c in made.cells if c.cell_type == "code" for o in c.outputs]
    assert outputs
    assert not any(o.output_type == "error" for o in outputs)
    near = made.cells[: 12 if path.stem in DRAWN else 8]
    shown = "".join(str(o) for c in near if c.cell_type == "code" for o in c.outputs)
    digits = "digits-16" if path.stem in SMALL_DIGITS else "digits"
    said = DRAWN.get(path.stem, f"{digits}: 1,438 training and 359 test images")
    assert said in shown


def test_at_most_a_third_of_the_outputs_is_not_compared():
    shown = [
        cell.metadata.get("tags", [])
        for path in NOTEBOOKS
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and cell.outputs
    ]
    ignored = [tags for tags in shown if "nbval-ignore-output" in tags]
    assert len(ignored) <= len(shown) / 3
    assert not any("nbval-skip" in tags for tags in shown)


def test_the_repositorys_address_stands_in_one_place():
    address = frame.repository_address()
    owner_and_name = address.removeprefix("https://github.com/")
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.md", "*.yml", "*.yaml", "*.toml", "Makefile",
         "*.cff", "*.js"],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=True,
    ).stdout.split()  # fmt: skip
    holders = [n for n in listed if owner_and_name in (ROOT / n).read_text(encoding="utf-8")]
    assert holders == ["_config.yml"]


def test_full_session_runs_the_recorded_budget():
    from utils.training.recipes import RECIPES

    full = notebook.Session("cpu", "cifar10", True, None, True)
    assert full.live("fast") == RECIPES["fast"]
    short = notebook.start()
    assert (short.dataset, short.full) == ("digits", False)
    assert short.live("source").epochs == short.epochs


def test_text_from_records_is_markdown_on_one_line():
    assert notebook.say("a\n   **b**").data == "a **b**"
    assert notebook.say("a\nb\n\n c\n").data == "a b\n\nc"


def test_book_style_is_legible_on_both_themes():
    assert STYLE["figure.facecolor"] == "none"
    assert STYLE["text.color"] == TEXT


def test_stale_bootstrap_is_replaced_and_a_missing_one_refused():
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("old")])
    with pytest.raises(ValueError, match="found 0"):
        frame.refresh_frame(made, "a.ipynb")
    made.cells[0].metadata["tags"] = ["bootstrap"]
    with pytest.raises(ValueError, match="'begin', found 0"):
        frame.refresh_frame(made, "a.ipynb")
    made.cells.append(nbformat.v4.new_code_cell("old", metadata={"tags": ["begin"]}))
    frame.refresh_frame(made, "a.ipynb")
    whole = [frame.top("a.ipynb"), frame.bootstrap(), frame.begin({}), frame.END]
    assert [c.source for c in made.cells] == whole
    frame.refresh_frame(made, "a.ipynb")
    assert [c.source for c in made.cells] == whole


def test_running_a_notebook_stores_clean_outputs(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    first = nbformat.v4.new_code_cell("pass", metadata={"tags": ["bootstrap"]})
    noisy = "import sys; print(6 * 7); print('noise', file=sys.stderr)"
    second = nbformat.v4.new_code_cell("", metadata={"tags": ["begin"]})
    made = nbformat.v4.new_notebook(cells=[first, second, nbformat.v4.new_code_cell(noisy)])
    nbformat.write(made, tmp_path / "a.ipynb")
    assert notebooks.main([]) == 0
    stored = nbformat.read(tmp_path / "a.ipynb", as_version=4)
    assert [o.text for o in stored.cells[3].outputs] == ["42\n"]
    assert [c.id for c in stored.cells] == ["top", "cell-00", "cell-01", "cell-02", "used"]
    assert stored.cells[-1].outputs == []
