"""Directives that show ``book/data/goals.yml``: what a chapter teaches, and its minutes.

    ```{goals}
    ```

opens the chapter it stands in; a line between the two is added to its time. ``goals-of-week``
with a number lists the chapters of one week of the plan with their goals, and shows nothing for
a week without one. ``chapter-minutes`` is the table of all chapters. The role ``minutes`` gives
the time of one chapter, ``{minutes}`book/paper` ``, or of ``all``.
"""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx

from resnet_book.base import Directive, Role
from utils.facts import goals as chapters


class FromGoals(Directive):
    """Parse Markdown that is made from the file of goals."""

    reads = (chapters,)
    stops = True

    def lines(self, known: dict[str, chapters.Chapter]) -> list[str]:
        """The Markdown of this directive."""
        raise NotImplementedError

    def show(self) -> list[nodes.Node]:
        holder = nodes.container()
        source = StringList(self.lines(chapters.load_chapters()), source=str(chapters.GOALS))
        self.state.nested_parse(source, self.content_offset, holder)
        return holder.children


class Goals(FromGoals):
    """The opening of the chapter in which the directive stands."""

    has_content = True

    def lines(self, known: dict[str, chapters.Chapter]) -> list[str]:
        if self.env.docname not in known:
            raise ValueError(f"{self.env.docname} has no entry in {chapters.GOALS}")
        chapter = known[self.env.docname]
        return [
            f":::{{admonition}} {chapters.OPENING}",
            ":class: tip",
            *(f"- {goal}" for goal in chapter.goals),
            "",
            f"**Time:** {'; '.join([f'{chapter.minutes} minutes to read', *self.content])}.",
            ":::",
        ]


class GoalsOfWeek(FromGoals):
    """The chapters of one week of the plan, with their goals."""

    required_arguments = 1

    def lines(self, known: dict[str, chapters.Chapter]) -> list[str]:
        week = self.arguments[0]
        if week not in map(str, chapters.WEEKS):
            raise ValueError(f"the plan has no week {week}")
        lines = []
        for chapter in known.values():
            if str(chapter.week) == week:
                goals = (f"  - {goal}" for goal in chapter.goals)
                lines += [f"- {{doc}}`/{chapter.page}`, {chapter.minutes} minutes", *goals]
        return ["After this week's reading, learners can:", "", *lines] if lines else []


class ChapterMinutes(FromGoals):
    """All chapters with their minutes."""

    def lines(self, known: dict[str, chapters.Chapter]) -> list[str]:
        lines = ["```{list-table}", ":header-rows: 1", ":class: book-table", ":widths: 75 25", ""]
        lines += ["* - Chapter", "  - Minutes"]
        for chapter in known.values():
            lines += [f"* - {{doc}}`/{chapter.page}`", f"  - {chapter.minutes}"]
        return [*lines, "```"]


class Minutes(Role):
    """The reading time of one chapter, or of all together."""

    reads = (chapters,)
    stops = True

    def show(self) -> list[nodes.Node]:
        known = chapters.load_chapters()
        if self.text != "all" and self.text not in known:
            raise ValueError(
                f"minutes of {self.text}, which has no entry in {chapters.GOALS}; "
                "write a page from there, or all"
            )
        chosen = known.values() if self.text == "all" else [known[self.text]]
        total = sum(chapter.minutes for chapter in chosen)
        return [nodes.Text(f"{total}\N{NO-BREAK SPACE}minutes")]


def setup(app: Sphinx) -> None:
    app.add_directive("goals", Goals)
    app.add_directive("goals-of-week", GoalsOfWeek)
    app.add_directive("chapter-minutes", ChapterMinutes)
    app.add_role("minutes", Minutes())
