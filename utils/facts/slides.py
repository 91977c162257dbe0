"""What stands on the slides of a week? The decks of ``book/slides``, one Markdown file a week.

A line ``---`` ends a slide. A slide begins with a heading, whose braces name the step of the plan
to which it belongs and classes for its look; a line ``Note:`` begins what the speaker reads:

    ## A deeper network can do worse {step=1.1 .split}

    - even on its training pictures

    Note:
    Ask for reasons before you go on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from utils.facts.checked import FactsError
from utils.facts.plan import Step, load_plan
from utils.files.places import BOOK

FOLDER = BOOK / "slides"
MOST = 39
"""Slides of a week."""
HEADING = re.compile(r"(#{1,2}) (.+?)(?: *\{([^{}]*)\})?")
ATTRIBUTE = re.compile(r"step=(?P<session>\d)\.(?P<number>\d)|\.(?P<look>[a-z]+)")
LOOKS = ("title", "session", "split", "wide", "centre", "small")
"""Classes that the style sheet knows."""
NOTE = "Note:"
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


class SlidesError(FactsError):
    """A deck cannot be used; the message names the file, the line and what to do."""


@dataclass(frozen=True)
class Slide:
    """One slide.

    Attributes:
        line: of the file on which it begins.
        title: in Markdown.
        step: session and number of the step of the plan, or None outside the sessions.
        looks: keys of :data:`LOOKS`.
        body: in Markdown.
        notes: for the speaker, in Markdown.
    """

    line: int
    title: str
    step: tuple[int, int] | None
    looks: tuple[str, ...]
    body: str
    notes: str


def chunks(text: str) -> Iterator[tuple[int, list[str]]]:
    """First line and lines of each slide; a rule within a fenced block ends none."""
    start, lines, fence = 1, [], ""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := FENCE.match(line):
            fence = "" if fence and found[1].startswith(fence) else fence or found[1]
        if line.rstrip() == "---" and not fence:
            yield start, lines
            start, lines = number + 1, []
        else:
            lines.append(line)
    yield start, lines


def read_slide(start: int, lines: list[str], name: str) -> Slide:
    """One slide from its lines.

    Raises:
        SlidesError: it has no heading or no notes, or an attribute that is not known.
    """
    while lines and not lines[0].strip():
        start, lines = start + 1, lines[1:]
    where = f"{name}, line {start}"
    found = HEADING.fullmatch(lines[0].rstrip()) if lines else None
    if not found:
        raise SlidesError(f"{where}: a slide begins with its title, such as '## A title'")
    if NOTE not in lines:
        raise SlidesError(f"{where}: the slide has no notes; add a line '{NOTE}' and what to say")
    cut = lines.index(NOTE)
    body, notes = ("\n".join(part).strip() for part in (lines[1:cut], lines[cut + 1 :]))
    if not notes:
        raise SlidesError(f"{where}: nothing follows '{NOTE}'; say what the speaker needs")
    step, looks = read_attributes(found[3] or "", where)
    return Slide(start, found[2], step, looks, body, notes)


def read_attributes(text: str, where: str) -> tuple[tuple[int, int] | None, tuple[str, ...]]:
    """The step and the looks that the braces of a heading name."""
    step, looks = None, []
    for word in text.split():
        found = ATTRIBUTE.fullmatch(word)
        if not found or (found["look"] and found["look"] not in LOOKS):
            raise SlidesError(
                f"{where}: {word!r} is none of step=SESSION.STEP, .{', .'.join(LOOKS)}"
            )
        if found["look"]:
            looks.append(found["look"])
        else:
            step = int(found["session"]), int(found["number"])
    return step, tuple(looks)


def read_deck(text: str, name: str) -> list[Slide]:
    """The slides of a deck.

    Args:
        text: the file.
        name: of the file, for messages.

    Raises:
        SlidesError: a slide is not whole, there are too many, or the first is not the deck's title.
    """
    slides = [read_slide(start, lines, name) for start, lines in chunks(text)]
    if len(slides) > MOST:
        raise SlidesError(f"{name} has {len(slides)} slides; a week has at most {MOST}")
    levels = re.findall(r"^(#+) ", "\n".join(text.splitlines()[:1]))
    if levels != ["#"]:
        raise SlidesError(f"{name}, line 1: a deck begins with its title, such as '# Week 1'")
    return slides


def check_steps(slides: list[Slide], steps: list[Step], name: str) -> None:
    """Refuse a deck that leaves out a step of the plan or changes their order.

    Raises:
        SlidesError: names the first step that differs.
    """
    planned = [(step.session, step.number) for step in steps]
    shown = list(dict.fromkeys(slide.step for slide in slides if slide.step))
    if shown != planned:
        raise SlidesError(f"{name} shows the steps {shown}, but the plan has {planned}")
    order = [planned.index(slide.step) for slide in slides if slide.step]
    if order != sorted(order):
        raise SlidesError(f"{name}: the slides of one step must follow one another")


def deck_file(week: int) -> Path:
    """Where the slides of a week are."""
    return FOLDER / f"week_{week}.md"


def load_deck(week: int) -> list[Slide]:
    """The slides of a week, which follow the plan of the page for teachers.

    Raises:
        SlidesError: a slide is not whole, or the deck does not follow the plan.
        PlanError: the plan cannot be read.
    """
    path = deck_file(week)
    slides = read_deck(path.read_text(encoding="utf-8"), path.name)
    check_steps(slides, load_plan()[week], path.name)
    return slides
