"""Mends the search that Sphinx brings: odd words, and words that stand on no page.

Every object of JavaScript owns a ``constructor`` and a ``__proto__``. Sphinx takes them for entries
of its index, stops with an error, and the reader who asks for "nn.Module constructor" gets nothing.
The copy that the build writes asks for an entry of the index itself.

Sphinx also wants every word on a page, so that one which stands nowhere takes away what the others
find. Ours shows the pages of the other words and names the one that stands on no page.

Below each page it quotes the page, which it fetches. A page that was opened from a file may fetch
nothing, so it quotes nothing there.

A Sphinx whose lines read differently stops the build: then see whether it still needs
:data:`REPAIRS`.
"""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from resnet_book.base import when_built

REPAIRS = {
    "else if (showSearchSummary)": 'else if (showSearchSummary && location.protocol !== "file:")',
    "{ files: terms[word], score": (
        "{ files: Object.hasOwn(terms, word) ? terms[word] : undefined, score"
    ),
    "{ files: titleTerms[word], score": (
        "{ files: Object.hasOwn(titleTerms, word) ? titleTerms[word] : undefined, score"
    ),
    "scoreMap.set(file, {})": "scoreMap.set(file, Object.create(null))",
    "  _queued_query: null,\n": "  _queued_query: null,\n  _typed: new Map(),\n  _absent: [],\n",
    "searchTerms.add(word);": "searchTerms.add(word);\n        Search._typed.set(word, queryTerm);",
    "if (arr.every((record) => record.files === undefined)) return;": (
        "if (arr.every((record) => record.files === undefined)) {\n"
        "        if (word.length > 2) Search._absent.push(word);\n"
        "        return;\n"
        "      }"
    ),
    "wordList.length !== searchTerms.size &&": (
        "wordList.length !== searchTerms.size - Search._absent.length &&"
    ),
    "(term) => term.length > 2\n": (
        "(term) => term.length > 2 && !Search._absent.includes(term)\n"
    ),
    ".replace('${resultCount}', resultCount);": (
        ".replace('${resultCount}', resultCount)\n"
        "    + Search._absent.map((word) => ` No page has the word “${Search._typed.get(word)}”; "
        'the other words were searched.`).join("");'
    ),
}
"""Sphinx's text, which stands in its script once -> ours."""


def repaired(script: str) -> str:
    """Return Sphinx's search script with every repair made."""
    for theirs, ours in REPAIRS.items():
        if ours in script:
            continue
        if script.count(theirs) != 1:
            raise ExtensionError(
                f"Sphinx's searchtools.js has no single {theirs!r} any more: try a search for"
                f" 'constructor' without this repair, then mend or remove it in {__name__}"
            )
        script = script.replace(theirs, ours)
    return script


def repair_search(app: Sphinx, out: Path) -> None:
    """Write the mended script over the copy that the build made."""
    path = out / "_static" / "searchtools.js"
    path.write_text(repaired(path.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Run once the static files are written."""
    when_built(app, repair_search)
