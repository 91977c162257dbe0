"""What a newcomer sees who opens a notebook before it is run or trusted: JupyterLab and nbconvert.

Colab, VS Code and GitHub cannot be opened here. They show the same three things, Markdown, HTML
without scripts, and pictures, so what these two show is the least that the others do.
"""

from __future__ import annotations

import io
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from utils.files.places import ROOT
from utils.notebook import stills

pytest_plugins = ["browser"]

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ONLY_IN_A_BOOK = re.compile(r"\{[a-z][a-z:_-]{2,}\}`|^:{3,}|^:(class|label):", re.M)
LIKE_A_ROLE = re.compile(r"(?<!\\text)\{[a-z][a-z:_-]{2,}\}")
"""What a reader takes for such markup; a formula may hold a word, and code may hold braces."""
FIRST_START_S = 240.0


def pictures(notebook: nbformat.NotebookNode) -> int:
    return sum("<img" in data["text/html"] for data in stills.html_outputs(notebook))


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One notebook with the cells of all, so that JupyterLab starts only once."""
    whole = nbformat.read(NOTEBOOKS[0], as_version=4)
    for path in NOTEBOOKS[1:]:
        whole.cells += nbformat.read(path, as_version=4).cells
    for number, cell in enumerate(whole.cells):
        cell.id = f"cell-{number}"
    path = tmp_path_factory.mktemp("lab") / "together.ipynb"
    nbformat.write(whole, path)
    return path


@pytest.fixture(scope="module")
def lab(together: Path) -> Iterator[str]:
    """Address of a JupyterLab without extensions that has never seen the notebook."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = together.parent
    tracker = home / "settings" / "@jupyterlab" / "notebook-extension"
    tracker.mkdir(parents=True)
    (tracker / "tracker.jupyterlab-settings").write_text(
        '{"windowingMode": "none"}', encoding="utf-8"
    )
    folders = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
    }
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"),
            *(f"--port={port}", "--IdentityProvider.token=t", f"--ServerApp.root_dir={home}"),
        ],
        env={**os.environ, **{name: str(folder) for name, folder in folders.items()}},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/lab/tree/{together.name}?token=t"
    finally:
        server.terminate()
        server.wait(20)


def wait_for(port: int) -> None:
    end = time.monotonic() + FIRST_START_S
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
    pytest.fail(f"JupyterLab did not start in {FIRST_START_S:g} s", pytrace=False)


def test_in_jupyterlab_every_figure_shows_and_every_solution_is_folded(
    together: Path, lab: str, page: Page
):
    notebook = nbformat.read(together, as_version=4)
    folds = sum(cell.source.count("<details") for cell in notebook.cells)
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(lab, wait_until="domcontentloaded")
    text, shown = page.locator(".jp-RenderedMarkdown"), page.locator(".jp-OutputArea-output img")
    markdown = sum(cell.cell_type == "markdown" for cell in notebook.cells)
    expect(page.locator(".jp-MarkdownCell")).to_have_count(markdown, timeout=FIRST_START_S * 1000)
    expect(shown).to_have_count(pictures(notebook))
    page.wait_for_function(
        "[...document.querySelectorAll('.jp-OutputArea-output img')]"
        ".every(x => x.complete && x.naturalWidth > 200 && x.clientWidth > 200 && x.alt)",
        timeout=FIRST_START_S * 1000,
    )
    expect(page.locator(".jp-RenderedMarkdown details")).to_have_count(folds)
    expect(page.locator(".jp-RenderedMarkdown details[open]")).to_have_count(0)
    expect(text.filter(has_text=ONLY_IN_A_BOOK)).to_have_count(0)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nbconvert_shows_figures_folded_solutions_and_no_markup_of_a_book(path: Path):
    notebook = nbformat.read(path, as_version=4)
    made, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
    main = BeautifulSoup(made, "html.parser").find("main")
    shown = main.select(".jp-OutputArea-output img")
    assert len(shown) == pictures(notebook)
    assert all(image["alt"] for image in shown)
    assert not main.select("details[open]")
    texts = [part.get_text() for part in main.select(".jp-RenderedMarkdown")]
    assert not ONLY_IN_A_BOOK.findall("\n".join(texts))
    for code in main.select("details, pre"):
        code.decompose()
    texts = [part.get_text() for part in main.select(".jp-RenderedMarkdown")]
    assert not LIKE_A_ROLE.findall("\n".join(texts))


def test_a_photograph_is_what_the_figure_looks_like_and_not_larger_than_it_must_be(
    chromium: Browser,
):
    square = '<svg viewBox="0 0 10 10"><rect width="10" height="10" fill="#d55e00"/></svg>'
    figure = f'<figure class="book-figure"><div role="img">{square}</div></figure>'
    widths = []
    for most_bytes in (stills.BYTES_OF_ONE, 1):
        (taken,) = stills.photographed(chromium, [figure], most_bytes)
        picture = Image.open(io.BytesIO(taken)).convert("RGB")
        assert picture.getpixel((picture.width // 2, picture.height // 2)) == (0xD5, 0x5E, 0x00)
        widths.append(picture.width)
    assert widths == [
        round(stills.WIDTH_PX * scale)
        for scale in (stills.QUALITIES[0][0], stills.QUALITIES[-1][0])
    ]
