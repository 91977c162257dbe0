"""The question bank for Moodle: the system in which many courses set their quizzes.

Answers "how do I take the questions into my course?". Comes in: the bank. Goes out: one file in
Moodle's XML format, with feedback, hints, solutions and pictures, in a category for each chapter
and level. Moodle judges as the page does where it can: an order is asked for as a place for each
step, and an output of several lines is marked by the teacher.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from utils.display.drawings import drawing
from utils.files.whole import atomic_write
from utils.practice.anki import NAME, full_links, plain_math
from utils.practice.kinds import Question
from utils.practice.kinds.choices import Choices, Output
from utils.practice.kinds.label import Label
from utils.practice.kinds.numeric import Numeric
from utils.practice.kinds.order import Order
from utils.practice.kinds.short import Short
from utils.practice.markdown import block, in_order, inline, page_title, plain, source_words

LEVELS = ("easy", "medium", "hard")
RIGHT = "100"
PENALTY = "0.3333333"
"""What a second try costs where a quiz allows one: Moodle's usual third."""
WRAPPERS = re.compile(r"</?(?:span|div)\b[^>]*>")
"""Elements that only the styles of the book's pages need."""
Element = ElementTree.Element


class MoodleError(ValueError):
    """A question has no form in Moodle; says which one."""


def text_of(markup: str, site: str) -> str:
    """Markup as Moodle shows it: formulas for its filter, whole addresses, no classes.

    Args:
        markup: HTML of the book's questions.
        site: where the book is published, without a slash at the end.
    """
    return WRAPPERS.sub("", plain_math(full_links(markup, site))).strip()


def add(parent: Element, tag: str, text: str = "", /, **attributes: str) -> Element:
    """A child with a text of its own."""
    child = ElementTree.SubElement(parent, tag, attributes)
    child.text = text
    return child


def add_text(parent: Element, tag: str, markup: str, /, **attributes: str) -> Element:
    """A child that holds HTML in the way of this format."""
    child = add(parent, tag, format="html", **attributes)
    add(child, "text", markup)
    return child


def answer(parent: Element, share: str, markup: str, says: str = "", form: str = "html") -> Element:
    """One answer with the per cent of the mark that it earns, and what is said to it."""
    child = add(parent, "answer", fraction=share, format=form)
    add(child, "text", markup)
    add_text(child, "feedback", says)
    return child


def share(count: int, sign: int = 1) -> str:
    """One of ``count`` equal shares of the mark, as Moodle's list of shares writes it."""
    return f"{sign * 100 / count:.5f}".rstrip("0").rstrip(".")


# What each kind of question becomes ---------------------------------------------------------------


def choices(root: Element, question: Choices, site: str) -> None:
    """Radios, or check boxes where each wrong tick costs what its share of the wrong ones is."""
    right = sum(option.correct for option in question.options)
    wrong = len(question.options) - right
    add(root, "single", "false" if question.several else "true")
    add(root, "shuffleanswers", "true")
    add(root, "answernumbering", "none")
    for option in question.options:
        earns = share(right) if option.correct else share(wrong, -1) if question.several else "0"
        answer(root, earns, text_of(inline(option.text), site), text_of(option.says(), site))


def numeric(root: Element, question: Numeric, site: str) -> None:
    """A number with its tolerance; typical mistakes have their own words."""
    asked = question.answer
    for value, earns, says in (
        (asked.value, RIGHT, ""),
        *((near.value, "0", text_of(near.says(), site)) for near in question.near),
    ):
        made = answer(root, earns, repr(value), says, "moodle_auto_format")
        add(made, "tolerance", repr(asked.reach))
    add(root, "unitgradingtype", "0")
    add(root, "showunits", "3")


def pairs(root: Element, asked: Iterable[tuple[str, str]]) -> None:
    """What belongs to what: left a text, right a name to choose."""
    add(root, "shuffleanswers", "true")
    for left, name in asked:
        add(add_text(root, "subquestion", left), "answer").append(named("text", name))


def named(name: str, text: str) -> Element:
    """An element with a text."""
    made = Element(name)
    made.text = text
    return made


def essay(root: Element, for_the_teacher: str) -> None:
    """A text that the teacher marks, with what a good one holds."""
    add(root, "responseformat", "editor")
    add(root, "responserequired", "1")
    add(root, "responsefieldlines", "10")
    add_text(root, "graderinfo", for_the_teacher)


def picture(root: Element, name: str) -> str:
    """A drawing as a file of the question, and the element that shows it."""
    svg, title, about = drawing(name)
    text = next(child for child in root if child.tag == "questiontext")
    code = base64.b64encode(svg.encode()).decode()
    add(text, "file", code, name=f"{name}.svg", path="/", encoding="base64")
    return f'<p><img src="@@PLUGINFILE@@/{name}.svg" alt="{escape(f"{title}. {about}")}"></p>'


