"""Documents for the printer: one of each chapter, one of the whole book, with links that lead on.

A link to a place that the same document prints leads there. Every other link gets the full address
of the site. Each name begins with that of its page, so that no two chapters share one.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from copy import copy
from html import escape

from bs4 import Tag

from book.tools.pdf.chapters import Book, Chapter
from book.tools.pdf.questions import ANSWERS, page_of
from utils.display.elements import new_tag, said

SLIDES = "slides/"
OUTSIDE = re.compile(r"[a-z][\w+.-]*:|//")
PLACES = re.compile(r"url\(\s*[\"']?#([^)\"']+)[\"']?\s*\)")
DRAWN = (
    "style", "clip-path", "fill", "stroke", "mask", "filter", "marker-start", "marker-mid",
    "marker-end",
)  # fmt: skip
SECTIONS = "section[id]:has(> h2)"
USUAL = 4
"""Chapters that share the title of a section, such as "Recap", from which on it is left out."""
REFERRING = ("for", "headers", "aria-labelledby", "aria-describedby", "data-of")
LICENCES = {
    "CC-BY-4.0": (
        "Creative Commons Attribution 4.0",
        "https://creativecommons.org/licenses/by/4.0/",
    )
}


def anchor(page: str, name: str = "") -> str:
    """The name of a place in a document, from its page and its name there."""
    return re.sub(
        r"[^\w-]", "_", f"{page.rpartition('/')[2]}--{name}" if name else page.rpartition("/")[2]
    )


def names_of(article: Tag) -> set[str]:
    """The names of all places of an article."""
    return {tag["id"] for tag in article.find_all(id=True)}


class Linker:
    """Rewrites the links and names of articles for one document.

    Args:
        book: knows the addresses of the site.
        articles: what the document prints, by page.
    """

    def __init__(self, book: Book, articles: dict[str, Tag]) -> None:
        self.book = book
        self.names = {page: names_of(article) for page, article in articles.items()}

    def rewritten(self, page: str, article: Tag) -> Tag:
        """A copy whose links lead on from this document."""
        article = copy(article)
        tags = article.find_all(True)
        for tag in tags:
            self.refer(page, tag)
        for tag in tags:
            if tag.name == "a":
                self.link(page, tag)
            elif tag.name == "img" and not OUTSIDE.match(tag["src"]):
                source = posixpath.normpath(posixpath.join(posixpath.dirname(page), tag["src"]))
                tag["src"] = (self.book.html / source).resolve().as_uri()
        article["id"] = anchor(page)
        return article

    def link(self, page: str, tag: Tag) -> None:
        """Let a link lead to the place in this document, or to its full address."""
        href = tag.get("href")
        if href is None:
            return
        if OUTSIDE.match(href):
            if not says_address(tag.get_text().strip(), href):
                print_address(tag)
            return
        path, _, name = href.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
        known = target.removesuffix(".html")
        if known in self.names and "?" not in path:
            place = anchor(known, name if name in self.names[known] else "")
            tag["href"] = f"#{place}"
            if "q-see" in (tag.get("class") or []):
                tag.append(", page ")
                tag.append(page_of(place))
        else:
            ending = "" if path else ".html"
            tag["href"] = f"{self.book.site}/{target}{ending}{f'#{name}' if name else ''}"
            if path and (known == target or target.startswith(SLIDES)):
                print_address(tag)  # no page of the book: a file to take along, or slides
        if "title" in tag.attrs and "bibtex-citation" not in str(tag.get("class")):
            del tag["title"]

    def refer(self, page: str, tag: Tag) -> None:
        """Give the names of an element, and those that it refers to, the name of the page."""
        names = self.names[page]
        if tag.get("id"):
            tag["id"] = anchor(page, tag["id"])
        for attribute in REFERRING:
            if value := tag.get(attribute):
                kept = [anchor(page, one) for one in str(value).split() if one in names]
                tag[attribute] = " ".join(kept)
                if not kept:
                    del tag[attribute]
        if tag.name != "a":
            for attribute in ("href", "xlink:href"):
                if (value := tag.get(attribute, "")).startswith("#"):
                    tag[attribute] = f"#{anchor(page, value[1:])}"
        for attribute in DRAWN:
            if "url(" in (value := tag.get(attribute, "")):
                tag[attribute] = PLACES.sub(lambda found: f"url(#{anchor(page, found[1])})", value)


def says_address(text: str, address: str) -> bool:
    """Whether the words of a link tell its address, so that paper need not add it."""
    bare = address.partition("//")[2].rstrip("/")
    known = text.lower().startswith(("doi:", "arxiv:")) or address.endswith(f":{text}")
    return known or text.rstrip("/") in ("", address.rstrip("/"), bare)


def print_address(tag: Tag) -> None:
    """Let the address of a link follow its words."""
    tag["class"] = [*(tag.get("class") or []), "print-outside"]


def quoted(text: str) -> str:
    """A string of CSS."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def page_rules(book: Book, chapters: Iterable[Chapter]) -> Iterator[str]:
    """A kind of page for each chapter, with its title at the head."""
    for chapter in chapters:
        yield (
            f"@page {kind(chapter)} {{ @top-left {{ content: {quoted(chapter.heading)} }} "
            f"@top-right {{ content: {quoted(f'{book.title} {book.version}')} }} }}"
        )


