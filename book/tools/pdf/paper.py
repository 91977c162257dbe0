"""One page of the site made fit for paper: all is open and numbered, and nothing asks for a click.

Works on the HTML alone. Links and names are left as they are: ``sheets`` makes them lead on.
"""

import re
from collections.abc import Iterable, Mapping
from copy import copy
from itertools import count

from bs4 import Comment, Tag

from book.tools.pdf.chapters import Book, Chapter
from book.tools.pdf.questions import move_answers
from book.tools.pdf.spoken import give_words
from utils.display.elements import SCREEN_ONLY, new_tag, said

LEFT_OUT = (
    *(f".{name}" for name in SCREEN_ONLY), ".book-letters", "#claims-filter", "script", "template",
    "button", "progress", ".q-moves", ".q-finish", ".q-progress-title", ".keep", ".keep-reminder",
    ".tl-status", ".lab-data",
)  # fmt: skip
"""What only works on a screen."""
ON_SCREEN = {
    "book/exam": "The live page counts your score. On paper, answer first, and compare afterwards.",
    "book/practice": "The live page draws questions for you, and checks your answers.",
    "book/cards": "The live page shows you each card again when you may have forgotten it.",
    "book/explain": "The live page searches your text for the concepts.",
    "book/timeline": "The live page can show one thread alone.",
    "book/lesion_lab": "The live page has the lab itself, which runs a network and is not printed.",
    "book/playground": "The live page has the playground itself, which trains and is not printed.",
}
"""What paper cannot do, by page."""
GROUP = "details.q-group"
RECORDS = "details.book-records"
NUMBERED = re.compile(r"Table [A-Z]?\d")
"""How the caption of a table begins that has the number of the paper it was printed in."""
HEADINGS = ["h2", "h3", "h4", "h5"]
SHOWN = ["img", "svg", "math", "table", "hr"]
"""What a reader sees although it has no words."""
KEPT_ATTRIBUTES = ("data-of", "data-explorable", "data-chain", "data-verdict", "data-right")


def on_paper(chapter: Chapter, book: Book, elsewhere: Mapping[str, str] | None = None) -> Tag:
    """The text of a chapter for paper; the chapter keeps its own.

    Args:
        chapter: the page.
        book: where it is published.
        elsewhere: title of the chapter that asks a question itself, by the name of the question;
            a page of all questions leaves these out.
    """
    article = copy(chapter.article)
    for kept in article.select("noscript"):
        kept.unwrap()
    for comment in article.find_all(string=is_comment):
        comment.extract()
    leave_out_repeated(article, elsewhere or {})
    leave_out_records(article, chapter, book)
    show_explorables(article, chapter, book)
    for tag in article.select(", ".join((*LEFT_OUT, "[hidden]"))):
        if not tag.decomposed:
            tag.decompose()
    leave_out_empty(article)
    move_answers(article)
    number_captions(article, chapter)
    open_boxes(article)
    open_chapter(article, chapter, book)
    tidy(article)
    give_words(article)
    return article


def is_comment(text: str | None) -> bool:
    """Whether a piece of text is none that a page shows."""
    return isinstance(text, Comment)


def address_line(address: str, words: str) -> Tag:
    """A line with the address of a live page."""
    line = new_tag("p", f"{words} ", class_="print-address")
    line.append(new_tag("a", address, href=address))
    return line


def asked(chapters: Iterable[Chapter]) -> dict[str, str]:
    """The title of the chapter that asks a question itself, by the name of the question."""
    return {
        question["data-q"]: chapter.title
        for chapter in chapters
        if not chapter.article.select_one(GROUP)
        for question in chapter.article.select("article.q[data-q]")
    }


def leave_out_repeated(article: Tag, elsewhere: Mapping[str, str]) -> None:
    """Leave out of a page of all questions what the chapters print, and say how many these are."""
    for group in article.select(GROUP):
        repeated = [one for one in group.select("article.q") if one.get("data-q") in elsewhere]
        places = sorted({elsewhere[one["data-q"]] for one in repeated})
        for question in repeated:
            question.decompose()
        if repeated:
            titles = " and ".join(f"“{title}”" for title in places)
            words = f"Printed already in {titles}: {len(repeated)} of these questions."
            group.summary.insert_after(new_tag("p", words, class_="print-address"))