def kind_of(question: Question) -> str:
    """Which of Moodle's kinds a question becomes.

    Raises:
        MoodleError: there is none.
    """
    if isinstance(question, Output) and not question.options:
        return "essay" if "\n" in question.output.strip() else "shortanswer"
    kinds = {
        Choices: "multichoice", Numeric: "numerical", Order: "matching", Label: "matching",
        Short: "essay",
    }  # fmt: skip
    for kind, name in kinds.items():
        if isinstance(question, kind):
            return name
    raise MoodleError(f"{question.id}: Moodle has no question of the kind {question.kind}")


def fill(root: Element, question: Question, site: str) -> None:
    """Add what a question of this kind needs to be answered and judged."""
    if isinstance(question, Output) and not question.options:
        output = question.output.strip()
        if kind_of(question) == "essay":
            essay(root, f"<pre>{escape(output)}</pre>")
        else:
            add(root, "usecase", "1")
            answer(root, RIGHT, output.replace("*", r"\*"), form="moodle_auto_format")
    elif isinstance(question, Choices):
        choices(root, question, site)
    elif isinstance(question, Numeric):
        numeric(root, question, site)
    elif isinstance(question, Order):
        steps = enumerate(question.options, start=1)
        pairs(root, ((text_of(inline(step.text), site), str(n)) for n, step in steps))
    elif isinstance(question, Label):
        pairs(root, ((f"<p>Place {place}</p>", name) for place, name in question.labels.items()))
    else:
        essay(root, text_of(question.solve(), site))


# Whole questions ----------------------------------------------------------------------------------


def asked(root: Element, question: Question, site: str) -> str:
    """What is asked, with what the form of the page says beside it."""
    markup = text_of(question.asked(), site)
    if isinstance(question, Numeric) and question.answer.unit:
        unit = question.answer.unit
        words = "per cent, without the sign" if plain(unit) == "%" else inline(unit)
        markup += f"<p>Give your answer in {text_of(words, site)}.</p>"
    if isinstance(question, Order):
        markup += "<p>Give each step its place; 1 is the first one.</p>"
    if isinstance(question, Label):
        markup += picture(root, question.drawing)
    return markup


def element_of(question: Question, site: str) -> Element:
    """A question of the bank as an element of a quiz.

    Args:
        question: not a card.
        site: where the book is published, without a slash at the end.

    Raises:
        MoodleError: Moodle has no such kind.
    """
    kind = kind_of(question)
    root = Element("question", type=kind)
    add(add(root, "name"), "text", question.id)
    told = add_text(root, "questiontext", "")
    told[0].text = asked(root, question, site)
    chapter = f'<a href="{site}/{question.chapter}.html">{escape(page_title(question.chapter))}</a>'
    about = f"<p>Source: {escape(source_words(question.source))}. Chapter: {chapter}.</p>"
    worked = "" if kind == "essay" else text_of(question.steps(), site)
    add_text(root, "generalfeedback", worked + about)
    add(root, "defaultgrade", "1")
    add(root, "penalty", "0" if kind == "essay" else PENALTY)
    add(root, "hidden", "0")
    add(root, "idnumber", question.id)
    fill(root, question, site)
    if kind != "essay":
        add_text(root, "hint", text_of(block(question.hint), site))
    tags = add(root, "tags")
    for tag in (question.level, *question.terms):
        add(add(tags, "tag"), "text", tag)
    return root


def category(chapter: str, level: str) -> Element:
    """The element after which questions belong to a chapter and a level."""
    names = (NAME, page_title(chapter), level)
    path = "/".join(name.replace("/", "//") for name in names)  # a doubled stroke is no border
    root = Element("question", type="category")
    add(add(root, "category"), "text", f"$course$/top/{path}")
    return root


def write_quiz(questions: Iterable[Question], path: Path, site: str) -> int:
    """Write questions for Moodle, and return how many.

    Args:
        questions: of the bank, without the cards.
        path: file to write, ``.xml``.
        site: where the book is published, without a slash at the end.

    Raises:
        MoodleError: a question has no form in Moodle.
    """
    groups: dict[tuple[str, str], list[Question]] = {}
    for question in questions:
        groups.setdefault((question.chapter, question.level), []).append(question)
    quiz = Element("quiz")
    for chapter in in_order(chapter for chapter, _ in groups):
        for level in LEVELS:
            if found := groups.get((chapter, level)):
                quiz.append(category(chapter, level))
                quiz.extend([element_of(question, site) for question in found])
    whole = ElementTree.tostring(quiz, encoding="unicode")
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path, "w") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{whole}\n')
    return sum(map(len, groups.values()))