def kind(chapter: Chapter) -> str:
    """The name of a chapter's kind of page, which no number may begin."""
    return f"chapter-{anchor(chapter.page)}"


def document(book: Book, title: str, styles: Iterable[str], rules: Iterable[str], body: str) -> str:
    """A whole document of HTML."""
    links = "\n".join(
        f'<link rel="stylesheet" href="{(book.html / sheet).resolve().as_uri()}">'
        for sheet in dict.fromkeys(styles)
    )
    return (
        f'<!doctype html>\n<html lang="en" data-theme="light" data-mode="light">\n<head>\n'
        f'<meta charset="utf-8">\n<title>{escape(title)}</title>\n{links}\n'
        f'<link rel="stylesheet" href="print.css">\n<style>{chr(10).join(rules)}</style>\n</head>\n'
        f'<body><div class="bd-content"><div class="bd-article-container">\n{body}\n'
        "</div></div></body></html>\n"
    )


def printed(book: Book, chapter: Chapter, article: Tag, linker: Linker) -> str:
    """The markup of one chapter."""
    text = linker.rewritten(chapter.page, article)
    text.name = "div"
    text["class"] = ["bd-article", "print-article"]
    text["style"] = f"page: {kind(chapter)}"
    return str(text)


def chapter_document(book: Book, chapter: Chapter, article: Tag) -> str:
    """The document of one chapter, which says of what book it is a part."""
    linker = Linker(book, {chapter.page: article})
    opening = (
        f'<p class="print-part" style="page: {kind(chapter)}">From <em>{escape(book.title)}</em>, '
        f"version {book.version} of {book.day}, by {escape(book.names)}. {licence(book)}</p>\n"
    )
    body = opening + printed(book, chapter, article, linker)
    title = f"{chapter.title} · {book.title}"
    return document(book, title, chapter.styles, page_rules(book, [chapter]), body)


def licence(book: Book) -> str:
    """Under which licences the book is, in words."""
    name, address = LICENCES[book.licence]
    return f'Text and figures: <a href="{address}">{name}</a> ({book.licence}). Code: MIT licence.'


def title_page(book: Book) -> str:
    """Title, version, licence, address and citation."""
    doi = f'<p>DOI: <a href="https://doi.org/{book.doi}">{book.doi}</a></p>' if book.doi else ""
    return (
        f'<div class="bd-article print-title-page"><p class="print-title">{escape(book.title)}</p>'
        f'<p class="print-subtitle">{escape(book.names)}</p>'
        f"<p>Version {book.version}, {book.day}</p>"
        f'<p><a href="{book.site}/">{book.site}/</a></p>{doi}'
        f'<div class="print-imprint"><p>{licence(book)}</p>'
        f"<p>To cite this version: {escape(book.citation())}</p>"
        "<p>Hints and answers are at the end of each chapter. Where a page on the web has a figure "
        "to touch, this book has a still picture and the address of the page. The lesion lab, the "
        "playground, the score of the exam and the single records of the runs are on the web "
        "alone, and their chapters say so. The practice chapter leaves out what other chapters "
        "ask. Only this printed form numbers its figures and tables.</p></div></div>"
    )


def contents(chapters: Iterable[Chapter], articles: dict[str, Tag]) -> str:
    """The table of contents: parts, chapters and their sections, with pages."""
    box = new_tag("div", class_="bd-article print-contents")
    box.append(new_tag("h1", "Contents", id="print-contents"))
    part, usual = "", usual_titles(articles.values())
    for chapter in chapters:
        if chapter.part != part:
            part = chapter.part
            box.append(new_tag("p", part, class_="print-contents-part"))
        box.append(content_line(chapter.heading, anchor(chapter.page), "print-contents-chapter"))
        for section in articles[chapter.page].select(SECTIONS):
            if said(section.h2) not in usual:
                name = anchor(chapter.page, section["id"])
                box.append(content_line(said(section.h2), name, "print-contents-section"))
    return str(box)


def usual_titles(articles: Iterable[Tag]) -> set[str]:
    """Titles of sections that so many chapters have that they tell nothing in the contents."""
    counted = Counter(said(one.h2) for article in articles for one in article.select(SECTIONS))
    return {title for title, count in counted.items() if count >= USUAL} - {ANSWERS}


def content_line(text: str, name: str, kind_of_line: str) -> Tag:
    """A line of the contents."""
    line = new_tag("p", class_=kind_of_line)
    link = new_tag("a", href=f"#{name}")
    link.append(new_tag("span", " ".join(text.split()), class_="print-contents-text"))
    link.append(" ")
    link.append(page_of(name))
    line.append(link)
    return line


def whole_document(book: Book, chapters: list[Chapter], articles: dict[str, Tag]) -> str:
    """The document of the whole book."""
    linker = Linker(book, articles)
    parts = [title_page(book), contents(chapters, articles)]
    parts += [printed(book, chapter, articles[chapter.page], linker) for chapter in chapters]
    styles = [sheet for chapter in chapters for sheet in chapter.styles]
    return document(book, book.title, styles, page_rules(book, chapters), "\n".join(parts))
