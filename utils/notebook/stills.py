"""What a notebook keeps of a figure, so that it shows before anybody runs or trusts the notebook.

Answers "does the reader see the picture?". A cell shows a figure as SVG, or as something to touch,
and neither JupyterLab nor GitHub shows these in a notebook that somebody else has run. So ``make
notebooks`` keeps a photograph in the notebook, with alt text and caption, and the figure itself
beside it in a folder ``figures``, from where the book's page takes it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from PIL import Image

from utils.files.whole import write_text

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FIGURE = re.compile(r'\s*<figure class="(?:book-figure|explorable)"')
KEPT = re.compile(r'<figure data-figure="([0-9a-f]+)">')
LABEL = re.compile(r'role="img"[^>]*? aria-label="([^"]*)"')
CAPTION = re.compile(r"<figcaption[^>]*>(.*?)</figcaption>", re.S)
TITLE = re.compile(r'<p class="ex-title">(.*?)</p>', re.S)
FINDING = re.compile(r'<p class="ex-finding"[^>]*>(.*?)</p>', re.S)
TO_TOUCH = "<p><em>Run the cell to touch the figure, or open this chapter in the book.</em></p>"
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
"""Programs to look for. The shell has no windows to draw: a page opens in a third of the time."""
WIDTH_PX = 700
"""Of the page on which a figure is photographed."""
STYLE = "<style>body{background:#fff;font-family:sans-serif}body,figure{margin:0}</style>"
QUALITIES = ((2.0, 24), (1.5, 24), (1.0, 24), (0.8, 24), (0.8, 10), (0.7, 10), (0.62, 12))
"""Scale and number of colours, best first; a photograph has the first that is small enough."""
BYTES_OF_ONE, BYTES_OF_ALL = 9_000, 86_000
"""How large one photograph, and all of a notebook together, should be at most."""
Camera = Callable[[Sequence[str], float], list[bytes]]
"""Takes the markup of figures and the bytes that one should have at most; gives a WebP of each."""


def home(folder: Path, name: str) -> Path:
    """Where a figure of a folder of notebooks is kept."""
    return folder / "figures" / f"{name}.html"


def figure_name(markup: str) -> str:
    """The name of a figure: it changes when the figure does."""
    return hashlib.sha256(markup.encode()).hexdigest()[:16]


def original(stored: str, folder: Path) -> str:
    """The figure of an output: the output itself, unless it is the photograph of a figure.

    Args:
        folder: where the notebook is.

    Raises:
        FileNotFoundError: the photograph has lost its figure; says what to run.
    """
    if not (kept := KEPT.match(stored)):
        return stored
    path = home(folder, kept[1])
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run make notebooks")
    return path.read_text(encoding="utf-8")


def html_outputs(notebook: Mapping) -> Iterator[dict]:
    """The data of each output of a notebook that is shown as HTML."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                yield output["data"]


def restore(notebook: Mapping, folder: Path) -> None:
    """Put the figures back in the place of their photographs, in a notebook of this folder."""
    for data in html_outputs(notebook):
        data["text/html"] = original("".join(data["text/html"]), folder)


def photographs(notebook: Mapping) -> dict[str, str]:
    """The photographs in a notebook, by the name of their figure."""
    stored = ("".join(data["text/html"]) for data in html_outputs(notebook))
    return {kept[1]: markup for markup in stored if (kept := KEPT.match(markup))}


def put_away(
    notebook: nbformat.NotebookNode, folder: Path, earlier: Mapping[str, str], camera: Camera
) -> None:
    """Leave a photograph of each figure in a notebook, and the figure beside the notebook.

    Args:
        folder: where the notebook is.
        earlier: photographs that exist; a figure that did not change keeps its own.
    """
    outputs = [data for data in html_outputs(notebook) if FIGURE.match(data["text/html"])]
    figures = {figure_name(data["text/html"]): data["text/html"] for data in outputs}
    for name, markup in figures.items():
        write_text(home(folder, name), markup)
    new = [name for name in figures if name not in earlier]
    most = min(BYTES_OF_ONE, BYTES_OF_ALL / max(len(figures), 1))
    pictures = dict(zip(new, camera([figures[name] for name in new], most), strict=True))
    for data in outputs:
        name = figure_name(data["text/html"])
        data["text/html"] = earlier.get(name) or photograph(name, figures[name], pictures[name])