def leave_out_records(article: Tag, chapter: Chapter, book: Book) -> None:
    """Say where the single records are: thousands of lines that a machine wrote."""
    for box in article.select(RECORDS):
        line = address_line(
            book.address(chapter.page), f"Not printed, on the live page: “{said(box.summary)}”."
        )
        box.replace_with(line)


def show_explorables(article: Tag, chapter: Chapter, book: Book) -> None:
    """Leave the still picture of a figure to touch, and say where it can be touched."""
    for figure in article.select("figure.explorable"):
        address = f"{book.address(chapter.page)}#{figure['id']}"
        line = address_line(address, "Here as a still picture. To touch it:")
        controls = figure.select_one(".ex-controls")
        invitation = controls.select_one(".ex-invitation") if controls else None
        figure.append(line)
        if invitation:
            figure.append(invitation.extract())
        if controls:
            controls.decompose()


def leave_out_empty(article: Tag) -> None:
    """Leave out each heading with nothing to see below it, and its section if no more is there."""
    for heading in reversed(article.find_all(HEADINGS)):
        if shows_below(heading):
            continue
        section = heading.parent
        heading.decompose()
        if section.name == "section" and not said(section) and not section.find(SHOWN):
            section.decompose()


def shows_below(heading: Tag) -> bool:
    """Whether a reader sees anything before the next heading of this level or of a higher one."""
    own = {id(part) for part in heading.descendants}
    for one in heading.next_elements:
        if isinstance(one, Tag):
            if one.name in HEADINGS:
                return one.name > heading.name  # of those that have nothing, none is left by now
            if one.name in SHOWN:
                return True
        elif one.strip() and id(one) not in own:
            return True
    return False


def number_captions(article: Tag, chapter: Chapter) -> None:
    """Number the figures, and the tables whose caption has no number of its own."""
    before = "" if chapter.number is None else f"{chapter.number}."
    figures, tables = count(1), count(1)
    for tag in article.select("figure, table"):
        if (
            tag.find_parent("figure")
            or tag.find_parent(class_="q")
            or "q-drawing" in (tag.get("class") or [])
        ):
            continue
        if tag.name == "figure":
            caption = tag.find("figcaption")
            if caption is None:
                caption = new_tag("figcaption")
                tag.append(caption)
            caption.insert(
                0, new_tag("span", f"Figure {before}{next(figures)}. ", class_="print-number")
            )
        elif (caption := tag.find("caption")) and not NUMBERED.match(said(caption)):
            first = caption.select_one(".paper-caption > strong") or caption
            first.insert(
                0, new_tag("span", f"Table {before}{next(tables)}. ", class_="print-number")
            )


def open_boxes(article: Tag) -> None:
    """Make an open box of everything that folds."""
    for box in article.find_all("details"):
        box.name = "div"
        box["class"] = [*(box.get("class") or []), "print-fold"]
        if box.summary:
            box.summary.name = "p"
            box.p["class"] = "print-fold-title"
    for box in article.select(".dropdown, .toggle"):
        box["class"] = [name for name in box["class"] if name not in ("dropdown", "toggle")]


def open_chapter(article: Tag, chapter: Chapter, book: Book) -> None:
    """Put the number before the heading, and the address of the live page below it."""
    if chapter.number is not None:
        article.h1.insert(0, new_tag("span", f"{chapter.number} ", class_="print-chapter"))
    words = f"{ON_SCREEN.get(chapter.page, '')} Live page:".strip()
    article.h1.insert_after(address_line(book.address(chapter.page), words))


def tidy(article: Tag) -> None:
    """Take away what only scripts read, and fields that nobody can fill in."""
    for tag in article.select("input, textarea, select, datalist"):
        tag.decompose()
    for tag in article.find_all(["form", "label", "fieldset", "legend"]):
        tag.name = {"form": "div", "label": "span", "fieldset": "div", "legend": "p"}[tag.name]
    for tag in article.find_all(True):
        for name in [name for name in tag.attrs if name.startswith("data-") or name == "tabindex"]:
            if name not in KEPT_ATTRIBUTES:
                del tag[name]
        if tag.get("role") in ("region", "status"):
            del tag["role"]
