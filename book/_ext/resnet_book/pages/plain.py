"""Turns the plain Markdown of notebooks into the roles and directives of the book.

JupyterLab, Colab, VS Code and GitHub know no Sphinx, so notebooks are written in what all of them
show. On the book's page each of these gets what it has elsewhere in the book:

    in the notebook                                             on the page
    [shortcuts](../book/glossary.md#term-shortcut-connection)   the term, with its definition
    [He et al., 2016](https://arxiv.org/... "he2016deep")       the citation, in brackets or not
    ["a title"](../book/claims.md#claim-NAME)                   the claim, with its verdict
    > **A title**, an empty line, more lines with ">"           a box with this title
    > **Exercise** <!-- NAME -->, an empty line, more lines     the exercise, with its number
    <details>, <summary>Solution</summary>                      the folded solution of this exercise
    <!--=NAME-->a number<!--/-->                                the number
    the photograph of a figure, in an output                    the figure

A term, a work or a claim that does not exist stops the build with the place.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from resnet_book import ROOT
from utils.facts.bibliography import keys
from utils.facts.claims import current_claims
from utils.facts.goals import OPENING
from utils.notebook.filled import unmarked
from utils.notebook.stills import restore

TERM = re.compile(r"\[([^][]+)\]\(\.\./book/glossary\.md#term-([\w-]+)\)")
WORK = r'\[[^][]+\]\(https?://[^)\s]+ "([\w-]+)"\)'
IN_BRACKETS = re.compile(rf"\(({WORK}(?:; {WORK})*)\)")
IN_TEXT = re.compile(WORK)
CLAIM = re.compile(r"\[[^][]+\]\(\.\./book/claims\.md#claim-([\w-]+)\)")
BOX = re.compile(
    r"^> \*\*(?P<title>[^*\n]+)\*\*(?: <!-- (?P<name>[\w-]+) -->)?\n(?P<body>(?:^>.*\n?)+)", re.M
)
FOLD = re.compile(
    r"^<details>\n<summary>Solution</summary>\n\n(?P<body>.*?)\n\n</details>$", re.M | re.S
)


def slug(term: str) -> str:
    """The part of a link that names a term."""
    return re.sub(r"\W+", "-", term).strip("-").lower()


@cache
def terms() -> Mapping[str, str]:
    """Every term of the glossary by its slug.

    Raises:
        ValueError: two terms share a slug.
    """
    text = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    listed = text.split("```{glossary}")[1].split("\n```")[0]
    found: dict[str, str] = {}
    for line in listed.splitlines():
        if line and not line.startswith((" ", ":")):
            if slug(line) in found:
                raise ValueError(f"{line!r} and {found[slug(line)]!r} have the same link")
            found[slug(line)] = line
    return found


def known(kind: str, name: str, names: Mapping[str, str] | set[str]) -> str:
    """The name, if there is such a thing.

    Raises:
        ValueError: there is none.
    """
    if name not in names:
        raise ValueError(f"a link names the {kind} {name!r}, which does not exist")
    return name


def term_role(match: re.Match[str]) -> str:
    """The role of a term, from a link to it."""
    term = terms()[known("term", match[2].lower(), terms())]
    words = match[1]
    return f"{{term}}`{words}`" if words == term else f"{{term}}`{words} <{term}>`"


def claim_role(match: re.Match[str]) -> str:
    """The role of a claim, from a link to it."""
    return f"{{claim}}`{known('claim', match[1], current_claims().claims)}`"


def cited(style: str) -> Callable[[re.Match[str]], str]:
    """What makes a citation from links to works: in the text ("t") or in brackets ("p")."""

    def role(match: re.Match[str]) -> str:
        works = [known("work", found[1], keys()) for found in IN_TEXT.finditer(match[0])]
        return f"{{cite:{style}}}`{','.join(works)}`"

    return role


def fence(directive: str, body: str) -> str:
    """A directive in a fence that no fence of its body closes."""
    longest = max((len(run) for run in re.findall(r"^`{3,}", body, re.M)), default=2)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{{{directive}\n{body.strip()}\n{ticks}"


def box(match: re.Match[str]) -> str:
    """The directive of a quotation that opens with a title."""
    body = re.sub(r"^> ?", "", match["body"], flags=re.M)
    if match["name"]:
        return fence(f"exercise}}\n:label: {match['name']}", body) + "\n"
    kind = "tip" if match["title"] == OPENING else "note"
    return fence(f"admonition}} {match['title']}\n:class: {kind}", body) + "\n"


def as_myst(text: str, exercise: str | None = None) -> tuple[str, str | None]:
    """Markdown of the book from plain Markdown.

    Args:
        exercise: the last one of the cells before, whose solution may follow.

    Returns:
        The text, and the last exercise so far.

    Raises:
        ValueError: a link to nothing, or a solution without an exercise.
    """
    text = unmarked(text)
    boxes = [(found.start(), found["name"]) for found in BOX.finditer(text) if found["name"]]

    def solution(match: re.Match[str]) -> str:
        before = [name for start, name in boxes if start < match.start()]
        name = before[-1] if before else exercise
        if name is None:
            raise ValueError("a solution has no exercise before it")
        return fence(f"solution}} {name}\n:class: dropdown", match["body"])

    # Solutions first, since their place is looked up in the text as it was written.
    made = BOX.sub(box, FOLD.sub(solution, text))
    made = IN_TEXT.sub(cited("t"), IN_BRACKETS.sub(cited("p"), made))
    made = CLAIM.sub(claim_role, TERM.sub(term_role, made))
    return made, boxes[-1][1] if boxes else exercise


def convert(app: Sphinx, docname: str, source: list[str]) -> None:
    """Convert the text cells and the figures of a notebook that Sphinx is about to parse.

    Raises:
        FileNotFoundError: the photograph of a figure has lost its figure.
        ExtensionError: names the notebook and the cell that links to nothing.
    """
    path = Path(app.env.doc2path(docname))
    if path.suffix != ".ipynb":
        return
    notebook, exercise = json.loads(source[0]), None
    restore(notebook, path.parent)
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "markdown":
            try:
                text, exercise = as_myst("".join(cell["source"]), exercise)
            except ValueError as problem:
                raise ExtensionError(f"{docname}, cell {number}: {problem}") from problem
            cell["source"] = text.splitlines(keepends=True)
    source[0] = json.dumps(notebook, ensure_ascii=False)


def setup(app: Sphinx) -> None:
    """Work on each notebook before it is parsed."""
    app.connect("source-read", convert)
