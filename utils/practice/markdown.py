"""Questions as HTML: a form that everybody can fill in, and answers that open without a script.

Answers "what does the reader meet?". The same markup stands on pages and, as the static form, in
stored notebook outputs. Whatever a text of the bank holds is shown, never run: Markdown is parsed
with HTML switched off, and everything else is escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from utils.display.drawings import DRAWINGS
from utils.facts.bibliography import works
from utils.files.places import ROOT
from utils.files.yaml_files import read_yaml


class MarkupError(ValueError):
    """A question cannot be drawn; says what is missing."""


# Texts ------------------------------------------------------------------------------------------


@cache
def parser() -> MarkdownIt:
    """Markdown without HTML and pictures, with formulas and highlighted Python."""
    markdown = MarkdownIt("commonmark", {"html": False, "highlight": highlighted}).enable("table")
    markdown.disable(["image", "html_inline", "html_block"])
    # One dollar is enough here: no formula of the bank stands on lines of its own.
    dollarmath_plugin(markdown, allow_space=False, allow_digits=False)
    markdown.disable("math_block")
    markdown.add_render_rule("math_inline", lambda _, tokens, i, *__: formula(tokens[i].content))
    markdown.add_render_rule("fence", lambda _, tokens, i, *__: code_block(tokens[i].content))
    return markdown


def highlighted(code: str, *_: str) -> str:
    """Python with its words coloured by the page's style."""
    return highlight(code, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))


def code_block(code: str) -> str:
    """Python as the pages show it."""
    return (
        '<div class="highlight-python notranslate"><div class="highlight">'
        f"<pre><span></span>{highlighted(code.rstrip() + chr(10))}</pre></div></div>\n"
    )


def formula(tex: str) -> str:
    """A formula as the pages' extension and the MathJax of notebooks find it."""
    return f'<span class="math notranslate nohighlight">\\({escape(tex)}\\)</span>'


def here(link: str) -> str:
    """A link to a source file as the link to its page."""
    return re.sub(r"^((?:\.\./|\./)?[\w/]+)\.(?:md|ipynb)(?=#|$)", r"\1.html", link)


def with_pages(markup: str) -> str:
    """Markup whose links to sources lead to pages."""
    return re.sub(r'(<a href=")([^"]+)', lambda found: found[1] + here(found[2]), markup)


def block(text: str) -> str:
    """Markdown of one or more paragraphs as HTML."""
    return with_pages(parser().render(text.strip()))


def inline(text: str) -> str:
    """Markdown of one line as HTML without a paragraph; a longer text keeps its paragraphs."""
    if "\n\n" in text.strip() or "```" in text:
        return block(text)
    return with_pages(parser().renderInline(text.strip()))


# Pages ------------------------------------------------------------------------------------------


@cache
def pages() -> list[str]:
    """Every page of the book in the order of its table of contents."""
    content = read_yaml(ROOT / "_toc.yml")
    return [entry["file"] for part in content["parts"] for entry in part["chapters"]]


@cache
def page_title(page: str) -> str:
    """The first heading of a page; its name for a page that does not exist."""
    source = ROOT / f"{page}.md"
    if source.is_file():
        text = source.read_text(encoding="utf-8")
    elif (notebook := ROOT / f"{page}.ipynb").is_file():
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    else:
        return page
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else page


def page_titles() -> list[tuple[str, str]]:
    """Every page of the book with its title, in order."""
    return [(page, page_title(page)) for page in pages()]


READS = (DRAWINGS, page_titles)
"""What pages with questions depend on; of other pages only titles, in their order."""


def in_order(chapters: Iterable[str]) -> list[str]:
    """Chapters in the order of the book, unknown ones last."""
    known = pages()
    return sorted(set(chapters), key=lambda c: (known.index(c) if c in known else len(known), c))


def address(place: str) -> str:
    """``page#anchor`` as a link from any page: all stand one folder deep."""
    page, _, anchor = place.partition("#")
    return f"../{page}.html" + (f"#{anchor}" if anchor else "")


def source_words(source: str) -> str:
    """A source with its BibTeX keys replaced by authors and year."""
    return re.sub(r"[a-z]+\d{4}[a-z]*", lambda key: works().get(key[0], key[0]), source)


def see_link(place: str | None) -> str:
    """A link to where something is cleared up, or nothing."""
    if not place:
        return ""
    title = escape(page_title(place.partition("#")[0]))
    return f' <a class="q-see" href="{escape(address(place))}">Read it in “{title}”</a>'


# Texts without marks ----------------------------------------------------------------------------


SIGNS = {
    "cdot": "·", "times": "×", "approx": "≈", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥",
    "to": "→", "partial": "∂", "sum": "∑", "prod": "∏", "alpha": "α", "beta": "β", "gamma": "γ",
    "sigma": "σ", "infty": "∞", "pm": "±", "ln": "ln", "log": "log", "dots": "…",
}  # fmt: skip
"""Signs of formulas for labels, which show text only."""
RAISED = str.maketrans("0123456789n", "⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ")


def formula_words(tex: str) -> str:
    """A short formula as text: ``F(x) \\cdot x`` as "F(x) · x"."""
    text = re.sub(r"\\(?:mathrm|text|operatorname)\{([^{}]*)\}", r"\1", tex)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1)/(\2)", text)
    text = re.sub(r"\\sqrt\{([^{}]*)\}", r"√(\1)", text)
    text = re.sub(r"\^\{?([0-9n]+)\}?", lambda found: found[1].translate(RAISED), text)
    text = re.sub(r"\\([a-zA-Z]+) ?", lambda found: SIGNS.get(found[1], found[1]) + " ", text)
    return " ".join(re.sub(r"\\.|[{}]", "", text).split())


def plain(text: str) -> str:
    """Markdown without its marks, for labels that show text only; code stays as it is."""
    lines = (plain_token(token) for token in parser().parse(text.strip()))
    return "\n".join(line for line in lines if line)


def label(text: str) -> str:
    """Markdown as the one line that a radio button or a list can show."""
    return plain(text).replace("\n", " ⏎ ")


def plain_token(token: Token) -> str:
    """The text of a token of Markdown and of those within it."""
    if token.type == "inline":
        return "".join(plain_token(child) for child in token.children or [])
    if token.type == "math_inline":
        return formula_words(token.content)
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return token.content.strip("\n") if token.type in ("fence", "code_block") else token.content
