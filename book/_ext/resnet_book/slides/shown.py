"""What a directive shows on a slide: figures, activities, questions, claims, goals.

A directive is a fenced block, ```` ```{drawing} residual-block ````. Each one gets the text behind
its name, the content of the block, and the slide, whose Markdown it may use. What it adds to the
notes of the slide, the speaker reads and the class does not.

=========================  ===========================================================
``activity 5: WHO``        what the class does in 5 of the minutes of the step; without the
                           number, in all of them
``answer``                 appears at the next press
``poll ID``                a question of the bank; its answer appears at the next press
``verdict ID``             a claim; its verdict appears at the next press
``goals``                  goals of chapters, a line ``PAGE NUMBER`` each
``explorable NAME [KEY]``  a figure to touch
``drawing NAME``           a drawing; the content is its caption
``drawn NAME``             a figure that pages of prose show
``figure PLACE``           a figure of a notebook: ``NOTEBOOK / HEADING / NUMBER``
=========================  ===========================================================
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from typing import Protocol

from resnet_book.slides.said import known_claim
from utils.chapters.drawn import DRAWN
from utils.display.drawings import drawing as drawn_by_hand
from utils.display.drawings import drawing_figure, labelled
from utils.explorables import EXPLORABLES
from utils.facts import goals as facts
from utils.files.places import ROOT
from utils.notebook.stills import KEPT, html_outputs, original
from utils.practice.bank import BANK, checked_bank
from utils.practice.filling import fill
from utils.practice.kinds.base import mixed
from utils.practice.kinds.choices import Choices
from utils.practice.markdown import inline

NOTEBOOKS = ROOT / "notebooks"
NEXT = 'class="fragment" data-fragment-index="0"'
LETTERS = "ABCDEFGH"
FOR_THE_SPEAKER = {
    "To try": r'<p class="ex-invitation">(.*?)</p>',
    "In the figure": r'<figcaption class="ex-caption">(.*?)</figcaption>',
}
"""Parts of a figure to touch that the notes repeat, because the slide leaves them out."""
PART = re.compile(r"(?P<minutes>\d+): (?P<who>.+)")
CAPTION = re.compile(r"<((?:fig)?caption)\b[^>]*>(?P<words>.*?)</\1>", re.S)
FIGURE = re.compile(r'\s*<figure class="(?:book-figure|explorable)"|\s*<figure data-figure=')


class OnSlide(Protocol):
    """What a directive may ask of the slide on which it stands."""

    def html(self, text: str) -> str:
        """Markdown as HTML."""

    def note(self, markup: str) -> None:
        """Add HTML to the notes."""

    def minutes(self) -> int:
        """Of the slide's step."""

    def takes(self, minutes: int) -> None:
        """Count minutes of the step that an activity takes."""


def activity(who: str, content: str, slide: OnSlide) -> str:
    """What the class does; who does it and for how long stands above it.

    ``25: Pairs`` takes a part of the step, ``Pairs`` the whole of it.
    """
    part = PART.fullmatch(who)
    whole = slide.minutes()
    slide.takes(int(part["minutes"]) if part else whole)
    time = f"{part['minutes']} of {whole} minutes" if part else f"{whole} minutes"
    return (
        f'<div class="activity"><p class="activity-who">'
        f"<strong>{escape(part['who'] if part else who)}</strong> "
        f"<span>{time}</span></p>{slide.html(content)}</div>"
    )


def answer(_: str, content: str, slide: OnSlide) -> str:
    """What appears at the next press."""
    return f'<div class="fragment answer">{slide.html(content)}</div>'


def one(question: str) -> Choices:
    """A question of the bank with one right option.

    Raises:
        ValueError: there is none of this name, or it is of another kind.
    """
    found = next((each for each in checked_bank(BANK) if each.id == question), None)
    if not isinstance(found, Choices) or not found.options:
        raise ValueError(f"no question with options is called {question!r}")
    return fill(found)


def poll(name: str, _: str, slide: OnSlide) -> str:
    """A question with lettered options; the next press marks what is right and says why."""
    question = one(name)
    options = [option for _, option in mixed(question)]
    right = [LETTERS[place] for place, option in enumerate(options) if option.correct]
    slide.note(f"<p><strong>Answer: {' and '.join(right)}.</strong> What the others show:</p>")
    said = (
        f"<li><strong>{LETTERS[place]}:</strong> {inline(option.feedback)}</li>"
        for place, option in enumerate(options)
        if not option.correct
    )
    slide.note(f"<ul>{''.join(said)}</ul>")
    because = " ".join(inline(option.feedback) for option in options if option.correct)
    return (
        f'<div class="poll"><div class="poll-prompt">{question.asked()}</div>'
        f'<ul class="poll-options">{"".join(poll_option(*each) for each in enumerate(options))}'
        f'</ul><div {NEXT}><p class="poll-answer"><strong>{" and ".join(right)}.</strong> '
        f"{because}</p></div></div>"
    )


