"""Finds numbers of prose that come from nowhere.

Answers "who says so?" for each decimal fraction and each percentage that is typed into a sentence:
a place that is filled from the records, a source that the paragraph cites, or the code and the
outputs of the same page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from notebook_prose import markdown, sources

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


def texts(path: Path) -> list[str]:
    """The Markdown of a page or of a notebook, cell by cell."""
    if path.suffix == ".ipynb":
        return markdown(path)
    return [FRONT.sub("", path.read_text(encoding="utf-8"))]


def shown_by_code(path: Path) -> str:
    """All code of a page or a notebook, and what the notebook's cells have printed."""
    whole = "\n\n".join(texts(path))
    parts = [match[2] for match in FENCE.finditer(whole)] + re.findall(r"`([^`\n]+)`", whole)
    if path.suffix == ".ipynb":
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        parts += [str(output) for cell in cells for output in cell.get("outputs", [])]
        parts += sources(path, "code")
    return "\n".join(parts)


def paragraphs(text: str) -> Iterator[str]:
    """Its paragraphs, lists, boxes and tables, without blocks of code."""
    for block in re.split(r"\n\s*\n", FENCE.sub("\n\n", text)):
        yield " ".join(block.split())


def typed(paragraph: str) -> list[str]:
    """The decimals and percentages that somebody wrote there by hand."""
    return [each.replace(" ", "") for each in NUMBER.findall(LEFT_OUT.sub(" ", paragraph))]


@cache
def from_nowhere(path: Path) -> tuple[tuple[str, str], ...]:
    """Numbers that no record, no source and no code of the page accounts for, with paragraphs."""
    code = shown_by_code(path).replace(" ", "")

    def in_code(number: str) -> bool:
        bare = number.rstrip("%").replace(",", "")
        return re.search(rf"(?<![\d.]){re.escape(bare)}(?!\d)", code) is not None

    unsourced = (p for text in texts(path) for p in paragraphs(text) if not SOURCE.search(p))
    return tuple((n, p) for p in unsourced for n in typed(p) if not in_code(n))
