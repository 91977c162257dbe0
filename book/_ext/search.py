"""Mends the search that Sphinx brings: it looks words up in plain objects.

Every object of JavaScript owns a ``constructor`` and a ``__proto__``. Sphinx takes them for entries
of its index, stops with an error, and the reader who asks for "nn.Module constructor" gets nothing.
The copy that the build writes asks for an entry of the index itself. A Sphinx whose lines read
differently stops the build: then see whether it still needs :data:`REPAIRS`.
"""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

REPAIRS = {
    "{ files: terms[word], score": (
        "{ files: Object.hasOwn(terms, word) ? terms[word] : undefined, score"
    ),
    "{ files: titleTerms[word], score": (
        "{ files: Object.hasOwn(titleTerms, word) ? titleTerms[word] : undefined, score"
    ),
    "scoreMap.set(file, {})": "scoreMap.set(file, Object.create(null))",
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
                " 'constructor' without this repair, then mend or remove it in book/_ext/search.py"
            )
        script = script.replace(theirs, ours)
    return script


def repair_search(app: Sphinx, exception: Exception | None) -> None:
    """Write the mended script over the copy that the build made."""
    if exception or app.builder.format != "html":
        return
    path = Path(app.outdir) / "_static" / "searchtools.js"
    path.write_text(repaired(path.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Run once the static files are written."""
    app.connect("build-finished", repair_search)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
