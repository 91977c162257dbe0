"""A question that is answered in the reader's own words.

Answers "can you explain it?".
"""

from __future__ import annotations

import json
from html import escape
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from utils.facts.checked import Checked, Text
from utils.practice import rubric
from utils.practice.kinds.base import FEW, Anchor, Control, Question, Verdict
from utils.practice.markdown import block, inline, see_link


class Concept(Checked, noun="concept", named_by="concept", told=FEW):
    """One of the four ideas that a good explanation holds.

    Attributes:
        concept: the idea in a few words.
        phrases: how a text might say it; shown to the reader.
        keys: what a text is searched for, see :mod:`utils.practice.rubric`.
        see: ``page#anchor`` where it is explained.
    """

    concept: Text
    phrases: list[Text] = Field(min_length=1)
    keys: list[Text] = Field(min_length=1)
    see: Anchor

    @field_validator("keys")
    @classmethod
    def sound(cls, keys: list[str]) -> list[str]:
        for key in keys:
            if fault := rubric.fault_of(key):
                raise ValueError(f"{key!r} {fault}")
        return keys

    @model_validator(mode="after")
    def phrases_are_found(self) -> Concept:
        for phrase in self.phrases:
            if not rubric.covered([self.keys], phrase):
                raise ValueError(f"keys: none of them is found in the phrase {phrase!r}")
        return self

    def line(self) -> str:
        """The idea and where it is explained, as an item of a list."""
        return f"<li>{inline(self.concept)}:{see_link(self.see)}</li>"


class Short(Question):
    """A short explanation in the reader's own words, judged against four concepts."""

    words = "explain"
    style = "q q-short"
    solved = "A model answer"
    hint_first = True

    kind: Literal["short"]
    rubric: list[Concept] = Field(min_length=4, max_length=4)
    model: Text
    exam: None = None

    @model_validator(mode="after")
    def model_covers_everything(self) -> Short:
        for concept in self.missing(self.model):
            raise ValueError(f"model: no key of the concept {concept.concept!r} is found in it")
        return self

    def missing(self, text: str) -> list[Concept]:
        """The concepts that no words of a text go with."""
        found = rubric.covered([concept.keys for concept in self.rubric], text)
        return [concept for place, concept in enumerate(self.rubric) if place not in found]

    def form(self) -> str:
        ticks = "".join(
            f'<li data-concept="{place}" data-keys="{escape(json.dumps(concept.keys))}">'
            f'<label class="q-choice"><input type="checkbox" name="{self.id}-{place}" '
            f'autocomplete="off"><span class="q-text">{inline(concept.concept)}</span></label>'
            f'<p class="q-phrases">For example: {quoted(concept.phrases)}.{see_link(concept.see)}'
            "</p></li>"
            for place, concept in enumerate(self.rubric)
        )
        return (
            f'<p><label class="q-written">Your explanation<textarea rows="7" name="{self.id}" '
            f'aria-describedby="q-{self.id}-prompt"></textarea></label></p>'
            '<p class="q-buttons"></p><details class="q-rubric"><summary>The four concepts'
            "</summary><fieldset><legend>Tick what your text covers</legend>"
            f'<ul class="q-choices">{ticks}</ul></fieldset></details>'
        )

    def answers(self) -> str:
        return block(self.model)

    def solve(self) -> str:
        ideas = "".join(concept.line() for concept in self.rubric)
        return f"<ol>{ideas}</ol><p><strong>{self.solved}:</strong></p>{super().solve()}"

    def judge(self, answer: str) -> Verdict | None:
        """How many concepts the words go with, and where to read about the others."""
        if not answer.strip():
            return None
        missing = self.missing(answer)
        says = (
            f"<p>{len(self.rubric) - len(missing)} of {len(self.rubric)} concepts, by a search for "
            "words that go with them. You judge better: compare with the solution.</p>"
        )
        items = "".join(concept.line() for concept in missing)
        return Verdict(not missing, says + (f"<p>Not found:</p><ul>{items}</ul>" if items else ""))

    def widget(self, widgets: Any) -> Control:
        wide = widgets.Layout(width="auto")
        area = widgets.Textarea(placeholder="three to six sentences", rows=6, layout=wide)
        return area, lambda: area.value


def quoted(phrases: list[str]) -> str:
    """Phrases in quotation marks."""
    return ", ".join(f"“{inline(phrase)}”" for phrase in phrases)
