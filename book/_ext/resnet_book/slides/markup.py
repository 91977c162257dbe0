"""A slide as HTML: what the class sees, and what the speaker reads.

The text is Markdown with formulas, with the roles of :mod:`resnet_book.slides.said` and the
directives of :mod:`resnet_book.slides.shown`. Items of a list with ``+`` appear one by one; those
of a list with ``-`` are there at once.
"""

from dataclasses import dataclass, field
from functools import cached_property
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from resnet_book.pages.formulas import with_mathml
from resnet_book.pages.own_ids import own
from resnet_book.slides.said import ROLES
from resnet_book.slides.shown import DIRECTIVES
from utils.facts.plan import Step
from utils.facts.slides import Slide, SlidesError
from utils.practice.markdown import code_block, formula, highlighted

ONE_BY_ONE = "+"


@dataclass
class Shown:
    """One slide on its way to HTML.

    Attributes:
        slide: as it stands in the deck.
        step: of the plan, or None outside the sessions.
        where: file and line, for messages.
        notes: what the directives add to the speaker's notes.
        taken: minutes of the step that its activities take.
    """

    slide: Slide
    step: Step | None
    where: str
    notes: list[str] = field(default_factory=list)
    taken: int = 0

    def note(self, markup: str) -> None:
        """Add HTML to the notes."""
        self.notes.append(markup)

    def minutes(self) -> int:
        """Of the slide's step.

        Raises:
            SlidesError: the slide belongs to none.
        """
        if not self.step:
            raise SlidesError(f"{self.where}: an activity needs a step of the plan: {{step=1.1}}")
        return self.step.minutes

    def takes(self, minutes: int) -> None:
        """Count minutes of the step that an activity takes."""
        self.taken += minutes

    @cached_property
    def parser(self) -> MarkdownIt:
        """Markdown with roles and directives; HTML in it is shown, not used."""
        markdown = MarkdownIt("commonmark", {"html": False, "typographer": True})
        markdown.enable(["table", "smartquotes"]).disable("image")
        markdown.options["highlight"] = highlighted
        dollarmath_plugin(markdown, allow_space=False, allow_digits=False)
        myst_role_plugin(markdown)
        rules = {
            "math_inline": lambda token: formula(token.content),
            "math_block": lambda token: block_formula(token.content),
            "myst_role": self.role,
            "fence": self.directive,
        }
        for name, rule in rules.items():
            markdown.add_render_rule(
                name, lambda _, tokens, place, *__, rule=rule: rule(tokens[place])
            )
        return markdown

    def role(self, token: Token) -> str:
        """What a role says.

        Raises:
            SlidesError: no such role, or a source that it refuses.
        """
        name, text = token.meta["name"], token.content
        if name not in ROLES:
            raise SlidesError(f"{self.where}: no role {name!r}; there are: {', '.join(ROLES)}")
        try:
            return ROLES[name](text)
        except (ValueError, LookupError) as problem:
            raise SlidesError(f"{self.where}: {{{name}}}`{text}`: {problem}") from problem

    def directive(self, token: Token) -> str:
        """What a fenced block shows: a directive, or Python.

        Raises:
            SlidesError: no such directive, or a source that it refuses.
        """
        name, _, argument = token.info.strip().partition(" ")
        if not name.startswith("{"):
            return code_block(token.content)
        name = name.strip("{}")
        if name not in DIRECTIVES:
            known = ", ".join(DIRECTIVES)
            raise SlidesError(f"{self.where}: no directive {name!r}; there are: {known}")
        try:
            return DIRECTIVES[name](argument.strip(), token.content, self)
        except SlidesError:
            raise
        except (ValueError, LookupError, FileNotFoundError) as problem:
            raise SlidesError(f"{self.where}: {{{name}}} {argument}: {problem}") from problem

    def html(self, text: str) -> str:
        """Markdown as HTML."""
        tokens = self.parser.parse(text)
        for token in tokens:
            if token.type == "list_item_open" and token.markup == ONE_BY_ONE:
                token.attrJoin("class", "fragment")
        return self.parser.renderer.render(tokens, self.parser.options, {})

    def line(self, text: str) -> str:
        """Markdown of one line as HTML."""
        return self.parser.renderInline(text)


def block_formula(tex: str) -> str:
    """A formula on a line of its own, as the pages' extension finds it."""
    return f'<div class="math notranslate nohighlight">\\[{escape(tex)}\\]</div>'


def title_html(shown: Shown) -> str:
    """The title of a slide."""
    return with_mathml(shown.line(shown.slide.title), shown.where)


def body_html(shown: Shown, number: int) -> str:
    """What the class sees below the title; ids of drawings are the slide's own."""
    return own_drawings(with_mathml(shown.html(shown.slide.body), shown.where), number)


def own_drawings(markup: str, number: int) -> str:
    """The markup with ids in its drawings that no other slide has."""
    pieces = markup.split("<svg")
    made = [pieces[0]]
    for place, piece in enumerate(pieces[1:]):
        drawing, end, rest = piece.partition("</svg>")
        is_plot = 'id="figure_1"' in drawing
        made.append(
            (own if is_plot else lambda same, _: same)(f"<svg{drawing}{end}", f"s{number}-{place}-")
            + rest
        )
    return "".join(made)


def notes_html(shown: Shown) -> str:
    """What the speaker reads, once the body is made: time, notes, what the directives add."""
    time = ""
    if step := shown.step:
        time = (
            f'<p class="notes-time">Session {step.session}, step {step.number} of {step.steps}: '
            f"{step.minutes} minutes, from minute {step.start} to minute {step.end}.</p>"
        )
    return time + with_mathml(shown.html(shown.slide.notes) + "".join(shown.notes), shown.where)
