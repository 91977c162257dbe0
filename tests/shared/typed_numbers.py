"""Finds numbers of prose that come from nowhere.

Answers "who says so?" for each decimal fraction and each percentage that is typed into a sentence:
a place that is filled from the records, a source that the paragraph cites, or the code and the
outputs of the same page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat

FENCE = re.compile(r"^ *(`{3,})[^\n]*\n(.*?)^ *\1 *$", re.DOTALL | re.MULTILINE)
LEFT_OUT = re.compile(
    r"<!--=.*?-->.*?<!--/-->"  # filled from the records
    r"|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$"  # code, roles with their text, formulas
    r"|\]\([^)]*\)|<[^>]*>",  # targets of links, markup
    re.DOTALL,
)
NUMBER = re.compile(r"(?<![\w.,×/-])\d[\d,]*\.\d+(?!\w|\.\d)(?:\s?%)?|(?<![\w.×-])\d[\d,]*\s?%")
SOURCE = re.compile(
    r"\{cite|\{cell|arxiv\.org|\((?:section|Table|Figure|footnote|equation)\b|ResNet paper|"
    r"\b(?:Table|[Ss]ection|Figure) \d|made by book/tools"
)
FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def texts(path: Path) -> Iterator[str]:
    """The Markdown of a page or of a notebook, cell by cell."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        yield from (cell.source for cell in cells if cell.cell_type == "markdown")
    else:
        yield FRONT.sub("", path.read_text(encoding="utf-8"))


def shown_by_code(path: Path) -> str:
    """All code of a page or a notebook, and what the notebook's cells have printed."""
    parts = [match[2] for text in texts(path) for match in FENCE.finditer(text)]
    parts += [code for text in texts(path) for code in re.findall(r"`([^`\n]+)`", text)]
    if path.suffix == ".ipynb":
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                parts += [cell.source, *map(str, cell.outputs)]
    return "\n".join(parts)


def paragraphs(text: str) -> Iterator[str]:
    """Its paragraphs, lists, boxes and tables, without blocks of code."""
    for block in re.split(r"\n\s*\n", FENCE.sub("\n\n", text)):
        yield " ".join(block.split())


def typed(paragraph: str) -> list[str]:
    """The decimals and percentages that somebody wrote there by hand."""
    return [each.replace(" ", "") for each in NUMBER.findall(LEFT_OUT.sub(" ", paragraph))]


def from_nowhere(path: Path) -> list[tuple[str, str]]:
    """Numbers that no record, no source and no code of the page accounts for, with paragraphs."""
    code = shown_by_code(path).replace(" ", "")
    found = []
    for text in texts(path):
        for paragraph in paragraphs(text):
            if SOURCE.search(paragraph):
                continue
            for number in typed(paragraph):
                bare = number.rstrip("%").replace(",", "")
                if not re.search(rf"(?<![\d.]){re.escape(bare)}(?!\d)", code):
                    found.append((number, paragraph))
    return found
