"""Reads the prose of a built page, and finds the first use of every glossary term in it.

Prose is what stands in paragraphs, lists and admonitions. Headings, titles, captions, tables,
code, formulas, figures, stored outputs, the text of other links, and the bibliography, records,
cards and checklists that are made from data are not: a role cannot stand there, or the words are
not the chapter's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "book" / "glossary.md"

SKIPPED_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "pre", "code", "figure", "figcaption", "caption"),
    *("table", "script", "style", "svg", "nav", "summary", "math", "button", "label"),
}
SKIPPED_CLASSES = {
    *("math", "cell_input", "cell_output", "admonition-title", "sd-card-title", "headerlink"),
    *("book-definitions", "bibtex-citation", "explorable", "caption", "ci-items"),
    *("citation-list", "book-records", "book-work", "paper-recipe", "q", "q-set", "fc-list"),
}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
BLOCKS = {"p", "li", "dt", "dd", "div", "section", "ul", "ol", "dl", "blockquote", "details"}
GAP = " \N{HORIZONTAL ELLIPSIS} "
"""Stands for what is skipped, so that no term is found across it."""

SENTENCE = re.compile(r"[^.!?]*(?:[.!?](?!\s)[^.!?]*)*[.!?]?")


@dataclass(frozen=True)
class Entry:
    """One entry of the glossary: its names, the first one first, and its text."""

    names: tuple[str, ...]
    text: str

    @property
    def ids(self) -> list[str]:
        """Anchors of its names, the first one first."""
        return [term_id(name) for name in self.names]


def term_id(name: str) -> str:
    """Return the anchor that the built page gives to a term."""
    return "term-" + re.sub(r"[^a-zA-Z0-9]+", "-", name).strip("-")


def entries(source: str | None = None) -> list[Entry]:
    """Return the entries of the glossary, in the order of its source."""
    text = GLOSSARY.read_text(encoding="utf-8") if source is None else source
    body = re.search(r"```\{glossary\}\n(.*?)\n```", text, flags=re.DOTALL)[1]
    found = []
    for block in re.split(r"\n\s*\n", body.replace(":sorted:", "").strip()):
        lines = block.splitlines()
        names = tuple(line.strip() for line in lines if not line.startswith(" "))
        found.append(Entry(names, " ".join(line.strip() for line in lines[len(names) :])))
    return found


def sentences(text: str) -> list[str]:
    """Split the text of a definition into sentences; roles and formulas count as words."""
    flat = re.sub(r"\{[a-z:]+\}`([^`<]*?)(?: <[^>]*>)?`", r"\1", text)
    flat = re.sub(r"\$[^$]*\$", "X", flat)
    return re.split(r"(?<=[.!?])\s+(?=[A-Z0-9])", flat.strip())


@dataclass
class Prose(HTMLParser):
    """The prose of one page as a single text, with the links to terms that stand in it."""

    page: str
    skipped: frozenset[str] = frozenset(SKIPPED_CLASSES)
    text: str = ""
    links: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, bool]] = []
        self._link: tuple[int, str] | None = None
        start = self.page.index('<article class="bd-article"')
        self.feed(self.page[start : self.page.index("</article>", start)])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        values = {name: value or "" for name, value in attrs}
        classes = set(values.get("class", "").split())
        term = re.search(r"#(term-.+)$", values.get("href", ""))
        skip = tag in SKIPPED_TAGS or bool(classes & self.skipped)
        skip = skip or (tag == "a" and not term)
        if skip and not self._skipping:
            self.text += GAP
        self._open.append((tag, skip))
        if tag in BLOCKS and not self._skipping:
            self.text += "\n\n"
        if tag == "a" and term and not self._skipping:
            self._link = (len(self.text), term[1])

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        while self._open:
            opened, _ = self._open.pop()
            if opened == tag:
                break
        if tag == "a" and self._link:
            self.links.append((self._link[0], len(self.text), self._link[1]))
            self._link = None
        if tag in BLOCKS and not self._skipping:
            self.text += "\n\n"

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.text += data.replace("\n", " ")

    @property
    def _skipping(self) -> bool:
        return any(skip for _, skip in self._open)

    def sentence(self, at: int) -> str:
        """Return the sentence around a position."""
        block_start = self.text.rfind("\n\n", 0, at) + 1
        block_end = self.text.find("\n\n", at)
        block = self.text[block_start : block_end if block_end >= 0 else None]
        for found in SENTENCE.finditer(block):
            if found.start() <= at - block_start < found.end():
                return " ".join(found[0].split())
        return " ".join(block.split())


def pattern(name: str) -> str:
    """Return a regular expression for a term: plural or singular, with spaces or hyphens.

    A name with a capital inside, like mAP, keeps its capitals; a map is something else.
    """
    stem = name[:-1] if name.endswith("s") and len(name) > 4 else name
    words = r"[\s-]+".join(re.escape(word) for word in re.split(r"[\s-]+", stem))
    plural = rf"{words[:-1]}(?:y|ies)" if stem.endswith("y") else rf"{words}(?:e?s)?"
    exact = any(letter.isupper() for letter in name[1:])
    return rf"(?-i:{plural})" if exact else plural


def unlinked_first_uses(
    page: str, known: list[Entry], everyday: set[str] = frozenset()
) -> Iterator[tuple[str, str]]:
    """Yield each term whose first use in a page's prose is no link to it, with the sentence."""
    prose = Prose(page)
    entry_of = {name: entry for entry in known for name in entry.names if name not in everyday}
    names = sorted(entry_of, key=len, reverse=True)
    ids = {id_: entry for entry in known for id_ in entry.ids}
    if not names:
        return
    groups = "|".join(f"(?P<n{number}>{pattern(name)})" for number, name in enumerate(names))
    found = re.compile(rf"(?<![\w-])(?:{groups})(?![\w-])", flags=re.IGNORECASE)
    first_link: dict[str, int] = {}
    for start, _, id_ in prose.links:
        if id_ in ids:
            first_link.setdefault(ids[id_].names[0], start)
    reported: set[str] = set()
    for use in found.finditer(prose.text):
        entry = entry_of[names[int(use.lastgroup[1:])]]
        linked = any(start <= use.start() and use.end() <= end for start, end, _ in prose.links)
        early = use.start() < first_link.get(entry.names[0], len(prose.text))
        if early and not linked and entry.names[0] not in reported:
            reported.add(entry.names[0])
            yield entry.names[0], prose.sentence(use.start())
