"""The question bank for Moodle: the system in which many courses set their quizzes.

Answers "how do I take the questions into my course?". Comes in: the bank. Goes out: one file in
Moodle's XML format, with feedback, hints, solutions and pictures, in a category for each chapter
and level. Moodle judges as the page does where it can: an order is asked for as a place for each
step, and an output of several lines is marked by the teacher.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from xml.etree.ElementTree import Element

from utils.files.whole import atomic_write
from utils.practice.anki import NAME
from utils.practice.exported import (
    ExportError,
    about,
    between_brackets,
    carried,
    document,
    form_of,
    grouped,
    made,
    picture,
    share,
    unit_sentence,
)
from utils.practice.kinds import Question
from utils.practice.kinds.choices import Choices, Option, Output
from utils.practice.kinds.label import Label
from utils.practice.kinds.numeric import Numeric
from utils.practice.kinds.order import Order
from utils.practice.kinds.short import Short
from utils.practice.markdown import block, inline, page_title

RIGHT = "100"
PENALTY = "0.3333333"
"""What a second try costs where a quiz allows one: Moodle's usual third."""
BY_HAND = "essay"
"""The kind of question that the teacher marks."""


class MoodleError(ExportError):
    """A question has no form in Moodle; says which one."""


@dataclass(frozen=True)
class Form:
    """What a question becomes.

    Attributes:
        kind: Moodle's name for it.
        parts: what it needs to be answered and judged.
        also: what is said after the question, as HTML.
        files: pictures that this shows.
    """

    kind: str
    parts: list[Element]
    also: str = ""
    files: list[Element] = field(default_factory=list)


# Elements -----------------------------------------------------------------------------------------


def text_of(markup: str, site: str) -> str:
    """Markup as Moodle shows it: formulas for its filter, whole addresses, no classes.

    Args:
        markup: HTML of the book's questions.
        site: where the book is published, without a slash at the end.
    """
    return carried(markup, site, between_brackets)


def texted(tag: str, text: str, /, *more: Element, **attributes: str) -> Element:
    """An element that holds its text in the way of this format, and more after it."""
    return made(tag, [made("text", text), *more], **attributes)


def html(tag: str, markup: str, /, *more: Element, **attributes: str) -> Element:
    """The same for HTML."""
    return texted(tag, markup, *more, format="html", **attributes)


# What each kind of question becomes ---------------------------------------------------------------


form = form_of("Moodle", MoodleError)
"""What a question becomes: a :class:`Form`."""


@form.register
def _(question: Choices, site: str) -> Form:
    """Radios, or check boxes where the wrong ticks together cost what the right ones earn."""
    right = sum(option.correct for option in question.options)
    wrong = len(question.options) - right

    def earns(option: Option) -> str:
        if option.correct:
            return share(right)
        return share(wrong, -1) if question.several else "0"

    answers = [
        html(
            "answer",
            text_of(inline(option.text), site),
            html("feedback", text_of(option.says(), site)),
            fraction=earns(option),
        )
        for option in question.options
    ]
    single = made("single", "false" if question.several else "true")
    mixed = made("shuffleanswers", "true")
    return Form("multichoice", [single, mixed, made("answernumbering", "none"), *answers])


@form.register
def _(question: Output, site: str) -> Form:
    """With options as above; typed in one line, or in several that the teacher marks."""
    if question.options:
        return form.dispatch(Choices)(question, site)
    output = question.output.strip()
    if "\n" in output:
        return by_hand(f"<pre>{escape(output)}</pre>")
    literal = output.replace("*", r"\*")  # a star alone stands for any text
    return Form("shortanswer", [made("usecase", "1"), typed(literal, RIGHT, "")])


@form.register
def _(question: Numeric, site: str) -> Form:
    """A number with its tolerance; typical mistakes have their own words."""
    asked = question.answer
    reach = made("tolerance", repr(asked.reach))
    near = [(one.value, "0", text_of(one.says(), site)) for one in question.near]
    answers = [
        typed(repr(value), earns, says, reach)
        for value, earns, says in [(asked.value, RIGHT, ""), *near]
    ]
    also = text_of(unit_sentence(question), site)
    no_units = [made("unitgradingtype", "0"), made("showunits", "3")]
    return Form("numerical", answers + no_units, also)


