"""Elements of finished pages, for all forms that are made from the HTML of the book.

Answers "what do the PDF, the e-book and the Markdown ask of an element?". Comes in: what
BeautifulSoup read. Goes out: new elements, classes, words, and the classes that mean nothing where
nobody can press or point.
"""

from bs4 import BeautifulSoup, Tag

SOUP = BeautifulSoup("", "html.parser")
SCREEN_ONLY = (
    "headerlink", "toctree-wrapper", "claim-link", "book-definitions", "q-feedback", "q-buttons",
    "q-mark", "q-tools", "q-notice", "q-progress", "fc-study", "tl-keys", "sd-summary-state-marker",
)  # fmt: skip
"""Classes of what only a script fills, shows or listens to, whatever the form; each form leaves out
more than these."""


def new_tag(name: str, *content: Tag | str, **attributes: str) -> Tag:
    """An element; ``class_`` is its class."""
    tag = SOUP.new_tag(name, attrs={key.rstrip("_"): value for key, value in attributes.items()})
    for part in content:
        tag.append(part)
    return tag


def classes(tag: Tag) -> list[str]:
    """The classes of an element."""
    return tag.get("class") or []


def without_runs(text: str) -> str:
    """Text with single spaces."""
    return " ".join(text.split())


def said(tag: Tag) -> str:
    """The words of an element, with single spaces."""
    return without_runs(tag.get_text())
