"""Shows what a term means where it is used, and where it is used in the glossary.

A page that links to terms of the glossary carries their definitions, and no others, as hidden
HTML; ``definitions.js`` opens them beside the links. Nothing is fetched, so it also works on a
saved page. Formulas are written as MathML, which browsers draw without a script. Each link names
the first sentence of its definition as its description, which screen readers speak.

In the glossary itself, every entry names the pages that link to it, and a row of letters leads
down the list.
"""

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from resnet_book.base import link_files, on_page
from resnet_book.notes import PageNotes
from utils.display.formulas import mathml

logger = logging.getLogger(__name__)

GLOSSARY = "book/glossary"
FILES = ("definitions/definitions.css", "definitions/definitions.js")
USES = PageNotes("definition_uses")
"""For every page the terms that it links to, with the section of the first link."""

LINK = re.compile(
    r'<a class="reference internal" href="([^"]*#(term-[^"]+))">(?=<span class="[^"]*\bstd-term\b)'
)
SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
MARKUP = (nodes.emphasis, nodes.strong, nodes.literal)

_definitions: dict[str, str] = {}
"""Hidden HTML of each definition by the id of its term, made once for each build."""


def term_ids(env: BuildEnvironment) -> dict[str, str]:
    """Return the id of every term, keyed by its name in lower case."""
    objects = env.get_domain("std").objects
    return {name.lower(): id_ for (kind, name), (_, id_) in objects.items() if kind == "term"}


# Where terms are used -----------------------------------------------------------------------


def note_uses(app: Sphinx, doctree: nodes.document) -> None:
    """Remember which terms a page links to, each with the section of its first link."""
    env = app.env
    if env.docname == GLOSSARY:
        return
    uses: dict[str, str] = {}
    for link in doctree.findall(addnodes.pending_xref):
        if link.get("reftype") == "term":
            uses.setdefault(link["reftarget"].lower(), section_of(link))
    USES.of(env)[env.docname] = uses
    if uses:
        env.note_dependency(str(env.doc2path(GLOSSARY)))


def section_of(node: nodes.Node) -> str:
    """Return the id of the section that ``node`` stands in; empty for the page itself."""
    while node is not None and not isinstance(node, nodes.section):
        node = node.parent
    inner = node is not None and isinstance(node.parent, nodes.section)
    return node["ids"][0] if inner else ""