@form.register
def _(question: Order, site: str) -> Form:
    """A place for each step."""
    steps = enumerate(question.options, start=1)
    pairs = [(text_of(inline(step.text), site), str(place)) for place, step in steps]
    return matching(pairs, "<p>Give each step its place; 1 is the first one.</p>")


@form.register
def _(question: Label, site: str) -> Form:
    """A name for each place of a drawing."""
    shown = picture(question.drawing)
    name = f"{question.drawing}.svg"
    code = base64.b64encode(shown.content).decode()
    image = f'<p><img src="@@PLUGINFILE@@/{name}" alt="{escape(shown.alt)}"></p>'
    pairs = [(f"<p>Place {place}</p>", called) for place, called in question.labels.items()]
    return matching(pairs, image, [made("file", code, name=name, path="/", encoding="base64")])


@form.register
def _(question: Short, site: str) -> Form:
    """A text that the teacher marks by the model answer and its ideas."""
    return by_hand(text_of(question.solve(), site))


def typed(text: str, earns: str, says: str, *more: Element) -> Element:
    """An answer that learners type, with the per cent of the mark that it earns."""
    told = html("feedback", says)
    return texted("answer", text, told, *more, fraction=earns, format="moodle_auto_format")


def matching(pairs: Iterable[tuple[str, str]], also: str, files: Iterable[Element] = ()) -> Form:
    """What belongs to what: left a text, right a name to choose."""
    asked = [html("subquestion", left, texted("answer", name)) for left, name in pairs]
    return Form("matching", [made("shuffleanswers", "true"), *asked], also, list(files))


def by_hand(for_the_teacher: str) -> Form:
    """A text that the teacher marks, with what a good one holds."""
    fields = {"responseformat": "editor", "responserequired": "1", "responsefieldlines": "10"}
    parts = [made(tag, text) for tag, text in fields.items()]
    return Form(BY_HAND, [*parts, html("graderinfo", for_the_teacher)])


# Whole questions ----------------------------------------------------------------------------------


def element_of(question: Question, site: str) -> Element:
    """A question of the bank as an element of a quiz.

    Args:
        question: not a card.
        site: where the book is published, without a slash at the end.

    Raises:
        MoodleError: Moodle has no such kind.
    """
    become = form(question, site)
    marked = become.kind == BY_HAND  # then all solutions stand in what the teacher sees
    worked = "" if marked else text_of(question.steps(), site)
    hint = [] if marked else [html("hint", text_of(block(question.hint), site))]
    tags = [texted("tag", tag) for tag in (question.level, *question.terms)]
    return made(
        "question",
        [
            texted("name", question.id),
            html("questiontext", text_of(question.asked(), site) + become.also, *become.files),
            html("generalfeedback", worked + about(question, site)),
            made("defaultgrade", "1"),
            made("penalty", "0" if marked else PENALTY),
            made("hidden", "0"),
            made("idnumber", question.id),
            *become.parts,
            *hint,
            made("tags", tags),
        ],
        type=become.kind,
    )


def category(chapter: str, level: str, title: str = NAME) -> Element:
    """The element after which questions belong to a chapter and a level."""
    names = (title, page_title(chapter), level)
    path = "/".join(name.replace("/", "//") for name in names)  # a doubled stroke is no border
    return made("question", [texted("category", f"$course$/top/{path}")], type="category")


def write_quiz(questions: Iterable[Question], path: Path, site: str, title: str = NAME) -> int:
    """Write questions for Moodle, and return how many.

    Args:
        questions: without the cards.
        path: file to write, ``.xml``.
        site: where the book is published, without a slash at the end.
        title: of the category that holds those of the chapters.

    Raises:
        MoodleError: a question has no form in Moodle.
    """
    groups = grouped(questions)
    quiz: list[Element] = []
    for chapter, level, found in groups:
        quiz += [category(chapter, level, title), *(element_of(one, site) for one in found)]
    with atomic_write(path, "wb") as file:
        file.write(document(made("quiz", quiz)))
    return sum(len(group.questions) for group in groups)
