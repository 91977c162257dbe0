"""The directive ``accessibility``: what ``book/data/accessibility.yml`` says of the pages.

    ```{accessibility} summary
    ```

tells what works, what falls short, and where to report a barrier. With ``promises`` in its place
it lists what readers can rely on, each with its tests; with ``criteria`` every criterion with its
verdict and its tests, a section for each principle.
"""

from html import escape
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx

from resnet_book.base import Directive
from utils.facts import accessibility
from utils.facts.accessibility import (
    FALLING_SHORT,
    PRINCIPLES,
    Accessibility,
    Criterion,
    Promise,
)

FORM = "accessibility-barrier.yml"
"""The issue form for a barrier, in ``.github/ISSUE_TEMPLATE``."""
SIGNS = {"met": "✓", "partly": "◐", "not met": "✗", "does not apply": "–"}
"""A sign for each verdict, beside its word."""


def counted(known: Accessibility) -> str:
    """How many criteria have which verdict, in one or two sentences."""
    met, partly, fails, beside = (len(known.of(verdict)) for verdict in SIGNS)
    others = [f"meet {partly} in part"] * bool(partly) + [f"fail {fails}"] * bool(fails)
    rest = f"They {' and '.join(others)}. " if others else ""
    verb = "concerns" if beside == 1 else "concern"
    none = f"The other {beside} {verb} what the book does not have, such as film." if beside else ""
    return (
        f"<strong>The pages meet {met} of {len(known.criteria)} criteria.</strong> {rest}{none}"
    ).strip()


def summary(known: Accessibility, repository: str) -> str:
    """What works, what falls short, where to report a barrier, and the day of the last check."""
    day = f"{known.checked.day} {known.checked:%B %Y}"
    items = "".join(
        f'<li><a class="reference internal" href="#{one.anchor}">{one.number} '
        f"{escape(one.name)}</a>: {escape(one.short)}</li>"
        for one in known.of(*FALLING_SHORT)
    )
    short = f"<p>What falls short:</p><ul>{items}</ul>" if items else "<p>Nothing falls short.</p>"
    return (
        f"<p>{counted(known)}</p>{short}"
        f'<p>If something keeps you from reading or answering, <a class="reference external" '
        f'href="{repository}/issues/new?template={FORM}">tell us about the barrier</a>. The form '
        "asks for the page, for what you tried, and for your browser and tools. We last went "
        f"through all criteria on {day}.</p>"
    )


def promised(promises: list[Promise], sources: str) -> str:
    """What readers can rely on, with the tests of each."""
    items = "".join(
        f"<li><p><strong>{escape(one.name)}:</strong> {escape(one.what)}</p>"
        f"{test_links(one.tests, sources)}</li>"
        for one in promises
    )
    return f'<ul class="book-promises">{items}</ul>'


def test_links(tests: list[str], sources: str) -> str:
    """Tests, folded; the name of a test is the sentence that it proves."""
    if not tests:
        return ""
    items = []
    for test in tests:
        path, _, name = test.partition("::")
        sentence = name.removeprefix("test_").replace("_", " ")
        items.append(
            f'<li><a class="reference external" href="{sources}/{path}">{sentence}</a></li>'
        )
    words = "1 test" if len(items) == 1 else f"{len(items)} tests"
    return (
        f'<details class="book-fold"><summary>{words}</summary><ul>{"".join(items)}</ul></details>'
    )


def row(criterion: Criterion, sources: str) -> str:
    """One criterion of the table."""
    short = f" <strong>Falls short:</strong> {escape(criterion.short)}" if criterion.short else ""
    return (
        f'<tr id="{criterion.anchor}"><th scope="row">{criterion.number} {escape(criterion.name)} '
        f"({criterion.level})</th>"
        f'<td><span aria-hidden="true">{SIGNS[criterion.verdict]}</span> {criterion.verdict}</td>'
        f"<td><p>{escape(criterion.why)}{short}</p>{test_links(criterion.tests, sources)}</td></tr>"
    )


def table(criteria: list[Criterion], principle: str, sources: str) -> str:
    """The criteria of one principle."""
    rows = "".join(row(criterion, sources) for criterion in criteria)
    return (
        '<div class="book-scroll"><table class="book-table book-prose book-stack">'
        f"<caption>{principle}: {len(criteria)} criteria</caption><thead><tr>"
        '<th scope="col">Criterion (level)</th><th scope="col">Verdict</th>'
        '<th scope="col">Why, and what tests it</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


class AccessibilityDirective(Directive):
    """Emit the summary, the promises or the tables."""

    required_arguments = 1
    reads = (accessibility,)
    parts: ClassVar[tuple[str, ...]] = ("summary", "promises", "criteria")

    def show(self) -> list[nodes.Node]:
        part = self.arguments[0]
        self.known("part of the statement", part, self.parts)
        options = self.env.app.config.html_theme_options
        repository, known = options["repository_url"], accessibility.load()
        if part == "summary":
            return [self.html(summary(known, repository))]
        sources = f"{repository}/blob/{options['repository_branch']}"
        if part == "promises":
            return [self.html(promised(known.promises, sources))]
        return [self.section(known, *principle, sources) for principle in PRINCIPLES.items()]

    def section(self, known: Accessibility, first: str, name: str, sources: str) -> nodes.section:
        """A heading and the table under it."""
        label = nodes.make_id(name)
        section = nodes.section(ids=[label], names=[label])
        section += nodes.title("", name)
        criteria = [one for one in known.criteria if one.number.startswith(first)]
        section += self.html(table(criteria, name, sources))
        self.state.document.note_explicit_target(section)
        self.set_source_info(section)
        return section


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("accessibility", AccessibilityDirective)
