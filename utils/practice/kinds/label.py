"""A question that asks for the names of places in a drawing.

Answers "what is this?".
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import Annotated, Any, Literal

from pydantic import Field

from utils.practice.kinds.base import ID, Control, Task, Text, Verdict
from utils.practice.markdown import DRAWINGS, MarkupError


@cache
def drawing(name: str) -> tuple[str, str]:
    """A drawing as inline SVG, and the sentence that describes its places.

    Raises:
        MarkupError: no such file, or one without title and description.
    """
    path = DRAWINGS / f"{name}.svg"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in DRAWINGS.glob("*.svg"))) or "none"
        raise MarkupError(f"no drawing {name!r} in {DRAWINGS.name}; there are: {known}")
    text = path.read_text(encoding="utf-8")
    title = re.search(r"<title>(.+?)</title>\s*", text, re.DOTALL)
    about = re.search(r"<desc>(.+?)</desc>\s*", text, re.DOTALL)
    if not title or not about:
        raise MarkupError(f"{path.name} needs a title and a desc, for those who do not see it")
    svg = text[text.index("<svg") :].replace(title[0], "").replace(about[0], "")
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{title[1].strip()}"', 1)
    return svg.strip(), " ".join(about[1].split())


class Label(Task):
    """Names for the lettered places of a drawing of ``book/_static/drawings``."""

    words = "label the drawing"
    legend = "Choose a name for each place"

    kind: Literal["label"]
    drawing: str = Field(pattern=ID)
    labels: dict[Annotated[str, Field(pattern=r"^[A-Z]$")], Text] = Field(min_length=2)

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
        says = f"<p>{count} of {len(self.labels)} places are right.</p>"
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
