"""A built book of two pages, as an e-book is made of it: small enough to see all of it."""

from pathlib import Path

from PIL import Image

SITE = "https://small.example/book"
LIST = f"""# Small

> A small book.

## Start here

- [First]({SITE}/book/first.html.md): The first page.

## Chapters

- [Second]({SITE}/notebooks/second.html.md): The second page.

## Optional

- [All pages in one file]({SITE}/downloads/small.md): the same copies.
"""
FIRST = """
<section id="first"><h1>First<a class="headerlink" href="#first">#</a></h1>
<p>See <a href="../notebooks/second.html#id1/deep">the place</a>, <a href="cards.html">cards</a> and
<a href="https://elsewhere.example/x">elsewhere</a>.</p>
<img alt="a dot" src="../_static/dot.png"/>
</section>
"""
SECOND = """
<section id="second"><h1>Second</h1>
<section id="id1/deep"><h2>Deep</h2>
<p>Let <math alttext="x &lt; 1"><mi>x</mi><mo>&lt;</mo><mn>1</mn></math>.</p>
<svg aria-label="A line" role="img" viewBox="0 0 9 9"><path d="M0 0H9" data-part="line"/></svg>
</section></section>
"""
CITATION = """title: Small
abstract: A small book.
authors: [{name: Nobody}]
version: 1.2.0
date-released: 2027-03-02
preferred-citation: {license: CC-BY-4.0}
"""


def page(article: str) -> str:
    """A page as the site has it."""
    return f'<html><body><article class="bd-article">{article}</article></body></html>'


def write_site(html: Path, **articles: str) -> Path:
    """Write the built book into a folder.

    Args:
        html: the folder.
        articles: first or second -> other content for this page.
    """
    texts = {
        "llms.txt": LIST,
        "book/first.html": page(articles.get("first", FIRST)),
        "notebooks/second.html": page(articles.get("second", SECOND)),
    }
    for name, text in texts.items():
        (html / name).parent.mkdir(parents=True, exist_ok=True)
        (html / name).write_text(text, encoding="utf-8")
    (html / "_static").mkdir(exist_ok=True)
    Image.new("RGB", (12, 6), "white").save(html / "_static" / "og.png")
    Image.new("RGB", (2, 2), "black").save(html / "_static" / "dot.png")
    return html


def write_citation(folder: Path) -> Path:
    """Write ``CITATION.cff``."""
    path = folder / "CITATION.cff"
    path.write_text(CITATION, encoding="utf-8")
    return path
