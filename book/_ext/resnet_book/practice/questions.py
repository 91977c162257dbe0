"""Directives that show the question bank.

    ```{quick-check}
    ```

asks the questions of the page it stands on that are marked ``quick``. ``questions`` shows the
whole bank with tools to draw from it, ``exam`` the exam in its order, ``explain`` the open
prompts. A malformed bank stops the build, and the message says file, line, question and fault.
"""

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive, link_where
from utils.practice import bank as questions
from utils.practice import rendered
from utils.practice.kinds import Short, Task

MARK = 'class="q-set"'
KEPT = f'{MARK} data-mode="(practice|exam|explain)"'
SCRIPTS = {
    MARK: ("kept", "kinds"),
    f'{MARK} data-mode="(quick|exam|practice)"': ("question",),
    f'{MARK} data-mode="(exam|practice)"': ("exam",),
    f'{MARK} data-mode="practice"': ("practice",),
    f'{MARK} data-mode="explain"': ("explain",),
}
"""Markup of questions, and the scripts that make it work, in the order in which they run."""


class FromBank(Directive):
    """Show a part of the bank."""

    reads = (questions, rendered)
    stops = True

    def markup(self) -> str:
        """The HTML of this directive."""
        raise NotImplementedError

    def show(self) -> list[nodes.Node]:
        return [self.html(self.markup())]


class QuickCheck(FromBank):
    """The questions of the page it stands on."""

    def markup(self) -> str:
        return rendered.render_set(questions.quick_check(self.env.docname), "quick")


class WholeBank(FromBank):
    """Every question, with tools to draw from them."""

    def markup(self) -> str:
        asked = [question for question in questions.load_bank() if isinstance(question, Task)]
        return rendered.render_bank(asked)


class Exam(FromBank):
    """The exam in its order."""

    def markup(self) -> str:
        return rendered.render_set(questions.exam(), "exam", chapter_link=True)


class Explain(FromBank):
    """The open prompts."""

    def markup(self) -> str:
        asked = [question for question in questions.load_bank() if isinstance(question, Short)]
        return rendered.render_set(asked, "explain", chapter_link=True)


def drop_widgets(app: Sphinx, doctree: nodes.document) -> None:
    """Of a stored quick check keep the form: widgets need a kernel."""
    for bundle in doctree.findall(nodes.container):
        if bundle.get("nb_element") != "mime_bundle":
            continue
        forms = [child for child in bundle.children if MARK in child.astext()]
        if forms:
            bundle.children = [child for child in forms if child.get("mime_type") == "text/html"]


def setup(app: Sphinx) -> None:
    """Register directives."""
    app.add_directive("quick-check", QuickCheck)
    app.add_directive("questions", WholeBank)
    app.add_directive("exam", Exam)
    app.add_directive("explain", Explain)
    app.connect("doctree-read", drop_widgets)
    link_where(app, MARK, "questions/questions.css", "keep/progress.js")
    link_where(app, KEPT, "keep/keep.css", "keep/keep.js")
    for pattern, names in SCRIPTS.items():
        link_where(app, pattern, *(f"questions/{name}.js" for name in names))
