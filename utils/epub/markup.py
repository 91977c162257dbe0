"""From the HTML of a built page to well-formed XHTML.

A parser of HTML makes the names of SVG small, knows no namespaces, and lets stand what XHTML
forbids, such as a slash in an id. Here all of this is mended.
"""

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup, Comment, SoupStrainer, Tag

from utils.display.elements import classes, new_tag

XHTML = "http://www.w3.org/1999/xhtml"
SVG = "http://www.w3.org/2000/svg"
MATHML = "http://www.w3.org/1998/Math/MathML"
XLINK = "http://www.w3.org/1999/xlink"
OPS = "http://www.idpf.org/2007/ops"

START = '<article class="bd-article">'
END = "</article>"
STYLES = Path(__file__).with_name("epub.css")
SVG_NAMES = {
    name.lower(): name
    for name in (
        "attributeName", "baseFrequency", "clipPath", "clipPathUnits", "feGaussianBlur", "feOffset",
        "foreignObject", "gradientTransform", "gradientUnits", "linearGradient", "markerHeight",
        "markerUnits", "markerWidth", "maskContentUnits", "maskUnits", "pathLength",
        "patternContentUnits", "patternTransform", "patternUnits", "preserveAspectRatio",
        "radialGradient", "refX", "refY", "stdDeviation", "textLength", "textPath", "viewBox",
    )
}  # fmt: skip
"""Elements and attributes of SVG with capital letters, which a parser of HTML makes small."""
KEPT = {
    "id", "class", "href", "title", "lang", "dir", "alt", "src", "width", "height", "colspan",
    "rowspan", "scope", "start", "reversed", "type", "datetime", "role", "aria-label",
    "aria-hidden", "open", "data-chain", "data-zero", "data-single", "data-explorable",
    "data-state",
}  # fmt: skip
"""Attributes of HTML that a page keeps. Those with ``data-`` colour the still of a figure."""
ROLES = {"img"}
"""Roles that still hold when nothing can be operated."""
BLOCKS = {
    "article", "aside", "blockquote", "details", "div", "dl", "figure", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "ol", "p", "pre", "section", "table", "ul",
}  # fmt: skip
SIZES = ("displaystyle", "scriptlevel")
OPERATING = re.compile(r"^(data-|on)|^(focusable|tabindex|aria-describedby|aria-labelledby)$")
"""Attributes of pictures that only scripts and keyboards need."""


def article_of(text: str) -> Tag:
    """The article of a page.

    Args:
        text: the HTML of a page.

    Raises:
        ValueError: it has none.
    """
    start, end = text.find(START), text.rfind(END)
    if start < 0 or end < start:
        raise ValueError(f"no {START} in the page; is it a page of the built book?")
    part = text[start : end + len(END)]
    soup = BeautifulSoup(part, "html.parser", parse_only=SoupStrainer("article"))
    for comment in soup.find_all(string=lambda node: isinstance(node, Comment)):
        comment.extract()
    return soup.article


@cache
def styled() -> frozenset[str]:
    """Classes that the style sheet of the e-book names. Those of figures begin with "ex"."""
    return frozenset(re.findall(r"\.([a-z][\w-]*)", STYLES.read_text(encoding="utf-8")))


# What XHTML asks for ------------------------------------------------------------------------------


def conform(article: Tag) -> None:
    """Give every element the names, namespaces and attributes that XHTML wants."""
    drawn = {id(part) for one in article.find_all(["svg", "math"]) for part in one.find_all(True)}
    for tag in article.find_all(True):
        if tag.name == "math":
            conform_math(tag)
        elif tag.name == "svg":
            conform_svg(tag)
        elif id(tag) not in drawn:
            conform_html(tag)
    for tag in article.find_all(["span", "p", "label"]):
        if tag.find(BLOCKS):
            tag.name = "div"


def conform_html(tag: Tag) -> None:
    """Keep what an element of HTML may have where nothing can be operated."""
    for name in list(tag.attrs):
        if name not in KEPT:
            del tag[name]
    if tag.get("role") not in ROLES:
        del tag["role"]
    if not (tag.get("role") or tag.name == "a"):
        del tag["aria-label"]
    kept = [one for one in classes(tag) if one in styled() or one.startswith("ex")]
    if kept:
        tag["class"] = kept
    else:
        del tag["class"]
    if tag.name == "span" and not tag.attrs:
        tag.unwrap()


def conform_math(math: Tag) -> None:
    """Write a formula as MathML 3, in which only some elements may say how large they are."""
    math["xmlns"] = MATHML
    for tag in math.find_all(displaystyle=True):
        sizes = {name: tag.attrs.pop(name) for name in SIZES if name in tag.attrs}
        tag.wrap(new_tag("mstyle", **sizes))


def conform_svg(svg: Tag) -> None:
    """Give a picture its namespaces and the capital letters of its names."""
    svg["xmlns"] = SVG
    if svg.find(attrs={"xlink:href": True}):
        svg["xmlns:xlink"] = XLINK
    for tag in [svg, *svg.find_all(True)]:
        tag.name = SVG_NAMES.get(tag.name, tag.name)
        kept = {
            SVG_NAMES.get(name, name): value
            for name, value in tag.attrs.items()
            if not OPERATING.search(name)
        }
        if "xlink:href" in kept and kept["xlink:href"].startswith("data:"):
            kept["xlink:href"] = "".join(kept["xlink:href"].split())
        tag.attrs = kept


# Names of places ----------------------------------------------------------------------------------


def rename_ids(article: Tag) -> dict[str, str]:
    """Make every id one that XML allows, and unique in its page.

    Returns:
        The new name of each old one.
    """
    renamed: dict[str, str] = {}
    taken: set[str] = set()
    for tag in article.find_all(id=True):
        old = tag["id"]
        new = re.sub(r"[^\w.-]", "-", old)
        if not re.match(r"[^\W\d]", new):
            new = f"at-{new}"
        if new in taken or old in renamed:
            del tag["id"]
            continue
        tag["id"] = new
        taken.add(new)
        renamed[old] = new
    return renamed


def ids_of(tag: Tag) -> Iterator[str]:
    """The ids of an element and of all that it holds."""
    for one in [tag, *tag.find_all(id=True)]:
        if one.get("id"):
            yield one["id"]


# Documents ----------------------------------------------------------------------------------------


def document(title: str, body: str, style: str, kind: str = "") -> str:
    """A whole XHTML document.

    Args:
        title: plain text.
        body: well-formed XHTML.
        style: address of the style sheet.
        kind: what the document is, in the vocabulary of EPUB.
    """
    marked = f' epub:type="{kind}"' if kind else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        f'<html xmlns="{XHTML}" xmlns:epub="{OPS}" lang="en-GB" xml:lang="en-GB">\n'
        f"<head>\n<title>{escape(title)}</title>\n"
        f'<link rel="stylesheet" type="text/css" href="{escape(style)}"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"</head>\n<body{marked}>\n{body}\n</body>\n</html>\n"
    )


def serialised(tag: Tag) -> str:
    """An element as XHTML."""
    return tag.decode(formatter="minimal")
