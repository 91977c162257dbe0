"""Photograph the built start page for the README: ``book/_static/screenshot.png``.

Run ``python book/tools/make_screenshot.py`` after ``make book``, whenever the start page has
changed. It needs Chromium.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from book.tools.pdf.press import press  # noqa: E402
from utils.files.whole import atomic_write  # noqa: E402

PAGE = ROOT / "_build" / "html" / "book" / "index.html"
TARGET = ROOT / "book" / "_static" / "screenshot.png"
WINDOW = {"width": 1024, "height": 904}
COLOURS = 128
"""Enough for a page of text and drawings, at a third of the bytes."""


def photograph() -> bytes:
    """The top of the start page in its light colours, as the bytes of a PNG.

    Raises:
        FileNotFoundError: the book is not built.
        book.tools.pdf.files.PrintError: there is no Chromium.
    """
    if not PAGE.is_file():
        raise FileNotFoundError(f"{PAGE} is missing: run make book first")
    with press() as browser:
        page = browser.new_page(viewport=WINDOW, color_scheme="light")
        page.goto(PAGE.as_uri(), wait_until="networkidle")
        page.evaluate("document.fonts.ready")
        return page.screenshot()


def main() -> None:
    """Write the picture whole, or leave the old one."""
    picture = Image.open(io.BytesIO(photograph())).convert("RGB").quantize(COLOURS)
    with atomic_write(TARGET) as file:
        picture.save(file, "PNG", optimize=True)
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
