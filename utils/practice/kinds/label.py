"""A question that asks for the names of places in a drawing.

Answers "what is this?".
"""

from __future__ import annotations

from html import escape
from typing import Annotated, Any, Literal

from pydantic import Field

from utils.display import drawings
from utils.facts.checked import Slug, Text, shaped
from utils.practice.kinds.base import Control, Task, Verdict


def drawing(name: str) -> tuple[str, str]:
    """A drawing as inline SVG with its title, and the sentence that describes its places.

    Raises:
        DrawingError: no such file, or one without title and description.
    """
    svg, title, about = drawings.drawing(name)
    return drawings.labelled(svg, title), about


class Label(Task):
    """Names for the lettered places of a drawing of ``book/_static/drawings``."""

    words = "label the drawing"
    legend = "Choose a name for each place"

    kind: Literal["label"]
    drawing: Slug
    labels: dict[Annotated[str, shaped("[A-Z]", "a capital letter")], Text] = Field(min_length=2)

    @property
    def names(self) -> list[str]:
        """What is offered for every place."""
        return sorted(set(self.labels.values()), key=str.lower)

    def controls(self) -> str:
        svg, about = drawing(self.drawing)
        offered = "".join(f"<option>{escape(name)}</option>" for name in self.names)
        selects = "".join(
            f'<li><label><span class="q-place">{letter}</span> <select name="{self.id}-{letter}" '
            f'data-letter="{letter}" aria-label="Place {letter}" autocomplete="off">'
            f'<option value="">choose…</option>{offered}</select><span class="q-mark"></span>'
            "</label></li>"
            for letter in sorted(self.labels)
        )
        return (
            f'<figure class="q-drawing">{svg}<figcaption>{about}</figcaption></figure>'
            f'<ul class="q-labels">{selects}</ul>'
        )

    def answers(self) -> str:
        lines = "".join(
            f'<li data-letter="{letter}"><strong>{letter}:</strong> '
            f'<span class="q-name">{escape(name)}</span></li>'
            for letter, name in sorted(self.labels.items())
        )
        return f'<ul class="q-places">{lines}</ul>'

    def judge(self, answer: dict[str, str]) -> Verdict | None:
        """Right when every place has its name."""
        if not any(answer.values()):
            return None
        count = sum(answer.get(letter) == name for letter, name in self.labels.items())
        verb = "is" if count == 1 else "are"
        says = f"<p>{count} of {len(self.labels)} places {verb} right.</p>"
        return Verdict(count == len(self.labels), says)

    def widget(self, widgets: Any) -> Control:
        wide = widgets.Layout(width="auto")
        boxes = {
            letter: widgets.Dropdown(options=["", *self.names], description=letter, layout=wide)
            for letter in sorted(self.labels)
        }
        svg, about = drawing(self.drawing)
        picture = widgets.HTML(f'<div style="max-width: 24em">{svg}<p>{about}</p></div>')
        control = widgets.VBox([picture, *boxes.values()])
        return control, lambda: {letter: box.value for letter, box in boxes.items()}