def photograph(name: str, markup: str, picture: bytes) -> str:
    """What a notebook keeps of a figure: picture, alt text, caption, and where to touch it."""
    code = base64.b64encode(picture).decode()
    alt = "; ".join(LABEL.findall(markup))
    title, finding, caption = (found.search(markup) for found in (TITLE, FINDING, CAPTION))
    parts = [
        f"<p><strong>{title[1]}</strong></p>" if title else "",
        f'<img alt="{alt}" width="{WIDTH_PX}" src="data:image/webp;base64,{code}">',
        f"<p>{finding[1]}</p>" if finding else "",
        f"<figcaption>{caption[1]}</figcaption>" if caption else "",
        TO_TOUCH if title else "",
    ]
    inside = "\n".join(part for part in parts if part)
    return f'<figure data-figure="{name}">\n{inside}\n</figure>'


def remove_unused(folder: Path) -> None:
    """Remove figures that no notebook of the folder has a photograph of."""
    used: set[str] = set()
    for path in folder.glob("*.ipynb"):
        used |= photographs(nbformat.read(path, as_version=4)).keys()
    for path in home(folder, "*").parent.glob("*.html"):
        if path.stem not in used:
            path.unlink()


def find_browser() -> str | None:
    """This machine's Chromium, or None: then Playwright takes the one that it installed."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def chromium(figures: Sequence[str], most_bytes: float) -> list[bytes]:
    """Photographs of figures, taken with this machine's Chromium; none needs none.

    Raises:
        RuntimeError: this machine has no Chromium; says what to install.
    """
    if not figures:
        return []
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=find_browser(), args=["--no-sandbox"]
            )
        except Error as problem:
            raise RuntimeError(
                "figures are photographed with Chromium, which this machine does not have: install "
                "chromium, or run: playwright install chromium"
            ) from problem
        return photographed(browser, figures, most_bytes)


def photographed(browser: Browser, figures: Sequence[str], most_bytes: float) -> list[bytes]:
    """Photographs of figures, each from the first page on which it is small enough."""
    pages = {scale: open_page(browser, scale) for scale, _ in QUALITIES}
    return [photograph_of(markup, pages, most_bytes) for markup in figures]


def open_page(browser: Browser, scale: float) -> Page:
    """A page for photographs."""
    return browser.new_page(
        viewport={"width": WIDTH_PX, "height": 600},
        device_scale_factor=scale,
        java_script_enabled=False,
    )


def photograph_of(markup: str, pages: Mapping[float, Page], most_bytes: float) -> bytes:
    """A picture of one figure on white, in the first quality in which it is small enough.

    Args:
        pages: for each scale, the page to take it on.
    """
    for scale, colours in QUALITIES:
        pages[scale].set_content(STYLE + markup)
        picture = pages[scale].locator(".ex-pictures, [role=img]").first.screenshot()
        taken = small(picture, colours)
        if len(taken) <= most_bytes:
            break
    return taken


def small(png: bytes, colours: int) -> bytes:
    """The same picture in few colours as lossless WebP, which is a third of the bytes."""
    buffer = io.BytesIO()
    whole = Image.open(io.BytesIO(png)).convert("RGB")
    far_apart = Image.Quantize.MAXCOVERAGE  # thin lines keep their colour: few pixels count too
    few = whole.quantize(colours, far_apart, kmeans=8, dither=Image.Dither.NONE)
    few.convert("RGB").save(buffer, "WEBP", lossless=True, method=6)
    return buffer.getvalue()
