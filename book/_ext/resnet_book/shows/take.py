"""The role ``take``: a link to a form of the book that readers take along, with its size.

    {take}`site`

links the ZIP of the latest release; the other names are those of :data:`FORMS`. A size is known
when all files are written, and the ZIP holds all of them. So the page gets a mark, and when the
build ends, the mark becomes the size. That page is therefore written in every build. A form that
only a release makes, such as the EPUB or a PDF, has no size.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from resnet_book.base import Role, size_in_words, when_built
from resnet_book.pages.copies import WHOLE, copy_of
from resnet_book.practice.cards import DECK
from resnet_book.practice.exports import FORMATS
from resnet_book.practice.pack import PACK
from utils.facts import edition
from utils.files.packed import CHAPTERS, DOWNLOADS, EPUB, LIST, PDF, TOP, ZIP, pack

PAGE = "book/take"
NOTEBOOKS = f"{TOP}-notebooks.zip"
LAST = 950
"""After the content policy, which changes pages at 900."""


class Form(NamedTuple):
    """A form of the book.

    Attributes:
        words: of the link.
        address: from the site's root, or of another site.
        size: gives the bytes, from the folder of the output; None if only a release has the file.
    """

    words: str
    address: str
    size: Callable[[Path], int] | None


def size_of(name: str) -> Callable[[Path], int]:
    """Gives the bytes of a file of the output."""
    return lambda out: (out / name).stat().st_size


def packed_size(out: Path) -> int:
    """The bytes of the whole site as a ZIP, as the release packs it."""
    target = io.BytesIO()
    pack(out, target, edition.load_edition().released)
    return target.tell()


LATEST = "releases/latest/download"
FORMS = {
    "site": Form("The whole book as one ZIP", f"{LATEST}/{ZIP}", packed_size),
    "epub": Form("The book for e-readers (EPUB)", f"{LATEST}/{EPUB}", None),
    "pdf": Form("The whole book as one PDF", f"{LATEST}/{PDF}", None),
    "chapters": Form("Each chapter as a PDF, in one ZIP", f"{LATEST}/{CHAPTERS}", None),
    **{
        key: Form(words, name, size_of(name))
        for key, words, name in (
            ("cards", "Flashcards for Anki", f"{DOWNLOADS}/{DECK.name}"),
            *((key, one.words, f"{DOWNLOADS}/{one.file.name}") for key, one in FORMATS.items()),
            ("teachers", "The teacher's pack as one ZIP", f"{DOWNLOADS}/{PACK}"),
            ("markdown", "All pages as one Markdown file", f"{DOWNLOADS}/{WHOLE}"),
            ("llms", LIST, LIST),
            ("notebooks", "The notebooks as one ZIP", f"{DOWNLOADS}/{NOTEBOOKS}"),
        )
    },
}
FROM_RELEASE = tuple(key for key, form in FORMS.items() if form.address.startswith(LATEST))
"""Forms that are attached to the latest release: the site holds neither itself nor what is made
from it."""


def mark(key: str) -> str:
    """What stands on the page until the size is known."""
    return f"[size of {key}]"


class Take(Role):
    """A link to one form."""

    reads = (edition,)

    def show(self) -> list[nodes.Node]:
        self.known("form of the book", self.text, FORMS)
        form = FORMS[self.text]
        if self.text in FROM_RELEASE:
            base = self.env.app.config.html_theme_options["repository_url"]
            address = f"{base}/{form.address}"
        else:
            address = f"{'../' * self.env.docname.count('/')}{form.address}"
        link = f'<a class="reference download" href="{address}">{form.words}</a>'
        size = f" ({mark(self.text)})" if form.size else ""
        return [nodes.raw("", f"{link}{size}", format="html")]


def write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The page is written in every build: any file may have another size now."""
    return [PAGE] if PAGE in env.found_docs else []


def pack_notebooks(app: Sphinx, out: Path) -> None:
    """Pack the notebooks as the pages offer them one by one."""
    target = out / DOWNLOADS / NOTEBOOKS
    if PAGE not in app.env.found_docs:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(exist_ok=True)
    day = edition.load_edition().released
    pack(out / "_sources" / "notebooks", target, day, Path(NOTEBOOKS).stem)


def fill_sizes(app: Sphinx, out: Path) -> None:
    """Write the sizes into the page and its copies."""
    if PAGE not in app.env.found_docs:
        return
    sizes = {mark(key): size_in_words(form.size(out)) for key, form in FORMS.items() if form.size}
    for name in (f"{PAGE}.html", copy_of(PAGE), f"{DOWNLOADS}/{WHOLE}"):
        text = (out / name).read_text(encoding="utf-8")
        for marked, words in sizes.items():
            text = text.replace(marked, words)
        (out / name).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Connect the module to the build."""
    app.add_role("take", Take())
    app.connect("env-updated", write_again)
    when_built(app, pack_notebooks)
    when_built(app, fill_sizes, priority=LAST)