def poll_option(place: int, option: object) -> str:
    """One option; a right one gets its sign with the answer."""
    sign = f'<span {NEXT}><span class="poll-sign">✓<span class="unseen"> right</span></span></span>'
    return (
        f'<li><span class="poll-letter">{LETTERS[place]}</span>'
        f"<span>{inline(option.text)}</span>{sign if option.correct else ''}</li>"
    )


def verdict(name: str, _: str, slide: OnSlide) -> str:
    """A popular sentence; the next press gives our verdict and a better wording."""
    claim = known_claim(name)
    slide.note(f"<p><strong>Evidence:</strong></p>{slide.html(claim.says)}")
    return (
        f'<blockquote class="said">{slide.html(claim.said)}</blockquote>'
        f'<div class="fragment answer"><p class="our-verdict">{escape(claim.verdict)}</p>'
        f"{slide.html(claim.right)}</div>"
    )


def goals(_: str, content: str, slide: OnSlide) -> str:
    """Goals of chapters, chosen by page and place in the chapter's list."""
    known = facts.load_chapters()
    lines = []
    for page, number in (line.split() for line in content.splitlines() if line.strip()):
        if page not in known or not 1 <= int(number) <= len(known[page].goals):
            raise ValueError(f"{page} has no goal {number} in goals.yml")
        lines.append(f"- {known[page].goals[int(number) - 1]}")
    return f'<div class="goals">{slide.html(chr(10).join(lines))}</div>'


def explorable(name: str, _: str, slide: OnSlide) -> str:
    """A figure to touch; what to try and its caption are for the speaker."""
    name, _, key = name.partition(" ")
    if name not in EXPLORABLES:
        raise ValueError(f"no explorable is called {name!r}; known: {', '.join(EXPLORABLES)}")
    markup = EXPLORABLES[name](key=key.strip()).markup
    for about, pattern in FOR_THE_SPEAKER.items():
        found = re.search(pattern, markup, re.S)
        slide.note(f"<p><strong>{about}:</strong> {found[1]}</p>")
    return markup


def drawing(name: str, content: str, slide: OnSlide) -> str:
    """A drawing; its caption, where it has one, stands below it."""
    if content.strip():
        return drawing_figure(name, " ".join(content.split()))
    svg, _, about = drawn_by_hand(name)
    return f'<figure class="book-figure book-drawing">{labelled(svg, about)}</figure>'


def with_caption_in_notes(markup: str, slide: OnSlide) -> str:
    """A figure of a page without its caption, which the speaker reads."""
    if found := CAPTION.search(markup):
        slide.note(f"<p><strong>In the figure:</strong> {found['words']}</p>")
    return CAPTION.sub("", markup)


def drawn(name: str, _: str, slide: OnSlide) -> str:
    """A figure that a page of prose shows."""
    if name not in DRAWN:
        raise ValueError(f"no figure is called {name!r}; known: {', '.join(sorted(DRAWN))}")
    return with_caption_in_notes(DRAWN[name]().markup, slide)


def figure(place: str, _: str, slide: OnSlide) -> str:
    """A figure of a notebook, named by its heading and its number below it."""
    notebook, heading, number = (part.strip() for part in place.split(" / "))
    found = figures_of(notebook).get(heading, [])
    if not 1 <= int(number) <= len(found):
        raise ValueError(f"{notebook} has {len(found)} figures below the heading {heading!r}")
    return with_caption_in_notes(found[int(number) - 1], slide)


@cache
def figures_of(notebook: str) -> dict[str, list[str]]:
    """The figures of a notebook by the heading above them.

    Raises:
        ValueError: there is no such notebook.
    """
    path = NOTEBOOKS / f"{notebook}.ipynb"
    if not path.is_file():
        raise ValueError(f"no notebook is called {notebook!r}")
    found: dict[str, list[str]] = {}
    heading = ""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            headings = re.findall(r"^#+ (.+)$", "".join(cell["source"]), re.M)
            heading = headings[-1].strip() if headings else heading
        else:
            found.setdefault(heading, []).extend(figures_in(cell))
    return found


def figures_in(cell: dict) -> Iterator[str]:
    """The figures that a cell shows; where a photograph is kept, what it was taken of."""
    for data in html_outputs({"cells": [cell]}):
        stored = "".join(data["text/html"])
        if KEPT.match(stored) or FIGURE.match(stored):
            yield original(stored, NOTEBOOKS)


DIRECTIVES: dict[str, Callable[[str, str, OnSlide], str]] = {
    "activity": activity,
    "answer": answer,
    "poll": poll,
    "verdict": verdict,
    "goals": goals,
    "explorable": explorable,
    "drawing": drawing,
    "drawn": drawn,
    "figure": figure,
}
"""Name -> what it makes of its argument and its content, as HTML."""