def rewrite_glossary(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the glossary in every build: what other pages link to may have changed."""
    _definitions.clear()
    return [GLOSSARY] if GLOSSARY in env.found_docs else []


def simplify_ids(app: Sphinx, doctree: nodes.document) -> None:
    """Take full stops out of term ids: the theme uses ids as selectors, where a stop is a class."""
    data = app.env.get_domain("std").data
    for term in doctree.findall(nodes.term):
        term["ids"] = [id_.replace(".", "-") for id_ in term["ids"]]
    for known in (data["objects"], data.setdefault("terms", {})):
        for key, (docname, id_) in known.items():
            if docname == GLOSSARY == app.env.docname:
                known[key] = (docname, id_.replace(".", "-"))


# The glossary page --------------------------------------------------------------------------


def complete_glossary(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Add the row of letters, and to every entry the pages that link to it."""
    if docname != GLOSSARY or app.builder.format != "html":
        return
    used = pages_by_term(app)
    for glossary in list(doctree.findall(addnodes.glossary)):
        entries = list(glossary.findall(nodes.definition_list_item))
        for entry in entries:
            pages = [link for id_ in ids_of(entry) for link in used.get(id_, [])]
            if pages:
                entry.children[-1].append(uses_line(pages))
        parent = glossary.parent
        parent.insert(parent.index(glossary), letters(entries))


def ids_of(entry: nodes.definition_list_item) -> list[str]:
    """Return the ids of an entry's terms, the first one first."""
    return [id_ for term in entry.findall(nodes.term) for id_ in term["ids"]]


def pages_by_term(app: Sphinx) -> dict[str, list[tuple[str, str]]]:
    """Return for each term's id the title and address of every page that links to it."""
    env, ids = app.env, term_ids(app.env)
    used: dict[str, list[tuple[str, str]]] = {}
    for docname in env.collect_relations():
        for name, section in USES.of(env).get(docname, {}).items():
            address = app.builder.get_relative_uri(GLOSSARY, docname)
            address += f"#{section}" if section else ""
            used.setdefault(ids.get(name, ""), []).append((env.titles[docname].astext(), address))
    return used


def uses_line(pages: list[tuple[str, str]]) -> nodes.paragraph:
    """Return the line that names the pages, each once."""
    line = nodes.paragraph("", "Used in ", classes=["book-uses"])
    for number, (title, address) in enumerate(dict(pages).items()):
        line += nodes.Text(", " if number else "")
        line += nodes.reference("", title, internal=True, refuri=address)
    return line


def letters(entries: list[nodes.definition_list_item]) -> nodes.raw:
    """Return links to the first term of every letter that has one."""
    first: dict[str, str] = {}
    for entry in entries:
        term = next(entry.findall(nodes.term))
        first.setdefault(term.astext()[0].upper(), term["ids"][0])
    items = "".join(f'<li><a href="#{id_}">{letter}</a></li>' for letter, id_ in first.items())
    html = f'<nav class="book-letters" aria-label="Terms by letter"><ul>{items}</ul></nav>'
    return nodes.raw("", html, format="html")


# Definitions in the pages -------------------------------------------------------------------


def definitions(app: Sphinx) -> dict[str, str]:
    """Return the hidden HTML of every definition by the id of its term."""
    if not _definitions:
        doctree = app.env.get_and_resolve_doctree(GLOSSARY, app.builder)
        for entry in doctree.findall(nodes.definition_list_item):
            names = ids_of(entry)
            if names and names[0].startswith("term-"):
                _definitions.update(dict.fromkeys(names, definition(app, entry)))
    return _definitions


def definition(app: Sphinx, entry: nodes.definition_list_item) -> str:
    """Return one entry as HTML without links: its name, then its text."""
    term = next(entry.findall(nodes.term))
    id_ = term["ids"][0]
    heading = nodes.paragraph("", term.astext(), classes=["book-definition-name"])
    texts = [
        nodes.paragraph("", "", *plain(paragraph))
        for paragraph in next(entry.findall(nodes.definition)).findall(nodes.paragraph)
        if "book-uses" not in paragraph["classes"]
    ]
    mark_first_sentence(texts[0], f"gist-{id_}")
    html = "".join(app.builder.render_partial(node)["fragment"] for node in (heading, *texts))
    return f'<div id="definition-{id_}">{html}</div>'


def plain(node: nodes.Element) -> Iterator[nodes.Node]:
    """Yield the children of ``node`` without links and ids, and formulas as MathML."""
    for child in node.children:
        if isinstance(child, nodes.Text):
            yield nodes.Text(child.astext())
        elif isinstance(child, nodes.math):
            yield drawn(child)
        elif isinstance(child, MARKUP):
            yield type(child)("", "", *plain(child))
        else:
            yield from plain(child)


def drawn(formula: nodes.math) -> nodes.raw:
    """Return a formula as MathML, and warn if it uses a command without a counterpart."""
    try:
        html = mathml(formula.astext(), block=False)
    except MathError as problem:
        logger.warning("formula %r: %s", formula.astext(), problem, location=formula)
        html = ""
    return nodes.raw("", html, format="html")


def mark_first_sentence(paragraph: nodes.paragraph, id_: str) -> None:
    """Wrap the first sentence of ``paragraph``, so that a link can name it."""
    children = paragraph.children[:]
    for number, child in enumerate(children):
        end = isinstance(child, nodes.Text) and SENTENCE_END.search(child.astext())
        if end:
            text = child.astext()
            head = [*children[:number], nodes.Text(text[: end.end()])]
            rest = [nodes.Text(text[end.end() :]), *children[number + 1 :]]
            break
    else:
        head, rest = children, []
    paragraph.clear()
    paragraph += nodes.inline("", "", *head, ids=[id_])
    paragraph += rest


def embed(app: Sphinx, page: str, context: dict[str, Any]) -> None:
    """Describe the page's links to terms and append the definitions that they need."""
    body = context.get("body", "")
    ids = list(dict.fromkeys(id_ for _, id_ in LINK.findall(body)))
    if not ids:
        return
    known = definitions(app)
    body = LINK.sub(lambda link: describe(link, known), body)
    hidden = "".join(dict.fromkeys(known[id_] for id_ in ids if id_ in known))
    context["body"] = f'{body}\n<div class="book-definitions" hidden>{hidden}</div>\n'
    link_files(app, *FILES)


def describe(link: re.Match[str], known: dict[str, str]) -> str:
    """Return the opening tag of a link, with its definition and description named."""
    if link[2] not in known:
        return link[0]
    target = re.search(r'id="definition-(term-[^"]+)"', known[link[2]])[1]
    return (
        f'<a class="reference internal" href="{link[1]}" '
        f'data-definition="definition-{target}" aria-describedby="gist-{target}">'
    )


def setup(app: Sphinx) -> None:
    """Connect the module to the build."""
    app.connect("doctree-read", note_uses)
    app.connect("doctree-read", simplify_ids)
    USES.connect(app)
    app.connect("env-updated", rewrite_glossary)
    app.connect("doctree-resolved", complete_glossary)
    on_page(app, embed)
