"""Directives that show the question bank.

    ```{quick-check}
    ```

asks the questions of the page it stands on that are marked ``quick``. ``questions`` shows the
whole bank with tools to draw from it, ``exam`` the exam in its order, ``explain`` the open
prompts. A malformed bank stops the build, and the message says file, line, question and fault.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dependencies import depends_on
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from utils.practice import bank as questions  # noqa: E402
from utils.practice import kinds, rendered  # noqa: E402
from utils.practice import markdown as question_markup  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MARK = 'class="q-set"'
MATH = '<span class="math notranslate'
KEPT = re.compile(r'class="q-set" data-mode="(practice|exam|explain)"')


class FromBank(SphinxDirective):
    """Show a part of the bank."""

    def markup(self) -> str:
        """The HTML of this directive."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        depends_on(self.env, questions, question_markup)
        try:
            return [nodes.raw("", self.markup(), format="html")]
        except (kinds.QuestionError, question_markup.MarkupError) as error:
            raise ExtensionError(f"{self.env.docname}: {error}") from error


class QuickCheck(FromBank):
    """The questions of the page it stands on."""

    def markup(self) -> str:
        return rendered.render_set(questions.quick_check(self.env.docname), "quick")


class WholeBank(FromBank):
    """Every question, with tools to draw from them."""

    def markup(self) -> str:
        asked = [q for q in questions.load_bank() if q.kind not in ("card", "short")]
        return rendered.render_bank(asked)


class Exam(FromBank):
    """The exam in its order."""

    def markup(self) -> str:
        return rendered.render_set(questions.exam(), "exam", chapter_link=True)


class Explain(FromBank):
    """The open prompts."""

    def markup(self) -> str:
        asked = [question for question in questions.load_bank() if question.kind == "short"]
        return rendered.render_set(asked, "explain")


def drop_widgets(app: Sphinx, doctree: nodes.document) -> None:
    """Of a stored quick check keep the form: widgets need a kernel."""
    for bundle in doctree.findall(nodes.container):
        if bundle.get("nb_element") != "mime_bundle":
            continue
        forms = [child for child in bundle.children if MARK in child.astext()]
        if forms:
            bundle.children = [child for child in forms if child.get("mime_type") == "text/html"]


def ask_for_math(app: Sphinx, doctree: nodes.document) -> None:
    """Keep MathJax on pages whose only formulas stand in questions."""
    if any(MATH in node.astext() for node in doctree.findall(nodes.raw)):
        app.env.get_domain("math").data["has_equations"][app.env.docname] = True


def link_assets(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Link scripts and styles on pages with questions, and on no others."""
    body = context.get("body", "")
    if MARK not in body:
        return
    app.add_css_file("questions/questions.css")
    app.add_js_file("keep/progress.js", loading_method="defer")
    if KEPT.search(body):
        app.add_css_file("keep/keep.css")
        app.add_js_file("keep/keep.js", loading_method="defer")
    app.add_js_file("questions/questions.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register directives."""
    app.add_directive("quick-check", QuickCheck)
    app.add_directive("questions", WholeBank)
    app.add_directive("exam", Exam)
    app.add_directive("explain", Explain)
    app.connect("doctree-read", drop_widgets)
    app.connect("doctree-read", ask_for_math)
    app.connect("html-page-context", link_assets)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
