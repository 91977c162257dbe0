"""Explorables in a notebook, on a page and without a script."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from browser import notebook_file, settled, stays
from figure_checks import fits_a_phone, with_and_without_scripts, works
from playwright.sync_api import Browser, Page, expect

from utils.explorables import EXPLORABLES, residual_block
from utils.explorables.residual_block_picture import BARS
from utils.miniatures.chains import draw_chain, residual_chain

ROOT = Path(__file__).resolve().parents[2]
SCALES = (0.0, 0.05, 0.5, 0.75, 1.0, 1.25, 1.5)
DEPTHS = (1, 6, 24)
STATES = list(product(SCALES, DEPTHS, (True, False)))
CONF = f"""
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "resnet_book.shows.explorable"]
nb_execution_mode = "off"
html_theme = "basic"
"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files under a policy that allows scripts and styles from files only."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "default-src 'self'")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Address of a local server for one folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def notebook_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a page with two copies of the figure, as a notebook shows them."""
    copies = residual_block()._repr_html_() + residual_block("second")._repr_html_()
    return notebook_file(tmp_path_factory, f"<h2 id='below'>Below</h2>{copies}")


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


def figure(page: Page, id_: str = "residual-block"):
    return page.locator(f"#explorable-{id_}")


def finding(page: Page, id_: str = "residual-block"):
    return page.locator(f"#{id_}-finding")


def test_script_and_python_agree_in_every_state(page: Page, notebook_page: str):
    page.goto(notebook_page)
    settled(page)
    found = page.evaluate(
        """(states) => {
          const data = JSON.parse(document.querySelector('[data-part="data"]').textContent);
          const { chain, unpack } = window.explorables.residualBlock;
          const blocks = unpack(data);
          return states.map(([scale, depth, shortcut]) =>
            chain(data.x, blocks.slice(0, depth), scale, shortcut));
        }""",
        STATES,
    )
    x, weights = draw_chain()
    assert len(STATES) >= 40
    for (scale, depth, shortcut), signals in zip(STATES, found, strict=True):
        expected = residual_chain(x, weights[:depth], scale=scale, shortcut=shortcut)
        np.testing.assert_allclose(signals, expected, rtol=1e-9, atol=0)
        if scale == 0:
            assert (np.array(signals)[-1] == (x if shortcut else 0)).all()


@pytest.mark.parametrize(("scale", "depth", "shortcut"), STATES[::5])
def test_drawing_and_words_show_the_computed_norm(
    page: Page, notebook_page: str, scale: float, depth: int, shortcut: bool
):
    page.goto(f"{notebook_page}#residual-block=s{scale:.2f},b{depth},c{int(shortcut)}")
    expect(figure(page).locator("[data-output=s]")).to_have_text(f"× {scale:.2f}")
    settled(page)
    x, weights = draw_chain()
    y = residual_chain(x, weights[:depth], scale=scale, shortcut=shortcut)[-1]
    label = figure(page).locator("[data-part=norm-y]").text_content().removeprefix("norm ")
    value = float(
        label.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")).replace(" × 10", "e")
    )
    assert value == pytest.approx(np.linalg.norm(y), rel=0.03)
    assert label in finding(page).inner_text()

    heights = (
        figure(page)
        .locator("[data-part=output] rect")
        .evaluate_all("(bars) => bars.map((bar) => Number(bar.getAttribute('height')))")
    )
    highest = BARS["base"] - BARS["top"]
    assert heights == pytest.approx(np.minimum(y * BARS["unit"], highest), abs=1e-6)


def test_opening_state_is_as_python_drew_it_and_stands_without_script(
    chromium: Browser, notebook_page: str
):
    texts = []
    id_, words = "#explorable-residual-block", "no normalisation"
    for page in with_and_without_scripts(chromium, notebook_page, id_, words):
        texts.append(figure(page).locator("svg text").all_text_contents())
        texts[-1].append(finding(page).text_content())
    assert texts[0] == texts[1]
    assert texts[0][-1].startswith(
        "With all weights at zero and the shortcut on, the output after 12 blocks equals the input"
    )


def test_keyboard_moves_every_control_and_the_words_follow(page: Page, notebook_page: str):
    page.goto(notebook_page)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(figure(page).locator("[data-output=s]")).to_have_text("× 0.05")
    expect(finding(page)).to_contain_text("With weights × 0.05 and the shortcut on")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    expect(finding(page)).to_contain_text("after 1 block ")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(finding(page)).to_contain_text("shortcut off")
    expect(page).to_have_url(re.compile(r"#residual-block=s0\.05,b1,c0$"))


def test_controls_have_names_and_values_for_screen_readers(page: Page, notebook_page: str):
    page.goto(notebook_page)
    weights = figure(page).get_by_role("slider", name="Weights of F")
    expect(weights).to_have_attribute("aria-valuetext", "× 0.00")
    weights.press("End")
    expect(weights).to_have_attribute("aria-valuetext", "× 1.50")
    expect(figure(page).get_by_role("slider", name="Blocks")).to_have_count(1)
    expect(figure(page).get_by_role("checkbox", name="Shortcut")).to_be_checked()


HALF_PLAIN = re.compile("weights × 0.50 and the shortcut off, the norm falls .* after 6 blocks")


def test_address_restores_the_state_on_load_and_on_change(page: Page, notebook_page: str):
    page.goto(f"{notebook_page}#residual-block=s0.50,b6,c0")
    expect(finding(page)).to_contain_text(HALF_PLAIN)
    page.evaluate("location.hash = '#residual-block=s0.00,b24,c1'")
    expect(finding(page)).to_contain_text(
        "With all weights at zero and the shortcut on, the output after 24 blocks"
    )


@pytest.mark.parametrize("rest", ["s9,b99,c7", "sNaN,b,cx", "", ",,,", "z1", "s0.5%00"])
def test_a_broken_address_leaves_a_figure_that_works(page: Page, notebook_page: str, rest: str):
    page.goto(f"{notebook_page}#residual-block={rest}")
    works(figure(page))


def test_other_anchors_stay_alone_until_a_control_moves(page: Page, notebook_page: str):
    page.goto(f"{notebook_page}#residual-block=s0.50,b6,c0")
    page.evaluate("location.hash = '#below'")
    expect(finding(page)).to_contain_text(HALF_PLAIN)
    stays(page, lambda: page.url.partition("#")[2], "below")
    steps = page.evaluate("history.length")
    where = page.evaluate("scrollY")
    figure(page).get_by_role("slider", name="Blocks").evaluate(
        "(slider) => { slider.value = 7; slider.dispatchEvent(new Event('input')); }"
    )
    expect(page).to_have_url(re.compile("#residual-block=s0.50,b7,c0$"))
    assert page.evaluate("[history.length, scrollY]") == [steps, where]


def test_two_copies_keep_their_own_state(page: Page, notebook_page: str):
    page.goto(notebook_page)
    figure(page, "residual-block-second").get_by_role("checkbox").uncheck()
    expect(finding(page, "residual-block-second")).to_contain_text("shortcut off")
    expect(finding(page)).to_contain_text("shortcut on")
    figure(page).get_by_role("slider", name="Blocks").press("Home")
    expect(finding(page)).to_contain_text("after 1 block ")
    expect(finding(page, "residual-block-second")).to_contain_text("after 12 blocks")
    figure(page, "residual-block-second").get_by_role("slider", name="Blocks").press("ArrowRight")
    expect(figure(page, "residual-block-second").locator("[data-output=b]")).to_have_text("13")
    expect(figure(page).locator("[data-output=b]")).to_have_text("1")
    expect(page).to_have_url(re.compile("residual-block=s0.00,b1,c1"))
    expect(page).to_have_url(re.compile("residual-block-second=s0.00,b13,c0"))
    ids = page.locator("[id]").evaluate_all("(nodes) => nodes.map((node) => node.id)")
    assert len(ids) == len(set(ids))


def test_shortcut_and_plus_disappear_with_the_check(page: Page, notebook_page: str):
    page.emulate_media(reduced_motion="reduce")
    page.goto(notebook_page)
    expect(figure(page).locator("[data-part=shortcut]")).to_have_css("opacity", "1")
    figure(page).get_by_role("checkbox").uncheck()
    expect(figure(page).locator("[data-part=shortcut]")).to_have_css("opacity", "0")


def test_touch_targets_are_44_px_and_nothing_overflows_a_phone(
    chromium: Browser, notebook_page: str
):
    state = f"{notebook_page}#residual-block=s0.50,b24,c0"
    fits_a_phone(chromium, state, "#explorable-residual-block")


def test_print_has_the_picture_and_no_controls(page: Page, notebook_page: str):
    page.goto(notebook_page)
    page.emulate_media(media="print")
    expect(figure(page).locator("svg").first).to_be_visible()
    expect(figure(page).locator(".ex-controls")).to_be_hidden()


@pytest.mark.parametrize("name", ["index", "note"])
def test_published_page_lives_under_a_strict_policy(page: Page, site: Path, name: str):
    with served(site) as address:
        page.goto(f"{address}/{name}.html")
        figure(page).get_by_role("checkbox", name="Shortcut").uncheck()
        expect(finding(page)).to_contain_text("the shortcut off, nothing is left after 12 blocks")
        expect(figure(page)).to_have_css("border-top-width", "1px")


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
