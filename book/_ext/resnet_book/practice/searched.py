"""Lets the search find questions, flashcards and open prompts one by one.

The pages that hold them speak of everything in the book. As pages they would come with every
search, so ``nosearch: true`` keeps them out of Sphinx's index. Here each of their entries gets a
place in an index of its own, :data:`INDEX`, with the words as Sphinx splits and stems them; the
search page shows what it finds there below the pages. The text around the entries counts as one
more entry, so that a page is also found by what it says about itself.
"""

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sphinx.application import Sphinx

from resnet_book.base import on_page, when_built
from utils.files.whole import write_text

INDEX = "searchasked.js"
PAGES = {
    "book/practice": "question",
    "book/exam": "question",
    "book/explain": "question to explain",
    "book/cards": "flashcard",
}
"""Pages with ``nosearch``, and what their entries are called in a list of results."""
LONGEST = 160

ENTRY = re.compile(r'<(?:article|li) class="(?:q|q q-short|fc)" id="(?P<anchor>[^"]+)"')
ASKED = re.compile(
    r'<div class="q-prompt"[^>]*>(?P<prompt>.*?)</div>\s*(?:<form|<details)'
    r'|<span class="fc-front">(?P<front>.*?)</span></summary>',
    re.DOTALL,
)
LEFT_OUT = re.compile(r"<(script|style|svg)\b.*?</\1>", re.DOTALL)
FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)
IN_TWO_ROWS = re.compile(r"<m(frac|sup|sub|subsup|sqrt|root|over|under|table)\b")
CODE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
TAG = re.compile(r"<[^<>]+>")
HEADING = re.compile(r"<h1>(.*?)<a ", re.DOTALL)


class Entry(NamedTuple):
    """One thing to find: what it asks, where it stands, and all that it says."""

    asked: str
    page: str
    anchor: str
    kind: str
    text: str


def formula(match: re.Match[str]) -> str:
    """A formula that is one row as its signs, any other as an ellipsis."""
    return "…" if IN_TWO_ROWS.search(match[0]) else TAG.sub("", match[0]).strip()


def words_of(markup: str) -> str:
    """The text of a piece of a page, without pictures."""
    text = FORMULA.sub(formula, LEFT_OUT.sub(" ", markup))
    return " ".join(html.unescape(TAG.sub(" ", text)).split())


def shortened(text: str) -> str:
    """A prompt as the line of a list: cut at the end of a word."""
    text = re.sub(r" (?=[.,;:?!)])", "", text)
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"


def entries_of(page: str, kind: str, markup: str) -> Iterator[Entry]:
    """The entries of a built page, and last the page itself.

    Raises:
        ValueError: an entry without a prompt, or a page without entries.
    """
    article = markup[markup.index("<article class") : markup.rindex("</article>")]
    starts = list(ENTRY.finditer(article))
    if not starts:
        raise ValueError(f"{page} has no question and no card that the search could find")
    ends = [start.start() for start in starts[1:]] + [len(article)]
    for start, end in zip(starts, ends, strict=True):
        piece = article[start.start() : end]
        asked = ASKED.search(piece)
        if not asked:
            raise ValueError(f"{page}#{start['anchor']} has no prompt that the search could show")
        prompt = CODE.sub(" ", asked["prompt"] or asked["front"])
        yield Entry(shortened(words_of(prompt)), page, start["anchor"], kind, words_of(piece))
    before = article[: starts[0].start()]
    yield Entry(words_of(HEADING.search(before)[1]), page, "", "page", words_of(before))


def each_once(entries: Iterator[Entry]) -> list[Entry]:
    """Each entry where it stands first: the exam's questions are found where they are practised."""
    found: dict[str, Entry] = {}
    for entry in entries:
        found.setdefault(entry.anchor or entry.page, entry)
    return list(found.values())


def index_of(entries: list[Entry], language: Any) -> dict[str, Any]:
    """Entries, and for each stem the numbers of those that say it and of those that ask it.

    Args:
        language: splits, stems and filters as Sphinx does for its own index.
    """

    def stems(text: str) -> set[str]:
        found = {language.stem(word.lower()) for word in language.split(text)}
        return {stem for stem in found if language.word_filter(stem)}

    said, asked = defaultdict(list), defaultdict(list)
    for number, entry in enumerate(entries):
        for stem in sorted(stems(entry.text)):
            said[stem].append(number)
        for stem in sorted(stems(entry.asked)):
            asked[stem].append(number)
    shown = [[entry.asked, entry.page, entry.anchor, entry.kind] for entry in entries]
    return {"entries": shown, "said": said, "asked": asked}


def write_index(app: Sphinx, out: Path) -> None:
    """Write the index, where a page with entries is newer than the one of the last build."""
    pages = {page: out / f"{page}.html" for page in PAGES if page in app.env.found_docs}
    target = out / INDEX
    if target.is_file() and target.stat().st_size:
        written = target.stat().st_mtime
        if all(path.stat().st_mtime <= written for path in pages.values()):
            return
    entries = (
        entry
        for page, path in pages.items()
        for entry in entries_of(page, PAGES[page], path.read_text(encoding="utf-8"))
    )
    index = index_of(each_once(entries), app.builder.indexer.lang)
    script = json.dumps(index, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    write_text(target, f"window.ResNetAsked = {script};\n")


def link_scripts(app: Sphinx, page: str, context: dict[str, Any]) -> None:
    """The search page alone has the script, which fetches the index by its name."""
    if page == "search":
        app.add_js_file("questions/search.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Connect the module to the build."""
    on_page(app, link_scripts)
    when_built(app, write_index)
