"""What a screen reader says of the printed pages: formulas, figures and code get words and roles.

Chromium's printing tags an element with ``role="img"`` as a figure with its ``aria-label``. It has
no tag for a formula, so a formula is printed as a figure whose words begin with :data:`FORMULA`,
and ``tags`` makes a formula of it.
"""

from bs4 import Tag

FORMULA = "\ue000"
"""Begins the words of a formula; no page of the book says this letter."""


def give_words(article: Tag) -> None:
    """Name the formulas and figures of an article for the tags of a PDF, and its code.

    Raises:
        ValueError: a formula has no words.
    """
    for math in article.find_all("math"):
        if not (tex := str(math.get("alttext", "")).strip()):
            raise ValueError(f"a formula has no words to be read aloud, give it alttext: {math}")
        math["role"], math["aria-label"] = "img", FORMULA + tex
    for box in article.select('[role="img"]:not(svg, img, math)'):
        name_drawing(box)
    for code in article.find_all("pre"):
        code["role"] = "code"


def name_drawing(box: Tag) -> None:
    """Hand the words of a box with drawings down to its first drawing.

    On a page, the box has the words, and the drawings are hidden from screen readers. What is
    hidden has no tags in print, so that the words would have nothing to belong to.
    """
    drawing = box.find(["svg", "img"])
    if drawing is None:
        return
    del box["role"]
    box["class"] = [*(box.get("class") or []), "print-drawing"]
    words = box.attrs.pop("aria-label", "")
    if drawing.name == "img":
        drawing["alt"] = words
    else:
        drawing["role"], drawing["aria-label"] = "img", words
    drawing.attrs.pop("aria-hidden", None)
